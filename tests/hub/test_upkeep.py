"""Technicians have devices do things and change their settings: what they asked, how it ended and what was found is on record."""

import base64
import gzip
import json
import stat

import pytest

BUNDLE = gzip.compress(json.dumps({"log": ["x" * 50] * 400}).encode() * 3, compresslevel=0)


@pytest.fixture
def sign(rig):
    return rig.member("sign-1")


def order(console, what, member="sign-1", **more):
    answer = console.ask("order_device", member=member, order=what, **more)
    return answer["facts"][0] if answer["ok"] else answer["code"]


def commands(sign):
    """What the device was told, each once."""
    return {c["id"]: c for c in sign.got("/down/command")}


class TestOrders:
    @pytest.mark.parametrize("what", ["identify", "self-test", "restart", "bundle", "wipe"])
    def test_a_device_hears_what_it_is_to_do_until_it_answers_and_how_it_ended_is_on_record(
        self, rig, console, sign, what
    ):
        fact = order(console, what, actor="tech")
        assert (fact["member"], fact["order"], fact["actor"]) == ("sign-1", what, "tech")
        rig.run_for(3)
        (command,) = commands(sign).values()
        assert command["type"] == what
        assert len(sign.got("/down/command")) > 2
        sign.say("up/result", {"id": command["id"], "phase": "done"})
        rig.settle()
        sign.say("up/result", {"id": command["id"], "phase": "done"})  # said again: known
        rig.run_for(5)
        (answered,) = rig.facts("DeviceAnswered")
        assert (answered["member"], answered["order"], answered["phase"], answered["code"]) == (
            "sign-1",
            fact["n"],
            "done",
            "ok",
        )

    def test_a_log_level_says_how_much_and_how_long(self, console, sign):
        order(console, "log-level", level="debug", minutes=5)
        (command,) = commands(sign).values()
        assert (command["type"], command["level"], command["minutes"]) == ("log-level", "debug", 5)

    def test_what_was_ordered_shortly_before_the_hub_died_is_ordered_by_the_next_one_under_the_same_id(
        self, rig, console, sign
    ):
        order(console, "identify")
        rig.kill_hub()
        before = set(commands(sign))
        sign.heard.clear()
        rig.start_hub()
        rig.run_for(2)
        assert set(commands(sign)) == before

    def test_a_device_that_was_away_is_not_surprised_later(self, rig, console, sign):
        order(console, "restart")
        rig.run_for(61)
        sign.heard.clear()
        rig.run_for(10)
        assert commands(sign) == {}

    @pytest.mark.parametrize("killed", [False, True], ids=["", "the hub is away meanwhile"])
    def test_an_order_that_nobody_heard_ends_as_void_once(self, rig, console, killed):
        fact = order(console, "restart")
        rig.run_for(30)
        if killed:
            rig.kill_hub()
            rig.run_for(60)
            rig.start_hub()
        rig.run_for(60)
        (answered,) = rig.facts("DeviceAnswered")
        assert (answered["order"], answered["phase"], answered["code"]) == (fact["n"], "expired", "no-answer")
        rig.kill_hub()
        rig.start_hub()
        rig.run_for(60)
        assert len(rig.facts("DeviceAnswered")) == 1

    @pytest.mark.parametrize("member", ["sign-99", "console-1", "hub"])
    def test_only_registered_devices_are_told_anything(self, console, member):
        assert order(console, "identify", member) == "unknown-device"
        answer = console.ask("configure", member=member, values={"brightness": 3})
        assert answer["code"] == "unknown-device"

    @pytest.mark.parametrize("member", ["dispenser-1", "sign-1"])
    def test_devices_tell_each_other_nothing(self, rig, member):
        answer = rig.member(member).ask("order_device", member="sign-1", order="restart")
        assert answer["code"] == "not-allowed"
        answer = rig.members[member].ask("configure", member="sign-1", values={"brightness": 0})
        assert answer["code"] == "not-allowed"

    def test_another_device_s_answer_counts_for_nothing(self, rig, console, sign):
        fact = order(console, "identify")
        rig.member("dispenser-1").say("up/result", {"id": f"upkeep-{fact['n']}", "phase": "done"})
        rig.run_for(2)
        assert rig.facts("DeviceAnswered") == []

    def test_what_a_device_found_in_itself_is_on_record(self, rig, sign):
        sign.event("self_test", 1, results={"panel": "ok", "disk_free_mb": 900})
        (tested,) = rig.facts("DeviceTested")
        assert (tested["member"], tested["results"]) == ("sign-1", {"panel": "ok", "disk_free_mb": 900})


class TestSettings:
    def test_a_device_that_was_never_changed_is_told_no_settings(self, rig, sign):
        assert rig.wants("sign-1", "config") is None

    def test_settings_reach_the_device_at_once_and_a_null_is_as_in_its_file(self, rig, console, sign):
        assert console.ask("configure", member="sign-1", values={"brightness": 9, "log_level": "debug"})["ok"]
        first = rig.wants("sign-1", "config")
        assert first["values"] == {"brightness": 9, "log_level": "debug"}
        assert console.ask("configure", member="sign-1", values={"brightness": None})["ok"]
        second = rig.wants("sign-1", "config")
        assert second["values"] == {"log_level": "debug"}
        assert second["rev"] != first["rev"]
        console.ask("configure", member="sign-1", values={"log_level": None})
        assert rig.wants("sign-1", "config").get("values", {}) == {}

    def test_a_device_hears_that_settings_before_its_own_have_come_back(self, rig, console, sign):
        console.ask("configure", member="sign-1", values={"brightness": 9})
        back = {"members": {"sign-1": {"config": None}}}
        assert console.ask("set_plan", base=2, change=back, reason="版本1")["ok"]
        rig.run_for(1)
        assert rig.wants("sign-1", "config").get("values", {}) == {}
        assert rig.wants("sign-2", "config") is None

    def test_they_outlast_the_hub_and_the_night(self, rig, console, sign):
        console.ask("configure", member="sign-1", values={"brightness": 9})
        before = rig.wants("sign-1", "config")
        rig.kill_hub()
        rig.start_hub()
        rig.run_for(24 * 3600)
        assert rig.wants("sign-1", "config") == before

    def test_every_change_is_a_version_that_says_who_and_what(self, rig, console, sign):
        console.ask("configure", member="sign-1", values={"brightness": 9}, actor="tech")
        changed = rig.facts("PlanChanged")[-1]
        assert (changed["actor"], changed["reason"]) == ("tech", "sign-1: brightness")
        assert changed["plan"]["members"]["sign-1"]["config"] == {"brightness": 9}

    def test_two_technicians_at_two_devices_lose_nothing(self, rig, console, sign):
        first = console.ask_later("configure", member="sign-1", values={"brightness": 9})
        second = console.ask_later("configure", member="dispenser-1", values={"log_level": "info"})
        rig.settle()
        assert console.answer(first)["ok"]
        assert console.answer(second)["ok"]
        assert rig.wants("sign-1", "config")["values"] == {"brightness": 9}
        assert rig.wants("dispenser-1", "config")["values"] == {"log_level": "info"}

    @pytest.mark.parametrize(
        "values",
        [{}, {"a": [1]}, {"a": {"b": 1}}, {"a\n": 1}, {"a": "x" * 201}, {"a": "x\u202ey"}, {"a": "\x1b[2J"}],
    )
    def test_nonsense_is_refused(self, console, sign, values):
        assert not console.ask("configure", member="sign-1", values=values)["ok"]


class TestBundles:
    @pytest.fixture
    def folder(self, rig, tmp_path):
        rig.hub.bundles._folder = tmp_path / "bundles"
        return tmp_path / "bundles"

    @staticmethod
    def pieces(data, size=4500):
        return [base64.b64encode(data[i : i + size]).decode() for i in range(0, len(data), size)]

    def send(self, sign, texts, name="upkeep-1", seq=1, parts=None):
        for part, data in enumerate(texts, 1):
            sign.event(
                "bundle_part", seq + part - 1, bundle=name, part=part, parts=parts or len(texts), data=data
            )

    def test_its_pieces_are_one_file_again_that_only_the_hub_s_user_reads(self, rig, sign, folder):
        self.send(sign, self.pieces(BUNDLE))
        (came,) = rig.facts("BundleCame")
        file = folder / came["file"]
        assert file.read_bytes() == BUNDLE
        assert came["size"] == len(BUNDLE)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert sign.receipts[-1] == len(self.pieces(BUNDLE))

    def test_a_piece_that_comes_twice_is_one(self, rig, sign, folder):
        texts = self.pieces(BUNDLE)
        self.send(sign, texts[:2], parts=len(texts))
        self.send(sign, texts[:2], parts=len(texts))
        for part, data in enumerate(texts[2:], 3):
            sign.event("bundle_part", part, bundle="upkeep-1", part=part, parts=len(texts), data=data)
        assert (folder / rig.facts("BundleCame")[0]["file"]).read_bytes() == BUNDLE

    def test_a_bundle_whose_receipt_was_lost_comes_again_and_is_one(self, rig, sign, folder):
        for _ in range(2):
            self.send(sign, self.pieces(BUNDLE))
            rig.run_for(2)
        assert len(rig.facts("BundleCame")) == len(list(folder.iterdir())) == 1

    def test_pieces_that_do_not_fit_together_make_no_file_and_are_receipted_all_the_same(
        self, rig, sign, folder
    ):
        texts = self.pieces(BUNDLE)
        self.send(sign, ["???", *texts[1:]])
        sign.event("bundle_part", 200, bundle="upkeep-3", part=3, parts=3, data=texts[0])
        rig.run_for(1)
        assert rig.facts("BundleCame") == []
        assert sign.receipts

    def test_the_last_ones_are_kept(self, rig, sign, folder):
        for n in range(23):
            self.send(sign, self.pieces(b"x" * 10), name=f"upkeep-{n}", seq=n + 1)
            rig.run_for(2)
        assert len(list(folder.glob("*.json.gz"))) == 20

    def test_a_folder_that_cannot_be_written_costs_a_log_line(self, rig, sign, folder, tmp_path):
        (tmp_path / "bundles").write_text("")
        self.send(sign, self.pieces(BUNDLE))
        assert rig.facts("BundleCame") == []
        assert sign.receipts[-1] == len(self.pieces(BUNDLE))

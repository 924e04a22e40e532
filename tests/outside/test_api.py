"""The hall for other programs: what they see, take and book, over a real hub; and what they are told when they may not."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta

import httpx
import pytest

from hall.messages import asks
from hall.messages.common import DEVICE_KINDS, Outcome
from hub.broker import wait_until
from hub.console.api.edge import MOST_BYTES
from hub.console.api.keys import Scope

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def kiosk(outside):
    """A program that may do everything."""
    with outside.key(*(scope.value for scope in Scope)) as client:
        yield client


def new():
    return str(uuid.uuid4())


def take(kiosk, service="withdrawal", id_=None, **more):
    return kiosk.post("/tickets", json={"id": id_ or new(), "service": service} | more)


class TestLooking:
    def test_the_board_tells_lines_windows_and_calls_and_nobodys_name(self, hall, kiosk):
        hall.ask(asks.Sit, window=1, clerk="011")
        hall.take()
        issued, _ = hall.take()
        hall.ask(asks.CallNext, window=1)
        assert wait_until(lambda: kiosk.get("/board").json()["windows"][0]["state"] == "called", 30)
        board = kiosk.get("/board").json()
        assert (board["open"], board["live"]) == (True, True)
        [line] = [service for service in board["services"] if service["id"] == "withdrawal"]
        assert (line["waiting"], line["windows"], line["letter"]) == (1, [1], "A")
        assert board["calls"][0]["window"] == 1
        assert '"011"' not in kiosk.get("/board").text
        assert issued.ticket not in kiosk.get("/board").text

    def test_a_service_has_its_complete_lists(self, hall, kiosk):
        service = kiosk.get("/services/withdrawal").json()
        assert service["common"] == ["本人身份证", "本人一类银行卡"]
        [rent] = [x for x in service["situations"] if x["id"] == "rent"]
        assert rent["name"] == {"zh": "租房", "en": "Rent"}
        assert "租赁合同及发票（超出定额时）" in rent["need"]
        assert kiosk.get("/services").json()[0]["id"] == "withdrawal"
        assert kiosk.get("/windows").json()[0]["window"] == 1
        assert service["process"]["zh"] == "取号、受理、复核（需要时）、办结"
        wall = kiosk.get("/hall").json()
        assert (wall["hotline"], wall["complaints"]) == ("12329", "0000-0000001")
        assert wall["fees"] == {"zh": "各项业务均不收费", "en": "no service costs anything"}

    def test_the_report_before_the_opening_says_what_to_do_in_both_languages(self, hall, kiosk):
        report = kiosk.get("/morning").json()
        assert (report["ready"], report["due"]) == ([], False)  # nobody is on this hall's bus but its hub
        assert {need["device"] for need in report["needs"]} == {
            name for name, one in hall.plan.members.items() if one.kind in DEVICE_KINDS
        }
        assert all(need["stops"] and need["do"]["zh"].startswith("请") for need in report["needs"])
        assert all(need["text"]["en"] for need in report["needs"])

    def test_the_document_describes_every_route_and_needs_no_key(self, hall):
        document = httpx.get(hall.url + "/api/v1/openapi.json").json()
        assert document["openapi"].startswith("3.")
        assert set(document["paths"]) >= {"/board", "/tickets", "/appointments", "/check-in", "/days"}
        for path in document["paths"].values():
            for operation in path.values():
                assert operation["security"] == [{"key": []}]
                assert operation["summary"]


class TestTickets:
    def test_one_is_taken_followed_and_given_up_and_its_page_opens(self, hall, kiosk):
        taken = take(kiosk, situation="rent")
        assert taken.status_code == 201
        ticket = taken.json()
        assert (ticket["stands"], ticket["ahead"], ticket["lane"]) == ("waiting", 0, None)
        assert ticket["page"] == f"{hall.url}/t/{ticket['token']}"
        assert hall.web.get(ticket["page"]).status_code == 200
        assert kiosk.get(f"/tickets/{ticket['id']}").json() == ticket
        assert kiosk.get(f"/tickets/by-token/{ticket['token']}").json() == ticket
        gone = kiosk.post(f"/tickets/{ticket['id']}/cancel", json={"id": new()})
        assert gone.json() == {"id": ticket["id"], "cancelled": True}
        assert kiosk.get(f"/tickets/{ticket['id']}").json()["stands"] == "cancelled"

    def test_no_paper_comes_out_for_it(self, hall, kiosk):
        ticket = take(kiosk).json()
        issued = hall.backstage.look(lambda r: r.hall.issued(ticket["id"])).result(5)
        assert issued.paper is False
        assert issued.via.value == "phone"

    def test_the_same_id_is_one_number_however_often_it_is_said(self, hall, kiosk):
        id_ = new()
        answers = [take(kiosk, id_=id_) for _ in range(3)]
        answers.append(take(kiosk, service="loan", id_=id_))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.json()["number"] for answer in answers}) == 1
        assert len({answer.json()["token"] for answer in answers}) == 1

    def test_two_programs_never_meet_in_one_id(self, hall, kiosk):
        with hall.key("tickets") as other:
            mine, theirs = take(kiosk, id_="one").json(), take(other, id_="one").json()
            assert mine["number"] != theirs["number"]
            assert other.get(f"/tickets/{mine['id']}").status_code == 404
            no = other.post(f"/tickets/{mine['id']}/cancel", json={"id": new()})
            assert (no.status_code, no.json()["code"]) == (404, "unknown-ticket")
            assert other.get(f"/tickets/by-token/{mine['token']}").json()["number"] == mine["number"]

    def test_a_dispensers_ticket_opens_with_its_secret_alone(self, hall, kiosk):
        issued, page = hall.take()
        assert kiosk.get(f"/tickets/{issued.ticket}").status_code == 404
        assert kiosk.get(f"/tickets/by-token/{page[3:]}").json()["number"] == issued.number
        assert kiosk.get(f"/tickets/by-token/{secrets.token_hex(16)}").status_code == 404

    def test_a_finished_step_says_whether_it_can_still_be_rated(self, hall, kiosk):
        hall.ask(asks.Sit, window=1, clerk="011")
        ticket = take(kiosk).json()
        hall.ask(asks.CallNext, window=1)
        hall.ask(asks.Start, window=1)
        hall.ask(asks.Finish, window=1, outcome=Outcome.DONE)
        steps = kiosk.get(f"/tickets/{ticket['id']}").json()["steps"]
        assert steps == [{"step": 1, "window": 1, "open_to_rating": True}]


class TestAppointments:
    def book(self, kiosk, **more):
        slot = kiosk.get("/services/withdrawal/slots").json()["slots"][-1]
        return slot, kiosk.post(
            "/appointments", json={"id": new(), "service": "withdrawal", "slot": slot["begins"]} | more
        )

    def test_a_free_time_is_booked_and_given_up(self, hall, kiosk):
        slot, booked = self.book(kiosk, last4="1234")
        assert booked.status_code == 201
        made = booked.json()
        assert len(made["code"]) == 6
        assert datetime.fromisoformat(made["begins"]) == datetime.fromisoformat(slot["begins"])
        gone = kiosk.post(f"/appointments/{made['id']}/cancel", json={"id": new()})
        assert gone.json()["cancelled"] is True
        again = kiosk.post(f"/appointments/{made['id']}/cancel", json={"id": new()})
        assert (again.status_code, again.json()["code"]) == (409, "appointment-cancelled")

    def test_free_times_come_in_pages(self, hall, kiosk):
        first = kiosk.get("/services/withdrawal/slots", params={"limit": 2}).json()
        assert len(first["slots"]) == 2
        second = kiosk.get("/services/withdrawal/slots", params={"limit": 2, "after": first["next"]}).json()
        begins = [slot["begins"] for slot in first["slots"] + second["slots"]]
        assert begins == sorted(set(begins))
        assert len(begins) == 4

    def test_another_program_cannot_give_it_up(self, hall, kiosk):
        made = self.book(kiosk)[1].json()
        with hall.key("appointments") as other:
            no = other.post(f"/appointments/{made['id']}/cancel", json={"id": new()})
            assert (no.status_code, no.json()["code"]) == (404, "unknown-appointment")

    def test_a_time_that_is_past_is_refused_in_the_halls_words(self, hall, kiosk):
        past = (datetime.now().astimezone() - timedelta(days=1)).isoformat()
        no = kiosk.post("/appointments", json={"id": new(), "service": "withdrawal", "slot": past})
        assert (no.status_code, no.json()["code"]) == (409, "slot-past")
        assert no.json()["zh"].startswith("对不起")

    def test_guessing_codes_ends_soon_and_does_not_shut_out_the_guide_desk(self, hall):
        with hall.key("appointments") as guesser:
            answers = [guesser.post("/check-in", json={"id": new(), "code": f"{n:06d}"}) for n in range(8)]
        assert [answer.status_code for answer in answers] == [404] * 5 + [429] * 3
        desk = hall.backstage.ask(
            asks.CheckIn(id=hall.backstage.new_id(), via="desk", code="99999999")
        ).result(5)
        assert desk.code == "unknown-code"


class TestCounts:
    def test_days_are_counted_by_service_and_come_in_pages(self, hall, kiosk):
        take(kiosk)
        day = kiosk.get("/board").json()["day"]
        asked = {"first": "2020-01-01", "last": "2099-12-31", "limit": 1}
        assert wait_until(
            lambda: [d["day"] for d in kiosk.get("/days", params=asked).json()["days"]] == [day], 10
        )
        [today] = kiosk.get("/days", params=asked).json()["days"]
        total, parts = today["total"], today["services"].values()
        assert total["issued"] == sum(part["issued"] for part in parts) > 0
        assert total["issued"] == sum(total[x] for x in ("served", "missed", "cancelled", "left", "open"))
        empty = kiosk.get("/days", params={"first": "2020-01-01", "last": "2020-02-01"}).json()
        assert empty == {"days": [], "next": None}


class TestRatings:
    def rate(self, hall, grade):
        """Somebody is served and rates on the phone page; the ticket."""
        hall.ask(asks.Sit, window=1, clerk="011")
        issued, _ = hall.take("withdrawal", situation="rent")
        hall.ask(asks.CallNext, window=1)
        hall.ask(asks.Start, window=1)
        hall.ask(asks.Finish, window=1, outcome="done")
        hall.ask(asks.RateService, ticket=issued.ticket, step=1, official=grade)
        hall.empty()
        return issued

    def test_what_was_given_meanwhile_is_collected_once_in_the_provinces_five_grades(self, hall):
        before = datetime.now().astimezone() - timedelta(seconds=5)
        rated = [self.rate(hall, grade) for grade in (5, 4, 1)]
        with hall.key("ratings") as collector:

            def collected(since=before, **more):
                said = collector.get("/ratings", params={"since": since.isoformat(), **more}).json()
                mine = {f"{issued.ticket}-1" for issued in rated}
                return [line for line in said["ratings"] if line["id"] in mine], said["next"]

            assert wait_until(lambda: len(collected()[0]) == 3, 10)
            lines, _ = collected()
            assert [line["official"] for line in lines] == [5, 4, 1]
            assert [line["number"] for line in lines] == [issued.number for issued in rated]
            assert {line["work_number"] for line in lines} == {"011"}
            assert {line["channel"] for line in lines} == {"phone"}
            first, then = collected(limit=1)
            assert len(first) <= 1
            assert then is not None
            last = datetime.fromisoformat(lines[-1]["rated"])
            assert collected(since=last)[0] == []

    def test_a_rating_names_nobody(self, hall):
        self.rate(hall, 5)
        with hall.key("ratings") as collector:
            asked = {"since": "2020-01-01T00:00:00+08:00"}
            assert wait_until(lambda: collector.get("/ratings", params=asked).json()["ratings"], 10)
            [line, *_] = collector.get("/ratings", params=asked).json()["ratings"]
        assert set(line) == {
            "id", "work_number", "matter", "number", "accepted", "finished", "rated", "channel", "official",
            "grade", "reasons",
        }  # fmt: skip


EXAMPLE = {"service": "withdrawal", "token": "0" * 32, "ticket": "x", "appointment": "x"}


class TestWhoMay:
    ROUTES = (
        ("GET", "/hall", Scope.READ),
        ("GET", "/board", Scope.READ),
        ("GET", "/services", Scope.READ),
        ("GET", "/services/{service}", Scope.READ),
        ("GET", "/services/{service}/slots", Scope.READ),
        ("GET", "/windows", Scope.READ),
        ("POST", "/tickets", Scope.TICKETS),
        ("GET", "/tickets/by-token/{token}", Scope.TICKETS),
        ("GET", "/tickets/{ticket}", Scope.TICKETS),
        ("POST", "/tickets/{ticket}/cancel", Scope.TICKETS),
        ("POST", "/appointments", Scope.APPOINTMENTS),
        ("POST", "/appointments/{appointment}/cancel", Scope.APPOINTMENTS),
        ("POST", "/check-in", Scope.APPOINTMENTS),
        ("GET", "/days", Scope.COUNTS),
        ("GET", "/ratings", Scope.RATINGS),
        ("GET", "/morning", Scope.DEVICES),
    )

    def test_every_route_stands_in_this_table(self, hall):
        document = httpx.get(hall.url + "/api/v1/openapi.json").json()
        found = {(method.upper(), path) for path, ways in document["paths"].items() for method in ways}
        assert found == {(method, path) for method, path, _ in self.ROUTES}

    @pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
    def test_a_key_opens_its_scopes_and_nothing_else(self, hall, method, path, scope):
        path = path.format(**EXAMPLE)
        with hall.key(*(other.value for other in Scope if other is not scope)) as without:
            no = without.request(method, path, json={} if method == "POST" else None)
            assert (no.status_code, no.json()["code"]) == (403, "not-this-key")
        with hall.key(scope.value) as owner:
            assert owner.request(method, path, json={} if method == "POST" else None).status_code != 403

    @pytest.mark.parametrize(
        "shown",
        [{}, {"Authorization": "Bearer nobody"}, {"Authorization": "Basic x"}, {"Cookie": "hall-session=x"}],
    )
    def test_without_a_key_nothing_opens(self, hall, shown):
        no = httpx.get(hall.url + "/api/v1/board", headers=shown)
        assert no.status_code in {401, 429}
        assert no.headers["content-type"] == "application/problem+json"

    def test_a_revoked_key_opens_nothing_at_once(self, hall):
        with hall.key("read") as client:
            assert client.get("/hall").status_code == 200
            newest = hall.office.submit(lambda _: hall.doorman.keys.all()[-1]).result(5)
            hall.office.submit(lambda _: hall.doorman.keys.revoke(newest.id)).result(5)
            assert client.get("/hall").status_code in {401, 429}

    def test_no_key_is_kept_that_could_be_used(self, hall):
        with hall.key("read") as client:
            secret = client.headers["authorization"].removeprefix("Bearer ")
        kept = hall.kept_in("console.db")
        assert secret.encode() not in kept


class TestLimits:
    def test_a_minute_is_counted_out_loud_and_then_one_waits(self, hall):
        with hall.key("read", per_min=3) as client:
            answers = [client.get("/hall") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0", "0"]
        assert {answer.headers["ratelimit-limit"] for answer in answers} == {"3"}
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 20

    def test_a_body_has_an_end(self, hall, kiosk):
        for body in (b"{" + b" " * MOST_BYTES, iter([b" " * 9000] * 4)):
            no = kiosk.post("/tickets", content=body, headers={"Content-Type": "application/json"})
            assert (no.status_code, no.json()["code"]) == (413, "too-long")

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"\xff\xfe",
            b"[" * 15_000,
            b"null",
            b'{"id":"a"}',
            b'{"id":"a","service":"withdrawal","lane":"priority"}',
            b'{"id":"<script>","service":"withdrawal"}',
            b'{"id":"a","service":"\\ud800"}',
            b'{"id":"a","service":1e999}',
        ],
    )
    def test_what_cannot_be_read_is_refused_and_not_said_back(self, hall, kiosk, body):
        no = kiosk.post("/tickets", content=body, headers={"Content-Type": "application/json"})
        assert no.status_code in {400, 422}
        assert no.headers["content-type"] == "application/problem+json"
        assert "script" not in no.text
        assert "ud800" not in no.text
        assert "lane" not in no.text

    def test_a_problem_speaks_the_language_that_was_asked_for(self, hall, kiosk):
        zh, en = (
            kiosk.get("/services/nothing", headers={"Accept-Language": tongue})
            for tongue in ("zh-CN", "en-GB")
        )
        assert (zh.status_code, zh.json()["code"]) == (404, "unknown-service")
        assert zh.json()["detail"].startswith("对不起")
        assert en.json()["detail"].startswith("Sorry")
        assert en.headers["content-language"] == "en"

    def test_answers_are_kept_by_nobody_and_carry_no_cookie(self, hall, kiosk):
        for answer in (kiosk.get("/board"), kiosk.get("/nowhere"), kiosk.post("/board")):
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "set-cookie" not in answer.headers
            assert "access-control-allow-origin" not in answer.headers


class TestMetrics:
    def read(self, answer):
        lines = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def test_this_machine_reads_the_halls_figures(self, hall, kiosk):
        hall.ask(asks.Sit, window=1, clerk="011")
        _, page = hall.take()
        hall.take()

        def figures():
            return self.read(httpx.get(hall.url + "/metrics"))

        assert wait_until(lambda: figures()['hall_waiting{service="withdrawal"}'] == 2, 30)
        before = figures()
        hall.ask(asks.CallNext, window=1)
        assert wait_until(lambda: figures()['hall_windows{state="called"}'] == 1, 30)
        after = figures()
        assert (after["hall_up"], after["hall_open"]) == (1, 1)
        counted = 'hall_wait_seconds_count{service="withdrawal"}'
        assert after[counted] == before.get(counted, 0) + 1
        assert after['hall_wait_seconds_bucket{service="withdrawal",le="+Inf"}'] == after[counted]
        assert after['hall_facts_total{type="TicketCalled"}'] >= 1
        assert after["hall_console_look_seconds"] < 4
        told = httpx.get(hall.url + "/metrics").text
        assert page[3:] not in told
        assert '"011"' not in told

    def test_from_elsewhere_a_key_is_needed(self, hall):
        proxied = {"X-Forwarded-For": "192.0.2.7"}
        assert httpx.get(hall.url + "/metrics", headers=proxied).status_code in {401, 429}
        with hall.key("metrics") as client, hall.key("read") as other:
            url = hall.url + "/metrics"
            assert client.get(url, headers=proxied).status_code == 200
            assert other.get(url, headers=proxied).status_code == 403


class TestWithoutTheHub:
    def test_one_is_told_at_once_and_nothing_happens_twice(self, hall, kiosk):
        id_ = new()
        hall.kill_hub()
        no = take(kiosk, id_=id_)
        assert (no.status_code, no.json()["code"]) == (503, "hub-away")
        assert no.headers["retry-after"] == "5"
        assert kiosk.get("/board").json()["live"] is False
        hall.start_hub()
        assert wait_until(lambda: kiosk.get("/board").json()["live"], 20)
        assert take(kiosk, id_=id_).status_code == 201

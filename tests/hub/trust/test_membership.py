"""The console's hand on the register: it changes the file, signs nothing, and hands a new card's file over once."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import yaml

from hall.errors import Refused
from hall.keys import key_of
from hall.messages.common import MemberKind
from hall.plan import HallPlan, MemberPlan
from hub.console.door.rights import MemberAct
from hub.console.membership.label import read, written
from hub.console.membership.room import Membership
from hub.trust.authority import Authority
from hub.trust.desk import Desk
from hub.trust.register import Register, Standing
from tests.hub.small_hall import PLAN

from .conftest import request

NOW = datetime.now(UTC)


class HallBox:
    """A hall box without a broker: authority, register, desk, and a console that has the authority's certificate and nothing else."""

    def __init__(self, folder: Path, *desks: str) -> None:
        self.folder = folder
        (folder / "hall.yaml").write_text(yaml.safe_dump(PLAN, allow_unicode=True), encoding="utf-8")
        own = {"plan": "hall.yaml", "port": 8443, "desks": [*desks]}
        (folder / "enrolment.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
        self.authority = Authority.found(folder / "authority", "demo", NOW)
        self.register = Register(folder / "register" / "register.db")
        self.desk = Desk(self.authority, self.register, lambda: datetime.now(UTC))
        ca = folder / "console-ca.pem"
        ca.write_bytes((folder / "authority" / "root.pem").read_bytes())
        plan = msgspec.convert(
            PLAN | {"members": {"pad-3": MemberPlan(kind=MemberKind.PAD, window=1)}}, HallPlan
        )
        self.membership = Membership(folder / "enrolment.yaml", ca, lambda: plan)

    def does(self, act: MemberAct, member: str = "pad-3", why: str = "") -> bytes | None:
        return asyncio.run(self.membership.do(act, member, by="tech", why=why))

    def refuses(self, act: MemberAct, member: str = "pad-3") -> str:
        with pytest.raises(Refused) as refused:
            self.does(act, member)
        return refused.value.code

    def enrols(self, card: bytes | None, key: str) -> str:
        """A box with this card shows its token; its standing then."""
        assert card is not None
        token = json.loads(card)["token"]
        body = {"token": token, "request": request(key_of(self.folder / f"{key}.pem")).decode()}
        self.desk.enrol(json.dumps(body).encode())
        asyncio.run(self.membership.look())
        return self.membership.seen["pad-3"].standing.value

    def close(self) -> None:
        self.membership.close()
        self.register.close()


@pytest.fixture
def box(tmp_path):
    box = HallBox(tmp_path)
    yield box
    box.close()


def test_from_a_new_card_to_a_device_in_service_and_every_act_bears_its_name(box):
    card = box.does(MemberAct.EXPECT)
    invited = json.loads(card or b"")
    assert (invited["hall"], invited["member"], invited["kind"]) == ("demo", "pad-3", "pad")
    assert invited["desks"] == ["https://127.0.0.1:8443"]
    assert box.enrols(card, "first") == "enrolled"
    label = read(written("demo", "pad-3", box.authority.fingerprint))
    assert box.membership.find(label).standing is Standing.ENROLLED
    box.does(MemberAct.CONFIRM)
    assert box.membership.seen["pad-3"].standing is Standing.IN_SERVICE
    acts = asyncio.run(box.membership.acts("pad-3"))
    assert [(act.actor, act.what.split(":")[0]) for act in reversed(acts)] == [
        ("tech", "expected"), ("pad-3", "enrolled"), ("tech", "confirmed"),
    ]  # fmt: skip


def test_it_is_seen_when_the_box_is_not_where_its_devices_cards_say(tmp_path):
    here, elsewhere, named = "https://127.0.0.1:8443", "https://203.0.113.9:8443", "https://hall.example:8443"
    box = HallBox(tmp_path, here, elsewhere, named)
    try:
        asyncio.run(box.membership.look())
        assert box.membership.moved == ("203.0.113.9",)
        assert box.membership.serial == 1
        asyncio.run(box.membership.look())
        assert box.membership.serial == 1
    finally:
        box.close()


def test_replacing_is_one_act_and_the_former_box_counts_no_more(box):
    box.enrols(box.does(MemberAct.EXPECT), "first")
    card = box.does(MemberAct.REPLACE)
    assert box.register.closed() == ["pad-3"]
    assert len(box.register.revoked()) == 1
    assert box.enrols(card, "second") == "enrolled"
    assert box.register.closed() == []
    assert len(box.register.revoked()) == 1


def test_a_quarantine_is_put_on_with_its_reason_and_taken_off(box):
    box.enrols(box.does(MemberAct.EXPECT), "first")
    box.does(MemberAct.QUARANTINE, why="stolen")
    assert box.membership.seen["pad-3"].standing is Standing.QUARANTINED
    assert "stolen" in box.register.acts("pad-3")[0].what
    box.does(MemberAct.RELEASE)
    assert box.membership.seen["pad-3"].standing is Standing.ENROLLED
    box.does(MemberAct.RETIRE)
    assert box.register.closed() == ["pad-3"]


def test_what_cannot_be_is_refused(box):
    assert box.refuses(MemberAct.EXPECT, "pad-99") == "unknown-member"
    assert box.refuses(MemberAct.CONFIRM) == "unknown-member"
    box.does(MemberAct.EXPECT)
    assert box.refuses(MemberAct.CONFIRM) == "wrong-standing"
    with pytest.raises(Refused) as refused:
        box.membership.find(read(written("demo", "pad-3", "f" * 64)))
    assert refused.value.code == "other-authority"


def test_the_console_needs_no_key_of_the_authority(box):
    for key in (box.folder / "authority").glob("*.key"):
        key.unlink()
    card = box.does(MemberAct.EXPECT)
    assert b"PRIVATE" not in (card or b"")
    assert json.loads(card or b"")["ca"] == (box.folder / "console-ca.pem").read_text()


def test_a_change_by_somebody_else_is_seen_and_counted_once(box):
    asyncio.run(box.membership.look())
    before = box.membership.serial
    box.register.expect("pad-3", MemberKind.PAD, now=NOW, actor="root")
    for _ in range(3):
        asyncio.run(box.membership.look())
    assert box.membership.serial == before + 1

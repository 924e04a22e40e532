"""What the register says, the broker does, at once."""

import queue
from datetime import UTC, datetime

import pytest

from hall.files import write_whole
from hall.keys import key_of, request
from hall.messages.common import MemberKind
from hall.topics import Topics
from hub.broker import Broker, Door, wait_until
from hub.trust.authority import Authority
from hub.trust.desk import fingerprint
from hub.trust.gate import Gate
from hub.trust.register import Machine, Register
from tests.hub.trust.conftest import HALL, House

pytestmark = [pytest.mark.broker, pytest.mark.xdist_group("trust")]
TOPICS = Topics(HALL)


def now():
    return datetime.now(UTC)


@pytest.fixture
def hall(tmp_path):
    """Authority, register, gate and a broker that reads what the gate writes."""
    authority = Authority.found(tmp_path / "authority", HALL, now())
    key = key_of(tmp_path / "server.key")
    write_whole(tmp_path / "server.pem", authority.issue_server(key, now()).chain, mode=0o644)
    door = Door(
        ca=authority.folder / "chain.pem",
        cert=tmp_path / "server.pem",
        key=tmp_path / "server.key",
        revoked=tmp_path / "revoked.pem",
        access=tmp_path / "access",
    )
    house = House(tmp_path, authority, Broker(tmp_path / "broker", door=door))
    house.register = Register(tmp_path / "register.db")
    house.gate = Gate(
        authority,
        house.register,
        tmp_path,
        reload=house.broker.reload,
        host="127.0.0.1",
        port=house.broker.port,
    )
    house.gate.keep(now())
    house.broker.start()
    yield house
    house.close()
    house.broker.stop()
    house.register.close()


def enrolled(house, name, kind=MemberKind.PAD, token=None):
    """A member through the register, and its files."""
    token = token or house.register.expect(name, kind, now=now(), actor="technician")
    key = key_of(house.folder / f"{name}-{token[:6]}.key")
    _, made = house.register.enrol(
        token,
        fingerprint(key.public_key()),
        Machine(),
        now(),
        lambda who: house.authority.issue_member(request(key, who), who, now()),
    )
    house.gate.keep(now())
    return house.files(f"{name}-{token[:6]}", key, made.chain)


def test_a_device_that_is_replaced_is_put_out_and_the_new_one_alone_speaks(hall):
    old_files = enrolled(hall, "pad-3")
    watcher = hall.caller(enrolled(hall, "console-web", MemberKind.CONSOLE))
    watcher.listens(TOPICS.state("pad-3"))
    old = hall.caller(old_files, "pad-3", will=TOPICS.state("pad-3"))
    assert old.says(TOPICS.state("pad-3")) in {"Success", "No matching subscribers"}
    token = hall.register.replace("pad-3", now=now(), actor="technician")
    assert hall.gate.keep(now())
    assert old.ended.get(timeout=5)
    assert watcher.hears() == (TOPICS.state("pad-3"), b"{}")
    assert watcher.hears() == (TOPICS.state("pad-3"), b'{"state":"lost"}')
    with pytest.raises((OSError, queue.Empty)):
        hall.caller(old_files, "pad-3")
    new = hall.caller(enrolled(hall, "pad-3", token=token), "pad-3")
    assert new.says(TOPICS.state("pad-3")) in {"Success", "No matching subscribers"}
    with pytest.raises((OSError, queue.Empty)):
        hall.caller(old_files, "pad-3")
    assert new.ended.empty()


def test_a_quarantined_device_is_put_out_and_comes_back_when_released(hall):
    files = enrolled(hall, "sign-3", MemberKind.SIGN)
    caller = hall.caller(files)
    hall.register.quarantine("sign-3", now=now(), actor="hub", why="two boots")
    hall.gate.keep(now())
    assert caller.ended.get(timeout=5)
    with pytest.raises((OSError, queue.Empty)):
        hall.caller(files)
    hall.register.release("sign-3", now=now(), actor="technician")
    hall.gate.keep(now())

    def back():
        try:
            return hall.caller(files).says(TOPICS.state("sign-3")) in {"Success", "No matching subscribers"}
        except (OSError, queue.Empty):
            return False

    assert wait_until(back, 10)


def test_a_console_reads_the_hall_from_the_moment_it_is_enrolled(hall):
    device = hall.caller(enrolled(hall, "pad-3"))
    console = hall.caller(enrolled(hall, "console-web", MemberKind.CONSOLE))
    console.listens(TOPICS.of("+", "$alert/+"))
    device.says(TOPICS.of("pad-3", "$alert/keys"), b"{}")
    assert console.hears()[0] == TOPICS.of("pad-3", "$alert/keys")


def test_nothing_is_written_when_nothing_changed(hall):
    assert not hall.gate.keep(now())


def test_without_a_broker_it_goes_on_and_the_files_are_right(hall):
    enrolled(hall, "pad-3")
    hall.broker.stop()
    hall.register.retire("pad-3", now=now(), actor="manager")
    assert hall.gate.keep(now())
    assert "user pad-3\ntopic deny #" in (hall.folder / "access").read_text()

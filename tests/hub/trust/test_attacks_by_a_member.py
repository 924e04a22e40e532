"""What a member with a good certificate tries when it has turned bad: names, wills, wildcards, weight; on the real broker.

Raw packets where a well-made client would not send what is tried here.
"""

import queue
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from hall.tls import context
from hall.topics import HUB, Topics
from hub.broker import wait_until
from tests.hub.trust.conftest import CONSOLE, HALL
from tests.patience import in_time

pytestmark = [pytest.mark.broker, pytest.mark.xdist_group("trust-member")]

TOPICS = Topics(HALL)
OURS, OTHER = "pad-3", "sign-3"
FINE = {"Success", "No matching subscribers"}
CONNACK, PINGRESP = 0x20, 0xD0


def text(words: bytes) -> bytes:
    return len(words).to_bytes(2, "big") + words


def packet(kind: int, body: bytes) -> bytes:
    """One MQTT packet, however foolish its body is."""
    size, out = len(body), b""
    while True:
        size, low = divmod(size, 128)
        out += bytes([low | (128 if size else 0)])
        if not size:
            return bytes([kind]) + out + body


def publish(topic: bytes, payload: bytes = b"{}", *, retain: bool = False) -> bytes:
    return packet(0x31 if retain else 0x30, text(topic) + payload)


def hello(
    client_id: bytes = b"x", *, user: bytes | None = None, will: tuple[bytes, bytes] | None = None
) -> bytes:
    """MQTT 3.1.1's CONNECT, with a retained will and a user's name where asked."""
    flags, body = 0x02, text(client_id)
    if will is not None:
        flags |= 0x04 | 0x20
        body += text(will[0]) + text(will[1])
    if user is not None:
        flags |= 0x80 | 0x40
        body += text(user) + text(b"password")
    return packet(0x10, text(b"MQTT") + bytes([4, flags]) + (30).to_bytes(2, "big") + body)


@pytest.fixture(scope="module")
def members(house):
    """One certificate each for the whole module."""
    return {name: house.identity(name) for name in (OURS, OTHER, CONSOLE, HUB)}


@pytest.fixture
def line(house, members):
    """Open TLS lines to the broker as a member; all are closed in the end."""
    opened = []

    def open_line(member=OURS, greet: bytes | None = b"") -> ssl.SSLSocket:
        raw = socket.create_connection(("127.0.0.1", house.broker.port), 10)
        made = context(members[member], HALL).wrap_socket(raw, server_hostname="127.0.0.1")
        opened.append(made)
        if greet is not None:
            made.sendall(greet or hello())
            assert made.recv(4)[0] == CONNACK
        return made

    yield open_line
    for each in opened:
        each.close()


def ended(line: ssl.SSLSocket) -> bool:
    """Whether the broker hangs up, within ten seconds."""
    line.settimeout(10)
    try:
        while line.recv(4096):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def resident(pid: int) -> int:
    """A process's memory, in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


@pytest.fixture
def victim(house, members):
    """An honest device that hears whatever it is told, and is served after every attack as before it."""
    honest = house.caller(members[OTHER])
    honest.listens(TOPICS.of(OTHER, "down/#"))
    yield honest
    began = time.monotonic()
    assert honest.says(TOPICS.state(OTHER)) in FINE
    assert in_time(began, 5)
    assert honest.ended.empty()


def nothing_but(listener, hub, marker: str) -> list[tuple[str, bytes]]:
    """What was heard before the hub's own word, which comes after everything that was sent before it."""
    hub.says(marker, b"marker")
    heard = []
    while (said := listener.hears())[1] != b"marker":
        heard.append(said)
    return heard


@pytest.mark.parametrize("client_id", [OTHER, HUB, "", "../hub", "a/b", "+", "#", "$SYS", "x" * 1000])
def test_whatever_one_calls_oneself_the_certificates_name_counts(house, members, line, victim, client_id):
    hub = house.caller(members[HUB])
    thief = line(greet=hello(client_id.encode(), user=client_id.encode() or None))
    thief.sendall(
        publish(TOPICS.of(OTHER, "down/command").encode()) + publish(TOPICS.state(HUB).encode(), retain=True)
    )
    thief.sendall(packet(0xC0, b""))
    assert thief.recv(2)[0] == PINGRESP
    assert nothing_but(victim, hub, TOPICS.of(OTHER, "down/command")) == []


@pytest.mark.parametrize(
    "topic",
    [
        "$CONTROL/dynamic-security/v1",
        "$SYS/broker/uptime",
        TOPICS.state(HUB),
        TOPICS.board,
        TOPICS.state(OTHER),
        TOPICS.of(OTHER, "down/command"),
        TOPICS.of(OTHER, "down/want/display"),
        TOPICS.of(OURS, "down/receipt"),
        "hall/1/other/pad-3/$state",
    ],
)
def test_a_will_on_a_topic_of_somebody_else_is_never_said_and_never_kept(house, members, line, victim, topic):
    hub = house.caller(members[HUB])
    hub.listens(f"{TOPICS.root}/#")
    try:
        dying = line(greet=hello(will=(topic.encode(), b"will")))
    except (AssertionError, IndexError):
        pass  # the broker does not even greet it
    else:
        dying.shutdown(socket.SHUT_RDWR)
    # another's will, said after it, is heard
    good = line(CONSOLE, greet=hello(will=(TOPICS.state(CONSOLE).encode(), b"honest")))
    good.shutdown(socket.SHUT_RDWR)
    while (heard := hub.hears())[1] != b"honest":
        assert heard[1] != b"will"
    assert nothing_but(victim, hub, TOPICS.of(OTHER, "down/command")) == []
    for late_name in (HUB, OTHER, OURS, CONSOLE):
        late = house.caller(members[late_name], "late") if late_name != OTHER else victim
        late.listens(topic)
        late.says(TOPICS.state(late_name))  # answered after whatever was kept for the topic
        while not late.heard.empty():
            assert late.hears()[1] != b"will"


@pytest.mark.parametrize(
    "wish",
    ["#", "+/#", "+/+/+/+/#", f"{TOPICS.root}/+/down/#", f"{TOPICS.root}/+/up/event", "$SYS/#", "$CONTROL/#",
     f"$share/thieves/{TOPICS.root}/#"],
)  # fmt: skip
def test_a_wildcard_brings_nothing_that_is_for_somebody_else(house, members, victim, wish):
    """The broker says "granted" to everything; what it delivers is what counts."""
    thief, hub = house.caller(members[OURS]), house.caller(members[HUB])
    thief.listens(TOPICS.of(OURS, "down/command"))
    with suppress(queue.Empty):
        thief.listens(wish)
    for leaf in ("down/command", "down/want/display", "down/answer", "down/receipt"):
        hub.says(TOPICS.of(OTHER, leaf), b"secret")
    hub.says(TOPICS.board, b"secret")
    heard = nothing_but(thief, hub, TOPICS.of(OURS, "down/command"))
    assert [
        topic for topic, _ in heard if not topic.startswith((f"{TOPICS.root}/{OURS}/", TOPICS.state(HUB)))
    ] == []
    assert b"secret" not in [payload for _, payload in heard]


@pytest.mark.parametrize(
    "bad",
    [
        publish(f"{TOPICS.root}/+/up/event".encode()),
        publish(f"{TOPICS.root}/#".encode()),
        publish(f"{TOPICS.root}/{OURS}/up/event".encode() + b"\0hub"),
        publish(f"{TOPICS.root}/{OURS}/".encode() + b"\xff\xfe"),
        publish(b""),
        b"\x30\xff\xff\xff\xff\x7f",
        packet(0x10, b"again"),
        packet(0xF0, b""),
    ],
    ids=["plus", "hash", "nul", "no-utf-8", "no-topic", "lying-length", "second-hello", "no-such-packet"],
)
def test_a_packet_that_is_none_ends_its_own_line_and_no_other(line, victim, bad):
    bad_one = line()
    bad_one.sendall(bad)
    assert ended(bad_one)


@pytest.mark.parametrize(
    "name",
    ["sign-3/..", "..", "SIGN-3", "sign-3 ", "sign-3\nERROR forged", "大厅", "\u202e", "%2b", "$(reboot)", "' or 1=1 --", pytest.param("x" * 60_000, id="endless")],
)  # fmt: skip
def test_a_name_in_a_topic_that_is_nobodys_is_refused_and_forges_no_line_of_a_log(
    house, members, line, victim, name
):
    bad_one = line()
    with suppress(OSError):
        bad_one.sendall(publish(f"{TOPICS.root}/{name}/up/event".encode(), retain=True))
    hub = house.caller(members[HUB])
    hub.listens(f"{TOPICS.root}/#")
    assert [t for t, _ in nothing_but(hub, hub, TOPICS.state(HUB)) if name in t] == []
    written = house.broker.log.read_text(errors="replace").splitlines()
    assert [each for each in written if each.startswith("ERROR forged")] == []


def test_ten_thousand_messages_at_once_keep_nobody_waiting(members, line, victim):
    flood = line()
    one = publish(TOPICS.of(OURS, "up/beat").encode(), b'{"id":"x"}')
    for _ in range(10):
        flood.sendall(one * 1000)
        began = time.monotonic()
        assert victim.says(TOPICS.state(OTHER)) in FINE
        assert in_time(began, 3)


@pytest.mark.parametrize("names", [50_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_any_number_of_topic_names_leaves_nothing_behind_in_the_broker(house, line, victim, names):
    """None of them is the sender's to write: the broker keeps no name, whether it was to be kept or not."""
    flood = line()
    before = resident(house.broker.pid)
    root = TOPICS.root.encode()
    for start in range(0, names, 10_000):
        flood.sendall(
            b"".join(publish(b"%s/%d/a" % (root, n), b"", retain=True) for n in range(start, start + 10_000))
        )
    flood.sendall(packet(0xC0, b""))
    flood.settimeout(60)
    assert flood.recv(2)[0] == PINGRESP
    assert resident(house.broker.pid) - before < 16 << 20


def test_who_opens_a_line_and_never_says_who_they_are_keeps_nobody_out(line, victim):
    silent = [line(greet=None) for _ in range(20)]
    half_said = [line(greet=None) for _ in range(20)]
    for each in half_said:
        each.sendall(hello()[:7])
    began = time.monotonic()
    assert victim.says(TOPICS.state(OTHER)) in FINE
    assert in_time(began, 3)
    assert len(silent) + len(half_said) == 40


def test_everybody_at_once_is_let_in(house, members):
    """As after a power cut: a hundred connections of twenty at a time, each with its certificate."""
    how = context(members[CONSOLE], HALL)

    def once(n: int) -> bool:
        with (
            socket.create_connection(("127.0.0.1", house.broker.port), 20) as raw,
            how.wrap_socket(raw, server_hostname="127.0.0.1") as made,
        ):
            made.sendall(hello(b"storm-%d" % n))
            return made.recv(4)[0] == CONNACK

    with ThreadPoolExecutor(20) as crowd:
        assert all(crowd.map(once, range(100)))


def test_two_boxes_with_one_certificate_take_turns_and_nobody_else_notices(house, members, line, victim):
    first = line()
    second = line()
    assert ended(first)
    second.sendall(packet(0xC0, b""))
    assert second.recv(2)[0] == PINGRESP


def test_a_new_certificate_list_closes_the_line_of_nobody_who_is_on_it(house, members):
    """A reload in the middle of the day is not an attack on oneself."""
    honest = house.caller(members[OTHER])
    house.tell_broker()
    assert wait_until(lambda: honest.says(TOPICS.state(OTHER)) in FINE, 5)
    assert honest.ended.empty()
    assert Path(members[OTHER].key).stat().st_mode & 0o077 == 0

"""What somebody with a foot in the hall's network tries on the real broker, and what becomes of it."""

import queue
import socket
import ssl
import time
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hall.files import write_whole
from hall.keys import key_of
from hall.messages.common import DEVICE_KINDS, MemberKind
from hall.tls import context, server_name
from hall.topics import HUB, LEAVES, Topics, Writer
from hub.broker import Broker, Door, config, wait_until
from hub.trust.authority import Authority, Revoked
from tests.hub.trust.conftest import CONSOLE, HALL, request
from tests.patience import in_time

pytestmark = [pytest.mark.broker, pytest.mark.xdist_group("trust")]

TOPICS = Topics(HALL)
OURS, OTHER = "pad-3", "sign-3"
#: one of each kind
MEMBERS = {
    MemberKind.DISPENSER: "dispenser-1",
    MemberKind.SIGN: OTHER,
    MemberKind.PAD: OURS,
    MemberKind.SPEAKER: "speaker-1",
    MemberKind.CALL_KEY: "call-key-6",
    MemberKind.CONSOLE: CONSOLE,
    MemberKind.HUB: HUB,
}


def filled(leaf) -> str:
    """The leaf with something in its last level."""
    return (
        leaf.name.replace("<part>", "display").replace("<id>", "paper-out").replace("<type>", "TicketIssued")
    )


def every_topic():
    """(leaf, whose) for each leaf at a member of each kind."""
    for leaf in LEAVES:
        for whose in MEMBERS.values() if leaf.per_member else (HUB,):
            yield leaf, whose


#: what a console hears of everybody: how they are, never what they ask, how they vote, or what they did
HOW_IT_IS = {"$state", "$desc", "$alert/<id>", "up/have/<part>", "up/beat"}


def may_write(kind: MemberKind, leaf, whose: str) -> bool:
    if leaf.writer is Writer.HUB:
        return kind is MemberKind.HUB
    return whose == MEMBERS[kind]


def may_read(kind: MemberKind, leaf, whose: str) -> bool:
    if leaf.writer is Writer.HUB and leaf.per_member:
        return whose == MEMBERS[kind]
    own = leaf.name == "rebirth" or (leaf.name == "$state" and whose == HUB)
    if kind in DEVICE_KINDS:
        return own
    if kind is MemberKind.CONSOLE:
        return own or not leaf.per_member or leaf.name in HOW_IT_IS
    return own or leaf.writer is not Writer.HUB


@pytest.mark.parametrize("kind", MemberKind)
def test_each_kind_writes_its_own_topics_and_no_other(house, kind):
    caller = house.caller(house.identity(MEMBERS[kind]))
    wrong = []
    for leaf, whose in every_topic():
        topic = TOPICS.of(whose, filled(leaf))
        said = caller.says(topic)
        if (said in {"Success", "No matching subscribers"}) is not may_write(kind, leaf, whose):
            wrong.append((topic, said))
    assert wrong == []


@pytest.mark.parametrize("kind", MemberKind)
def test_each_kind_reads_its_own_topics_and_no_other(house, kind):
    reader = house.caller(house.identity(MEMBERS[kind]))
    reader.listens("#")
    reader.listens(f"{TOPICS.root}/#")
    writers = {
        name: reader if name == MEMBERS[kind] else house.caller(house.identity(name))
        for name in MEMBERS.values()
    }
    expected = set()
    for leaf, whose in every_topic():
        topic = TOPICS.of(whose, filled(leaf))
        writer = writers[HUB] if leaf.writer is Writer.HUB else writers[whose]
        writer.says(topic)
        if may_read(kind, leaf, whose):
            expected.add(topic)
    heard = set()
    while not expected <= heard:
        heard.add(reader.hears()[0])
    # whatever should not have come would have come by now, in order
    while not reader.heard.empty():
        heard.add(reader.hears()[0])
    assert heard == expected


def test_the_whole_is_every_kind_at_every_topic_and_far_more_than_forty_tries():
    assert MEMBERS.keys() == set(MemberKind)
    tries = [(kind, leaf, whose) for kind in MEMBERS for leaf, whose in every_topic()]
    assert {leaf.name for _, leaf, _ in tries} == {leaf.name for leaf in LEAVES}
    assert sum(not may_write(*each) for each in tries) > 400


@pytest.mark.parametrize(
    "topic",
    [
        "$SYS/broker/uptime",
        "$CONTROL/dynamic-security/v1",
        f"hall/1/other/{OURS}/$state",
        "hall",
        "a" * 300,
    ],
)
def test_what_is_no_topic_of_this_hall_is_closed(house, topic):
    caller = house.caller(house.identity(OURS))
    assert caller.says(topic) == "Not authorized"


def refused(house, tls, client_id="") -> str:
    """Why the broker did not let them in."""
    with pytest.raises((OSError, queue.Empty)) as why:
        house.caller(tls, client_id)
    return str(why.value)


def bare(house) -> ssl.SSLContext:
    """Believes the hall box, and shows nothing."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.load_verify_locations(house.authority.folder / "root.pem")
    return made


def test_plain_text_is_hung_up_on(house):
    assert refused(house, None)


def test_nobody_comes_in_without_a_certificate(house):
    assert refused(house, bare(house))


@pytest.mark.parametrize("name", [OURS, HUB, CONSOLE])
def test_another_authority_opens_nothing(house, tmp_path, name):
    theirs = Authority.found(tmp_path / "theirs", HALL, datetime.now(UTC))
    key = ec.generate_private_key(ec.SECP256R1())
    signed = theirs.issue_member(request(key), name, datetime.now(UTC))
    tls = house.files("forged", key, signed.chain)
    assert refused(house, tls)


@pytest.mark.parametrize("since", [timedelta(days=-95), timedelta(days=2)], ids=["expired", "not-yet"])
def test_a_certificate_out_of_its_time_opens_nothing(house, since):
    assert refused(house, house.identity("pad-8", since=since))


def test_the_hall_boxs_own_certificate_is_no_members(house):
    key = ec.generate_private_key(ec.SECP256R1())
    signed = house.authority.issue_server(key, datetime.now(UTC))
    assert refused(house, house.files("server-as-client", key, signed.chain))


def test_a_certificate_that_a_member_signed_itself_opens_nothing(house):
    tls = house.identity("pad-7")
    own = serialization.load_pem_private_key(Path(tls.key).read_bytes(), None)
    issuer = x509.load_pem_x509_certificates(Path(tls.cert).read_bytes())[0]
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    forged = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HUB)]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(own, hashes.SHA256())
    )
    chain = forged.public_bytes(serialization.Encoding.PEM) + Path(tls.cert).read_bytes()
    assert refused(house, house.files("signed-by-a-member", key, chain))


def test_an_old_tls_is_refused(house):
    how = context(house.identity(OURS), HALL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        how.minimum_version = ssl.TLSVersion.TLSv1
        how.maximum_version = ssl.TLSVersion.TLSv1_1
    how.set_ciphers("ALL:@SECLEVEL=0")
    assert refused(house, how)


def test_a_client_id_cannot_be_stolen(house):
    victim = house.caller(house.identity(OTHER), OTHER)
    house.caller(house.identity(OURS), OTHER)  # the broker names it after its certificate
    assert victim.says(TOPICS.state(OTHER)) in {"Success", "No matching subscribers"}
    assert victim.ended.empty()


def test_a_last_will_speaks_for_nobody_else(house):
    console = house.caller(house.identity(CONSOLE))
    console.listens(TOPICS.state("+"))
    liar = house.caller(house.identity(OURS), will=TOPICS.state(OTHER))
    liar.client.socket().shutdown(socket.SHUT_RDWR)
    honest = house.caller(house.identity("pad-9"), will=TOPICS.state("pad-9"))
    honest.client.socket().shutdown(socket.SHUT_RDWR)
    assert console.hears()[0] == TOPICS.state("pad-9")
    assert console.heard.empty()


def test_a_device_cannot_leave_a_command_for_another_one(house):
    victim = house.caller(house.identity(OTHER))
    victim.listens(TOPICS.of(OTHER, "down/#"))
    thief = house.caller(house.identity(OURS))
    for leaf in ("down/command", "down/want/display", "down/want/config", "down/answer", "down/receipt"):
        assert thief.says(TOPICS.of(OTHER, leaf), b'{"id":"x"}', retain=True) == "Not authorized"
        assert thief.says(TOPICS.of(OURS, leaf), b'{"id":"x"}', retain=True) == "Not authorized"
    hub = house.caller(house.identity(HUB))
    hub.says(TOPICS.of(OTHER, "down/command"), b"real")
    assert victim.hears() == (TOPICS.of(OTHER, "down/command"), b"real")


def test_nobody_but_the_hub_is_the_hub(house):
    for name in (OURS, CONSOLE):
        caller = house.caller(house.identity(name))
        for topic in (TOPICS.state(HUB), TOPICS.board, TOPICS.rebirth, TOPICS.fact("TicketIssued")):
            assert caller.says(topic, retain=True) == "Not authorized"


def test_a_far_too_large_message_ends_its_connection_and_no_other(house):
    other = house.caller(house.identity(OTHER))
    flood = house.caller(house.identity(OURS))
    flood.client.publish(TOPICS.of(OURS, "up/event"), b"x" * 5_000_000, 1)
    assert flood.ended.get(timeout=10)
    assert other.says(TOPICS.state(OTHER)) in {"Success", "No matching subscribers"}


def test_a_revoked_certificate_opens_nothing_and_its_live_session_is_cut_within_five_seconds(house):
    tls = house.identity("pad-5")
    live = house.caller(tls, "pad-5")
    state = TOPICS.state("pad-5")
    assert live.says(state) in {"Success", "No matching subscribers"}
    serial = x509.load_pem_x509_certificates(Path(tls.cert).read_bytes())[0].serial_number
    house.revoked.append(Revoked(serial, datetime.now(UTC)))
    house.tell_broker(closed=("pad-5",))
    begun = time.monotonic()
    assert wait_until(lambda: live.says(state) == "Not authorized", 60)
    assert in_time(begun, 5)
    assert refused(house, tls)
    # whoever holds the name next may speak again
    house.tell_broker()
    fresh = house.caller(house.identity("pad-5"), "pad-5")
    assert fresh.says(state) in {"Success", "No matching subscribers"}
    assert live.ended.get(timeout=10)


def test_two_hundred_half_open_doors_keep_nobody_out(house):
    half = [socket.create_connection(("127.0.0.1", house.broker.port)) for _ in range(200)]
    try:
        for sock in half:
            sock.send(b"\x16\x03\x01\x02\x00\x01")
        begun = time.monotonic()
        caller = house.caller(house.identity(OURS))
        assert caller.says(TOPICS.state(OURS)) in {"Success", "No matching subscribers"}
        assert in_time(begun, 5)
    finally:
        for sock in half:
            sock.close()


def test_a_false_hall_box_is_not_believed(house, tmp_path):
    """Signed by the right authority for another purpose, or by another one for the right name: neither is our hall box."""
    theirs = Authority.found(tmp_path / "theirs", HALL, datetime.now(UTC))
    false_key = key_of(tmp_path / "false.key")
    write_whole(tmp_path / "false.pem", theirs.issue_server(false_key, datetime.now(UTC)).chain, mode=0o644)
    member = house.identity("pad-6")  # a member's certificate, shown as if it were a server's
    for cert, key in ((tmp_path / "false.pem", tmp_path / "false.key"), (member.cert, member.key)):
        door = Door(
            ca=house.authority.folder / "chain.pem",
            cert=cert,
            key=key,
            revoked=house.folder / "revoked.pem",
            access=house.folder / "access",
        )
        with Broker(tmp_path / "false", door=door) as false:
            client = context(house.identity(OURS), HALL)
            with (
                socket.create_connection(("127.0.0.1", false.port)) as raw,
                pytest.raises(ssl.SSLCertVerificationError),
            ):
                client.wrap_socket(raw, server_hostname="127.0.0.1")


def test_another_halls_box_is_not_believed(house):
    """The name is checked, whatever was dialled."""
    elsewhere = context(house.identity(OURS), "other-hall")
    with (
        socket.create_connection(("127.0.0.1", house.broker.port)) as raw,
        pytest.raises(ssl.SSLCertVerificationError, match=server_name("other-hall")),
    ):
        elsewhere.wrap_socket(raw, server_hostname="127.0.0.1")


def test_an_open_broker_is_for_the_loopback_alone():
    with pytest.raises(ValueError, match="certificates"):
        config(1883, "0.0.0.0", "mosquitto", None)

"""What somebody sends to the enrolment desk who has found its address, or somebody else's card."""

import asyncio
import base64
import json
import logging
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hall.messages.common import MemberKind
from hub.trust.authority import Authority
from hub.trust.desk import Desk, application
from hub.trust.register import TOKEN_LIVES, Register, Standing
from tests.hub.trust.conftest import HALL, request

NOW = datetime(2026, 5, 6, 8, 0, tzinfo=UTC)
NASTY = ["hub", "sign-1", "+", "#", "a/b", "$SYS", "../hub", "pad-3\nERROR forged", "护士", ""]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority.found(tmp_path_factory.mktemp("desk") / "authority", HALL, NOW)


@pytest.fixture
def key():
    return ec.generate_private_key(ec.SECP256R1())


class Counter:
    """A desk, its register, and a clock that is moved by hand."""

    def __init__(self, authority, register):
        self.now, self.register = NOW, register
        self.door = httpx.ASGITransport(app=application(Desk(authority, register, lambda: self.now)))

    def post(self, path, **what):
        async def once():
            async with httpx.AsyncClient(transport=self.door, base_url="https://desk") as client:
                return await client.post(path, **what)

        return asyncio.run(once())

    def token(self, name="pad-3"):
        return self.register.expect(name, MemberKind.PAD, now=self.now, actor="technician")

    def enrol(self, token, csr, **more):
        body = {"token": token, "request": csr.decode() if isinstance(csr, bytes) else csr, **more}
        return self.post("/enrol", json=body)

    def standing(self, name="pad-3"):
        return next(entry.standing for entry in self.register.entries() if entry.name == name)


@pytest.fixture
def counter(authority, tmp_path):
    register = Register(tmp_path / "register.db")
    yield Counter(authority, register)
    register.close()


def name_in(answer):
    signed = x509.load_pem_x509_certificates(answer.json()["chain"].encode())[0]
    return signed, [each.value for each in signed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]


@pytest.mark.parametrize("claimed", NASTY)
def test_a_request_under_any_name_makes_a_member_of_the_tokens_name(counter, key, claimed):
    name = [x509.NameAttribute(NameOID.COMMON_NAME, claimed)] if claimed else []
    asked = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(name)).sign(key, hashes.SHA256())
    answer = counter.enrol(counter.token(), asked.public_bytes(serialization.Encoding.PEM))
    assert answer.status_code == 200
    assert name_in(answer)[1] == ["pad-3"]


def test_what_a_request_wishes_for_besides_is_not_granted(counter, key):
    """To be an authority, a server, everybody's name, for ever."""
    wish = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub")]))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(f"hub.{HALL}.hall.internal")]), critical=False
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    signed, name = name_in(counter.enrol(counter.token(), wish.public_bytes(serialization.Encoding.PEM)))
    assert name == ["pad-3"]
    assert signed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    usage = signed.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    hall_box = x509.DNSName(f"hub.{HALL}.hall.internal")
    names = [e.value for e in signed.extensions if isinstance(e.value, x509.SubjectAlternativeName)]
    assert all(hall_box not in list(each) for each in names)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{", b"\xff\xfe", b"[" * 8000, b'{"token":NaN}', b'{"token":1e999,"request":""}',
        b'{"token":"a","request":"b","name":"hub"}', b'{"token":"a","request":"b","machine":{"serial":1}}',
        b'{"token":"a","token":"b","request":"c"}', b'{"token":"\\u0000","request":"\\ud800"}',
        b'{"token":"x","request":"' + b"A" * 200_000 + b'"}', b"x" * 200_000,
    ],
    ids=lambda body: f"{body[:24]!r}-{len(body)}",
)  # fmt: skip
def test_nonsense_is_refused_in_one_sentence_and_burns_no_token(counter, key, body):
    token = counter.token()
    answer = counter.post("/enrol", content=body)
    assert answer.status_code in {400, 413}
    assert len(answer.content) < 1000
    assert answer.json()["text"]["zh"]
    assert b"Traceback" not in answer.content
    assert counter.enrol(token, request(key)).status_code == 200


def test_a_request_of_two_hundred_kilobytes_is_not_read_to_its_end(counter):
    sent = []

    async def endless():
        for _ in range(200):
            sent.append(1024)
            yield b"x" * 1024

    assert counter.post("/enrol", content=endless()).status_code == 413
    assert sum(sent) < 20 * 1024


def test_a_post_that_was_overheard_and_is_sent_again_gives_no_second_member(counter, key):
    token = counter.token()
    body = {"token": token, "request": request(key).decode()}
    first = counter.post("/enrol", json=body).json()
    again = counter.post("/enrol", json=body).json()
    assert again == first  # the certificate is for the first one's key, and worth nothing without it
    other = ec.generate_private_key(ec.SECP256R1())
    assert counter.enrol(token, request(other)).status_code == 403


def test_a_token_of_one_device_makes_no_other(counter, key):
    pad, sign = counter.token("pad-3"), counter.token("sign-1")
    assert name_in(counter.enrol(pad, request(key, "sign-1")))[1] == ["pad-3"]
    assert counter.standing("sign-1") is Standing.EXPECTED
    assert sign != pad


@pytest.mark.parametrize("ahead", [TOKEN_LIVES + timedelta(seconds=1), timedelta(days=3652)])
def test_a_token_that_ran_out_opens_nothing(counter, key, ahead):
    token = counter.token()
    counter.now = NOW + ahead
    assert counter.enrol(token, request(key)).status_code == 403


@pytest.mark.parametrize("token", ["", "x", "' OR 1=1 --", "../", "%00", "\u202e", "0" * 40, "a" * 5000])
def test_a_guessed_token_is_refused_without_a_word_of_what_would_do(counter, key, token):
    counter.token()
    answer = counter.enrol(token, request(key))
    assert answer.status_code == 403
    assert answer.json() == counter.enrol("another guess", request(key)).json()
    assert counter.standing() is Standing.EXPECTED


def test_a_renewal_needs_the_key_that_is_renewed(counter, key):
    made = counter.enrol(counter.token(), request(key))
    serial = str(name_in(made)[0].serial_number)
    thief = ec.generate_private_key(ec.SECP256R1())
    wish = request(thief)

    def renew(signature, which=serial):
        body = {"serial": which, "request": wish.decode(), "signature": signature}
        return counter.post("/renew", json=body).status_code

    signed = base64.b64encode(thief.sign(wish, ec.ECDSA(hashes.SHA256()))).decode()
    for signature in ("", "!!", "AAAA", signed):
        assert renew(signature) == 403
    rightly = base64.b64encode(key.sign(wish, ec.ECDSA(hashes.SHA256()))).decode()
    for which in ("0", "-1", "1" * 100, "x", "' or 1=1", str(int(serial) + 1)):
        assert renew(rightly, which) == 403
    assert renew(rightly) == 200


def test_what_a_machine_says_of_itself_forges_no_line_of_a_log(counter, key, caplog):
    machine = {"model": "Pi\nERROR forged\r\x1b[2J", "serial": "\u202e", "mac": "x" * 4000}
    with caplog.at_level(logging.DEBUG):
        answer = counter.enrol(counter.token(), request(key), machine=machine)
        counter.enrol("no\nERROR forged", request(key))
    assert answer.status_code in {200, 400}
    said = [record.getMessage() for record in caplog.records if record.name.startswith("hub.")]
    assert not [line for line in said if "forged" in line or "\n" in line or len(line) > 1000]


def test_nothing_that_was_asked_stands_in_a_refusal(counter):
    secret = "canary-" + "0f" * 16
    for content in (json.dumps({"token": secret, "request": secret}), f'{{"token":"{secret}"'):
        assert secret not in counter.post("/enrol", content=content).text

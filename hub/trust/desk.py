"""The enrolment desk: what a device asks over HTTPS before it has a certificate, and before the one it has runs out.

Rules:

* ``POST /enrol`` {token, request, machine}: the certificate of the name that the token is for.
* ``POST /renew`` {serial, request, signature}: `signature` over the request, made with the key of the certificate `serial`. Whoever sends it
  again gains nothing: the certificate is for the key in the request.
* ``GET /hello``: the hall and the time, for a device whose clock is wrong; the desk's own certificate makes it worth believing.
* ``GET /releases/…``: files of the mirror of releases (docs/updates.md), for whoever asks; they hold no secret.
* Answers are {member, chain, until} or {code, text}; a refusal says nothing about what would have been accepted.
* A body is at most 16 KiB, and strictly what it should be.
"""

from __future__ import annotations

import base64
import binascii
import logging
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from hall.errors import HallError, Malformed, Refused
from hall.text import Text
from hub.trust.authority import Authority, Certificate, public_key
from hub.trust.register import NO_MEMBER, Machine, Register

log = logging.getLogger(__name__)

LONGEST = 16 * 1024
T = TypeVar("T")


class Enrol(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A device without a certificate."""

    token: str
    request: str
    machine: Machine = Machine()


class Renew(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A device with one."""

    serial: str
    request: str
    #: base64
    signature: str


class Desk:
    """Decides; the routes around it only read and write."""

    def __init__(
        self,
        authority: Authority,
        register: Register,
        now: Callable[[], datetime],
        opened: Callable[[], object] = lambda: None,
    ) -> None:
        """`opened` has the broker let in whoever was enrolled, before they hear of it."""
        self._authority, self._register, self._now, self._opened = authority, register, now, opened
        self._one = threading.Lock()

    def enrol(self, body: bytes) -> dict[str, Any]:
        """See the module; raises ``Malformed`` or ``Refused``."""
        asked = _read(body, Enrol)
        request = asked.request.encode()
        key = fingerprint(public_key(request))
        with self._one:
            now = self._now()
            name, made = self._register.enrol(
                asked.token,
                key,
                asked.machine,
                now,
                lambda who: self._authority.issue_member(request, who, now),
            )
        self._opened()
        log.info("%s enrolled until %s", name, made.until.date())
        return _answer(name, made)

    def renew(self, body: bytes) -> dict[str, Any]:
        """See the module; raises ``Malformed`` or ``Refused``."""
        asked = _read(body, Renew)
        request = asked.request.encode()
        key = fingerprint(public_key(request))
        if not asked.serial.isdecimal() or len(asked.serial) > 60:
            raise NO_MEMBER
        serial = int(asked.serial)
        with self._one:
            chain = self._register.chain(serial)
            if chain is None or not _signed(chain, request, asked.signature):
                raise NO_MEMBER
            now = self._now()
            name, made = self._register.renew(
                serial, key, now, lambda who: self._authority.issue_member(request, who, now)
            )
        self._opened()
        log.info("%s renewed until %s", name, made.until.date())
        return _answer(name, made)

    def hello(self) -> dict[str, Any]:
        """See the module."""
        return {"hall": self._authority.hall, "now": self._now().isoformat()}


def application(desk: Desk, releases: Path | None = None) -> Starlette:
    """The desk's routes; nothing else is answered. `releases` is the mirror, which its signers speak for and nobody else."""

    async def post(request: Request, what: Callable[[bytes], dict[str, Any]]) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > LONGEST:
                return _no(413, Malformed("too-large", Text(zh="请求过长", en="the request is too long")))
        try:
            # in a thread: who is put out meanwhile may take seconds to go
            return JSONResponse(await run_in_threadpool(what, body))
        except Malformed as error:
            return _no(400, error)
        except Refused as error:
            log.warning("refused: %s", error.code)
            return _no(403, error)

    async def enrol(request: Request) -> Response:
        return await post(request, desk.enrol)

    async def renew(request: Request) -> Response:
        return await post(request, desk.renew)

    async def hello(_: Request) -> Response:
        return JSONResponse(desk.hello())

    return Starlette(
        routes=[
            Route("/enrol", enrol, methods=["POST"]),
            Route("/renew", renew, methods=["POST"]),
            Route("/hello", hello, methods=["GET"]),
            *([Mount("/releases", StaticFiles(directory=releases, check_dir=False))] if releases else []),
        ]
    )


def fingerprint(key: ec.EllipticCurvePublicKey) -> str:
    """SHA-256 of a public key, hex."""
    plain = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(plain)
    return digest.finalize().hex()


def _signed(chain: bytes, request: bytes, signature: str) -> bool:
    """Whether the key of this certificate has signed the request."""
    key = x509.load_pem_x509_certificates(chain)[0].public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    try:
        key.verify(base64.b64decode(signature, validate=True), request, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(
            "bad-body", Text(zh="请求内容无法识别", en=f"this cannot be read: {error}")
        ) from error


def _answer(name: str, made: Certificate) -> dict[str, Any]:
    return {"member": name, "chain": made.chain.decode(), "until": made.until.isoformat()}


def _no(status: int, error: HallError) -> Response:
    text = {"zh": error.text.zh, "en": error.text.en}
    return JSONResponse({"code": error.code, "text": text}, status_code=status)

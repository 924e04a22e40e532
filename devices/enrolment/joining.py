"""Becoming a member, and staying one.

Rules:

* Each step leaves the card in a state from which :func:`join` goes on: run it at every start, it does what is left to do.
* The clock is not this program's to set: a Pi that wakes up in the past waits here until somebody has put it right, for no certificate
  holds yet.
* The desk is asked over TLS that believes the hall's authority and nobody else; the device shows itself by the token, later by its key.
* A desk that cannot be reached is asked again, spread out, for ever: the hall box may be switched on after the devices. A desk that
  refuses is not asked again: nothing changes by asking.
* The token is taken off the card when the certificate is on it, not before.
* A card with another token than the one this device came by makes it a member anew: that is how a quarantined box comes back. A token
  that is refused takes nothing from a device that is somebody already.
"""

from __future__ import annotations

import json
import logging
import random
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec

from devices.enrolment.identity import Identity
from devices.enrolment.invitation import read, without_token
from hall.clock import Seconds
from hall.errors import Fault, HallError, Refused
from hall.files import write_whole
from hall.invitation import Invitation
from hall.text import Text
from hall.tls import TlsSettings, trusting

log = logging.getLogger(__name__)

PATIENCE_S: Seconds = 10.0
#: bound of the first wait, doubled up to the last
FIRST_S: Seconds = 2.0
LAST_S: Seconds = 60.0
LARGEST = 64 * 1024
KEPT = "invitation.json"
#: OpenSSL's codes for a certificate whose time has not come, or is over
_OUT_OF_TIME = frozenset({9, 10})


class Desk(Protocol):
    """The hall box's enrolment desk."""

    def ask(self, what: str, fields: dict[str, Any]) -> dict[str, Any]:
        """POST to ``/<what>``; ``OSError`` when nobody answers, ``Refused`` when the answer is no."""


class HttpsDesk:
    """The desk at the first of several addresses that answers."""

    def __init__(self, desks: Sequence[str], ca: Path, hall: str) -> None:
        """See :class:`devices.enrolment.invitation.Invitation`."""
        self._desks, self._ca, self._hall = tuple(desks), ca, hall

    def ask(self, what: str, fields: dict[str, Any]) -> dict[str, Any]:
        """See :class:`Desk`."""
        trouble: OSError | None = None
        for desk in self._desks:
            try:
                return self._ask(desk, what, fields)
            except OSError as error:  # urllib's errors are
                trouble = error
        raise trouble or OSError("no address of a desk")

    def _ask(self, desk: str, what: str, fields: dict[str, Any]) -> dict[str, Any]:
        if not desk.startswith("https://"):
            raise OSError(f"{desk} is not https")
        asked = urllib.request.Request(  # noqa: S310 - https, checked above
            f"{desk.rstrip('/')}/{what}", json.dumps(fields).encode(), {"Content-Type": "application/json"}
        )
        believing = urllib.request.HTTPSHandler(context=trusting(self._ca, self._hall))
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), believing)
        try:
            with opener.open(asked, timeout=PATIENCE_S) as answer:
                return dict(json.loads(answer.read(LARGEST)))
        except urllib.error.HTTPError as error:
            if error.code not in {400, 403, 413}:
                raise OSError(f"{desk} answered {error.code}") from error
            raise _refusal(error.read(LARGEST)) from error
        except ValueError as error:
            raise OSError(f"{desk} answered nonsense") from error


def join(
    card: Path,
    folder: Path,
    *,
    desk: Callable[[Invitation, Path], Desk],
    machine: dict[str, str],
    wait: Callable[[Seconds], object],
    chance: random.Random,
    tell: Callable[[HallError], object] = lambda _: None,
) -> TlsSettings:
    """The certificate's files, once there are some; ``Refused`` when the desk says no, ``Fault`` or ``BadSettings`` for a bad card.

    `card` is the invitation's file, `folder` the device's own for its identity; `wait` waits so many seconds;
    `tell` is told, for people who stand before the device, why it is not yet a member.
    """
    invitation = _invitation(card, folder)
    identity = Identity(folder, invitation.member, invitation.ca.encode())
    if identity.certificate is None or (invitation.token and not identity.came_by(invitation.token)):
        asked = {
            "token": invitation.token,
            "request": identity.request(invitation.token).decode(),
            "machine": machine,
        }
        try:
            answer = _patiently(desk(invitation, identity.ca), "enrol", asked, wait, chance, tell)
        except Refused as no:
            if identity.certificate is None:
                raise
            log.warning("the card's token is refused (%s); going on as who we are", no.code)
        else:
            identity.take(str(answer.get("chain", "")).encode())
            log.info("enrolled as %s until %s", invitation.member, answer.get("until"))
    if invitation.token:
        kept = msgspec.structs.replace(invitation, token="")
        write_whole(folder / KEPT, msgspec.json.encode(kept))
        if not without_token(card, invitation):
            log.warning("the card cannot be written; its token is used up all the same")
    return identity.files


def renew(card: Path, folder: Path, now: datetime, *, desk: Callable[[Invitation, Path], Desk]) -> bool:
    """A new certificate when it is time for one; whether there is a new one. Raises as :func:`join`, and OSError when nobody answers."""
    invitation = _invitation(card, folder)
    identity = Identity(folder, invitation.member, invitation.ca.encode())
    present = identity.certificate
    if present is None or not identity.due(now):
        return False
    request = identity.request()
    asked = {
        "serial": str(present.serial_number),
        "request": request.decode(),
        "signature": identity.signature(request),
    }
    answer = desk(invitation, identity.ca).ask("renew", asked)
    identity.take(str(answer.get("chain", "")).encode())
    return True


def https(invitation: Invitation, ca: Path) -> Desk:
    """The real desk of an invitation."""
    return HttpsDesk(invitation.desks, ca, invitation.hall)


def _invitation(card: Path, folder: Path) -> Invitation:
    """The card's, as long as it has a token; else what was kept of it."""
    kept = folder / KEPT
    try:
        found = read(card)
    except (HallError, OSError) as error:  # no card, a spoiled one, one that the reader cannot read
        if not kept.exists():
            raise
        log.warning("the card cannot be read (%s); going on with what was kept of it", error)
        return read(kept)
    return found if found.token or not kept.exists() else read(kept)


def _patiently(
    desk: Desk,
    what: str,
    fields: dict[str, Any],
    wait: Callable[[Seconds], object],
    chance: random.Random,
    tell: Callable[[HallError], object],
) -> dict[str, Any]:
    bound, said = FIRST_S, ""
    while True:
        try:
            return desk.ask(what, fields)
        except OSError as error:
            why = _plain(error)
            if why != said:
                log.warning("the enrolment desk cannot be reached: %s", why)
                tell(_away(error))
                said = why
        wait(chance.uniform(0.0, bound))
        bound = min(LAST_S, bound * 2)


def _plain(error: OSError) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"whoever answers there is not this hall's box ({reason.verify_message})"
    return str(reason)


def _away(error: OSError) -> Fault:
    reason = getattr(error, "reason", error)
    if not isinstance(reason, ssl.SSLCertVerificationError):
        return Fault(
            "desk-away",
            Text(
                zh="暂时联系不到厅内主机，正在继续尝试；请检查网线和主机电源",
                en="the hall box cannot be reached yet and is asked again and again: check the network cable and that the box is on",
            ),
        )
    if reason.verify_code in _OUT_OF_TIME:
        return Fault(
            "clock-wrong",
            Text(
                zh="本机时钟与厅内主机不符，正在继续尝试；请检查主机时间，或重新制卡",
                en="the clock here and the hall box's do not agree: check the time of the box, or write the card anew",
            ),
        )
    return Fault(
        "wrong-box",
        Text(
            zh="应答的主机不是本厅主机；请检查网线，如已更换主机请重新制卡",
            en="who answers is not this hall's box: check the cable; write the card anew if the box was replaced",
        ),
    )


def _refusal(body: bytes) -> Refused:
    try:
        said = msgspec.json.decode(body)
        return Refused(str(said["code"]), Text(zh=str(said["text"]["zh"]), en=str(said["text"]["en"])))
    except (msgspec.MsgspecError, KeyError, TypeError):
        return Refused("refused", Text(zh="登记被拒绝，请联系管理人员", en="the enrolment desk said no"))


def machine(tree: Path = Path("/proc/device-tree"), net: Path = Path("/sys/class/net")) -> dict[str, str]:
    """What this Pi says of itself: model, serial number, the wired interface's address."""
    said = {"model": "", "serial": "", "mac": ""}
    for name, file in (
        ("model", tree / "model"),
        ("serial", tree / "serial-number"),
        ("mac", net / "eth0/address"),
    ):
        try:
            said[name] = file.read_bytes().rstrip(b"\0\n").decode(errors="replace")[:64]
        except OSError:
            continue
    return said

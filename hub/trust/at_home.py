"""Members that live on the hall box itself: the hub, and the console.

Rules:

* Their key is made by their own account, with mode 0600, and never leaves it: the desk sees a request, they see a certificate.
* Who may put a request into a folder is the member whose folder that is; what the request says of a name does not matter.
* The desk signs a request that is new, and signs it again when half of the certificate's life is over. Nobody has to do anything for
  that, and a box that stood in a cupboard for a year comes back by itself.
* The pages have a second certificate, for browsers (:mod:`hub.trust.pages`): it is also signed again when the box has other names.
"""

from __future__ import annotations

import itertools
import logging
import os
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from stat import S_ISREG

from cryptography import x509

from hall.clock import Seconds
from hall.errors import Malformed
from hall.files import write_whole
from hall.keys import Key, key_of, request
from hub.trust.authority import LONGEST_REQUEST, SERVER_LIVES, Authority, public_key
from hub.trust.pages import PagesAuthority, names_in, plain_names, signed_by
from hub.trust.settings import PagesSettings

log = logging.getLogger(__name__)

#: So often the member looks whether the desk has signed, and says so once in a while that it waits, seconds.
LOOK_S: Seconds = 0.1
SAID_S: Seconds = 10.0
#: The pages' certificate for browsers is this in the folder of what was issued.
PAGES = "pages"


class AtHome:
    """The desk's side: a certificate for each request that lies there."""

    def __init__(
        self,
        authority: Authority,
        requests: Mapping[str, str],
        issued: Path,
        pages: PagesSettings | None = None,
    ) -> None:
        """`requests`: member → the file of its request; the certificate becomes ``<member>.pem`` in `issued`, beside ``ca.pem``."""
        self._authority, self._requests, self._issued = authority, dict(requests), issued
        self._pages = pages
        self._for_browsers: PagesAuthority | None = None

    @property
    def consoles(self) -> list[str]:
        """Those of them that read the whole hall."""
        return sorted(name for name in self._requests if name.startswith("console-"))

    def look(self, now: datetime) -> list[str]:
        """Sign what waits; for whom."""
        if not self._requests:
            return []
        self._issued.mkdir(parents=True, exist_ok=True)
        root = (self._authority.folder / "root.pem").read_bytes()
        if _content(self._issued / "ca.pem") != root:
            write_whole(self._issued / "ca.pem", root, mode=0o644)
        signed = [name for name, file in self._requests.items() if self._sign(name, Path(file), now)]
        if self._pages is not None and self._sign_pages(self._pages, now):
            signed.append(PAGES)
        return signed

    def _sign(self, name: str, file: Path, now: datetime) -> bool:
        asked = _content(file)
        if not asked:
            return False
        target = self._issued / f"{name}.pem"
        try:
            if _holds(target, public_key(asked), now):
                return False
            made = self._authority.issue_member(asked, name, now, SERVER_LIVES)
        except Malformed as error:
            log.warning("%s asks for a certificate with something that is no request: %s", name, error)
            return False
        write_whole(target, made.chain, mode=0o644)
        log.info("%s has a certificate until %s", name, made.until.date())
        return True

    def _sign_pages(self, pages: PagesSettings, now: datetime) -> bool:
        asked = _content(Path(pages.request))
        if not asked:
            return False
        authority = self._for_browsers
        if authority is None:
            authority = PagesAuthority.found(self._authority.folder, self._authority.hall, pages.names, now)
            self._for_browsers = authority
        believed = authority.pem
        if _content(self._issued / f"{PAGES}-ca.pem") != believed:
            write_whole(self._issued / f"{PAGES}-ca.pem", believed, mode=0o644)
        target = self._issued / f"{PAGES}.pem"
        try:
            key, kept = public_key(asked), _certificate(target)
        except Malformed as error:
            log.warning("the pages ask for a certificate with something that is no request: %s", error)
            return False
        same = (
            kept is not None
            and names_in(kept) == plain_names(pages.names)
            and signed_by(kept, authority.certificate)
        )
        if same and _holds(target, key, now):
            return False
        made = authority.issue(key, pages.names, now)
        write_whole(target, made.chain, mode=0o644)
        log.info("the pages have a certificate for %s until %s", ", ".join(pages.names), made.until.date())
        return True


def ask(
    name: str,
    key_file: Path,
    request_file: Path,
    certificate: Path,
    *,
    wait: Callable[[Seconds], object] = time.sleep,
) -> None:
    """The member's side: see that there is a key, a request for it, and the certificate that fits; wait for the desk as long as it takes."""
    key = key_of(key_file)
    if not _asks(request_file, key):
        write_whole(request_file, request(key, name), mode=0o644)
    for looked in itertools.count():
        if _fits(certificate, key):
            return
        if looked % round(SAID_S / LOOK_S) == 0:
            log.info("%s waits for the enrolment desk's certificate", name)
        wait(LOOK_S)


def fresh(file: Path, now: datetime) -> bool:
    """Whether this certificate has more than half of its life before it."""
    kept = _certificate(file)
    if kept is None:
        return False
    half = kept.not_valid_before_utc + (kept.not_valid_after_utc - kept.not_valid_before_utc) / 2
    return now < half


def _holds(file: Path, key: object, now: datetime) -> bool:
    kept = _certificate(file)
    return kept is not None and kept.public_key() == key and fresh(file, now)


def _fits(file: Path, key: Key) -> bool:
    kept = _certificate(file)
    return kept is not None and kept.public_key() == key.public_key()


def _asks(file: Path, key: Key) -> bool:
    try:
        return public_key(_content(file)) == key.public_key()
    except Malformed:
        return False


def _certificate(file: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())[0]
    except (FileNotFoundError, ValueError):
        return None


def _content(file: Path) -> bytes:
    """What is in it, as far as that could be a request; nothing when it cannot be read.

    The folder is its member's: whatever lies there in place of a file, a pipe that nobody writes to, keeps the desk waiting for nothing.
    """
    try:
        with open(file, "rb", opener=_at_once) as stream:
            return stream.read(LONGEST_REQUEST + 1) if S_ISREG(os.fstat(stream.fileno()).st_mode) else b""
    except OSError:
        return b""


def _at_once(file: str, flags: int) -> int:
    return os.open(file, flags | os.O_NONBLOCK)

"""The certificate of the staff's pages: whether browsers open them under each name of the box, today and for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509

from deploy.appliance.box.layout import PAGES, PAGES_CA
from deploy.appliance.box.machine import Machine
from deploy.appliance.box.services import PATIENCE_S
from hall.clock import Seconds
from hall.errors import Fault
from hall.text import Text
from hub.trust.pages import PAGES_LIVE, fingerprint, names_in, plain_names, signed_by

#: The desk signs anew at half of a certificate's life: less than this left means that it does not.
LATE: timedelta = PAGES_LIVE / 3
#: how often it looks whether the desk has signed
LOOK_S: Seconds = 0.2


@dataclass
class Pages:
    """The desk makes it, and makes it anew; this looks whether it did."""

    machine: Machine
    names: Sequence[str]
    sleep: Callable[[Seconds], object] = time.sleep

    name = Text(zh="网页证书", en="the pages' certificate")

    def look(self) -> list[Text]:
        """See :class:`deploy.appliance.box.steps.Step`."""
        if not self.machine.live:
            return []
        try:
            made, ca = (self._read(path) for path in (PAGES, PAGES_CA))
        except (OSError, ValueError):
            return [
                Text(zh=f"没有可用的证书 {PAGES}", en=f"there is no certificate {PAGES} that can be used")
            ]
        return differences(made, ca, self.names, datetime.now(UTC))

    def do(self) -> None:
        """The desk runs by now: it needs a moment."""
        end = time.monotonic() + PATIENCE_S
        while self.look():
            if time.monotonic() > end:
                raise Fault(
                    "no-pages-certificate",
                    Text(
                        zh="登记台没有签发网页证书，原因请看 journalctl -u hall-enrolment，改好后再运行 hall hub install",
                        en="the desk has not signed the pages' certificate: journalctl -u hall-enrolment says why; then run "
                        "hall hub install again",
                    ),
                )
            self.sleep(LOOK_S)

    def undo(self) -> None:
        """It stays with the data that it belongs to."""

    def _read(self, path: str) -> x509.Certificate:
        return x509.load_pem_x509_certificates(self.machine.at(path).read_bytes())[0]


def differences(
    made: x509.Certificate, ca: x509.Certificate, names: Sequence[str], now: datetime
) -> list[Text]:
    """What is wrong with a certificate that should hold for `names`, and be believed by whoever believes `ca`."""
    found = []
    if missing := sorted(plain_names(names) - names_in(made)):
        missed = " ".join(missing)
        found.append(Text(zh=f"证书不含名称 {missed}", en=f"it does not hold for {missed}"))
    if not signed_by(made, ca):
        found.append(
            Text(
                zh="证书不是由发给浏览器的机构签发的",
                en="it is not of the authority that browsers were given",
            )
        )
    left = made.not_valid_after_utc - now
    if left < LATE:
        found.append(
            Text(
                zh=f"证书只剩 {max(0, left.days)} 天，登记台没有续签",
                en=f"it is good for {max(0, left.days)} more days, and the desk has not renewed it",
            )
        )
    return found


def shown(machine: Machine) -> str:
    """The fingerprint of what browsers are asked to believe."""
    return fingerprint(x509.load_pem_x509_certificate(machine.at(PAGES_CA).read_bytes()))

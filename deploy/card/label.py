"""The label on a box: who it is, for people, and for the console's camera, which compares the hall's authority as well.

``HF1:<hall>:<member>:<first 16 hex digits of the SHA-256 of the authority's certificate>``: nothing in it is a secret, and a box that
claims to be of this hall while it believes another one is found out by it.
"""

from __future__ import annotations

import hashlib
import ssl
from io import BytesIO
from pathlib import Path

from PIL import Image

from devices.ticket_dispenser.blocks import Code, Gap, Line, Rule, Size, Slip
from devices.ticket_dispenser.raster import Press
from hall.errors import Refused
from hall.messages.common import MemberKind
from hall.plan import HallPlan
from hall.text import Text

#: what receipt printers and most label printers have
DPI = 203
WIDTH = 576
NAMES = {
    MemberKind.DISPENSER: Text(zh="取号机", en="Ticket dispenser"),
    MemberKind.SIGN: Text(zh="窗口屏", en="Window sign"),
    MemberKind.PAD: Text(zh="评价器", en="Rating pad"),
    MemberKind.SPEAKER: Text(zh="叫号广播", en="Call speaker"),
    MemberKind.CALL_KEY: Text(zh="叫号键", en="Call key"),
}


def code(hall: str, member: str, ca: str) -> str:
    """What the QR code says; `ca` is the authority's certificate, PEM."""
    seen = hashlib.sha256(ssl.PEM_cert_to_DER_cert(ca.strip() + "\n")).hexdigest()
    return f"HF1:{hall}:{member}:{seen[:16]}"


def label(plan: HallPlan, member: str, ca: str) -> Slip:
    """The label as a slip: so one drawing serves paper, picture and page."""
    found = plan.members[member]
    what = NAMES.get(found.kind)
    if what is None:
        raise Refused(
            "no-box",
            Text(
                zh=f"{member} 不是设备，没有机壳标签",
                en=f"{member} is a {found.kind.value}: labels are for the boxes of devices",
            ),
        )
    beside = [Line(what.zh, size=Size.STRONG, bold=True), Line(what.en, size=Size.SMALL)]
    if found.window is not None:
        beside.append(Line(f"{found.window}号窗口", size=Size.STRONG, bold=True))
        beside.append(Line(f"Window {found.window}", size=Size.SMALL))
    if found.zones:
        beside.append(Line("、".join(found.zones), size=Size.SMALL))
    return Slip(
        (
            Gap(8),
            Line(plan.name.zh, plan.name.en, size=Size.SMALL),
            Line(member, size=Size.HUGE, bold=True),
            Rule(),
            Code(code(plan.id, member, ca), tuple(beside)),
            Line(
                "确认设备时用控制台扫描此码",
                "scan this on the console to confirm the device",
                size=Size.SMALL,
            ),
            Gap(8),
        )
    )


def picture(slip: Slip) -> Image.Image:
    """Its dots, black on white."""
    return Press(WIDTH).draw(slip)


def can_be(file: Path) -> None:
    """``Refused`` when a label cannot be saved under this name."""
    if file.suffix.lower() not in {".png", ".pdf"}:
        raise Refused(
            "bad-label-file",
            Text(zh="标签文件应为 .png 或 .pdf", en=f"a label is a .png or a .pdf, not {file.name}"),
        )


def save(slip: Slip, file: Path) -> None:
    """As PNG or PDF, by the file's name; at the size a printer gives it, 72 mm wide."""
    can_be(file)
    out = BytesIO()
    drawn = picture(slip)
    if file.suffix.lower() == ".png":
        drawn.save(out, "PNG", dpi=(DPI, DPI))
    else:
        drawn.save(out, "PDF", resolution=DPI)
    file.write_bytes(out.getvalue())

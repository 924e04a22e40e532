"""What a printer's trouble is called towards people."""

from __future__ import annotations

from devices.ticket_dispenser.escpos import Trouble
from hall.text import Text

SAID = {
    Trouble.OFFLINE: Text(
        zh="打印机没有响应，请检查电源和连线", en="the printer does not answer; check power and cable"
    ),
    Trouble.COVER_OPEN: Text(
        zh="打印机盖子没有关好，请合上", en="the printer's cover is open; please close it"
    ),
    Trouble.PAPER_OUT: Text(
        zh="打印纸用完了，请换纸卷", en="the printer is out of paper; please put in a new roll"
    ),
    Trouble.CUTTER: Text(
        zh="打印机切刀卡住，请清理后重新上电",
        en="the printer's cutter is jammed; clear it and switch it off and on",
    ),
    Trouble.ERROR: Text(
        zh="打印机报错，请关机后再开", en="the printer reports an error; switch it off and on"
    ),
}
PAPER_LOW = Text(zh="打印纸快用完了，请备好纸卷", en="the paper roll is nearly used up; have a new one ready")

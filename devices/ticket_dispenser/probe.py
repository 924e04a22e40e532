"""For the technician at the desk: what the printer says of itself, and which class of ``profiles.yaml`` that speaks for.

``hall device dispenser --probe --settings FILE``. Nothing is printed on paper. The
dispenser's own program must not run meanwhile and is looked for first: two programs do not talk to one printer.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from devices.agent.at_work import alone
from devices.ticket_dispenser.escpos import GS_R, PROCESS_ID, RESET
from devices.ticket_dispenser.printer import Port
from devices.ticket_dispenser.printer_lines import printer_line
from devices.ticket_dispenser.profiles import profiles
from devices.ticket_dispenser.settings import DispenserSettings
from devices.ticket_dispenser.status import condition, is_status, query
from hall.clock import Seconds
from hall.settings import load
from hall.troubles import TROUBLES

#: GS I: maker, model, firmware; an underscore, the text, a zero byte
_NAMES = {"厂家 maker": b"\x1dIB", "型号 model": b"\x1dIC", "固件 firmware": b"\x1dIA"}
_PARTS = {1: "打印机 printer", 2: "离线原因 why offline", 3: "错误 errors", 4: "纸 paper"}
#: a barrier is answered at once by a printer that does nothing
BARRIER_S: Seconds = 2.0


def report(port: Port, wait_s: Seconds) -> Iterator[str]:
    """What it answers, line by line, and what that means."""
    said = {n: _status(port, n, wait_s) for n in _PARTS}
    for n, answer in said.items():
        yield f"DLE EOT {n}  {_PARTS[n]}: {'没有回答 no answer' if answer is None else f'{answer:02x}'}"
    names = {what: _name(port, question, wait_s) for what, question in _NAMES.items()}
    yield from (f"{what}: {name or '没有说 not said'}" for what, name in names.items())
    port.write(RESET)  # a printer that does not know GS I would print its letter on the next slip
    by_gs_r = _answer(port, GS_R, BARRIER_S, lambda data: bool(data) and data[-1] & 0x90 == 0)
    by_id = _answer(port, PROCESS_ID, BARRIER_S, lambda data: b"\x37\x22HALL\x00" in data)
    yield f"打印完成 when a slip is out: GS r {_yes(by_gs_r)}, GS ( H {_yes(by_id)}"
    yield from _meaning(said)
    yield from _advice(" ".join(names.values()), gs_r=by_gs_r, by_id=by_id, answers=said[1] is not None)


def _meaning(said: dict[int, int | None]) -> Iterator[str]:
    if said[1] is None or said[4] is None:
        return
    now = condition(said[1], said[2], said[3], said[4])
    if now.trouble is not None:
        trouble = TROUBLES[now.trouble.value]
        yield f"现在 now: {trouble.text.zh} {trouble.text.en}；{trouble.do.zh} {trouble.do.en}"
    elif now.paper_low:
        yield f"现在 now: {TROUBLES['paper-low'].text.zh} {TROUBLES['paper-low'].text.en}"
    else:
        yield "现在 now: 正常 well"


def _advice(names: str, *, gs_r: bool, by_id: bool, answers: bool) -> Iterator[str]:
    if not answers:
        yield "它不回答问题，请写 answers: false；或检查连线 It answers nothing: write answers: false, or look at the cable"
        return
    barrier = "process-id" if by_id else "gs-r" if gs_r else "none"
    known = [name for name in profiles() if name.split("-")[0] in names.lower()]
    fit = [name for name in known or profiles() if profiles()[name].barrier == barrier]
    yield "可试 try: " + "; ".join(
        f"profile: {name} ({profiles()[name].name.zh} {profiles()[name].name.en})" for name in fit or known
    )


def _status(port: Port, n: int, wait_s: Seconds) -> int | None:
    _drop(port)
    port.write(query(n))
    for _ in range(16):
        answer = port.read(1, wait_s)
        if not answer:
            return None
        if is_status(answer[0]):
            return answer[0]
    return None


def _name(port: Port, question: bytes, wait_s: Seconds) -> str:
    heard = b""

    def whole(data: bytes) -> bool:
        nonlocal heard
        heard = data
        return b"\x00" in data

    if not _answer(port, question, wait_s, whole):
        return ""
    name = heard.split(b"\x00")[0].removeprefix(b"_").decode("ascii", "replace")
    return "".join(char for char in name if char.isprintable())[:60]


def _answer(port: Port, question: bytes, wait_s: Seconds, enough: Callable[[bytes], bool]) -> bool:
    _drop(port)
    port.write(question)
    heard = b""
    while len(heard) < 128 and (data := port.read(1, wait_s)):
        heard += data
        if enough(heard):
            return True
    return False


def _drop(port: Port) -> None:
    while port.read(64, 0):
        pass


def _yes(answered: bool) -> str:  # noqa: FBT001 - a word for it
    return "有回答 answered" if answered else "没有回答 not answered"


def run(settings: Path) -> int:
    """Ask the printer that the settings name; 1 when there is no line to it. Refuses ``at-work``."""
    alone(settings)
    printer = load(settings, DispenserSettings).printer
    try:
        port = printer_line(printer)
    except OSError as error:
        sys.stderr.write(f"没有连上打印机 no line to the printer: {error}\n")
        return 1
    try:
        for line in report(port, printer.timeout_s):
            sys.stdout.write(line + "\n")
    except OSError as error:
        sys.stderr.write(f"打印机断开 the printer is gone: {error}\n")
        return 1
    finally:
        port.close()
    return 0

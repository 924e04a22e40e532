"""``hall number-book HALL.yaml``: the number book for a hall without power, as a page to be printed and cut.

Rules:

* A service begins on a new sheet; each number stands once, with a stub that stays with the guide desk: there the guide writes when it
  was given and ticks who was served, which is what is entered afterwards.
* Numbers are those that the hall keeps for the book on every day (:mod:`hub.domain.by_hand`).
* One file without scripts or anything from elsewhere: it is printed on the day before, not when the power is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from hall.errors import BadSettings
from hall.files import write_whole
from hall.messages.common import FIRST_BY_HAND, LAST_BY_HAND
from hall.plan import HallPlan, ServicePlan
from hall.settings import load
from hall.text import Text
from hall.words import say
from hub.domain.numbers import number

_STYLE = """@page{size:A4;margin:10mm}*{box-sizing:border-box}body{margin:0;font-family:"Noto Sans CJK SC","WenQuanYi Zen Hei",sans-serif}
section{break-before:page}section:first-of-type{break-before:auto}h1{font-size:12pt;margin:0 0 3mm}
ol{list-style:none;margin:0;padding:0;display:grid;grid-template-columns:1fr 1fr}
li{display:grid;grid-template-columns:26mm 1fr;height:44mm;border:.2mm dashed #000;break-inside:avoid}
.stub{border-right:.2mm dashed #000;padding:2mm;font-size:8pt}.stub b{display:block;font-size:14pt;margin-bottom:2mm}
.slip{padding:2mm 3mm;font-size:9pt;overflow:hidden}.slip b{display:block;font-size:40pt;line-height:1.1}
small{display:block;color:#333;font-size:7pt}"""


def run(file: Path, out: Path, *, first: int, last: int, services: Iterable[str]) -> int:
    """Write the book; the exit code. Raises ``BadSettings``."""
    plan = load(file, HallPlan)
    wanted = list(services) or [key for key, service in plan.services.items() if not service.review]
    unknown = [key for key in wanted if key not in plan.services]
    if unknown:
        raise BadSettings(
            str(file), f"services.{unknown[0]}", Text(zh="本厅的业务", en="a service of this hall")
        )
    write_whole(out, book(plan, wanted, range(first, last + 1)).encode())
    print(f"{out}: {', '.join(plan.services[key].letter for key in wanted)} {first}–{last}")  # noqa: T201 - the command's answer
    return 0


def book(plan: HallPlan, services: Iterable[str], counts: range) -> str:
    """The whole book as HTML."""
    assert counts.start >= FIRST_BY_HAND
    assert counts.stop - 1 <= LAST_BY_HAND
    pages = "".join(_sheets(plan, plan.services[key], counts) for key in services)
    title = escape(f"{plan.name.zh} {say('book.head').zh}")
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body>{pages}</body></html>\n"
    )


def _sheets(plan: HallPlan, service: ServicePlan, counts: range) -> str:
    head = f"{_both(plan.name)} · {_both(service.name)} · {_both(say('book.head'))}"
    return f"<section><h1>{head}</h1><ol>{''.join(_slips(plan, service, counts))}</ol></section>"


def _slips(plan: HallPlan, service: ServicePlan, counts: range) -> Iterator[str]:
    time, served, listen = (_small(say(key)) for key in ("book.time", "book.served", "book.listen"))
    of = f"{_small(plan.name)}{_small(service.name)}"
    for count in counts:
        named = number(service.letter, count)
        yield (
            f'<li><div class="stub"><b>{named}</b>{time}<p>□ {served}</p></div>'
            f'<div class="slip">{of}<b>{named}</b>{listen}</div></li>'
        )


def _both(text: Text) -> str:
    return f'{escape(text.zh)} <span lang="en">{escape(text.en)}</span>'


def _small(text: Text) -> str:
    return f'{escape(text.zh)}<small lang="en">{escape(text.en)}</small>'

"""Ratings as the province counts them (好差评): five grades, one line a rating.

Rules:

* The hall's four grades become official ones by the declared mapping 4→5, 3→4, 2→3, 1→2; an official 1 is only ever given on the phone page.
* No press is no line: nobody is made satisfied who did not say so.
* A line has the work number, the item's code, when the papers were accepted (where nobody said so: when the person sat down), when the
  step was finished, where the rating was given, the grade, and the codes of the reasons that were named. It names nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hall.text import Text
from hub.console.reports.rows import Work
from hub.console.reports.sheet import Cell, Column, Kind
from hub.domain.ratings import OFFICIAL

#: Reason codes by ticket and step.
Reasons = Mapping[tuple[str, int], tuple[str, ...]]

COLUMNS = tuple(
    Column(key=key, head=Text(zh=zh, en=en), kind=Kind.TEXT)
    for key, zh, en in (
        ("work-number", "工号", "Work number"),
        ("matter", "事项编码", "Item code"),
        ("number", "号码", "Number"),
        ("accepted", "受理时间", "Accepted"),
        ("finished", "办结时间", "Finished"),
        ("rated", "评价时间", "Rated"),
        ("channel", "评价渠道", "Channel"),
        ("official", "评价等级（五级）", "Official grade"),
        ("grade", "按键等级（四级）", "Hall's grade"),
        ("reasons", "原因编码", "Reason codes"),
    )
)


def lines(works: Iterable[Work], matters: Mapping[str, str], reasons: Reasons) -> Iterator[tuple[Cell, ...]]:
    """A line for each rating; `matters` are the items' codes by service and ``service/situation``."""
    for work in works:
        if work.grade is None:
            continue
        accepted = work.accepted or work.started
        yield (
            work.clerk,
            matter(work, matters),
            work.number,
            None if accepted is None else accepted.isoformat(timespec="seconds"),
            None if work.finished is None else work.finished.isoformat(timespec="seconds"),
            None if work.rated is None else work.rated.isoformat(timespec="seconds"),
            work.channel or "pad",
            str(work.official or OFFICIAL[work.grade]),
            str(work.grade),
            " ".join(reasons.get((work.ticket, work.step), ())),
        )


def matter(work: Work, matters: Mapping[str, str]) -> str:
    """The code of what was done: the situation's, else the service's, else the hall's own key."""
    service = work.service or ""
    kind = f"{service}/{work.situation}" if work.situation else service
    return matters.get(kind) or matters.get(service) or kind

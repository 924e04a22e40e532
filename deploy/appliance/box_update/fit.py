"""Whether this box may be updated at all: by its clock, which tells what has expired, and its store, which must be brought back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from hall.errors import Refused
from hall.text import Text
from hub.settings import read
from hub.store.engine import store_file
from hub.store.look import looking
from hub.store.tables import facts

#: so far a clock goes back when somebody sets it right
SLACK = timedelta(hours=2)


def check_clock(settings: Path, now: datetime, today: date | None = None) -> None:
    """``Refused`` when the box's clock is behind what its own hall has recorded: a release that has expired would pass for a new one.

    A clock that is ahead lets too much expire, and so refuses by itself. Who keeps it right is no question: where there is no internet,
    nobody does, and everybody goes by it. Where the records were made by a clock that was ahead, and was put right since, somebody has to
    say which day it is: `today` must be this machine's, and then its clock counts and the records do not.
    """
    if today is not None:
        if today != now.date():
            raise _refused(
                zh=f"本机时钟是 {now:%Y-%m-%d}，您说今天是 {today}：请先校准时钟（timedatectl set-time），再更新",
                en=f"this machine's clock says {now:%Y-%m-%d}, and you say that it is {today}: set the clock first (timedatectl set-time), "
                "then update",
            )
        return
    own, _ = read(settings)
    file = store_file(own.store)
    if file is not None and not file.exists():
        return
    with looking(own.store) as connection:
        last = connection.scalar(select(facts.c.at).order_by(facts.c.n.desc()).limit(1))
    if last is not None and now < datetime.fromisoformat(last) - SLACK:
        raise _refused(
            zh=f"本机时钟是 {now:%Y-%m-%d %H:%M}，大厅最后一条记录却在 {last[:16]}：请先校准时钟（timedatectl set-time），再更新；"
            f"如果现在的时钟是对的，当时的时钟走快了，请加 --today {now:%Y-%m-%d}",
            en=f"this machine's clock says {now:%Y-%m-%d %H:%M}, and the hall's last record is of {last[:16]}: set the clock first "
            "(timedatectl set-time), then update. Where the clock is right now and was ahead then, say so: "
            f"--today {now:%Y-%m-%d}",
        )


def _refused(*, zh: str, en: str) -> Refused:
    return Refused("clock-not-ok", Text(zh=zh, en=en))


def check_store(settings: Path) -> None:
    """``Refused`` when what the hall remembers is on a server: a trial that goes wrong could not put it back as it was."""
    own, _ = read(settings)
    if store_file(own.store) is None:
        raise Refused(
            "store-elsewhere",
            Text(
                zh="大厅的记录在 PostgreSQL 服务器上，自动更新不能为它留底和还原：请先 hall backup，再用 hall hub install --wheels 更新",
                en="the hall's records are on a PostgreSQL server, which this update cannot copy and put back: `hall backup` first, "
                "then put the release in by hand with `hall hub install --wheels`",
            ),
        )

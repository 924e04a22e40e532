"""Whether the journal is what was recorded: walks the chain from its first fact to its last.

What it shows: a fact changed, removed, added or moved, in any column that is hashed; and, by heads noted elsewhere, facts cut off the end or a whole
chain written anew. What it cannot show: what somebody did who can write the store *and* every noted head; and facts cut off the end after the
last head was noted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, select

from hall.text import Text
from hub.store import tables as t
from hub.store.chain import GENESIS, Head, Link
from hub.store.journal import Journal, base_in

_PAGE = 5000
_ROWS = (
    select(*(t.facts.c[name] for name in Link._fields), t.facts.c.hash)
    .where(t.facts.c.n > bindparam("after"))
    .order_by(t.facts.c.n)
    .limit(_PAGE)
)
_ARCHIVES = select(t.archives).where(t.archives.c.removed_at.is_not(None)).order_by(t.archives.c.first_n)


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """The first thing that is not as it was recorded."""

    #: changed, missing, cut-off, rewritten, archive-broken
    code: str
    n: int
    text: Text


class Verdict(msgspec.Struct, kw_only=True):
    """What was looked at, and what was found."""

    #: facts in the journal, the first and the last number (0 0: none)
    facts: int = 0
    first: int = 0
    last: int = 0
    #: ``n:hash`` of the last fact, for noting down
    head: str = ""
    #: old days that are no longer in the journal
    archived_days: int = 0
    #: noted heads that agree, and those that lie in days no longer here
    heads_checked: int = 0
    heads_elsewhere: int = 0
    wrong: Wrong | None = None

    @property
    def ok(self) -> bool:
        """Whether everything is as it was recorded."""
        return self.wrong is None


class _Stop(Exception):
    def __init__(self, wrong: Wrong) -> None:
        self.wrong = wrong


def verify(
    connection: Connection, noted: Sequence[Head] = (), say: Callable[[int], None] = lambda _n: None
) -> Verdict:
    """Walk the journal in `connection` (see :func:`hub.store.look.looking`); `say` hears how far it is."""
    verdict = Verdict()
    try:
        _archives(connection, verdict)
        head = _walk(connection, verdict, noted, say)
        verdict.head = str(head)
        _end(connection, head, noted)
    except _Stop as stop:
        verdict.wrong = stop.wrong
    return verdict


def _archives(connection: Connection, verdict: Verdict) -> None:
    """Days that left the journal hang together."""
    last: Head | None = None
    for row in connection.execute(_ARCHIVES):
        follows = Head(0, GENESIS) if row.first_n == 1 else last
        if follows is not None and (row.first_n, row.before) != (follows.n + 1, follows.hash):
            raise _Stop(
                Wrong(
                    code="archive-broken",
                    n=row.first_n,
                    text=Text(
                        zh=f"已导出的 {row.day} 与前一天不相连：第 {row.first_n} 条",
                        en=f"the exported day {row.day} does not follow the one before it, at fact {row.first_n}",
                    ),
                )
            )
        last = Head(row.last_n, row.hash)
        verdict.archived_days += 1


def _walk(
    connection: Connection, verdict: Verdict, noted: Sequence[Head], say: Callable[[int], None]
) -> Head:
    n, before = base = base_in(connection)
    wanted = {head.n: head.hash for head in noted}
    verdict.heads_elsewhere = sum(head.n < base.n for head in noted)
    _noted(verdict, wanted, base)
    while rows := connection.execute(_ROWS, {"after": n if verdict.facts else -1}).all():
        for row in rows:
            if row.n != n + 1:
                raise _Stop(_missing(n, row.n))
            before = Link(*row[:-1]).after(before)
            if row.hash != before:
                raise _Stop(_changed(Link(*row[:-1])))
            n = row.n
            verdict.facts += 1
            if n in wanted:
                _noted(verdict, wanted, Head(n, before))
        verdict.first, verdict.last = base.n + 1, n
        say(n)
    return Head(n, before)


def _noted(verdict: Verdict, wanted: dict[int, bytes], head: Head) -> None:
    if head.n not in wanted:
        return
    if wanted[head.n] != head.hash:
        raise _Stop(
            Wrong(
                code="rewritten",
                n=head.n,
                text=Text(
                    zh=f"第 {head.n} 条的校验值与记下的不同：此条或更早的事实被整体改写",
                    en=f"fact {head.n} has another hash than was noted: it, or facts before it, were written anew",
                ),
            )
        )
    verdict.heads_checked += 1


def _end(connection: Connection, head: Head, noted: Sequence[Head]) -> None:
    """Facts that somebody knows of must still be there."""
    known = max([other.n for other in noted] + [int(Journal.get_in(connection, "projected") or 0)])
    if known > head.n:
        raise _Stop(
            Wrong(
                code="cut-off",
                n=head.n + 1,
                text=Text(
                    zh=f"末尾被截断：曾记录到第 {known} 条，现在只到第 {head.n} 条",
                    en=f"the end is cut off: there were facts up to {known}, now the last is {head.n}",
                ),
            )
        )


def _missing(last: int, found: int) -> Wrong:
    if found <= last:
        return Wrong(
            code="changed",
            n=found,
            text=Text(
                zh=f"第 {found} 条本应已导出移除，却仍在存储中",
                en=f"fact {found} should have left with its day",
            ),
        )
    return Wrong(
        code="missing",
        n=last + 1,
        text=Text(
            zh=f"第 {last + 1} 条不见了：第 {last} 条之后是第 {found} 条",
            en=f"fact {last + 1} is missing: {last} is followed by {found}",
        ),
    )


def _changed(link: Link) -> Wrong:
    return Wrong(
        code="changed",
        n=link.n,
        text=Text(
            zh=f"第 {link.n} 条（{link.at[:19]}，{link.type}）与记录时不同：被改动，或位置不对",
            en=f"fact {link.n} ({link.at[:19]}, {link.type}) is not what was recorded: it was changed, or does not belong here",
        ),
    )

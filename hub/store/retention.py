"""What years leave behind: old days go into files, secrets of past days are forgotten.

Rules:

* A day stays in the journal for as many days as the settings say, and leaves it only once its file was written and read again. The rows of the read
  models stay: reports reach back as far as the hall does.
* A ticket's phone page ends some days after its own day: its token is forgotten.
* Small pieces, one after the other: a hub that does this at night still answers between two of them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import bindparam, delete, exists, select

from hub.store import tables as t
from hub.store.archive import Span, days_over, export, remove
from hub.store.journal import Journal
from hub.store.keeping import Retention

log = logging.getLogger(__name__)

#: Device events kept below an outbox's place, for whoever wants to look: the place itself says they were dealt with.
EVENTS_KEPT = 10_000


def tidy(journal: Journal, rules: Retention, folder: Path, hall: str, today: date) -> Iterator[str]:
    """Everything the rules call for today, a piece at a time; says what was done."""
    if rules.token_days is not None:
        forget_tokens(journal, today - timedelta(days=rules.token_days))
        yield "tokens"
    forget_events(journal)
    yield "events"
    if rules.days is not None:
        yield from archive_until(journal, today - timedelta(days=rules.days), folder, hall)


def archive_until(journal: Journal, until: date, folder: Path, hall: str) -> Iterator[str]:
    """Export and remove every day before `until`, oldest first; stops where the read models are not drawn yet."""
    for span in spans_before(journal, until):
        if int(journal.get("projected") or 0) < span.last:
            return
        for _ in export(journal, span, folder, hall):
            yield span.day
        remove(journal, span)
        log.info("day archived", extra={"day": span.day, "facts": span.last - span.first + 1})
        yield span.day


def spans_before(journal: Journal, until: date) -> list[Span]:
    """Days that are over and lie before `until`, from the oldest up to the first that does not."""
    with journal.transaction() as connection:
        spans = days_over(connection)
    found = []
    for span in spans:
        if span.day >= until.isoformat():
            break
        found.append(span)
    return found


def forget_tokens(journal: Journal, before: date) -> None:
    """The phone pages of tickets of days before this one are gone."""
    # Asked of each token, of which there are few: tickets there are of years.
    past = exists().where(t.tickets.c.ticket == t.tokens.c.ticket, t.tickets.c.day < bindparam("before"))
    with journal.transaction() as connection:
        connection.execute(delete(t.tokens).where(past), {"before": before.isoformat()})


def forget_events(journal: Journal) -> None:
    """Events far below their outbox's place need no row of their own."""
    with journal.transaction() as connection:
        for row in connection.execute(select(t.outboxes)).all():
            connection.execute(
                delete(t.events).where(
                    t.events.c.outbox == row.outbox, t.events.c.seq < row.upto - EVENTS_KEPT
                )
            )

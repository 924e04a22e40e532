"""Forms and ink pads are counted before opening, and what is short is on the order note of the morning slip."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from hall.errors import Refused
from hall.messages.hall_slips import ShortOf
from hub.console.desk.supplies import Counted, Supplies
from hub.console.door.office import Office

AT = datetime(2026, 11, 27, 0, 40, tzinfo=UTC)


class Cupboard:
    """A console's store with the list; `restart` opens it anew."""

    def __init__(self, file):
        self.file, self.now = file, AT
        self._open()

    def _open(self):
        self.office = Office(self.file)
        self.supplies = Supplies(self.office, "Asia/Shanghai", lambda: self.now)

    def write(self, *lines, who="guide"):
        asyncio.run(self.supplies.write(lines, who))

    def restart(self):
        self.office.close()
        self._open()


@pytest.fixture
def cupboard(tmp_path):
    cupboard = Cupboard(tmp_path / "console.db")
    yield cupboard
    cupboard.office.close()


def forms(count=None, *, least=50, name="提取申请表"):
    return Counted(name=name, least=least, count=count)


def test_what_is_below_its_least_or_was_never_counted_is_to_be_ordered(cupboard):
    cupboard.write(forms(12), forms(2, name="印泥", least=2), forms(name="签字笔", least=10))
    assert cupboard.supplies.order_note() == (
        ShortOf(name="提取申请表", count=12, least=50),
        ShortOf(name="签字笔", count=None, least=10),
    )


def test_a_count_stays_with_who_counted_until_the_next_one_also_over_a_restart(cupboard):
    cupboard.write(forms(12))
    cupboard.now += timedelta(days=1)
    cupboard.write(forms(least=10), who="duty")
    cupboard.restart()
    [kept] = cupboard.supplies.seen
    assert (kept.count, kept.who, kept.at, kept.least) == (12, "guide", AT, 10)
    assert cupboard.supplies.order_note() == ()
    cupboard.write(forms(5, least=10), who="duty")
    assert [(one.count, one.who) for one in cupboard.supplies.seen] == [(5, "duty")]


def test_what_is_left_out_is_on_the_list_no_more(cupboard):
    cupboard.write(forms(12), forms(1, name="印泥"))
    cupboard.write(forms(name="印泥"))
    assert [one.name for one in cupboard.supplies.seen] == ["印泥"]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((forms(name=""),), "supply-name"),
        ((forms(name="表" * 21),), "supply-name"),
        ((forms(name="表\x1bi"),), "supply-name"),
        ((forms(name="印\U0001f600"),), "supply-name"),
        ((forms(1), forms(2)), "supply-twice"),
        ((forms(-1),), "supply-count"),
        ((forms(1, least=100_000),), "supply-count"),
        (tuple(forms(1, name=f"表{n}") for n in range(21)), "supplies-full"),
    ],
)
def test_a_list_that_no_paper_could_say_is_refused_and_the_one_before_stays(cupboard, lines, code):
    cupboard.write(forms(12))
    with pytest.raises(Refused) as no:
        cupboard.write(*lines)
    assert no.value.code == code
    assert no.value.text.zh.startswith("对不起")
    assert [one.count for one in cupboard.supplies.seen] == [12]

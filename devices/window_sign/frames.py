"""From a script to dots: pages that stay, blink or scroll, as a pure function of the seconds since they began.

Rules:

* Nothing is cut. A text that does not fit is shown word by word; where a word does not fit either, its short form from the
  hall's words is shown; where there is none it scrolls, beginning with its first words standing still.
* A number that is called stands alone and large for 2 s, then flashes three times; then the sentence passes once from right to left,
  resting in the middle where it fits, and its pages stand still from then on.
* A page is drawn when its turn comes: a call's number is on the panel before the sentence that follows it is drawn.
* Every moving thing moves in steps of 1/30 s, so that :meth:`Show.next_change` says when a frame is worth sending.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TypeVar

import msgspec
from PIL import Image

from devices.parts.bitmap_font import HEIGHT, font
from devices.window_sign.wording import HOLD, Line, Names, Script, Windows, window_text, windows_text
from hall.clock import Seconds

T = TypeVar("T")

FPS = 30
#: dots per frame while scrolling: 60 a second, four Hanzi, about as fast as one reads aloud
STEP = 2
#: how long a scrolling text stands still at its beginning and at its end
REST: Seconds = 1.2
#: pages of one sentence that was broken into words
WORD: Seconds = 1.6
STEADY: Seconds = 2.0
FLASH_OFF: Seconds = 0.3
FLASH_ON: Seconds = 0.5
FLASHES = 3


class Page(msgspec.Struct, frozen=True):
    """One picture for some seconds; wider than the panel, it moves to the left and rests at some `stops` on its way."""

    picture: Image.Image
    seconds: Seconds
    #: columns that stand at the panel's left edge while it rests, all multiples of :data:`STEP`
    stops: tuple[int, ...] = ()

    def place(self, into: Seconds, width: int) -> tuple[int, Seconds | None]:
        """The column at the panel's left edge `into` seconds, and how long until it is another; None: to the page's end."""
        end = max(0, self.picture.width - width)
        at = 0
        for stop in (*self.stops, end):
            ticks = int(into * FPS + 1e-6)
            if at + ticks * STEP < stop:
                return at + ticks * STEP, (ticks + 1) / FPS - into
            into, at = into - (stop - at) / STEP / FPS, stop
            if stop != end and into < REST - 1e-6:
                return at, REST - into + 1 / FPS
            if stop == end:
                break
            into -= REST
        return end, None


class Show:
    """A script drawn for a panel `width` dots wide and 16 high: first the intro once, then the loop for ever."""

    def __init__(self, script: Script, width: int) -> None:
        self.width, self._script = width, script
        self._flash = _flashing(script.flash, width) if script.flash else []

    @cached_property
    def intro(self) -> list[Page]:
        """What is shown once."""
        passing = self._script.passing
        return [*self._flash, _passing(passing, self.width)] if passing else self._flash

    @cached_property
    def loop(self) -> list[Page]:
        """What is shown then, over and over."""
        pages = [page for line in self._script.pages for page in _pages(line, self.width)]
        return pages or [Page(blank(self.width), HOLD)]

    def frame_at(self, elapsed: Seconds) -> Image.Image:
        """The picture `elapsed` seconds after the show began; exactly the panel's size."""
        page, into, _ = self._page_at(elapsed)
        if page.picture.width <= self.width:
            return page.picture
        left, _ = page.place(into, self.width)
        return page.picture.crop((left, 0, left + self.width, HEIGHT))

    def next_change(self, elapsed: Seconds) -> Seconds | None:
        """Seconds from `elapsed` until another picture is due; None when this one stays for ever."""
        page, into, looping = self._page_at(elapsed)
        _, change = page.place(into, self.width)
        if change is not None:
            return max(0.001, change)
        still = page.picture.width <= self.width and looping and len(self.loop) == 1
        return None if still else max(0.001, page.seconds - into)

    def _page_at(self, elapsed: Seconds) -> tuple[Page, Seconds, bool]:
        """The page, the seconds into it, and whether it belongs to the loop."""
        into = max(0.0, elapsed)
        for pages in (self._flash, self.intro):
            if found := _turn(pages, into):
                return *found, False
        looped = max(0.0, into - _lasts(self.intro)) % _lasts(self.loop)
        return *(_turn(self.loop, looped) or (self.loop[0], 0.0)), True


def _lasts(pages: Sequence[Page]) -> Seconds:
    return sum(page.seconds for page in pages)


def _turn(pages: Sequence[Page], into: Seconds) -> tuple[Page, Seconds] | None:
    """Whose turn it is `into` seconds after the first began, and how far into it; None: theirs are over."""
    for page in pages:
        if into < page.seconds - 1e-6:
            return page, into
        into = max(0.0, into - page.seconds)
    return None


def blank(width: int) -> Image.Image:
    """All dots dark."""
    return Image.new("1", (width, HEIGHT))


def all_lit(width: int) -> Image.Image:
    """All dots lit."""
    return Image.new("1", (width, HEIGHT), 255)


def centred(text: str, width: int) -> Image.Image:
    """`text` in the middle of the panel; it must fit."""
    return _centred(font().draw(text), width)


def large(number: str, width: int) -> Image.Image:
    """A number as large as the panel allows, in the middle of it."""
    drawn = font().draw_large(number)
    return _centred(drawn if drawn.width <= width else font().draw(number), width)


def _centred(drawn: Image.Image, width: int) -> Image.Image:
    picture = blank(width)
    picture.paste(drawn, ((width - drawn.width) // 2, 0))
    return picture


def _flashing(number: str, width: int) -> list[Page]:
    if font().width(number) > width:
        return []
    lit, dark = large(number, width), blank(width)
    return [Page(lit, STEADY)] + [Page(dark, FLASH_OFF), Page(lit, FLASH_ON)] * FLASHES


def _pages(line: Line | Windows | Names, width: int) -> list[Page]:
    match line:
        case Line(text, short, hold):
            return _fit(text, short, hold, width)
        case Windows(numbers):
            return _windows(numbers, width)
        case Names(window, services):
            texts = _packed(services or ("",), lambda some: _names(window, some, width), width)
            if not _all_fit(texts, width):
                # A name too long to stand beside the window's number: the number, then the names.
                texts = [window_text(window, ()), *_packed(services, " ".join, width)]
            return [page for text in texts for page in _fit(text, (), HOLD, width)]
    raise AssertionError(line)


def _names(window: int, services: Sequence[str], width: int) -> str:
    text = window_text(window, services)
    # Only a single long name may cost the word 窗口; several names rather go to several pages.
    return text if fits(text, width) or len(services) > 1 else window_text(window, services, short=True)


def _fit(text: str, short: Sequence[str], hold: Seconds, width: int) -> list[Page]:
    """The whole text; else its words on pages; else its short form; else it scrolls."""
    if fits(text, width):
        return [Page(centred(text, width), hold)]
    for words in (_packed(text.split(), " ".join, width), short):
        if words and _all_fit(words, width):
            return [Page(centred(word, width), WORD) for word in words]
    drawn = font().draw(text)
    # Whole steps: the last one shows the last dots, a dark column or two beyond them at most.
    distance = -(-(drawn.width - width) // STEP) * STEP
    picture = Image.new("1", (distance + width, HEIGHT))
    picture.paste(drawn, (0, 0))
    return [Page(picture, REST + distance / STEP / FPS + REST, stops=(0,))]


def _passing(text: str, width: int) -> Page:
    """Once from right to left, out of the dark and into it again; it rests in the middle where it fits."""
    drawn = font().draw(text)
    distance = -(-(drawn.width + width) // STEP) * STEP
    picture = Image.new("1", (distance + width, HEIGHT))
    picture.paste(drawn, (width, 0))
    middle = (width + drawn.width) // 2 // STEP * STEP
    stops = (middle,) if drawn.width <= width else ()
    return Page(picture, distance / STEP / FPS + REST * len(stops), stops=stops)


def _windows(numbers: Sequence[int], width: int) -> list[Page]:
    texts = _packed(numbers, windows_text, width)
    if not _all_fit(texts, width):
        texts = _packed(numbers, lambda some: windows_text(some, short=True), width)
    return [page for text in texts for page in _fit(text, (), HOLD, width)]


def _packed(items: Sequence[T], say: Callable[[Sequence[T]], str], width: int) -> list[str]:
    """As many items on a page as fit, in order; an item that is too long stands alone."""
    pages: list[str] = []
    some: list[T] = []
    for item in items:
        if some and fits(say([*some, item]), width):
            some.append(item)
            pages[-1] = say(some)
        else:
            some = [item]
            pages.append(say(some))
    return pages


def _all_fit(texts: Sequence[str], width: int) -> bool:
    return all(fits(text, width) for text in texts)


def fits(text: str, width: int) -> bool:
    """Whether `text` can stand still on a panel `width` dots wide."""
    return font().width(text) <= width

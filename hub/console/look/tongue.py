"""In which language a person reads the staff's pages: Chinese unless they chose English. Public screens show both and ask nobody.

Rules:

* The choice is a cookie of the browser; each open page keeps the one it was drawn with.
* A page takes every word through :func:`said` (a text of the hall) or :func:`hub.console.look.words.label` (a word of the console).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from enum import Enum
from typing import Final, Literal
from weakref import WeakKeyDictionary

from nicegui import Client, context

from hall.text import Text

COOKIE: Final = "hall-tongue"


class Tongue(Enum):
    """A language of the staff's pages."""

    ZH = "zh"
    EN = "en"

    @property
    def other(self) -> Tongue:
        """The one to change to."""
        return Tongue.EN if self is Tongue.ZH else Tongue.ZH


#: how each names itself
NAMES: Final = {Tongue.ZH: "中文", Tongue.EN: "English"}
#: as browsers know them
LANG: Final[dict[Tongue, Literal["zh-CN", "en-US"]]] = {Tongue.ZH: "zh-CN", Tongue.EN: "en-US"}

_chosen: WeakKeyDictionary[Client, Tongue] = WeakKeyDictionary()
_spoken: ContextVar[Tongue | None] = ContextVar("spoken", default=None)


def read(cookie: str | None) -> Tongue:
    """The language that a browser's cookie asks for."""
    return Tongue.EN if cookie == Tongue.EN.value else Tongue.ZH


def speak(tongue: Tongue) -> None:
    """The page that is being drawn speaks this language from here on, and so do its own date pickers and tables."""
    client = context.client
    _chosen[client] = tongue
    client.page = copy(client.page)  # the route's is everybody's
    client.page.language = LANG[tongue]


@contextmanager
def speaking(tongue: Tongue) -> Iterator[None]:
    """Everything within is said in this language: a page that draws often need not be asked for every word."""
    before = _spoken.set(tongue)
    try:
        yield
    finally:
        _spoken.reset(before)


def tongue() -> Tongue:
    """The language of the page that something is being drawn on; Chinese outside pages."""
    spoken = _spoken.get()
    if spoken is not None:
        return spoken
    if not context.slot_stack:
        return Tongue.ZH
    return _chosen.get(context.client, Tongue.ZH)


def said(text: Text) -> str:
    """A text in the reader's language."""
    return text.en if tongue() is Tongue.EN else text.zh


def join(texts: Iterable[Text]) -> str:
    """Several texts in the reader's language, as a list within a line."""
    return (", " if tongue() is Tongue.EN else "、").join(said(text) for text in texts)

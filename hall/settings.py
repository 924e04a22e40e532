"""Settings files: YAML without guessing, straight into frozen structs.

Rules (the loader never guesses):

* ``true`` and ``false``, plain decimal integers (``0``, ``-3``, ``42``), numbers with a dot (``0.5``, ``-1.25``) and ``null`` are
  what they look like. **Everything else that is not quoted is text**: ``12:30``, ``010``, ``0x10``, ``1e3``, ``1_000``, ``yes``, ``no``,
  ``on``, ``off``, ``~``, ``.inf``, ``2026-11-22``. So a work number written ``006`` stays ``006``.
* Quoted is always text. An empty value is null.
* A key that stands twice is an error. Keys are text (``4:`` as a key is ``"4"``).
* Anchors and aliases (``&``, ``*``), merge keys (``<<``), tags (``!``) and several documents in one file are refused: a settings file
  is read from top to bottom and means what stands there.
* A file has at most 1 MiB, 32 levels and 50,000 values, is UTF-8, and holds no control or direction-changing characters.

A text in which both of YAML's readers see the same is read by the one in C where there is one, more than ten times as quickly; whatever is
written differently, or is wrong, is read by the one in Python, so that every machine refuses the same with the same words.

Every mistake is a :class:`BadSettings` that names file, key and what was expected there.
"""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from hall.errors import BadSettings
from hall.plan import HallPlan
from hall.settings_errors import dotted, explain
from hall.settings_plan import problems
from hall.text import Text

T = TypeVar("T")

MOST_BYTES = 1024 * 1024
MOST_DEPTH = 32
MOST_VALUES = 50_000
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,18}")
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
#: YAML's reader in C; not everywhere there is one
_QUICK = getattr(yaml, "CSafeLoader", None)
#: where the two readers do not agree: tabs and old line ends in plain text, block texts, complex keys, tags
_READ_DIFFERENTLY = re.compile("[\t\r\x85?!|>]")


def load(path: Path | str, kind: type[T]) -> T:
    """The file at `path` as a `kind`; raises :class:`BadSettings`."""
    file = str(path)
    raw = parse(read(file), file)
    settings = convert(raw, kind, file)
    if isinstance(settings, HallPlan):
        for key, expected in problems(settings):
            raise BadSettings(file, key, expected)
    return settings


def check(file: Path) -> int:
    """``hall settings check FILE``: say ok, or everything that is wrong; the exit code."""
    name = str(file)
    try:
        plan: HallPlan = convert(parse(read(name), name), HallPlan, name)
    except BadSettings as error:
        print(error.text.en, file=sys.stderr)  # noqa: T201 - the command's answer
        return 1
    found = [BadSettings(name, key, expected).text.en for key, expected in problems(plan)]
    for line in found:
        print(line, file=sys.stderr)  # noqa: T201
    if not found:
        print(f"{name}: ok")  # noqa: T201
    return 1 if found else 0


def read(file: str) -> str:
    """The file's text, if it is one that may be settings."""
    try:
        with Path(file).open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        readable = Text(
            zh=f"可以读取的文件（{error.strerror}）", en=f"a file that can be read ({error.strerror})"
        )
        raise BadSettings(file, "(file)", readable) from error
    except ValueError as error:  # a NUL in the name
        raise BadSettings(file, "(file)", "a file name") from error
    if len(data) > MOST_BYTES:
        raise BadSettings(file, "(file)", f"at most {MOST_BYTES} bytes")
    try:
        return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadSettings(file, f"line {line}", "text in UTF-8") from error


def parse(text: str, file: str = "settings") -> Any:
    """YAML text as plain dicts, lists, strings, ints, floats, bools and None, by the rules above."""
    bad = _FORBIDDEN.search(text)
    if bad is not None:
        line = text.count("\n", 0, bad.start()) + 1
        raise BadSettings(file, f"line {line}", f"no control characters (found U+{ord(bad.group()):04X})")
    if _QUICK is not None and not _READ_DIFFERENTLY.search(text):
        try:
            return _Builder(file).build(text, _QUICK)
        except (yaml.YAMLError, BadSettings):
            pass  # what is wrong is said by the other
    try:
        return _Builder(file).build(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "(file)"
        raise BadSettings(file, where, f"YAML ({error.problem or error.context or 'unreadable'})") from error
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        raise BadSettings(file, "(file)", f"YAML ({type(error).__name__})") from error


def convert(raw: Any, kind: type[T], file: str) -> T:
    """Plain values as a `kind`, strictly."""
    try:
        return msgspec.convert(raw, kind, strict=True, str_keys=True)
    except msgspec.ValidationError as error:
        key, expected = explain(error, raw, kind)
        raise BadSettings(file, key, expected) from error


def convert_at(raw: Any, kind: type[T], file: str, at: str) -> T:
    """Plain values that stand under the key `at` of a file, as a `kind`."""
    try:
        return msgspec.convert(raw, kind, strict=True, str_keys=True)
    except msgspec.ValidationError as error:
        key, expected = explain(error, raw, kind)
        where = at if key == "(file)" else f"{at}.{key}"
        raise BadSettings(file, where, expected) from error


class _Builder:
    """Builds values from YAML's events, so that no rule of YAML's own types is ever applied."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._count = 0

    def build(self, text: str, reader: Any) -> Any:
        """The one document of the text; None when it is empty."""
        events = iter(yaml.parse(text, Loader=reader))
        value, documents = None, 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._bad(event, (), "one document")
                if event.tags:
                    raise self._bad(event, (), "no tags")
            elif isinstance(event, yaml.NodeEvent):
                value = self._value(event, events, ())
        return value

    def _value(self, event: Any, events: Any, path: tuple[str | int, ...]) -> Any:
        self._count += 1
        if self._count > MOST_VALUES:
            raise self._bad(event, path, f"at most {MOST_VALUES} values")
        if len(path) > MOST_DEPTH:
            raise self._bad(event, path, f"at most {MOST_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise self._bad(event, path, "no anchors or aliases (& and *): write the value out, or quote it")
        if event.tag is not None:
            raise self._bad(event, path, "no tags (!): quote it if it is text")
        if isinstance(event, yaml.ScalarEvent):
            bad = _FORBIDDEN.search(event.value)  # written as an escape
            if bad is not None:
                raise self._bad(event, path, f"no control characters (found U+{ord(bad.group()):04X})")
            return event.value if event.style else _plain(event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(item := next(events), yaml.SequenceEndEvent):
                items.append(self._value(item, events, (*path, len(items))))
            return items
        return self._mapping(events, path)

    def _mapping(self, events: Any, path: tuple[str | int, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(key := next(events), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent) or key.anchor is not None or key.tag is not None:
                raise self._bad(key, path, "a plain key")
            name = key.value
            if not name.isprintable():
                raise self._bad(key, path, "a key of one printable line")
            if not key.style and name == "<<":
                raise self._bad(key, path, "no merge keys (<<): write the values out")
            if name in found:
                raise self._bad(key, (*path, name), "this key only once")
            found[name] = self._value(next(events), events, (*path, name))
        return found

    def _bad(self, event: Any, path: tuple[str | int, ...], expected: str) -> BadSettings:
        where = dotted(path) or "(file)"
        return BadSettings(self._file, f"{where} (line {event.start_mark.line + 1})", expected)


def _plain(text: str) -> Any:
    """An unquoted scalar."""
    if text in {"true", "false"}:
        return text == "true"
    if text in {"", "null"}:
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text

"""A change of settings in words: where, what it was, what it will be."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from hall.settings_form import Form
from hub.console.look.tongue import Tongue, tongue
from hub.console.look.words import WORDS, label
from hub.console.plans.versions import Difference

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
#: Keys under which entries have names of their own.
_NAMED = {"services", "situations", "lanes", "members", "roster"}


def where(one: Difference, *forms: Form) -> str:
    """The place of a change, from the outermost to the innermost, as people call it."""
    steps = [name or int(index) for name, index in _STEP.findall(one.key)]
    said: list[str] = []
    for i, step in enumerate(steps):
        path = steps[: i + 1]
        said.append(_step(step, steps[i - 1] if i else None, path, forms))
    return " · ".join(said) or label("admin.order")


def value(what: Any) -> str:
    """A value as people read it."""
    if what is None:
        return label("admin.none")
    if isinstance(what, bool):
        return "✓" if what else "✗"
    if isinstance(what, dict):
        name = what.get("name", what)
        if isinstance(name, dict) and {"zh", "en"} <= name.keys():
            return str(name["en" if tongue() is Tongue.EN else "zh"])
    if isinstance(what, list) and any(isinstance(entry, dict) and "work_no" in entry for entry in what):
        what = [_colleague(entry) for entry in what]
    if isinstance(what, list) and all(isinstance(entry, str | int) for entry in what):
        return ("、" if tongue() is Tongue.ZH else ", ").join(map(str, what)) or label("admin.none")
    return what if isinstance(what, str) else msgspec.json.encode(what).decode()


def _colleague(entry: Any) -> str:
    """One of the staff, with who stands in for them."""
    if not isinstance(entry, dict):
        return str(entry)
    cover = entry.get("b")
    return f"{entry['work_no']}" + (f" ({label('set.b')} {cover})" if cover else "")


def _step(step: str | int, parent: str | int | None, path: list[str | int], forms: tuple[Form, ...]) -> str:
    if isinstance(step, int) or parent in _NAMED:
        for form in forms:
            name = _name(_at(form, path))
            if name is not None:
                return name
        return str(step + 1 if isinstance(step, int) else step)
    for key in (f"set.{step}", f"day.{step}"):
        if key in WORDS:
            return label(key)
    return str(step)


def _name(found: Any) -> str | None:
    if not isinstance(found, dict):
        return None
    if "window" in found and "serves" in found:
        return label("window-n", n=found["window"])
    name = found.get("name") or found.get("public")
    return str(name["en" if tongue() is Tongue.EN else "zh"]) if isinstance(name, dict) else None


def _at(form: Any, path: list[str | int]) -> Any:
    for step in path:
        try:
            form = form[step]
        except (KeyError, IndexError, TypeError):
            return None
    return form

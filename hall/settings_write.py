"""Plain values as YAML that :mod:`hall.settings` reads back exactly.

Rules:

* A text stands unquoted only where the loader takes it for that very text and no other YAML program could take it for anything else;
  everything else is double-quoted.
* Maps and lists of their own lines are indented by two; a map or list of a few short values stays on one line, so that a hall's
  settings read as people write them.
* Numbers are decimal, without exponent.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

#: Longest line that a small map or list may take.
_WIDTH: Final = 110
_PLAIN = re.compile(r"[A-Za-z\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff（）、]*(?:-[A-Za-z0-9_\u4e00-\u9fff]+)*")
#: What some YAML program or other takes for something else than text.
_NEVER_PLAIN = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def written(form: dict[str, Any]) -> str:
    """The form as a settings file."""
    return "".join(f"{line}\n" for line in _map(form, 0)) if form else "{}\n"


def _map(values: dict[str, Any], depth: int) -> list[str]:
    lines: list[str] = []
    for key, value in values.items():
        lines += _entry(f"{_scalar(key)}:", value, depth)
    return lines


def _entry(head: str, value: Any, depth: int) -> list[str]:
    """One entry: on the line of its key if it is short, else below it."""
    indent = "  " * depth
    short = f"{indent}{head} {flow(value)}"
    if not isinstance(value, dict | list) or not value or (_is_small(value) and len(short) <= _WIDTH):
        return [short]
    inner = _map(value, depth + 1) if isinstance(value, dict) else _list(value, depth + 1)
    return [f"{indent}{head}", *inner]


def _list(values: list[Any], depth: int) -> list[str]:
    lines: list[str] = []
    for value in values:
        if isinstance(value, dict) and value and not (_is_small(value) and len(flow(value)) <= _WIDTH):
            first, *rest = _map(value, depth + 1)
            lines += [f"{'  ' * depth}- {first.lstrip()}", *rest]
        else:
            lines += _entry("-", value, depth)
    return lines


def _is_small(value: Any, inside: int = 0) -> bool:
    """Whether it has no more than one level of maps or lists within it."""
    if not isinstance(value, dict | list):
        return True
    return inside < 2 and all(
        _is_small(x, inside + 1) for x in (value.values() if isinstance(value, dict) else value)
    )


def flow(value: Any) -> str:
    """Everything on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {flow(x)}" for key, x in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(x) for x in value) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return f"{value:.15f}".rstrip("0") + ("0" if value == int(value) else "")
        case _:
            text = str(value)
            if _PLAIN.fullmatch(text) and text.lower() not in _NEVER_PLAIN:
                return text
            # YAML takes U+0085 for the end of a line
            return json.dumps(text, ensure_ascii=False).replace("\x85", "\\x85")

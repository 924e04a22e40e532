r"""TOML as small as the readers on a Pi understand it: one-line strings with two escapes, true and false, lists of strings.

rpi-preseed reads TOML with a few lines of shell: ``\\`` and ``\"`` are all it knows.
"""

from __future__ import annotations

from collections.abc import Mapping

Value = str | bool | int | tuple[str, ...]


def text(top: Mapping[str, Value], sections: Mapping[str, Mapping[str, Value]]) -> bytes:
    """Top-level values, then each section that has any."""
    lines = [f"{key} = {_value(value)}" for key, value in top.items()]
    for name, values in sections.items():
        if values:
            lines += ["", f"[{name}]", *(f"{key} = {_value(value)}" for key, value in values.items())]
    return ("\n".join(lines) + "\n").encode()


def _value(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case tuple():
            return "[" + ", ".join(_value(each) for each in value) + "]"

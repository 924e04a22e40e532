"""What msgspec found wrong, as (key, what was expected there) for people."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import inspect

from hall.text import Text

_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]*)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)
_EXPECTED = re.compile(r"Expected `(?P<what>[^`]*)`(?P<more>.*?)(?:, got `(?P<found>[^`]*)`)?", re.DOTALL)
_ENUM = re.compile(r"Invalid enum value (?P<found>.*)", re.DOTALL)
_WHERE = re.compile(r"(?P<what>.*?)(?: - at (?P<of_key>`key` in )?`\$(?P<path>[^`]*)`)?", re.DOTALL)
_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]|(?P<any>\[\.\.\.\])")
_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
    "object": "keys with values",
    "array": "a list",
}
Path = tuple[str | int, ...]


def explain(error: msgspec.ValidationError, raw: Any, kind: Any) -> tuple[str, str]:
    """Where in `raw` the mistake stands, and what a `kind` expects there."""
    sentence = str(error)
    match = _WHERE.fullmatch(sentence)
    what, path_text = (match["what"], match["path"] or "") if match else (sentence, "")
    path = _found_path(path_text, sentence, raw, kind)
    if match and match["of_key"]:
        return dotted(
            (*path, _bad_key(path, sentence, raw, kind))
        ), f"another name for this key: {_in_words(what)}"
    if missing := _MISSING.fullmatch(what):
        return dotted((*path, missing["name"])), "a value (it is missing)"
    if unknown := _UNKNOWN.fullmatch(what):
        return dotted((*path, unknown["name"])), "no such key"
    if enum := _ENUM.fullmatch(what):
        return dotted(path), f"{_choices(kind, path) or 'a known value'}, found {enum['found']}"
    return dotted(path) or "(file)", _in_words(what)


def dotted(path: Path) -> str:
    """A path as people write it: ``a.b[0]``."""
    out = ""
    for step in path:
        out += f"[{step}]" if isinstance(step, int) else f".{step}" if out else step
    return out


def _in_words(what: str) -> str:
    match = _EXPECTED.fullmatch(what)
    if match is None:
        return what.removeprefix("Expected ")
    found = f", found {_types(match['found'])}" if match["found"] else ""
    return f"{_types(match['what'])}{match['more']}{found}"


def _types(types: str) -> str:
    return " or ".join(_WORDS.get(part.strip(), part.strip()) for part in types.split("|"))


def _found_path(text: str, sentence: str, raw: Any, kind: Any) -> Path:
    """The path with every ``[...]`` (msgspec does not say which key) replaced by the key that is meant."""
    path: Path = ()
    for step in _STEP.finditer(text):
        if step["name"] is not None:
            path = (*path, step["name"])
        elif step["index"] is not None:
            path = (*path, int(step["index"]))
        else:
            path = (*path, _bad_key(path, sentence, raw, kind))
    return path


def _bad_key(path: Path, sentence: str, raw: Any, kind: Any) -> str:
    """The key of the dict at `path` without whose value (or name) the mistake would not be there."""
    keys = _at(raw, path)
    for key in keys if isinstance(keys, dict) else ():
        try:
            msgspec.convert(_with(raw, path, {key: keys[key]}), kind, strict=True, str_keys=True)
        except msgspec.ValidationError as error:
            if str(error) == sentence:
                return str(key)
    return "(a key)"


def _at(raw: Any, path: Path) -> Any:
    for step in path:
        try:
            raw = raw[step]
        except (KeyError, IndexError, TypeError):
            return None
    return raw


def _with(raw: Any, path: Path, value: Any) -> Any:
    """A copy of `raw` with `value` at `path`."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(raw, dict):
        return {k: _with(v, rest, value) if k == step else v for k, v in raw.items()}
    if isinstance(raw, list):
        return [_with(v, rest, value) if i == step else v for i, v in enumerate(raw)]
    return raw


def _choices(kind: Any, path: Path) -> str:
    """The values that may stand at `path`, when they are a closed set."""
    found: list[inspect.Type] = [inspect.type_info(kind)]
    for step in path:
        found = [inner for outer in found for inner in _inside(outer, step)]
    names: list[str] = []
    for leaf in found:
        if isinstance(leaf, inspect.EnumType):
            names += [str(member.value) for member in leaf.cls]
        elif isinstance(leaf, inspect.LiteralType):
            names += [str(value) for value in leaf.values]
    return f"one of {', '.join(names)}" if names else ""


def _inside(kind: inspect.Type, step: str | int) -> list[inspect.Type]:
    """The kinds that may stand one step further in."""
    inner: list[inspect.Type]
    match kind:
        case inspect.StructType():
            inner = [field.type for field in kind.fields if field.encode_name == step]
        case inspect.DictType():
            inner = [kind.value_type]
        case inspect.ListType() | inspect.VarTupleType():
            inner = [kind.item_type]
        case _:
            inner = []
    return [
        leaf
        for found in inner
        for leaf in (found.types if isinstance(found, inspect.UnionType) else (found,))
    ]


_CHINESE = {
    "a value (it is missing)": "要填写",
    "no such key": "没有这一项",
    "text": "文字",
    "a whole number": "整数",
    "a number": "数字",
    "true or false": "是或否",
    "a list": "列表",
    "keys with values": "键和值",
}


def in_both(expected: str) -> Text:
    """What was expected, for people who read either language."""
    what, _, _ = expected.partition(",")
    return Text(zh=_CHINESE.get(expected) or _CHINESE.get(what) or "合乎规定的写法", en=expected)

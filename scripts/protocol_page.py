"""The tables of ``docs/protocol.md``, drawn from the topic table and the message types: ``scripts/protocol_page.py``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import msgspec

from hall.messages import asks, facts
from hall.topics import LEAVES, Writer
from hub.domain.refusals import TEXTS

PAGE = Path(__file__).parent.parent / "docs" / "protocol.md"
_WRITERS = {Writer.MEMBER: "member", Writer.DEVICE: "device", Writer.HUB: "hub"}
_ENVELOPE = {"id", "actor", "n", "at"}


def _summary(kind: type) -> str:
    return " ".join((kind.__doc__ or "").split())


def _fields(kind: type[msgspec.Struct]) -> str:
    fields = [field for field in msgspec.structs.fields(kind) if field.encode_name not in _ENVELOPE]
    return ", ".join(field.encode_name + ("" if field.required else "?") for field in fields)


def leaves() -> str:
    """Who writes what where."""
    rows = ["| leaf | written by | QoS | retained | what |", "|---|---|---|---|---|"]
    for leaf in LEAVES:
        place = leaf.name if leaf.per_member else f"hub/{leaf.name}"
        rows.append(
            f"| `{place}` | {_WRITERS[leaf.writer]} | {leaf.qos} | {'yes' if leaf.retained else 'no'} | {leaf.says} |"
        )
    return "\n".join(rows)


def _messages(kinds: tuple[type[msgspec.Struct], ...], what: str) -> str:
    rows = [f"| {what} | fields (? may be left out) | says |", "|---|---|---|"]
    rows += [f"| `{kind.__struct_config__.tag}` | {_fields(kind)} | {_summary(kind)} |" for kind in kinds]
    return "\n".join(rows)


def refusals() -> str:
    """Every code with its sentences."""
    rows = ["| code | zh | en |", "|---|---|---|"]
    rows += [f"| `{code}` | {text.zh} | {text.en} |" for code, text in sorted(TEXTS.items())]
    return "\n".join(rows)


def page(old: str) -> str:
    """The page with its tables drawn anew."""
    tables = {
        "leaves": leaves(),
        "asks": _messages(asks.AnyAsk.__args__, "ask"),
        "facts": _messages(facts.AnyFact.__args__, "fact"),
        "refusals": refusals(),
    }
    for name, table in tables.items():
        begin, end = f"<!-- begin:{name} -->", f"<!-- end:{name} -->"
        pattern = re.escape(begin) + r".*?" + re.escape(end)
        old = re.sub(pattern, lambda _m, t=table, b=begin, e=end: f"{b}\n{t}\n{e}", old, flags=re.DOTALL)  # type: ignore[misc]
    return old


def main() -> int:
    """Write the page, or with ``--check`` only say whether it is up to date."""
    old = PAGE.read_text(encoding="utf-8")
    new = page(old)
    if "--check" in sys.argv[1:]:
        return 0 if new == old else 1
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

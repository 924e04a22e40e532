"""The bus as an AsyncAPI 3 document, drawn from the topic table and the message types: ``python -m hall.asyncapi``.

The document is also the oracle of the story tests: every message seen there is validated against it (:class:`Oracle`).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import yaml

from hall.shipped import shipped
from hall.topics import LEAVES, PROTOCOL, Leaf, Topics, Writer

DOCUMENT = Path(__file__).parent.parent / "docs" / "asyncapi.yaml"
_REF = "#/components/schemas/{name}"
_SAYS = {Writer.MEMBER: "every member", Writer.DEVICE: "devices", Writer.HUB: "the hub"}


def _camel(name: str) -> str:
    words: list[str] = re.findall(r"[A-Za-z]+", name)
    return words[0].lower() + "".join(word.capitalize() for word in words[1:])


def _message_name(kind: type[msgspec.Struct], leaf: Leaf) -> str:
    return f"{_camel(leaf.name)}.{kind.__name__}"


def _schema_refs() -> tuple[dict[type, dict[str, Any]], dict[str, Any]]:
    """Each message type's schema, and the shared definitions they point to."""
    kinds = list(dict.fromkeys(kind for leaf in LEAVES for kind in leaf.types))
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    return dict(zip(kinds, schemas, strict=True)), components


def _address(leaf: Leaf) -> str:
    member = "{member}" if leaf.per_member else "hub"
    return f"hall/{PROTOCOL}/{{hall}}/{member}/" + re.sub(r"<(\w+)>", r"{\1}", leaf.name)


def _parameters(address: str) -> dict[str, Any]:
    said = {
        "hall": "id of the hall",
        "member": "id of the member",
        "id": "the alert's id at its member",
        "part": "which part of the desired state",
        "type": "the fact's type",
    }
    return {name: {"description": said[name]} for name in re.findall(r"{(\w+)}", address)}


def document() -> dict[str, Any]:
    """The whole document as plain data."""
    refs, components = _schema_refs()
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for leaf in LEAVES:
        name, address = _camel(leaf.name), _address(leaf)
        for kind in leaf.types:
            messages[_message_name(kind, leaf)] = {
                "name": kind.__name__,
                "summary": " ".join((kind.__doc__ or "").split()),
                "contentType": "application/json",
                "payload": refs[kind],
            }
        channels[name] = {
            "address": address,
            "description": f"{leaf.says}. Written by {_SAYS[leaf.writer]}; at most {leaf.limit} bytes"
            + ("; an empty payload removes it." if leaf.retained else "."),
            "parameters": _parameters(address),
            "messages": {
                kind.__name__: {"$ref": f"#/components/messages/{_message_name(kind, leaf)}"}
                for kind in leaf.types
            },
        }
        operation: dict[str, Any] = {
            "action": "send" if leaf.writer is Writer.HUB else "receive",
            "channel": {"$ref": f"#/channels/{name}"},
            "summary": f"{leaf.says} (as the hub sees it)",
            "bindings": {"mqtt": {"qos": leaf.qos, "retain": leaf.retained}},
        }
        if leaf.name == "up/ask":
            operation["reply"] = {"channel": {"$ref": "#/channels/downAnswer"}}
        operations[f"{name}.{operation['action']}"] = operation
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "hallfleet: the bus of a public-service hall",
            "version": f"{PROTOCOL}.0.0",
            "description": "Generated from hall/topics.py and hall/messages by `make docs`. Unknown fields are ignored by every reader.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": components},
    }


def text() -> str:
    """The document as it stands in ``docs/asyncapi.yaml``."""
    plain = json.loads(json.dumps(document()))
    return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=120)


class Oracle:
    """Judges single messages by the document; `make_validator` turns a JSON schema into a function that lists its errors."""

    def __init__(
        self, hall: str, make_validator: Callable[[dict[str, Any]], Callable[[Any], list[str]]]
    ) -> None:
        """`hall` is the hall whose topics are judged."""
        self._topics = Topics(hall)
        read: dict[str, Any] = shipped(DOCUMENT.read_text(encoding="utf-8"))
        self._document = read
        self._make = make_validator
        self._validators: dict[str, Callable[[Any], list[str]]] = {}

    def errors(self, topic: str, payload: bytes) -> list[str]:
        """What is wrong with this message; empty when it is as documented."""
        address = self._topics.parse(topic)
        if address is None:
            return [f"{topic}: not a topic of this hall"]
        if not payload:
            return [] if address.leaf.retained else [f"{topic}: empty"]
        if len(payload) > address.leaf.limit:
            return [f"{topic}: {len(payload)} bytes"]
        try:
            value = json.loads(payload, parse_constant=_no_number)
        except ValueError as error:
            return [f"{topic}: {error}"]
        kinds = address.leaf.types
        if address.leaf.name == "down/want/<part>":
            kinds = tuple(kind for kind in kinds if kind.__name__.lower() == address.part)
        elif address.leaf.name == "fact/<type>":
            kinds = tuple(kind for kind in kinds if kind.__name__ == address.part)
        elif isinstance(value, dict) and "type" in value and len(kinds) > 1:
            tags = {kind.__struct_config__.tag: kind for kind in kinds}
            kinds = tuple(kind for tag, kind in tags.items() if tag == value["type"])
        if not kinds:
            return [f"{topic}: no such message: {value.get('type') if isinstance(value, dict) else value!r}"]
        found = [self._validator(kind, address.leaf)(value) for kind in kinds]
        return [] if any(not errors for errors in found) else [f"{topic}: {error}" for error in found[0]]

    def _validator(self, kind: type[msgspec.Struct], leaf: Leaf) -> Callable[[Any], list[str]]:
        name = _message_name(kind, leaf)
        if name not in self._validators:
            payload = self._document["components"]["messages"][name]["payload"]
            self._validators[name] = self._make({**payload, "components": self._document["components"]})
        return self._validators[name]


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def main() -> int:
    """Write the document, or with ``--check`` only say whether it is up to date."""
    if "--check" in sys.argv[1:]:
        return 0 if DOCUMENT.exists() and DOCUMENT.read_text(encoding="utf-8") == text() else 1
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

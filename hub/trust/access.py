"""The broker's access list, drawn from the topic table.

Rules:

* Everybody may do what a device may: write below their own name and read what the hub says to them and about itself. Their name is
  their certificate's, so nobody speaks for another.
* Consoles also read the whole hall. They are named one by one; the names come from the hall's registrations.
* The hub writes what is the hub's, and reads everybody.
* Who was revoked may do nothing from the moment the broker reads the list, also on a connection that stands.
* What no line allows is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hall.topics import HUB, LEAVES, Leaf, Topics, Writer, is_name


def access_list(hall: str, *, consoles: Iterable[str] = (), revoked: Iterable[str] = ()) -> str:
    """The text of mosquitto's ``acl_file``; ValueError for a name that could not be a member's."""
    topics = Topics(hall)
    out = ["# Drawn by hub/trust/access.py from the topic table; changes here are lost.", ""]
    closed = sorted(set(revoked))
    for name in closed:
        out += [f"user {_name(name)}", "topic deny #", ""]
    out += [f"user {HUB}", *_hub(topics), ""]
    for name in sorted(set(consoles) - set(closed)):
        out += [f"user {_name(name)}", *(f"topic read {each}" for each in _console(topics)), ""]
    out += ["# everybody, %u is the certificate's name", *_everybody(topics), ""]
    return "\n".join(out)


def _hub(topics: Topics) -> Iterator[str]:
    for leaf in LEAVES:
        member = "+" if leaf.per_member else HUB
        verb = "write" if leaf.writer is Writer.HUB else "read"
        yield f"topic {verb} {topics.of(member, _levels(leaf))}"


def _console(topics: Topics) -> Iterator[str]:
    for leaf in LEAVES:
        if not leaf.per_member:
            yield topics.of(HUB, _levels(leaf))
    yield from topics.overheard


def _everybody(topics: Topics) -> Iterator[str]:
    for leaf in LEAVES:
        if leaf.per_member:
            verb = "read" if leaf.writer is Writer.HUB else "write"
            yield f"pattern {verb} {topics.of('%u', _levels(leaf))}"
    yield f"pattern read {topics.state(HUB)}"
    yield f"pattern read {topics.rebirth}"


def _levels(leaf: Leaf) -> str:
    """The leaf with any last level."""
    return leaf.name.split("<")[0] + "+" if "<" in leaf.name else leaf.name


def _name(name: str) -> str:
    if not is_name(name):
        raise ValueError(f"not a member's name: {name!r}")
    return name

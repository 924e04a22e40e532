"""The judge's rules for a window whose clerk has three keys and eight digits. Imports nothing of what is judged.

* What the call key asked for and the hub did is some press, and no press did two things.
* A press on a call key that nobody touched is answered where the clerk sees it: the hub did something, or the digits say why not.
* At the end the digits say what the journal says of the window.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sim.chaos.case import Case, windows

#: from a finger to what the hub did: a key frozen for 16 s, then a hub for 6, then the key's own patience of 3
TAKES_S = 26.0
#: a press is undisturbed when nobody touched the key's process for so long after it, and so long after it was frozen
AFTER_S, FROZEN_S = 7.0, 9.0
#: each segment's bit from the top clockwise, the middle one last, and the characters that people read there
SEGMENTS = {
    "": " ", "abcdef": "0", "bc": "1", "abdeg": "2", "abcdg": "3", "bcfg": "4", "acdfg": "5", "acdefg": "6", "abc": "7",
    "abcdefg": "8", "abcdfg": "9", "g": "-", "d": "_", "abcefg": "A", "cdefg": "B", "adef": "C", "bcdeg": "D",
    "adefg": "E", "aefg": "F", "acdef": "G", "bcefg": "H", "bcd": "J", "def": "L", "ceg": "N", "cdeg": "o",
    "abefg": "P", "eg": "R", "defg": "T", "bcdef": "U", "bcdfg": "Y",
}  # fmt: skip
#: letters that look like another character
LOOKS = str.maketrans({"S": "5", "O": "0", "I": "1", "V": "U", "X": "H", "Z": "2"})
#: what a window is doing; while a word stands there instead (no hub, the last no), the same word may be the answer
STATE = re.compile(r"----|PAU5E|[A-Za-z0-9][0-9]{3,4}\.?")
#: an ask is on its way
SENT = "____"


def read_digits(rows: Sequence[str]) -> str:
    """What stands on eight digits whose segments are rows of # and ., a column for each digit from the right; a dot follows its character."""
    said = ""
    for x in reversed(range(len(rows[0]) if rows else 0)):
        lit = [rows[y][x] == "#" for y in range(8)]
        shape = "".join(name for bit, name in enumerate("gfedcba") if lit[bit])[::-1]
        said += SEGMENTS.get(shape, "?") + "." * lit[7]
    return said.rstrip()


def key_pressed_once(case: Case, compared: Counter[str]) -> Iterator[str]:
    """What the call key had done was pressed there before, one press for each."""
    for key in case.evidence.rest.get("call_keys", ()):
        matched = _matched(case, key)
        compared["key_pressed_once"] += len(matched)
        for act, press in matched:
            if press is None:
                yield f"{key}: {act['key']} at fact {act['n']} was pressed by nobody"


def key_is_answered(case: Case, compared: Counter[str]) -> Iterator[str]:
    """Each undisturbed press did something, or the digits said something else than before."""
    said = {line["press"]: line for line in case.evidence.noted("key-said")}
    for key in case.evidence.rest.get("call_keys", ()):
        did = {press["press"] for _, press in _matched(case, key) if press is not None}
        hits = _hits(case, key)
        for press in _presses(case, key):
            end = press["t"] + AFTER_S
            if press["press"] not in said or any(a < end and b > press["t"] for a, b in hits):
                continue
            before = _left(press["stood"])
            if not STATE.fullmatch(before):
                continue
            compared["key_is_answered"] += 1
            seen = {_left(text) for text in said[press["press"]]["texts"]} - {before, SENT}
            if not seen and press["press"] not in did:
                yield f"{key}: {press['key']} at {press['t']} did nothing, and the digits still said {before}"


def digits_are_true(case: Case, compared: Counter[str]) -> Iterator[str]:
    """Each call key was told what the journal says, says that it shows it, and shows it."""
    rest = case.evidence.rest
    for key, rows in rest.get("digits", {}).items():
        want = rest["retained"].get(f"{key}/down/want/counter") or {}
        have = rest["retained"].get(f"{key}/up/have/counter") or {}
        mode, number = windows(case).get(want.get("window", 0), ("closed", None))
        compared["digits_are_true"] += 1
        if (want.get("state"), want.get("number")) != (mode, number):
            yield f"{key} is told {want.get('state')} {want.get('number')}, the journal says {mode} {number}"
        if have.get("rev") != want.get("rev") or not have.get("ok", True):
            yield f"{key} has {have}, wanted {want.get('rev')}"
        left = {"called": f"{number}.", "serving": f"{number}", "paused": "PAUSE", "idle": "----"}.get(
            mode, ""
        )
        should = left.upper().translate(LOOKS), str(want.get("waiting", 0))
        shown = read_digits(rows)
        if (_left(shown), shown[-2:].strip()) != should:
            yield f"{key} should show {should}, shows {shown}"


def _presses(case: Case, key: str) -> list[dict[str, Any]]:
    return [press for press in case.evidence.noted("key") if press["member"] == key]


def _left(text: str) -> str:
    """Without how many wait."""
    return text.partition(" ")[0]


def _matched(case: Case, key: str) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """What the key had done, in order, each with its press.

    An ask's id says when it was made (UUID version 7, RFC 9562): it comes of the last press before that. Without one it is the earliest
    press that it may come of and that did nothing yet.
    """
    faults = case.evidence.noted("fault")
    jumps = {0} | {fault["jump"] for fault in faults if fault["kind"] == "clock" and fault["target"] == "hub"}
    open_presses = _presses(case, key)
    found: list[tuple[dict[str, Any], dict[str, Any] | None]] = []
    for act in _acts(case, key):
        mine = _press_of(act, [press for press in open_presses if press["key"] == act["key"]], jumps)
        if mine is not None:
            open_presses.remove(mine)
        found.append((act, mine))
    return found


def _press_of(
    act: dict[str, Any], presses: Sequence[dict[str, Any]], jumps: set[int]
) -> dict[str, Any] | None:
    if act["asked"] is None:
        return next((press for press in presses if _comes_of(act, press["t"], jumps)), None)
    before = [press for press in presses if 0 <= act["asked"] - press["t"] < TAKES_S]
    return max(before, key=lambda press: press["t"], default=None)


def _made_at(id_: str) -> float | None:
    """When an id was made, seconds since 1970; None when it does not say."""
    try:
        made = UUID(id_)
    except ValueError:
        return None
    return (made.int >> 80) / 1000 if made.version == 7 else None


def _comes_of(act: dict[str, Any], pressed: float, jumps: set[int]) -> bool:
    return any(-1.5 < act["t"] - jump - pressed < TAKES_S for jump in jumps)


def _acts(case: Case, key: str) -> Iterator[dict[str, Any]]:
    """What the hub did for the key: which of its keys does that, and when, once for each ask."""
    standing: dict[int, str] = {}
    for row, fact in zip(case.rows, case.facts, strict=True):
        done = ""
        match fact["type"]:
            case "TicketCalled":
                done = "recall" if standing.get(fact["window"]) == fact["ticket"] else "next"
                standing[fact["window"]] = fact["ticket"]
            case "TicketMissed":
                done = "absent"
                standing.pop(fact["window"], None)
            case (
                "ServiceFinished"
                | "TicketTransferred"
                | "TicketParked"
                | "TicketReturned"
                | "TicketCancelled"
            ):
                standing = {at: ticket for at, ticket in standing.items() if ticket != fact["ticket"]}
            case "WindowPaused" | "WindowResumed":
                done = "pause"
            case _:
                pass
        if done and row.member == key:
            at = datetime.fromisoformat(fact["at"]).timestamp()
            yield {"n": fact["n"], "key": done, "t": at, "asked": _made_at(row.cause)}


def _hits(case: Case, key: str) -> list[tuple[float, float]]:
    """From when to when somebody touched the key's process."""
    ups = [up["t"] for up in case.evidence.noted("up") if up["member"] == key]
    hits = []
    for fault in case.evidence.noted("fault"):
        if fault["target"] == key and fault["kind"] == "kill":
            hits.append((fault["t"], min((up for up in ups if up > fault["t"]), default=float("inf")) + 1.0))
        elif fault["target"] == key and fault["kind"] == "freeze":
            hits.append((fault["t"], fault["t"] + fault["lasts"] + FROZEN_S))
    return hits

"""The judge of a run: nothing lost, nothing twice, nothing handed to two, nothing wrong on a sign at the end.

It was not part of the run and shares no code with what it judges: it imports nothing of hub, devices or the hall's language. Each
rule is a function from evidence to findings, and counts what it compared: a rule that compared nothing proves nothing.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sim.chaos.case import Case, Rule, windows
from sim.chaos.evidence import Asked, Evidence, PanelReader
from sim.chaos.key_rules import digits_are_true, key_is_answered, key_pressed_once

#: a press is undisturbed when the dispenser was up by then and nobody touched its process for so long after it, seconds
AFTER_S = 6.0
#: a finger that it saw late, because it was frozen, makes it take the same key's next for impatience
FROZEN_S = 9.0
#: from a finger to the ticket's time
TAKES_S = 8.0
#: a vote that came twice (the pad died between keeping and remembering it) is refused, and so is one for a step long over
HARMLESS = {"already-rated", "rating-closed"}
NUMBER = re.compile(r"[A-Z][0-9]{3,4}")
#: what stands on a sign in each state, by the hall's public words
SAYS = {"called": ("请到本窗口", "再次请您"), "serving": ("正在办理",), "paused": ("暂停服务",)}


@dataclass(frozen=True)
class Finding:
    """Something is wrong: which rule, and what exactly."""

    rule: str
    what: str


@dataclass(frozen=True)
class Verdict:
    """All findings, and how much each rule compared."""

    findings: tuple[Finding, ...]
    compared: dict[str, int]


def check(evidence: Evidence) -> Verdict:
    """Judge a run."""
    case, compared = Case(evidence), Counter[str]()
    findings = [
        Finding(name, what) for name, rule in RULES.items() for what in _judged(name, rule, case, compared)
    ]
    return Verdict(tuple(findings), dict(sorted(compared.items())))


def _judged(name: str, rule: Rule, case: Case, compared: Counter[str]) -> list[str]:
    compared[name] += 0
    return list(rule(case, compared))


# --- the journal


def contiguous(case: Case, compared: Counter[str]) -> Iterator[str]:
    """Facts are numbered from 1 without gaps."""
    for expected, (row, fact) in enumerate(zip(case.rows, case.facts, strict=True), 1):
        compared["contiguous"] += 1
        if row.n != expected or fact["n"] != row.n:
            yield f"fact {expected} is row {row.n}, says {fact['n']}"
            return


def number_once(case: Case, compared: Counter[str]) -> Iterator[str]:
    """No number twice a day, no ticket issued twice except under a number that replaces the one it had."""
    owner: dict[tuple[str, str], str] = {}
    number: dict[str, str] = {}
    for fact, day in zip(case.facts, case.days, strict=True):
        if fact["type"] != "TicketIssued":
            continue
        compared["number_once"] += 1
        ticket, held = fact["ticket"], owner.setdefault((fact["number"], day), fact["ticket"])
        if held != ticket:
            yield f"{fact['number']} on {day} belongs to {held} and to {ticket}"
        if ticket in number and fact.get("replaces") != number[ticket]:
            yield f"ticket {ticket} was issued twice: {number[ticket]} and {fact['number']}"
        number[ticket] = fact["number"]


def done_once(case: Case, compared: Counter[str]) -> Iterator[str]:
    """Each ask, and each device event, acted once: its facts stand together, and its id stands once."""
    last: dict[str, int] = {}
    asks: set[str] = set()
    for row in case.rows:
        if row.ask is not None:
            compared["done_once"] += 1
            if row.ask in asks:
                yield f"ask {row.ask} acted twice (fact {row.n})"
            asks.add(row.ask)
        if row.cause != "hub":
            if last.get(row.cause, row.n - 1) != row.n - 1:
                yield f"{row.cause} acted at fact {last[row.cause]} and again at {row.n}"
            last[row.cause] = row.n


def answers_kept(case: Case, compared: Counter[str]) -> Iterator[str]:
    """What was answered ok stands in the journal with the same bytes; every ask was answered."""
    bodies = {row.n: row.body for row in case.rows}
    answered = set()
    for answer in case.evidence.noted("answer"):
        answered.add(answer["id"])
        for said in answer["facts"]:
            compared["answers_kept"] += 1
            n = json.loads(said)["n"]
            if bodies.get(n) != said:
                yield f"answer to {answer['id']} told {said[:200]}, the journal has {str(bodies.get(n))[:200]}"
    for ask in case.evidence.noted("ask"):
        if ask["id"] not in answered:
            yield f"{ask['type']} {ask['id']} was never answered"
    for asked in case.evidence.asked:
        if asked.answer is not None:
            yield from _as_answered(asked, bodies, compared)
        elif not asked.given_up:
            yield f"{asked.type} {asked.id} was never answered"
    for contradicted, again in case.evidence.contradicted:
        yield f"{contradicted} was answered again in other words: {again[:200]}"


def _as_answered(asked: Asked, bodies: dict[int, str], compared: Counter[str]) -> Iterator[str]:
    """The facts in a whole answer, byte by byte as they stand in the journal."""
    assert asked.answer is not None
    for fact in json.loads(asked.answer).get("facts", ()):
        compared["answers_kept"] += 1
        body = bodies.get(fact["n"])
        if body is None or body not in asked.answer:
            yield f"{asked.type} {asked.id} was told {asked.answer[:200]}, the journal has {str(body)[:200]}"


def one_window(case: Case, compared: Counter[str]) -> Iterator[str]:
    """No ticket at two windows, no window with two tickets."""
    at: dict[str, int] = {}
    for fact in case.facts:
        kind, ticket = fact["type"], fact.get("ticket", "")
        match kind:
            case "TicketCalled" | "TicketResumed":
                compared["one_window"] += 1
                window = fact["window"]
                if at.get(ticket, window) != window:
                    yield f"fact {fact['n']}: {fact['number']} called at {window}, still at {at[ticket]}"
                others = [other for other, where in at.items() if where == window and other != ticket]
                if others:
                    yield f"fact {fact['n']}: window {window} has {fact['number']} and {others}"
                at[ticket] = window
            case (
                "TicketMissed"
                | "TicketReturned"
                | "ServiceFinished"
                | "TicketTransferred"
                | "TicketParked"
                | "TicketCancelled"
                | "TicketLeft"
            ):
                at.pop(ticket, None)
            case _:
                pass


def nothing_rejected(case: Case, compared: Counter[str]) -> Iterator[str]:
    """No device said something true that the hub would not have."""
    for fact in case.of("EventRejected"):
        compared["nothing_rejected"] += 1
        if fact["code"] not in HARMLESS:
            yield f"{fact['member']} event {fact['seq']}: {fact['code']}"


def events_kept(case: Case, compared: Counter[str]) -> Iterator[str]:
    """Each event of the crowd was dealt with, and what stands in the journal for it says the same; no other was."""
    printed: dict[str, int] = {}
    caused: dict[str, list[dict[str, Any]]] = defaultdict(list)
    outboxes = {sent.outbox for sent in case.evidence.sent}
    for row, fact in zip(case.rows, case.facts, strict=True):
        if row.cause.partition("/")[0] in outboxes:
            caused[row.cause].append(fact)
        if fact["type"] == "TicketPrinted":
            printed[fact["ticket"]] = max(fact["copy"], printed.get(fact["ticket"], 0))
    known = set()
    for sent in case.evidence.sent:
        compared["events_kept"] += 1
        known.add((sent.outbox, sent.seq))
        outcome = case.evidence.settled.get((sent.outbox, sent.seq))
        if outcome is None:
            yield f"{sent.member} event {sent.seq} is lost: {sent.body}"
        elif outcome == "ok" and not _says_the_same(
            json.loads(sent.body), caused[f"{sent.outbox}/{sent.seq}"], printed
        ):
            yield f"{sent.member} event {sent.seq} was {sent.body}, became {caused[f'{sent.outbox}/{sent.seq}']}"
    for outbox, seq in case.evidence.settled:
        if outbox in outboxes and (outbox, seq) not in known:
            yield f"event {seq} of {outbox} was never sent"


def _says_the_same(event: dict[str, Any], facts: list[dict[str, Any]], printed: dict[str, int]) -> bool:
    """Whether these facts are what follows from an event that was used."""
    match event["type"]:
        case "rated":
            kind, keys = "TicketRated", ["ticket", "window", "step", "grade"]
        case "printed" if not facts:  # a copy that was told before is nothing new
            return printed.get(event["ticket"], 0) >= int(event["copy"])
        case "printed":
            kind, keys = "TicketPrinted", ["ticket", "copy"]
        case "issued_offline":
            kind, keys = "TicketIssued", ["ticket", "number"]
        case _:  # an ask that was taken back: there may have been nothing to take back
            return all(fact["type"] == "TicketCancelled" and fact["ticket"] == event["id"] for fact in facts)
    return [(fact["type"], [fact[key] for key in keys]) for fact in facts] == [
        (kind, [event[key] for key in keys])
    ]


# --- papers


def paper_for_everybody(case: Case, compared: Counter[str]) -> Iterator[str]:
    """Every ticket that stands has a paper, or it still waits on the card; of one that the desk ordered it may also be told that none comes.

    Who has one was told printed.
    """
    printed = {fact["ticket"] for fact in case.of("TicketPrinted")}
    none_comes = {fact["ticket"] for fact in case.of("PrintFailed")}
    for ticket, fact in case.issued.items():
        taken_back = ticket in case.evidence.withdrawn and not fact.get("offline")
        if ticket in case.void or (taken_back and ticket not in case.papers):
            continue
        compared["paper_for_everybody"] += 1
        told_at_the_desk = ticket in none_comes and fact["via"] != "dispenser"
        if ticket not in case.papers and ticket not in case.evidence.waiting_papers and not told_at_the_desk:
            yield f"{fact['number']} ({ticket}) has no paper"
        elif ticket in case.papers and ticket not in printed:
            yield f"{fact['number']} ({ticket}) is on paper and the hub does not know"


def paper_is_true(case: Case, compared: Counter[str]) -> Iterator[str]:
    """What stands on a paper is a ticket that stands."""
    compared["paper_is_true"] += sum(len(found) for found in case.papers.values())
    for name, number, day in case.strange_papers:
        yield f"{name}: {number} of {day} is nobody's ticket"
    for ticket in case.papers:
        if ticket in case.void:
            yield f"{case.issued[ticket]['number']} is on paper and void ({case.void[ticket]})"


def second_paper_is_marked(case: Case, compared: Counter[str]) -> Iterator[str]:
    """Of several papers of one ticket at most one is without 补打."""
    for ticket, papers in case.papers.items():
        if len(papers) > 1:
            compared["second_paper_is_marked"] += 1
            plain = [paper.name for paper in papers if not paper.marked()]
            if len(plain) > 1:
                yield f"{case.issued[ticket]['number']} twice without 补打: {plain}"


def press_has_ticket(case: Case, compared: Counter[str]) -> Iterator[str]:
    """Each undisturbed press has a ticket of its own, taken when it was pressed; no key gave more tickets than presses."""
    presses = case.evidence.noted("press")
    tickets = defaultdict(list)
    for fact in case.issued.values():
        if fact["via"] == "dispenser":
            tickets[fact["number"][0]].append(fact)
    for letter in case.evidence.rest.get("crowd_letters", ()):
        tickets.pop(letter, None)
    for letter, found in tickets.items():
        pressed = sum(press["letter"] == letter for press in presses)
        if len(found) > pressed:
            yield f"{len(found)} tickets {letter} for {pressed} presses"
    faults = case.evidence.noted("fault")
    jumps = {0} | {fault["jump"] for fault in faults if fault["kind"] == "clock" and fault["target"] == "hub"}
    dispenser = case.evidence.rest.get("dispenser")
    ups = [up["t"] for up in case.evidence.noted("up") if up["member"] == dispenser]
    hits = []
    for fault in faults:
        if fault["target"] == dispenser and fault["kind"] == "kill":
            hits.append((fault["t"], min((up for up in ups if up > fault["t"]), default=float("inf")) + 0.5))
        elif fault["target"] == dispenser and fault["kind"] == "freeze":
            hits.append((fault["t"], fault["t"] + fault["lasts"] + FROZEN_S))
    for press in presses:
        if any(begin < press["t"] + AFTER_S and end > press["t"] for begin, end in hits):
            continue
        compared["press_has_ticket"] += 1
        mine = next((fact for fact in tickets[press["letter"]] if _taken(fact, press["t"], jumps)), None)
        if mine is None:
            yield f"a press on {press['letter']} at {press['t']} gave no ticket"
        else:
            tickets[press["letter"]].remove(mine)


def _taken(fact: dict[str, Any], pressed: float, jumps: set[int]) -> bool:
    """Whether this ticket may come of a press at that moment, whatever the hub's clock said."""
    taken = datetime.fromisoformat(fact.get("arrived") or fact["at"]).timestamp()
    # a dispenser whose clock nobody vouches for is not believed: its lent number has the time when the hub heard of it
    most = float("inf") if fact.get("offline") and "arrived" not in fact else TAKES_S
    return any(-1.5 < taken - jump - pressed < most for jump in jumps)


# --- votes


def votes_are_true(case: Case, compared: Counter[str]) -> Iterator[str]:
    """Each rating was pressed, at that window, for that step, with that grade; and each step was rated once."""
    pressed = defaultdict(set)
    for face in case.evidence.noted("face"):
        pressed[face["ticket"], face["step"]].add((face["window"], face["grade"]))
    rated = Counter((fact["ticket"], fact["step"]) for fact in case.of("TicketRated"))
    for step, times in rated.items():
        if times > 1:
            yield f"step {step} rated {times} times"
    for fact in case.of("TicketRated"):
        compared["votes_are_true"] += 1
        if (fact["window"], fact["grade"]) not in pressed[fact["ticket"], fact["step"]]:
            yield f"{fact['number']} step {fact['step']} has grade {fact['grade']}, pressed was {pressed[fact['ticket'], fact['step']]}"


def thanked_is_kept(case: Case, compared: Counter[str]) -> Iterator[str]:
    """Who was thanked by the pad has a rating in the journal."""
    rated = {(fact["ticket"], fact["step"]) for fact in case.of("TicketRated")}
    for thanks in case.evidence.noted("thanks"):
        compared["thanked_is_kept"] += 1
        if (thanks["ticket"], thanks["step"]) not in rated:
            yield f"window {thanks['window']}: thanked for {thanks['ticket']} step {thanks['step']}, no rating"


# --- at rest


def all_ready(case: Case, compared: Counter[str]) -> Iterator[str]:
    """Hub and every member are ready."""
    retained = case.evidence.rest["retained"]
    for member in case.evidence.rest["members"]:
        compared["all_ready"] += 1
        said = retained.get(f"{member}/$state") or {}
        if said.get("state") != "ready":
            yield f"{member} is {said.get('state')}"


def signs_are_true(case: Case, compared: Counter[str]) -> Iterator[str]:
    """Each sign was told what the journal says, says that it shows it, and shows it."""
    reader, rest = PanelReader(), case.evidence.rest
    for window, (mode, number) in windows(case).items():
        sign = f"sign-{window}"
        if sign not in rest["panels"] or mode not in SAYS:
            continue
        compared["signs_are_true"] += 1
        want = rest["retained"].get(f"{sign}/down/want/display") or {}
        have = rest["retained"].get(f"{sign}/up/have/display") or {}
        if (want.get("mode"), want.get("number")) != (mode, number):
            yield f"{sign} is told {want.get('mode')} {want.get('number')}, the journal says {mode} {number}"
        if have.get("rev") != want.get("rev") or not have.get("ok", True):
            yield f"{sign} has {have}, wanted {want.get('rev')}"
        texts = [reader.text(rows) for rows in rest["panels"][sign]]
        if not any(words in text for text in texts for words in SAYS[mode]):
            yield f"{sign} should say {SAYS[mode]}, shows {texts}"
        shown = {found for text in texts for found in NUMBER.findall(text)}
        if shown != ({number} if number else set()):
            yield f"{sign} should show {number}, shows {sorted(shown)}"


def pads_are_true(case: Case, compared: Counter[str]) -> Iterator[str]:
    """A pad that is to ask nothing is dark."""
    rest = case.evidence.rest
    for pad, lamps in rest["lamps"].items():
        compared["pads_are_true"] += 1
        want = rest["retained"].get(f"{pad}/down/want/rating") or {}
        lit = [grade for grade in "1234" if lamps.get(grade)]
        if not want.get("ticket") and lit:
            yield f"{pad} should be dark, {lit} are lit"


def came_to_rest(case: Case, compared: Counter[str]) -> Iterator[str]:
    """Nothing hung when nothing was broken any more."""
    compared["came_to_rest"] += 1
    for name in ("unrest", "unshown"):
        if case.evidence.rest.get(name):
            yield f"{name}: {case.evidence.rest[name]}"


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        contiguous,
        number_once,
        done_once,
        answers_kept,
        one_window,
        nothing_rejected,
        events_kept,
        paper_for_everybody,
        paper_is_true,
        second_paper_is_marked,
        press_has_ticket,
        votes_are_true,
        thanked_is_kept,
        all_ready,
        signs_are_true,
        pads_are_true,
        key_pressed_once,
        key_is_answered,
        digits_are_true,
        came_to_rest,
    )
}

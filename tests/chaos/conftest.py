"""A small hall's evidence in which everything is right, for the judge to be shown one wrong at a time."""

import copy
import json
from pathlib import Path

import pytest

from sim.chaos.evidence import Asked, Evidence, Paper, Row, Sent, glyphs

DAY = "2026-11-23"


class Told:
    """Journal rows written by hand."""

    def __init__(self):
        self.rows = []

    def add(self, type_, cause="hub", ask=None, by="", **fields):
        n = len(self.rows) + 1
        body = json.dumps({"type": type_, "n": n, "at": f"{DAY}T09:00:{n:02d}+00:00", **fields})
        self.rows.append(Row(n, body, ask or cause, ask, DAY, by))
        return body


def dots(text, width=128):
    """`text` as a panel shows it, drawn from the font's own file; five columns from the left."""
    known = {char: rows for rows, char in glyphs().items()}
    rows = ["." * 5 + "".join(known[char][y] for char in text) for y in range(16)]
    return [row.ljust(width, ".") for row in rows]


#: the segments of what the call key shows, a column for each digit from the right, the topmost segment in the last row but one
H001 = ["H001.", {"H": "bcefg", "0": "abcdef", "1": "bc"}]


def digits(text, shapes):
    """Eight digits that say `text` from the left and " 0" at the right."""
    columns = [
        ["#" if segment in shapes[char] else "." for segment in "gfedcba"] + ["."]
        for char in text.removesuffix(".")
    ]
    if text.endswith("."):
        columns[-1][7] = "#"
    columns += [["."] * 8] * (7 - len(columns))
    columns.append(["#" if segment in "abcdef" else "." for segment in "gfedcba"] + ["."])
    return ["".join(column[y] for column in reversed(columns)) for y in range(8)]


def by_key(told):
    """One person more, called with a call key."""
    seven = {"ticket": "t7", "number": "H001"}
    told.add("WindowOpened", window=4, clerk="014")
    told.add("TicketIssued", ask="t7", **seven, via="desk")
    told.add("TicketPrinted", cause="box/4", **seven, copy=1)
    told.add("TicketCalled", ask="k1", by="call-key-4", **seven, window=4, round=1, step=1)


def crowd(told, asked, sent):
    """What the crowd asked and sent, and what became of it."""

    def answered(id_, type_, fact):
        asked.append(Asked(id_, type_, f'{{"id":"{id_}","ok":true,"facts":[{fact}]}}'))

    def event(member, outbox, type_, **fields):
        seq = sum(other.outbox == outbox for other in sent) + 1
        body = {"outbox": outbox, "seq": seq, "type": type_, **fields}
        sent.append(Sent(member, outbox, seq, json.dumps(body)))
        return f"{outbox}/{seq}"

    box, pad = ("dispenser-11", "box11"), ("pad-11", "pad11")
    three, four = {"ticket": "t3", "number": "K001"}, {"ticket": "t4", "number": "K9001"}
    answered("t3", "take_ticket", told.add("TicketIssued", ask="t3", **three, via="dispenser"))
    told.add("TicketPrinted", cause=event(*box, "printed", ticket="t3", copy=1), **three, copy=1)
    asked.append(Asked("t4", "take_ticket", None, given_up=True))
    lent = event(*box, "issued_offline", **four)
    told.add("TicketIssued", cause=lent, **four, via="dispenser", offline=True)
    told.add("TicketPrinted", cause=event(*box, "printed", ticket="t4", copy=1), **four, copy=1)
    asked.append(Asked("t5", "take_ticket", None, given_up=True))
    event(*box, "ask_withdrawn", id="t5")
    here = {**three, "window": 11, "step": 1}
    answered("c3", "call_next", told.add("TicketCalled", ask="c3", **here, round=1))
    answered("f3", "finish", told.add("ServiceFinished", ask="f3", **here))
    vote = event(*pad, "rated", ticket="t3", window=11, step=1, grade=4)
    told.add("TicketRated", cause=vote, **here, grade=4)
    asked.append(Asked("c4", "call_next", '{"id":"c4","ok":false,"code":"nobody-waiting"}'))


@pytest.fixture
def evidence():
    """Two people took tickets, one from the lent block; one was served and rated, the other is called; window 3 is paused.

    Of the crowd one was served and rated, too, one has a lent number, and a third ask was taken back.
    """
    told, record, asked_there, sent = Told(), [], [], []

    def asked(type_, id_, fact):
        record.append({"what": "ask", "t": 5.0, "id": id_, "type": type_})
        record.append({"what": "answer", "t": 5.1, "id": id_, "ok": True, "code": None, "facts": [fact]})

    told.add("DayOpened", day=DAY)
    for window in (1, 2, 3):
        told.add("WindowOpened", window=window, clerk="011")
    one = {"ticket": "t1", "number": "A001"}
    two = {"ticket": "t2", "number": "A9001"}
    told.add("TicketIssued", ask="t1", **one, via="dispenser")
    told.add("TicketIssued", ask="t2", ticket="t2", number="A002", via="dispenser")
    told.add("TicketIssued", cause="box/1", **two, via="dispenser", offline=True, replaces="A002")
    told.add("TicketPrinted", cause="box/2", **one, copy=1)
    told.add("TicketPrinted", cause="box/3", **two, copy=2)
    asked("call_next", "c1", told.add("TicketCalled", ask="c1", **one, window=2, round=1, step=1))
    told.add("ServiceStarted", ask="s1", **one, window=2, step=1)
    asked("finish", "f1", told.add("ServiceFinished", ask="f1", **one, window=2, step=1))
    told.add("TicketRated", cause="pad/1", **one, window=2, step=1, grade=3)
    asked("call_next", "c2", told.add("TicketCalled", ask="c2", **two, window=1, round=1, step=1))
    told.add("WindowPaused", ask="p1", window=3, clerk="013")
    crowd(told, asked_there, sent)
    by_key(told)
    at = 1795424400.0  # 2026-11-23 09:00:00 UTC
    record += [
        {"what": "press", "t": at + 4, "letter": "A"},
        {"what": "press", "t": at + 5, "letter": "A"},
        {"what": "face", "t": at, "window": 2, "grade": 3, "ticket": "t1", "step": 1},
        {"what": "thanks", "t": at, "window": 2, "ticket": "t1", "step": 1},
        {
            "what": "key",
            "t": at + 26,
            "member": "call-key-4",
            "press": 1,
            "key": "next",
            "stood": "----    1",
        },
        {"what": "key-said", "t": at + 27, "press": 1, "texts": ["____", "H001.   0"]},
        {"what": "face", "t": at, "window": 11, "grade": 4, "ticket": "t3", "step": 1},
        {"what": "thanks", "t": at, "window": 11, "ticket": "t3", "step": 1},
    ]
    ready = {"state": "ready"}
    members = ["hub", "sign-1", "sign-3", "pad-1", "dispenser-1", "call-key-4"]
    retained = {f"{member}/$state": ready for member in members}
    for sign, mode, number in (("sign-1", "called", "A9001"), ("sign-3", "paused", None)):
        retained[f"{sign}/down/want/display"] = {"rev": f"r {sign}", "mode": mode, "number": number}
        retained[f"{sign}/up/have/display"] = {"rev": f"r {sign}"}
    counter = {"rev": "k", "window": 4, "state": "called", "number": "H001"}
    retained |= {"call-key-4/down/want/counter": counter, "call-key-4/up/have/counter": {"rev": "k"}}
    retained["pad-1/down/want/rating"] = {"rev": "r", "ticket": None}
    return Evidence(
        rows=told.rows,
        withdrawn={"t2", "t4", "t5"},
        asked=asked_there,
        sent=sent,
        settled={(event.outbox, event.seq): "ok" for event in sent} | {("box", 1): "ok"},
        papers=[
            Paper("1.png", [("A001", DAY)]),
            Paper("2.png", [("A9001", DAY)]),
            Paper("3.png", [("A9001", DAY)], lambda: True),
            Paper("4.png", [("H001", DAY)]),
            Paper("dispenser-11/1", [("K001", DAY)]),
            Paper("dispenser-11/2", [("K9001", DAY)]),
        ],
        record=record,
        rest={
            "members": members,
            "call_keys": ["call-key-4"],
            "digits": {"call-key-4": digits(*H001)},
            "dispenser": "dispenser-1",
            "crowd_letters": ["K"],
            "retained": retained,
            "lamps": {"pad-1": {"4": 0.0, "3": 0.0, "2": 0.0, "1": 0.0, "beeper": 0.0}},
            "panels": {
                "sign-1": [dots("A9001 请到本窗口"), dots("A9001 请到1号窗口"), ["." * 128] * 16],
                "sign-3": [dots("暂停服务 请稍候")],
            },
            "unrest": "",
            "unshown": [],
        },
    )


@pytest.fixture
def changed(evidence):
    """The evidence with a fact changed, left out or added."""

    class Changed:
        def __init__(self):
            self.evidence = copy.copy(evidence)

        def fact(self, n, **fields):
            row = self.evidence.rows[n - 1]
            self.evidence.rows[n - 1] = Row(
                row.n, json.dumps({**row.fact, **fields}), row.cause, row.ask, row.day
            )

        def add(self, type_, **fields):
            told = Told()
            told.rows = self.evidence.rows
            told.add(type_, **fields)

    return Changed()


@pytest.fixture
def source():
    """The folder of the chaos programs."""
    return Path(__file__).parents[2] / "sim" / "chaos"

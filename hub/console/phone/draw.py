"""How the phone pages look: plain HTML for any phone, Chinese with English beside it, the hall's own sentences."""

from __future__ import annotations

from datetime import datetime
from html import escape

from hall.text import Text
from hall.words import say
from hub.console.look.html import both, mistake
from hub.console.look.words import WORDS
from hub.console.look.words.entry import fill
from hub.console.phone.after import REASONS, WORDS_MOST
from hub.console.phone.seen import NEAR, Again, Papers, Posted, StepSeen, Visit
from hub.domain.lives import Standing

#: Where a ticket still moves: its page looks again by itself.
MOVING = frozenset(
    {
        Standing.WAITING,
        Standing.STRANDED,
        Standing.AT_DESK,
        Standing.CALLED,
        Standing.SERVING,
        Standing.PARKED,
    }
)
#: Where the person may give the ticket up.
MAY_CANCEL = frozenset({Standing.WAITING, Standing.STRANDED, Standing.CALLED, Standing.MISSED})

#: Whose visit ended without being served, and who may come again: they are told when few people wait.
COMES_AGAIN = frozenset({Standing.CANCELLED, Standing.LEFT})


def told(key: str, **fields: object) -> Text:
    """A word of these pages in both languages."""
    text = WORDS[key]
    return Text(zh=fill(text.zh, **fields), en=fill(text.en, **fields))


def page(title: Text, *body: str) -> str:
    """A whole page."""
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="robots" content="noindex, nofollow">'
        f"<title>{escape(title.zh)} {escape(title.en)}</title>"
        '<link rel="icon" href="/console/hall.svg"><link rel="stylesheet" href="/console/phone.css"></head>'
        f"<body><main>{''.join(body)}</main></body></html>"
    )


def notice(text: Text, *more: str) -> str:
    """A page of one sentence."""
    return page(text, mistake(text), *more)


def visit_page(
    path: str,
    visit: Visit,
    wall: Posted,
    at: datetime,
    *,
    away: bool,
    still: bool,
    cares: bool,
    no: Text | None,
    best: Text | None = None,
) -> str:
    """A ticket's own page; `no`: why what was asked was not done; `best`: when to come today instead."""
    moving = visit.stands in MOVING
    return page(
        Text(zh=visit.number, en=wall.hall.en),
        f"<header>{both(wall.hall)}</header>",
        _alert(told("phone.away")) if away else "",
        mistake(no),
        _number(visit),
        f'<section class="now {visit.stands.value.replace(" ", "-")}" role="status">{_standing(visit)}</section>',
        _around(visit) if moving else "",
        "" if visit.again is None else _again(path, visit.service, visit.again),
        "" if best is None else f'<p class="best" data-test="best">{both(best)}</p>',
        _line(_link("/busy", told("phone.busy-hours"), "quiet")) if visit.stands in COMES_AGAIN else "",
        *(_rate(path, step) for step in visit.steps if step.open),
        *(_tell(path, step) for step in visit.steps if step.bad and cares),
        "" if visit.papers is None or not moving else _papers(visit.papers),
        _line(_link(f"{path}/cancel", told("phone.cancel"), "quiet")) if visit.stands in MAY_CANCEL else "",
        _wall(wall, cares=cares),
        _refresh(path, at, still=still) if moving else "",
    )


def cancel_page(path: str, visit: Visit, wall: Posted) -> str:
    """Whether the person means it."""
    return page(
        told("phone.cancel"),
        f"<header>{both(wall.hall)}</header>",
        _number(visit),
        f"<p>{both(told('phone.cancel-ask'))}</p>",
        f'<form method="post" action="{path}/cancel">{_button(told("phone.cancel-yes"), "bad")}</form>',
        _line(_link(path, told("phone.cancel-no"), "big")),
    )


def tell_page(path: str, visit: Visit, step: int, wall: Posted, *, no: Text | None, words: str = "") -> str:
    """Why it was not good, and where to ring."""
    boxes = "".join(
        f'<label class="box"><input type="checkbox" name="reason" value="{code}"> {both(told(f"phone.reason.{code}"))}</label>'
        for code in REASONS
    )
    return page(
        told("phone.tell"),
        f"<header>{both(wall.hall)}</header>",
        _number(visit),
        f"<p>{both(say('rated.bad.sorry'))}</p>",
        f"<p>{both(say('phone.bad.reason'))}</p>",
        mistake(no),
        f'<form method="post" action="{path}/tell/{step}">',
        f"<fieldset><legend>{both(told('phone.reasons'))}</legend>{boxes}</fieldset>",
        _words(told("phone.words"), words),
        _phone(),
        _button(told("phone.send")),
        "</form>",
        _line(_link(path, WORDS["cancel"], "quiet")),
    )


def noted_page(back: str | None, wall: Posted, *, reference: str, call: bool) -> str:
    """It was noted, under a reference; a call is promised where there is a number to ring."""
    text = told("phone.noted-call" if call else "phone.noted")
    return page(
        text,
        f"<header>{both(wall.hall)}</header>",
        f'<section class="now done" role="status">{_big(text)}{_small(told("phone.reference", reference=reference))}</section>',
        "" if back is None else _line(_link(back, WORDS["cancel"], "big")),
        _wall(wall, cares=False),
    )


def suggest_page(stamp: str, wall: Posted, *, no: Text | None, words: str = "") -> str:
    """What somebody has to say about the hall."""
    return page(
        told("phone.suggest"),
        f"<header>{both(wall.hall)}</header>",
        f'<h1 class="title">{both(told("phone.suggest"))}</h1>',
        mistake(no),
        f'<form method="post" action="/suggest"><input type="hidden" name="stamp" value="{stamp}">',
        _words(told("phone.your-words"), words),
        _phone(),
        _button(told("phone.send")),
        "</form>",
        _wall(wall, cares=False),
    )


# -- parts -----------------------------------------------------------------------------------------------------------------


def _number(visit: Visit) -> str:
    marks = "".join(
        f'<span class="mark">{both(mark)}</span>'
        for mark in (visit.lane, say("paper.extended") if visit.extended else None)
        if mark is not None
    )
    service = both(visit.service)
    if visit.situation is not None:
        service += f" · {both(visit.situation)}"
    day = "" if visit.day is None else _small(told("phone.day", day=visit.day))
    return (
        f'<section class="ticket"><p class="label">{both(told("phone.your-number"))}</p>'
        f'<h1 data-test="number">{escape(visit.number)}</h1><p>{service}</p>{marks}{day}</section>'
    )


def _standing(visit: Visit) -> str:
    """Where the ticket stands, in the sentences of the hall."""
    match visit.stands:
        case Standing.WAITING | Standing.STRANDED if visit.carry:
            return _big(told("phone.review"))
        case Standing.WAITING:
            return _waiting(visit)
        case Standing.STRANDED:
            return _big(told("phone.stranded"))
        case Standing.AT_DESK:
            return _big(told("phone.desk"))
        case Standing.CALLED:
            return _big(say("phone.called", window=visit.window))
        case Standing.SERVING:
            return _big(told("phone.serving", window=visit.window))
        case Standing.PARKED:
            return _big(told("phone.parked", window=visit.window))
        case Standing.MISSED:
            return _big(say("paper.missed"))
        case Standing.DONE:
            return _big(told("phone.done"))
        case Standing.CANCELLED:
            return _big(told("phone.cancelled"))
        case Standing.LEFT:
            return _big(told("phone.left"))


def _waiting(visit: Visit) -> str:
    ahead, wait = visit.ahead or 0, visit.wait
    if isinstance(visit.window, int):
        more = "" if not ahead else _small(say("paper.ahead", ahead=ahead))
        return _big(told("phone.own-line", window=visit.window)) + more
    if ahead == 0:
        first, rest = (
            say("paper.next"),
            None if wait is None else say("paper.wait", low=wait.low, high=wait.high),
        )
    elif ahead <= NEAR:
        first = say("phone.near", ahead=ahead)
        rest = None if wait is None else say("phone.place", ahead=ahead, low=wait.low, high=wait.high)
    elif wait is not None:
        first, rest = say("phone.place", ahead=ahead, low=wait.low, high=wait.high), None
    else:
        first, rest = say("paper.ahead", ahead=ahead), None
    if wait is None:
        rest = say("paper.wait.unknown" if visit.windows else "paper.wait.none")
    return _big(first) + ("" if rest is None else _small(rest))


def _around(visit: Visit) -> str:
    """What the hall looks like from this ticket."""
    lines: list[Text] = []
    if visit.late:
        lines.append(say("paper.late"))
    elif visit.slot is not None and visit.slot_until is not None:
        lines.append(say("paper.appointment", start=f"{visit.slot:%H:%M}", end=f"{visit.slot_until:%H:%M}"))
    if visit.stands is Standing.WAITING and not visit.carry:
        if visit.windows:
            zh, en = "、".join(map(str, visit.windows)), ", ".join(map(str, visit.windows))
            lines.append(Text(zh=say("paper.windows", windows=zh).zh, en=say("paper.windows", windows=en).en))
        if visit.now is not None:
            lines.append(say("paper.now", number=visit.now))
        if visit.handling_min is not None:
            lines.append(say("paper.handle", minutes=visit.handling_min))
        if visit.process is not None:
            lines.append(say("paper.process", process=visit.process.zh, process_en=visit.process.en))
        if visit.long:
            lines.append(say("paper.over"))
    if not lines:
        return ""
    return f'<ul class="around">{"".join(f"<li>{both(text)}</li>" for text in lines)}</ul>'


def _again(path: str, service: Text, again: Again) -> str:
    """From when the same may be done again; who wants to be reminded says so."""
    names = {"service": service.zh, "service_en": service.en}
    first = say("paper.365", days=again.days, date=again.day.isoformat(), **names)
    return f'<ul class="around"><li>{both(first)}</li></ul>{remind(path)}'


def remind(path: str) -> str:
    """The way to a reminder in one's own calendar."""
    return _line(_link(f"{path}/reminder.ics", told("phone.remind"), "quiet"))


def _rate(path: str, step: StepSeen) -> str:
    """Five buttons that look alike: one press, as at the pad."""
    buttons = "".join(
        f'<button name="official" value="{n}" data-test="rate-{n}">{both(told(f"phone.grade.{n}"))}</button>'
        for n in (5, 4, 3, 2, 1)
    )
    return (
        f'<section class="rate"><h2>{both(told("phone.rate", window=step.window))}</h2>'
        f'<p class="small">{both(told("phone.rate-once"))}</p>'
        f'<form method="post" action="{path}/rate/{step.step}">{buttons}</form></section>'
    )


def _tell(path: str, step: StepSeen) -> str:
    return (
        f'<section class="rate"><p>{both(say("rated.bad.sorry"))}</p>'
        f"{_line(_link(f'{path}/tell/{step.step}', told('phone.tell'), 'big'))}</section>"
    )


def _papers(papers: Papers) -> str:
    lists = _ticks(papers, papers.common)
    for name, need in papers.situations:
        head = say("paper.situation", situation=name.zh, situation_en=name.en)
        lists += f"<h3>{both(head)}</h3>{_ticks(papers, need)}"
    if not lists:
        return ""
    version = _small(say("paper.list", version=papers.version)) if papers.version else ""
    return (
        f"<details><summary>{both(say('paper.materials'))}</summary>{lists}"
        f"{_small(say('paper.materials.ask'))}{version}</details>"
    )


def _ticks(papers: Papers, names: tuple[str, ...]) -> str:
    if not names:
        return ""
    have = both(told("phone.seen"))
    rows = (
        f'<li class="seen">☑ {_paper(papers, name)} <small>{have}</small></li>'
        if name in papers.seen
        else f"<li>□ {_paper(papers, name)}</li>"
        for name in names
    )
    return f'<ul class="papers">{"".join(rows)}</ul>'


def _paper(papers: Papers, name: str) -> str:
    english = papers.english.get(name)
    return escape(name) if english is None else both(Text(zh=name, en=english))


def _wall(wall: Posted, *, cares: bool) -> str:
    """What hangs on the hall's wall; a call back is promised where somebody makes it."""
    lines = [say("paper.hotline", hotline=wall.hotline, supervision=wall.supervision)]
    if wall.complaints is not None:
        lines.append(say("paper.complaints", complaints=wall.complaints))
    if wall.fees is not None:
        lines.append(say("paper.fees", fees=wall.fees.zh, fees_en=wall.fees.en))
    if wall.promises_thirty and cares:
        lines.append(say("board.promise"))
    if wall.opens and wall.closes:
        lines.append(told("phone.hours", opens=wall.opens, closes=wall.closes))
    lines.append(wall.foot)
    more = _line(_link("/suggest", told("phone.suggest"))) if cares else ""
    return f"<footer>{''.join(f'<p>{both(text)}</p>' for text in lines)}{more}</footer>"


def _refresh(path: str, at: datetime, *, still: bool) -> str:
    other = _link(path, told("phone.moving")) if still else _link(f"{path}?still=1", told("phone.still"))
    again = _link(f"{path}?still=1" if still else path, told("phone.refresh"))
    return (
        f'<p class="small refresh">{both(told("phone.as-of", time=f"{at:%H:%M:%S}"))} · {again} · {other}</p>'
    )


def _words(label: Text, value: str) -> str:
    return (
        f'<label for="words">{both(label)}</label>'
        f'<textarea id="words" name="words" rows="4" maxlength="{WORDS_MOST}">{escape(value)}</textarea>'
    )


def _phone() -> str:
    return (
        f'<label for="phone">{both(told("phone.number"))}</label>'
        '<input id="phone" name="phone" type="tel" inputmode="tel" autocomplete="tel" maxlength="20" aria-describedby="why">'
        f'<p class="small" id="why">{both(told("phone.number-why"))}</p>'
    )


def _big(text: Text) -> str:
    return f'<p class="big">{both(text)}</p>'


def _small(text: Text) -> str:
    return f'<p class="small">{both(text)}</p>'


def _alert(text: Text) -> str:
    return f'<p class="away" role="alert">{both(text)}</p>'


def _line(inner: str) -> str:
    return f"<p>{inner}</p>"


def _link(to: str, text: Text, kind: str = "") -> str:
    return f'<a href="{to}"{f" class={chr(34)}{kind}{chr(34)}" if kind else ""}>{both(text)}</a>'


def _button(text: Text, kind: str = "big") -> str:
    return f'<button type="submit" class="{kind}">{both(text)}</button>'

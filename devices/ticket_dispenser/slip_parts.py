"""What slips have in common: head and foot, lines of the hall's words, and how things are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from devices.ticket_dispenser.blocks import Block, Gap, Line, Size, Ticks
from hall.messages.wants import Service, Services, Situation
from hall.text import Text
from hall.words import say

_NOTHING: Mapping[str, object] = {}


def both(key: str, **fields: object) -> tuple[str, str]:
    """A sentence in both languages."""
    text = say(key, **fields)
    return text.zh, text.en


def sentence(
    key: str,
    size: Size = Size.BODY,
    *,
    centred: bool = False,
    bold: bool = False,
    fields: Mapping[str, object] = _NOTHING,
) -> Line:
    """A sentence of the hall's words as a line."""
    return Line(*both(key, **fields), size, centred, bold)


def named(service: Service, situation: Situation | None) -> dict[str, str]:
    """How a visit is called: the service, with its situation if one was chosen."""
    if situation is None:
        return {"service": service.name.zh, "service_en": service.name.en}
    return {
        "service": f"{service.name.zh}（{situation.name.zh}）",
        "service_en": f"{service.name.en} ({situation.name.en})",
    }


def ticks(hall: Services, papers: Iterable[str]) -> Ticks:
    """Papers to bring, each in English too where the hall says how it is called."""
    items = tuple(papers)
    return Ticks(items, en=tuple(hall.papers_en.get(item, "") for item in items))


def hall_head(hall: Services) -> list[Block]:
    """The top of every slip."""
    return [
        Gap(8),
        Line(hall.name.zh, hall.name.en, Size.HEAD, centred=True, bold=True),
        sentence("paper.head", centred=True),
    ]


def list_version(service: Service) -> list[Block]:
    """The version of the materials list, where the service has one."""
    return (
        [sentence("paper.list", Size.SMALL, fields={"version": service.version})] if service.version else []
    )


def hall_foot(hall: Services) -> list[Block]:
    """The bottom of every slip."""
    blocks: list[Block] = []
    if hall.hotline and hall.supervision:
        phones = {"hotline": hall.hotline, "supervision": hall.supervision}
        blocks.append(sentence("paper.hotline", Size.SMALL, fields=phones))
    if hall.complaints:
        blocks.append(sentence("paper.complaints", Size.SMALL, fields={"complaints": hall.complaints}))
    if hall.fees is not None:
        fees = {"fees": hall.fees.zh, "fees_en": hall.fees.en}
        blocks.append(sentence("paper.fees", Size.SMALL, fields=fees))
    foot = hall.foot or say("paper.foot")
    return [*blocks, Line(foot.zh, foot.en, Size.BODY, centred=True)]


def service_of(hall: Services, service_id: str) -> Service:
    """The service of that id; one the catalogue does not know is named by its id."""
    found = next((service for service in hall.services if service.id == service_id), None)
    return found or Service(id=service_id, letter="", name=Text(zh=service_id, en=service_id))


def situation_of(service: Service, situation_id: str | None) -> Situation | None:
    """The situation of that id, if the service has it."""
    return next((s for s in service.situations if s.id == situation_id), None)

"""Whether the hall can open, on the devices' page: what is ready, what is missing, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hub.console.look.sheet import Sheet, tag, text
from hub.console.look.tongue import said
from hub.console.look.words import label
from hub.console.membership.readiness import Need, Readiness, shared


class Morning:
    """The report, as it is at every moment; it is due ten minutes before opening."""

    def __init__(self) -> None:
        """Nothing is shown yet."""
        self._sheet = Sheet(
            "section",
            classes="card morning",
            props=f'data-test="morning" aria-label="{label("fleet.morning")}"',
        )

    def show(self, found: Readiness) -> None:
        """Draw it."""
        head = [tag("h2", text(label("fleet.morning")))]
        if found.opens is not None:
            opens = found.opens.astimezone(found.at.tzinfo)
            head.append(tag("p", text(label("fleet.morning.opens", at=f"{opens:%m-%d %H:%M}")), cls="soft"))
        counted = label("fleet.morning.ready", ready=len(found.ready), total=found.devices)
        summary = tag("p", text(counted), cls="good" if found.all_well else "bad")
        self._sheet.show(*head, summary, tag("ol", *_lines(found)) if found.needs else "")


def _lines(found: Readiness) -> Iterator[str]:
    for needs in shared(found.needs):
        need = needs[0]
        yield tag(
            "li",
            *(_of_one(need) if len(needs) == 1 else _of_several(needs)),
            tag("p", text(said(need.text)), cls="bad" if need.stops else ""),
            tag("p", text("→ " + said(need.do))),
        )


def _of_one(need: Need) -> Iterator[str]:
    yield tag("b", text(need.member), translate="no")
    yield text(f" {_where(need)}")


def _of_several(needs: Sequence[Need]) -> Iterator[str]:
    yield tag("b", text(label("fleet.morning.several", n=len(needs))))
    yield tag("p", text(" ".join(need.member for need in needs)), translate="no", cls="soft")


def _where(need: Need) -> str:
    kind = label(f"kind.{need.kind}")
    return kind if need.window is None else f"{kind} · {label('window-n', n=need.window)}"

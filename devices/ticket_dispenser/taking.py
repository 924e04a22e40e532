"""The errand of one ticket: ask the hub, and when it does not answer give a lent number. Never two numbers for one press.

Rules:

* The next ticket's id and token are made ahead and the id is on the card before any press, so a press waits for no disk. After
  a restart every id on the card without a paper is withdrawn: nobody holds a paper for it.
* An answer counts only while its ask is open. Once a lent number was given the ask is dead.
* A lent number is burnt first, then its paper is on the card, then its event goes into the outbox; a restart in between says
  the event then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from msgspec import DecodeError

from devices.agent.agent import Agent
from devices.ticket_dispenser.catalogue import Catalogue
from devices.ticket_dispenser.leases import Leases
from devices.ticket_dispenser.printing import Job, Printing
from devices.ticket_dispenser.settings import READER
from hall import wire
from hall.asking import OpenAsks
from hall.clock import Seconds, Timer
from hall.errors import Fault, Malformed
from hall.messages.answers import Answer
from hall.messages.asks import CheckIn, TakeTicket
from hall.messages.common import Via
from hall.messages.events import AskWithdrawn, IssuedOffline
from hall.messages.facts import TicketIssued
from hall.text import Text
from hall.words import say

log = logging.getLogger(__name__)

#: the next id is noted when the answer to this one has come, not while hub and printer are waited for
AHEAD_S: Seconds = 0.1


class Front(Protocol):
    """The dispenser's front, as told by the errand."""

    def on_asking(self) -> None:
        """A key's press began to be answered, or was."""

    def on_number(self, service: str, number: str) -> None:
        """This key's press got a number."""

    def on_refused(self, service: str, code: str, text: Text) -> None:
        """This key's press got none, and why."""


class Taking:
    """Takes tickets for keys, one at a time per service."""

    def __init__(
        self,
        agent: Agent,
        *,
        front: Front,
        catalogue: Catalogue,
        leases: Leases,
        printing: Printing,
        tokens: Callable[[], str],
        wait_s: Seconds,
        on_token: Callable[[str], None],
    ) -> None:
        """`tokens` makes 32 random hex digits; `on_token` hears the next ticket's, so that its code can be drawn ahead."""
        self._on_token = on_token
        self._agent, self._front = agent, front
        self._catalogue, self._leases, self._printing = catalogue, leases, printing
        self._tokens, self._wait_s = tokens, wait_s
        self._noted = OpenAsks(agent.card)
        self._spare: tuple[str, str] | None = None
        self._asking: set[str] = set()
        self._minting: Timer | None = None

    def open(self) -> None:
        """Settle what a restart interrupted, and be ready for the first press."""
        papers = {job.id: job for job in self._printing.waiting}
        for job in papers.values():
            if not job.told:
                self._tell_offline(job)
        for ask_id in self._noted.all():
            if ask_id not in papers:
                self._agent.say(AskWithdrawn, ask=ask_id)
            self._strike(ask_id)
        self._mint()

    def close(self) -> None:
        """The id made ahead was never used."""
        if self._minting is not None:
            self._minting.cancel()
        spare, self._spare = self._spare, None
        if spare is not None:
            self._strike(spare[0])

    def asking(self, service: str) -> bool:
        """Whether this service's last press still waits for its number."""
        return service in self._asking

    def take(self, service: str, lane: str, *, large_print: bool = False) -> None:
        """One ticket for this press; what comes of it is told to the front, and its paper to the printer."""
        if service in self._asking:
            return
        ask_id, token = self._spare or self._new()
        self._spare = None
        self._asking.add(service)
        ask = TakeTicket(
            id=ask_id, service=service, lane=lane, via=Via.DISPENSER, token=token, large_print=large_print
        )
        if self._agent.link.connected and self._agent.hub is not False:
            try:
                self._agent.ask(
                    ask,
                    lambda answer: self._answered(ask, answer),
                    wait_s=self._wait_s,
                    on_silence=lambda: self._offline(ask),
                )
            except Fault as error:
                log.error("ask not made", extra={"code": error.code})
                self._offline(ask)
        else:
            self._offline(ask)
        self._printing.ahead()
        self._front.on_asking()
        self._mint_later()

    def check_in(self, code: str) -> None:
        """A ticket for whoever shows this code. Only the hub knows codes: without it the guide desk helps."""
        if READER in self._asking:
            return
        if not self._agent.link.connected or self._agent.hub is False:
            self._front.on_refused(READER, "no-hub", say("disp.code.desk"))
            return
        ask_id, token = self._spare or self._new()
        self._spare = None
        self._asking.add(READER)
        ask = CheckIn(id=ask_id, via=Via.DISPENSER, code=code, token=token)
        try:
            self._agent.ask(
                ask,
                lambda answer: self._answered(ask, answer),
                wait_s=self._wait_s,
                on_silence=lambda: self._offline(ask),
            )
        except Fault as error:
            log.error("ask not made", extra={"code": error.code})
            self._offline(ask)
        self._printing.ahead()
        self._mint_later()

    # -- the answer ------------------------------------------------------------------------------------------------------

    def _answered(self, ask: TakeTicket | CheckIn, answer: Answer) -> None:
        if not answer.ok:
            assert answer.code is not None
            assert answer.text is not None
            self._strike(ask.id)
            self._refused(ask, answer.code, answer.text)
            return
        issued = _issued(answer)
        if issued is None or issued.ticket != ask.id:
            log.error("answer unusable", extra={"id": ask.id})
            self._offline(ask)
            return
        self._printed_later(ask, issued)
        self._strike(ask.id)

    def _printed_later(self, ask: TakeTicket | CheckIn, issued: TicketIssued, *, told: bool = True) -> Job:
        zone = self._agent.scheduler.now().tzinfo
        taken = (issued.arrived or issued.at).astimezone(zone)
        job = self._printing.take(
            Job(id=issued.ticket, issued=issued, token=ask.token, taken=taken, told=told)
        )
        self._asking.discard(_key(ask))
        self._front.on_number(_key(ask), issued.number)
        self._front.on_asking()
        return job

    def _refused(self, ask: TakeTicket | CheckIn, code: str, text: Text) -> None:
        self._asking.discard(_key(ask))
        self._front.on_refused(_key(ask), code, text)
        self._front.on_asking()

    # -- without the hub -------------------------------------------------------------------------------------------------

    def _offline(self, ask: TakeTicket | CheckIn) -> None:
        """No answer comes, or none in time: the ask is dead from here on."""
        self._agent.withdraw(ask.id)
        if isinstance(ask, CheckIn):
            self._give_up(ask, "no-hub", say("disp.code.desk"))
            return
        now = self._agent.scheduler.now()
        if not self._catalogue.is_open(now) and self._catalogue.hall is not None:
            self._give_up(ask, "closed", say("disp.desk"))
            return
        off = self._catalogue.off(ask.service, now)
        if off is not None:
            self._give_up(ask, "service-stopped", off)
            return
        service = self._catalogue.service(ask.service)
        try:
            number = self._leases.burn(service.letter, f"{now:%Y-%m-%d}") if service is not None else None
        except Fault as error:  # a number that cannot be burnt might be given twice
            log.error("no number could be kept", extra={"code": error.code})
            number = None
        if number is None:
            self._give_up(ask, "no-number", say("disp.desk"))
            return
        issued = TicketIssued(
            n=0,
            at=now,
            ticket=ask.id,
            number=number,
            service=ask.service,
            lane=ask.lane,
            via=Via.DISPENSER,
            ahead=0,
            wait_min_s=None,
            wait_max_s=None,
            windows=(),
            offline=True,
            large_print=ask.large_print,
        )
        log.warning("issued offline", extra={"number": number, "ticket": ask.id})
        self._tell_offline(self._printed_later(ask, issued, told=False))
        self._strike(ask.id)

    def _give_up(self, ask: TakeTicket | CheckIn, code: str, text: Text) -> None:
        self._agent.say(AskWithdrawn, ask=ask.id)
        self._strike(ask.id)
        self._refused(ask, code, text)

    def _tell_offline(self, job: Job) -> None:
        said = self._agent.say(
            IssuedOffline,
            ticket=job.issued.ticket,
            number=job.issued.number,
            service=job.issued.service,
            situation=job.issued.situation,
            lane=job.issued.lane,
            day=f"{job.taken:%Y-%m-%d}",
            token=job.token or self._tokens(),
            large_print=job.issued.large_print,
        )
        if said is not None:
            self._printing.told(job.id)

    # -- ids made ahead --------------------------------------------------------------------------------------------------

    def _new(self) -> tuple[str, str]:
        made = self._agent.new_id(), self._tokens()
        try:
            self._noted.note(made[0])
        except Fault as error:
            log.error("ask not noted", extra={"code": error.code})
        return made

    def _mint_later(self) -> None:
        if self._minting is not None:
            self._minting.cancel()
        self._minting = self._agent.scheduler.call_later(AHEAD_S, self._mint)

    def _mint(self) -> None:
        if self._spare is None:
            self._spare = self._new()
            self._on_token(self._spare[1])

    def _strike(self, ask_id: str) -> None:
        try:
            self._noted.strike(ask_id)
        except Fault as error:
            log.error("ask not struck out", extra={"id": ask_id, "code": error.code})


def _key(ask: TakeTicket | CheckIn) -> str:
    """What of the front asked: a service's key, or the code reader."""
    return READER if isinstance(ask, CheckIn) else ask.service


def _issued(answer: Answer) -> TicketIssued | None:
    """The fact that the answer is named for."""
    try:
        fact = wire.decode_fact(answer.facts[0]) if answer.facts else None
    except (Malformed, DecodeError, ValueError, RecursionError):
        return None
    return fact if isinstance(fact, TicketIssued) else None

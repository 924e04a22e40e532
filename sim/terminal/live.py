"""``hall demo``: the hall in the terminal, played with single keys.

The keyboard plays citizens (dispenser keys, faces), one clerk at a time, and fate (faults, kills). Everything goes the way it
goes in a hall: keys through the world's wires, clerks through asks on the bus; the picture is drawn from what the bus and the
world say.
"""

from __future__ import annotations

import itertools
import logging
import signal
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.live import Live

from hall.card import Card
from hall.clock import Seconds
from hall.inbox import Inbox
from hall.messages import asks, facts
from hall.messages.answers import Answer
from hall.messages.common import MemberKind, Outcome, Via, WindowState
from hall.mqtt import MqttLink, Pace
from hall.tls import context
from hall.wire import decode_fact
from sim.console import DemoConsole
from sim.layout import demo_plan, zone
from sim.people.autoplay import Autoplay, work_number
from sim.running import HUB, RunningHall
from sim.switches import switch
from sim.terminal.faults import FaultList
from sim.terminal.keyboard import Keyboard
from sim.terminal.picture import Dots, Screen, draw
from sim.twin.faults import Named
from sim.twin.world_client import WorldClient, WorldError
from sim.twin.world_talk import Event, LampEvent, PanelEvent, SlipEvent

log = logging.getLogger(__name__)

REDRAW_S: Seconds = 0.2
#: Each question to the world keeps the loop waiting, on a busy machine for long: so many signs at a time, so often one pad.
SIGNS_AT_ONCE = 2
PAD_S: Seconds = 0.2
FACES = {"7": 4, "8": 3, "9": 2, "0": 1}
DISPENSER = "dispenser-1"


class LiveHall:
    """The demo in a terminal."""

    def __init__(self, hall: RunningHall, inbox: Inbox, seed: int) -> None:
        """`hall` is started by :meth:`open`."""
        self._hall, self._inbox, self._seed = hall, inbox, seed
        self._plan = hall.layout.plan
        self._world = WorldClient(hall.control, timeout_s=1.0)
        where = hall.broker("console-demo")
        self.console = DemoConsole(
            hall=self._plan.id,
            member="console-demo",
            link=MqttLink(
                host=where.host,
                port=where.port,
                member="console-demo",
                scheduler=inbox,
                pace=Pace.HUB,
                tls=partial(context, where.tls, self._plan.id),
            ),
            scheduler=inbox,
            card=Card(hall.folder / "cards" / "console-demo.card"),
        )
        self.console.on_fact.append(self._on_fact)
        self._signs: dict[int, Dots] = {window.window: [] for window in self._plan.windows}
        self._pads: dict[int, bool] = {}
        self._round = itertools.cycle(hall.layout.members(MemberKind.PAD))
        #: signs that changed since they were looked at, the longest first
        self._stale: dict[str, None] = {}
        self._issued: dict[str, facts.TicketIssued] = {}
        self._paper: facts.TicketIssued | None = None
        self._paper_file = ""
        self._window = self._plan.windows[0].window
        self._faults: dict[tuple[str, str], str] = {}
        self._list = FaultList(hall.layout.world().members, self._world)
        self._message = ""
        self._auto: Autoplay | None = None
        self._seated: set[int] = set()
        self._stop_listening: Callable[[], None] = lambda: None

    # --- start, stop, draw -----------------------------------------------------------------------------------------

    def open(self) -> None:
        """Start the hall and connect to it."""
        self._hall.start()
        self._stop_listening = self._world.listen(
            lambda event: self._inbox.call_soon(lambda: self._on_world(event))
        )
        self._stale = dict.fromkeys(self._hall.layout.members(MemberKind.SIGN))
        self.console.open()
        self._seat_clerks()
        self._inbox.call_later(2.0, self._look_at_pads)

    def close(self) -> None:
        """Stop everything; may be called twice."""
        self._stop_listening()
        self.console.close()
        self.console.card.close()
        self._world.close()
        self._hall.stop()

    def screen(self) -> Screen:
        """The present picture's content."""
        self._look_at_signs()
        if self._list.open:
            self._touch(self._list.look)
        return Screen(
            view=self.console.view,
            now=self._inbox.now(),
            signs=self._signs,
            pads=self._pads,
            paper=self._paper,
            paper_file=self._paper_file,
            window=self._window,
            faults=list(self._faults.values()),
            message=self._message,
            where=f"{self._hall.url} · MQTT 127.0.0.1:{self._hall.mqtt_port}{' TLS' if self._hall.secure else ''} · {self._hall.folder}",
            visitors=self._auto is not None,
            pids=self._hall.supervisor.pids(),
            fault_list=self._list if self._list.open else None,
        )

    def _seat_clerks(self) -> None:
        """Someone sits at every window; tried again until the hub has said so."""
        board = self.console.view.board
        for window in board.windows if board and self.console.view.fresh else ():
            if window.window not in self._seated and window.state is WindowState.CLOSED:
                clerk = work_number(self._plan, window.window)
                self.console.act(asks.Sit(id=self.console.new_id(), window=window.window, clerk=clerk))
            self._seated.add(window.window)
        if len(self._seated) < len(self._plan.windows):
            self._inbox.call_later(REDRAW_S, self._seat_clerks)

    def _look_at_pads(self) -> None:
        """One pad after the other, whatever events were missed while the world was away."""
        member = next(self._round)
        window = self._plan.members[member].window
        try:
            lamps = self._world.lamps(member)
        except WorldError as error:
            log.info("the world does not answer: %s", error)
        else:
            if window is not None:
                self._pads[window] = any(value > 0 for name, value in lamps.items() if name.isdigit())
        self._inbox.call_later(PAD_S, self._look_at_pads)

    def _look_at_signs(self) -> None:
        """Those that changed, the chosen window's first, then the longest."""
        chosen = f"sign-{self._window}"
        for member in sorted(self._stale, key=lambda member: member != chosen)[:SIGNS_AT_ONCE]:
            window = self._plan.members[member].window
            try:
                rows = self._world.dots(member)
            except WorldError as error:
                log.info("the world does not answer: %s", error)
                return  # it is being started again; the signs stay stale until it is back
            if window is not None:
                self._signs[window] = [[dot == "#" for dot in row] for row in rows]
            self._stale.pop(member, None)

    # --- what happens ----------------------------------------------------------------------------------------------

    def _on_world(self, event: Event) -> None:
        match event:
            case PanelEvent() if event.member.startswith("sign-"):
                self._stale[event.member] = None
            case LampEvent() if event.lamp in {"1", "2", "3", "4"}:
                window = self._plan.members[event.member].window
                if window is not None:
                    self._pads[window] = event.value > 0
            case SlipEvent():
                self._paper_file = event.slip.png
            case _:
                pass

    def _on_fact(self, fact: facts.AnyFact, _body: bytes) -> None:
        match fact:
            case facts.TicketIssued():
                self._issued[fact.ticket] = fact
            case facts.TicketPrinted() if fact.ticket in self._issued:
                self._paper = self._issued[fact.ticket]
            case _:
                pass

    # --- keys ------------------------------------------------------------------------------------------------------

    def on_key(self, key: str) -> None:
        """One key of the keyboard."""
        self._message = ""
        keys = self._hall.layout.keys
        if self._listed(key):
            return
        if "a" <= key < chr(ord("a") + len(keys)):
            self._touch(lambda: self._world.press(DISPENSER, keys[ord(key) - ord("a")]))
        elif key in FACES:
            self._touch(lambda: self._world.press(f"pad-{self._window}", str(FACES[key])))
        elif key.isdigit() and any(window.window == int(key) for window in self._plan.windows):
            self._window = int(key)
        elif key in self._clerk_keys:
            self._clerk_keys[key](self)
        elif key in self._fate_keys:
            self._fate_keys[key](self)

    def _listed(self, key: str) -> bool:
        """Whether it was a key of the list of faults; what the world refuses is shown."""
        mine = [self._list.open]

        def act() -> None:
            mine[0] = self._list.on_key(key)

        self._touch(act)
        if self._list.open:
            here = self._list.member
            others = {key: words for key, words in self._faults.items() if key[0] != here}
            self._faults = others | {(here, name): words for name, words in self._list.active.items()}
        return mine[0]

    def _touch(self, act: Callable[[], None]) -> None:
        try:
            act()
        except WorldError as error:
            self._message = str(error)

    def _ask(self, ask: asks.AnyAsk, then: Callable[[], None] | None = None) -> None:
        self.console.act(ask, lambda answer: self._answered(answer, then))

    def _answered(self, answer: Answer, then: Callable[[], None] | None) -> None:
        if not answer.ok and answer.text is not None:
            self._message = f"{answer.text.zh} {answer.text.en}"
        elif then is not None:
            then()
        elif answer.facts:
            self._message = type(decode_fact(answer.facts[0])).__name__

    def _state(self) -> WindowState | None:
        board = self.console.view.board
        found = [w for w in board.windows if w.window == self._window] if board else []
        return found[0].state if found else None

    def _green(self) -> None:
        self._touch(lambda: self._world.press(DISPENSER, "green-channel"))

    def _next(self) -> None:
        """As on a clerk's page: Next finishes the open ticket, then calls."""
        call = asks.CallNext(id=self.console.new_id(), window=self._window)
        if self._state() in {WindowState.CALLED, WindowState.SERVING}:
            self._finish(lambda: self._ask(call))
        else:
            self._ask(call)

    def _finish(self, then: Callable[[], None] | None = None) -> None:
        finish = asks.Finish(id=self.console.new_id(), window=self._window, outcome=Outcome.DONE)
        self._ask(finish, then)

    def _pause(self) -> None:
        paused = self._state() is WindowState.PAUSED
        ask: asks.AnyAsk = asks.Resume(id=self.console.new_id(), window=self._window)
        if not paused:
            ask = asks.Pause(id=self.console.new_id(), window=self._window, reason="请示领导")
        self._ask(ask)

    def _review(self) -> None:
        review = next((key for key, service in self._plan.services.items() if service.review), "desk")
        self._ask(asks.Transfer(id=self.console.new_id(), window=self._window, to=review, note="请复核"))

    def _desk(self) -> None:
        service = self._hall.layout.keys[0]
        self._ask(asks.TakeTicket(id=self.console.new_id(), service=service, lane="priority", via=Via.DESK))

    def _visitors(self) -> None:
        if self._auto is None:
            self._auto = Autoplay(
                self._inbox, self.console, _WorldHands(self), self._plan, played=self._window, seed=self._seed
            )
            self._message = (
                f"来人了，{self._window}号窗口由您办理 visitors come; you play window {self._window}"
            )
        else:
            self._auto.end()
            self._auto = None

    def _switch(self, member: str, fault: str, words: str) -> None:
        """A fault on, or repaired when it is on."""
        if (member, fault) in self._faults:
            self._touch(lambda: self._world.heal(member, fault))
            del self._faults[member, fault]
        else:
            self._touch(lambda: self._world.fault(member, fault))
            self._faults[member, fault] = words

    def fail(self, wanted: Named) -> None:
        """Switch a fault on that was asked for on the command line."""

        def act() -> None:
            member = switch(self._world, wanted)
            self._faults[member, wanted.name] = f"{member}: {wanted.name}"

        self._touch(act)

    def _kill(self, name: str) -> None:
        self._hall.supervisor.kill(name, signal.SIGKILL)
        self._message = f"{name} 已结束，马上重新启动 killed; it is started again"

    def press(self, member: str, key: str) -> None:
        """A finger of the crowd."""
        self._touch(lambda: self._world.press(member, key))

    _clerk_keys: dict[str, Callable[[LiveHall], None]] = {  # noqa: RUF012 - a table
        "g": _green,
        "n": _next,
        "z": _finish,
        "p": _pause,
        "t": _review,
        "y": _desk,
        "v": _visitors,
        "r": lambda self: self._ask(asks.Recall(id=self.console.new_id(), window=self._window)),
        "x": lambda self: self._ask(asks.NoShow(id=self.console.new_id(), window=self._window)),
        "s": lambda self: self._ask(asks.Start(id=self.console.new_id(), window=self._window)),
    }
    _fate_keys: dict[str, Callable[[LiveHall], None]] = {  # noqa: RUF012 - a table
        "o": lambda self: self._switch(DISPENSER, "paper-out", "缺纸 paper out"),
        "w": lambda self: self._switch(DISPENSER, "printer-gone", "打印机断开 printer gone"),
        "k": lambda self: self._switch(DISPENSER, "key-stuck", "按键卡住 key stuck"),
        "m": lambda self: self._switch(f"sign-{self._window}", "module-dead", "模块不亮 module dead"),
        "h": lambda self: self._kill(HUB),
        "b": lambda self: self._kill("broker"),
        "u": lambda self: self._kill(f"sign-{self._window}"),
        "q": lambda self: self._inbox.stop(),
    }


class _WorldHands:
    """The crowd's fingers, on the world's wires."""

    def __init__(self, live: LiveHall) -> None:
        self._live = live

    def press_key(self, service: str) -> None:
        """See :class:`sim.people.crowd.Hands`."""
        self._live.press(DISPENSER, service)

    def press_green(self) -> None:
        """See :class:`sim.people.crowd.Hands`."""
        self._live.press(DISPENSER, "green-channel")

    def press_face(self, window: int, grade: int) -> None:
        """See :class:`sim.people.crowd.Hands`."""
        self._live.press(f"pad-{window}", str(grade))


def run_live(
    folder: Path,
    *,
    seconds: Seconds | None,
    mqtt_port: int | None,
    secure: bool,
    web_port: int | None,
    lan: bool,
    seed: int,
    faults: list[Named],
) -> int:
    """The demo until q, Ctrl-C or `seconds`; the exit code."""
    plan = demo_plan(always_open=True)
    inbox = Inbox(zone(plan))
    inbox.stop_on_signals()
    hall = RunningHall(
        folder,
        inbox,
        mqtt_port=mqtt_port,
        plan=plan,
        web_port=web_port,
        lan=lan,
        links=not secure,
        secure=secure,
        reader=True,
    )
    _log_to(hall.folder / "logs" / "demo.log")
    live = LiveHall(hall, inbox, seed)
    console = Console()
    with ExitStack() as stack:
        stack.callback(live.close)
        live.open()
        picture = stack.enter_context(Live(console=console, screen=True, auto_refresh=False))
        stack.enter_context(Keyboard(lambda key: inbox.call_soon(lambda: live.on_key(key))))

        def redraw() -> None:
            picture.update(draw(live.screen(), console.width, console.height), refresh=True)
            inbox.call_later(REDRAW_S, redraw)

        redraw()
        for wanted in faults:
            inbox.call_later(5.0, partial(live.fail, wanted))
        if seconds is not None:
            inbox.call_later(seconds, inbox.stop)
        return inbox.run()


def _log_to(file: Path) -> None:
    """The terminal is the picture's; what the demo's own program has to say goes to a file."""
    handler = logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)

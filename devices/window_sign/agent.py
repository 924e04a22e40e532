"""The sign above a window: shows what the hub wants, moves it, and says so when it cannot know.

Rules:

* The panel is cleared when the program starts: a MAX7219 keeps the last number through a crash. It stays dark until the first
  want comes, or until the hub is known to be away.
* A new want is on the panel before anything else happens. The same state told again does not start again (no second flash).
* Hub or broker away (after the member's grace): a call that stands is marked 离线叫号 for 60 s, somebody being served stays shown as
  long; then, and for everything that only the hub could keep true, 恢复中 请稍候. What stays true without the hub stays: paused, lunch,
  closed, fault, evacuation; but such a window then names the guide desk, for which other windows are open is not known any more.
* When the hub is back the last want is shown without flashing; the hub's new want follows it.
* Frames are sent only while something changes: 30 a second while a text moves, one per page turn otherwise. With
  `animate=False` (a simulated day) a picture is drawn when the state changes and when somebody asks by :meth:`Sign.look`.
* Every 5 s all registers and the picture are written again. A driver's error opens the alert ``panel``; the same timer tries
  again, and closes it.
"""

from __future__ import annotations

import logging
from typing import Any, Protocol

import msgspec
from PIL import Image

from devices.agent.agent import Agent
from devices.parts.bitmap_font import font
from devices.window_sign.frames import Show, all_lit
from devices.window_sign.settings import SignConfig
from devices.window_sign.wording import BLANK, Line, Names, Script, offline, recovering, who_am_i, wording
from hall.clock import Seconds, Timer
from hall.errors import Fault
from hall.member import describe
from hall.messages.common import MemberKind, WindowNumber
from hall.messages.wants import Display, Want

log = logging.getLogger(__name__)

REFRESH: Seconds = 5.0
#: how long a call or a service stays shown without the hub
STANDS: Seconds = 60.0
IDENTIFY: Seconds = 8.0
LAMP_TEST: Seconds = 1.5
#: states that stay true while the hub is away
LASTING = frozenset({"paused", "lunch", "closed", "closed-window", "fault", "fault-long", "evacuate"})


class Panel(Protocol):
    """What a sign needs: dots. Every method may raise Fault."""

    size: tuple[int, int]
    brightness: int

    def show(self, image: Image.Image) -> None:
        """Light these dots."""

    def refresh(self) -> None:
        """Write every register and the picture again."""

    def close(self) -> None:
        """Go dark."""


class Sign(Agent):
    """A sign's program."""

    config_kind = SignConfig

    def __init__(
        self,
        *,
        panel: Panel,
        window: WindowNumber,
        exit_to: str | None = None,
        animate: bool = True,
        **member: Any,
    ) -> None:
        """`window` is what the sign hangs over, `exit_to` where the way out is; see the module for `animate`."""
        known = msgspec.structs.replace(
            describe(MemberKind.SIGN),
            window=window,
            capabilities=("display", f"{panel.size[0]}x{panel.size[1]}"),
        )
        super().__init__(kind=MemberKind.SIGN, description=known, **member)
        self.window = window
        self._panel = panel
        self._usual_brightness = panel.brightness
        self._exit_to = exit_to
        self._animate = animate
        self._wanted: Display | None = None
        self._away_since: Seconds | None = None
        #: a technician's page that covers the state
        self._cover: Script | None = None
        self._script = BLANK
        self._show = Show(BLANK, panel.size[0])
        self._since = self.scheduler.mono()
        self._broken: Fault | None = None
        self._frame_timer: Timer | None = None
        self._refresh_timer: Timer | None = None
        self._cover_timer: Timer | None = None
        self._away_timer: Timer | None = None

    # --- life

    def open(self) -> None:
        """Clear the panel, then go to the bus."""
        self._draw()
        self._refresh_later()
        super().open()

    def close(self) -> None:
        """Leave the bus, and leave the panel dark; may be called twice."""
        super().close()
        for timer in (self._frame_timer, self._refresh_timer, self._cover_timer, self._away_timer):
            if timer is not None:
                timer.cancel()
        self._panel.close()

    def look(self) -> Image.Image:
        """Bring the panel to this moment, for whoever looks now; what it shows."""
        if not self._animate:
            self._refresh()
        return self._draw()

    # --- what comes

    def on_want(self, part: str, want: Want) -> None:
        """See :class:`Agent`."""
        match want:
            case Display():
                self._wanted = want
                self._turn(uncover=True)
                self._have_display()
            case _:
                super().on_want(part, want)

    def on_hub(self, ready: bool) -> None:  # noqa: FBT001 - a hook with one fact
        """See :class:`Member`."""
        if self._away_timer is not None:
            self._away_timer.cancel()
            self._away_timer = None
        if ready:
            self._away_since = None
            self._turn(calm=True)
            return
        self._away_since = self.scheduler.mono()
        self._away_timer = self.scheduler.call_later(STANDS, self._turn)
        self._turn()

    def identify(self) -> None:
        """Show the member's id and the window's number for some seconds."""
        self._cover_with(who_am_i(self.member, self.window), IDENTIFY)

    def self_test(self) -> dict[str, Any]:
        """Light every dot, then show who this is; whether the panel took it."""
        self._refresh()
        if self._frame_timer is not None:
            self._frame_timer.cancel()
        self._put(all_lit(self._panel.size[0]))
        self._cover_timer = self._later(self._cover_timer, LAMP_TEST, self.identify)
        panel = "ok" if self._broken is None else self._broken.code
        return {**super().self_test(), "panel": panel}

    def configure(self, config: SignConfig) -> None:
        """See :class:`Agent`."""
        level = self._usual_brightness if config.brightness is None else config.brightness
        try:
            if level != self._panel.brightness:
                self._panel.brightness = level
        except Fault as error:  # the panel is broken, not the wish: it is lit so when it works again
            self._fault(error)

    # --- what to show

    def _script_now(self) -> Script:
        """What is true at this moment."""
        want = self._wanted
        if self._away_since is None:
            return BLANK if want is None else wording(want, self._exit_to)
        stands = self.scheduler.mono() - self._away_since < STANDS
        match want:
            case None:
                return recovering()
            case Display(mode="called", number=str(number)) if stands:
                return offline(number)
            case Display(mode="serving") if stands:
                return wording(want, self._exit_to)
            case Display(mode=mode) if mode in LASTING:
                return wording(msgspec.structs.replace(want, others=()), self._exit_to)
            case _:
                return recovering()

    def _turn(self, *, uncover: bool = False, calm: bool = False) -> None:
        """Show what is true now. `uncover` ends a technician's page if that differs, `calm` shows a call without flashing."""
        script = self._script_now()
        if script == self._script:
            return
        self._script = script
        if self._cover is not None and not uncover:
            return
        self._cover = None
        self._start(
            Show(msgspec.structs.replace(script, flash=None) if calm else script, self._panel.size[0])
        )

    def _cover_with(self, script: Script, seconds: Seconds) -> None:
        self._cover = script
        self._start(Show(script, self._panel.size[0]))
        self._cover_timer = self._later(self._cover_timer, seconds, self._uncover)

    def _uncover(self) -> None:
        if self._cover is not None:
            self._cover = None
            self._start(Show(msgspec.structs.replace(self._script, flash=None), self._panel.size[0]))

    def _have_display(self) -> None:
        if self._wanted is None:
            return
        code = self._script.trouble
        if self._broken is not None:
            code = self._broken.code
        elif code is None and self._missing():
            code = "character-missing"
        self.have("display", self._wanted.rev, ok=code is None, code=code)

    def _missing(self) -> str:
        texts = [
            page.text if isinstance(page, Line) else "".join(page.services)
            for page in self._script.pages
            if isinstance(page, Line | Names)
        ]
        return font().missing("".join(texts))

    # --- dots

    def _start(self, show: Show) -> None:
        self._cover_timer = self._later(self._cover_timer, None, self._uncover)
        self._show = show
        self._since = self.scheduler.mono()
        self._draw()

    def _draw(self) -> Image.Image:
        """The picture of this moment onto the panel, and a timer for the next one."""
        if self._frame_timer is not None:
            self._frame_timer.cancel()
            self._frame_timer = None
        elapsed = self.scheduler.mono() - self._since
        image = self._show.frame_at(elapsed)
        self._put(image)
        if self._animate:
            change = self._show.next_change(elapsed)
            if change is not None:
                self._frame_timer = self.scheduler.call_later(change, self._tick)
        return image

    def _tick(self) -> None:
        self._draw()

    def _put(self, image: Image.Image) -> None:
        if self._broken is not None:  # the refresh timer finds out when it works again
            return
        try:
            self._panel.show(image)
        except Fault as error:
            self._fault(error)

    def _refresh_later(self) -> None:
        if self._animate or self._broken is not None:
            self._refresh_timer = self._later(self._refresh_timer, REFRESH, self._refresh_and_again)

    def _refresh_and_again(self) -> None:
        self._refresh()
        self._refresh_later()

    def _refresh(self) -> None:
        try:
            self._panel.refresh()
        except Fault as error:
            self._fault(error)
            return
        if self._broken is not None:
            self._broken = None
            self.clear("panel")
            self._draw()
            self._have_display()

    def _fault(self, error: Fault) -> None:
        if self._broken is None:
            self._broken = error
            self.trouble(error.code, "panel", why=error.text.en)
            self._refresh_later()
            self._have_display()

    def _later(self, old: Timer | None, seconds: Seconds | None, call: Any) -> Timer | None:
        """Replace a timer; None seconds: only end the old one."""
        if old is not None:
            old.cancel()
        return None if seconds is None else self.scheduler.call_later(seconds, call)

"""The sign above a window: shows what the hub wants, moves it, and says so when it cannot know.

Rules:

* The panel is cleared when the program starts: a MAX7219 keeps the last number through a crash. It stays dark until the first
  want comes, or until the hub is known to be away.
* A new want is on the panel before anything else happens. The same state told again does not start again (no second flash).
* Hub or broker away (after the member's grace): a call that stands is marked 离线叫号 for 60 s, somebody being served stays shown as
  long; then, and for everything that only the hub could keep true, 恢复中 请稍候. What stays true without the hub stays: paused, lunch,
  closed, fault, evacuation; but such a window then names the guide desk, for which other windows are open is not known any more.
* When the hub is back the last want is shown without flashing; the hub's new want follows it.
* How bright it is follows the day (:mod:`devices.window_sign.brightness`), and what moves is in :mod:`devices.window_sign.screen`. A panel that does
  not respond opens the alert ``panel``, a chain that does not pass on what it is sent ``panel-chain``; both end by themselves.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import msgspec
from PIL import Image

from devices.agent.agent import Agent
from devices.parts.bitmap_font import font
from devices.window_sign.brightness import From, brightness, next_change
from devices.window_sign.frames import Show, all_lit
from devices.window_sign.screen import Panel, Screen
from devices.window_sign.settings import SignConfig
from devices.window_sign.wording import (
    BLANK,
    Line,
    Names,
    Script,
    offline,
    recovering,
    tested,
    who_am_i,
    wording,
)
from hall.clock import Seconds, Timer
from hall.member import describe
from hall.messages.common import MemberKind, WindowNumber
from hall.messages.wants import Display, Want

log = logging.getLogger(__name__)

#: how long a call or a service stays shown without the hub
STANDS: Seconds = 60.0
IDENTIFY: Seconds = 8.0
LOOK_AT_CLOCK: Seconds = 60.0
LAMP_TEST: Seconds = 1.5
#: states that stay true while the hub is away
LASTING = frozenset({"paused", "lunch", "closed", "closed-window", "fault", "fault-long", "evacuate"})


class Sign(Agent):
    """A sign's program."""

    config_kind = SignConfig

    def __init__(
        self,
        *,
        panel: Panel,
        window: WindowNumber,
        exit_to: str | None = None,
        schedule: Sequence[From] = (),
        animate: bool = True,
        **member: Any,
    ) -> None:
        """`window` is what the sign hangs over, `exit_to` where the way out is; `animate` as in :class:`Screen`."""
        known = msgspec.structs.replace(
            describe(MemberKind.SIGN),
            window=window,
            capabilities=("display", f"{panel.size[0]}x{panel.size[1]}"),
        )
        super().__init__(kind=MemberKind.SIGN, description=known, **member)
        self.window = window
        self._screen = Screen(panel, self.scheduler, animate=animate, on_health=self._on_health)
        self._usual = SignConfig(brightness=panel.brightness, schedule=tuple(schedule))
        self._bright = self._usual
        self._exit_to = exit_to
        self._wanted: Display | None = None
        self._away_since: Seconds | None = None
        #: a technician's page that covers the state
        self._cover: Script | None = None
        self._script = BLANK
        self._bright_timer: Timer | None = None
        self._cover_timer: Timer | None = None
        self._away_timer: Timer | None = None

    # --- life

    def open(self) -> None:
        """Clear the panel, then go to the bus."""
        self._light()
        self._screen.open()
        super().open()

    def close(self) -> None:
        """Leave the bus, and leave the panel dark; may be called twice."""
        super().close()
        for timer in (self._bright_timer, self._cover_timer, self._away_timer):
            if timer is not None:
                timer.cancel()
        self._screen.close()

    def look(self) -> Image.Image:
        """Bring the panel to this moment, for whoever looks now; what it shows."""
        return self._screen.look()

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

    def hands(self) -> dict[str, str]:
        """Whether the panel took what was shown last, and whether what was sent came back."""
        broken = self._screen.broken
        chain = {"unknown": "not-wired-back", "broken": "panel-chain"}.get(self._screen.echo, "ok")
        return {"panel": "ok" if broken is None else broken.code, "chain": chain}

    def self_test(self) -> dict[str, Any]:
        """Light every dot, then show who this is and what came of it."""
        self._screen.refresh()
        self._screen.still(all_lit(self._screen.width))
        self._cover_timer = self._later(self._cover_timer, LAMP_TEST, self._show_result)
        return super().self_test()

    def _show_result(self) -> None:
        self._cover_with(tested(self.member, self.window, passed=self.passes), IDENTIFY)

    def configure(self, config: SignConfig) -> None:
        """See :class:`Agent`."""
        usual = self._usual
        self._bright = SignConfig(
            brightness=usual.brightness if config.brightness is None else config.brightness,
            # a brightness that somebody asks for is not taken back by the settings file's next hour
            schedule=(usual.schedule if config.brightness is None else ())
            if config.schedule is None
            else config.schedule,
        )
        self._light()

    def _light(self) -> None:
        """As bright as the time of day wants it; again when that changes."""
        schedule, now = self._bright.schedule or (), self.scheduler.now()
        usual = self._bright.brightness or 0
        self._screen.brightness = brightness(schedule if self.clock_ok else (), usual, now)
        # The wall clock may be set meanwhile: look again before long.
        change = next_change(schedule, now)
        self._bright_timer = self._later(
            self._bright_timer, None if change is None else min(change, LOOK_AT_CLOCK), self._light
        )

    def _on_health(self) -> None:
        broken = self._screen.broken
        if broken is not None:
            self.trouble(broken.code, "panel", why=broken.text.en)
        else:
            self.clear("panel")
        if self._screen.disturbed:
            self.trouble("panel-chain")
        else:
            self.clear("panel-chain")
        self._have_display()

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
        self._start(Show(_calm(script) if calm else script, self._screen.width))

    def _cover_with(self, script: Script, seconds: Seconds) -> None:
        self._cover = script
        self._start(Show(script, self._screen.width))
        self._cover_timer = self._later(self._cover_timer, seconds, self._uncover)

    def _uncover(self) -> None:
        if self._cover is not None:
            self._cover = None
            self._start(Show(_calm(self._script), self._screen.width))

    def _have_display(self) -> None:
        if self._wanted is None:
            return
        code = self._script.trouble
        if self._screen.broken is not None:
            code = self._screen.broken.code
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

    def _start(self, show: Show) -> None:
        self._cover_timer = self._later(self._cover_timer, None, self._uncover)
        self._screen.start(show)

    def _later(self, old: Timer | None, seconds: Seconds | None, call: Any) -> Timer | None:
        """Replace a timer; None seconds: only end the old one."""
        if old is not None:
            old.cancel()
        return None if seconds is None else self.scheduler.call_later(seconds, call)


def _calm(script: Script) -> Script:
    """The same without calling anew."""
    return msgspec.structs.replace(script, flash=None, passing=None)

"""The dots of a sign over time: which picture is due, when the next one is, and what the panel makes of it.

Rules:

* Frames are sent only while something changes: 30 a second while a text moves (where the wire is slower some are left out, for a picture
  is a function of the time), one per page turn otherwise. With ``animate=False`` (a simulated day) a picture is drawn when the state
  changes and when somebody looks.
* Every 5 s all registers and the picture are written again, every second while the chain does not pass on what it is sent. A
  driver's error keeps the screen broken until the same timer finds it works again.
* One disturbed look at the chain is no news; two of the last six are, until six in a row were good.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal, Protocol

from PIL import Image

from devices.window_sign.frames import Show
from devices.window_sign.wording import BLANK
from hall.clock import Scheduler, Seconds, Timer
from hall.errors import Fault

REFRESH: Seconds = 5.0
REFRESH_DISTURBED: Seconds = 1.0
#: looks at the chain that are remembered, and how many bad ones among them are said
LOOKS, DISTURBED = 6, 2


class Panel(Protocol):
    """What a sign needs: dots. Every method may raise Fault."""

    size: tuple[int, int]
    brightness: int

    @property
    def echo(self) -> Literal["unknown", "ok", "broken"]:
        """Whether what was sent came back, where it is wired back."""

    def show(self, image: Image.Image) -> None:
        """Light these dots."""

    def refresh(self) -> None:
        """Write every register and the picture again."""

    def close(self) -> None:
        """Go dark."""


class Screen:
    """See the module. `on_health()` is called when the panel breaks or works again, or the chain is disturbed or whole again."""

    def __init__(
        self, panel: Panel, scheduler: Scheduler, *, animate: bool, on_health: Callable[[], None]
    ) -> None:
        self._panel, self._scheduler, self._animate, self._on_health = panel, scheduler, animate, on_health
        self.width = panel.size[0]
        #: why nothing is shown
        self.broken: Fault | None = None
        #: the chain does not pass on what it is sent
        self.disturbed = False
        #: the last looks at the chain, true where it was disturbed
        self._looks: deque[bool] = deque(maxlen=LOOKS)
        self._show = Show(BLANK, self.width)
        self._since = scheduler.mono()
        self._frame_timer: Timer | None = None
        self._refresh_timer: Timer | None = None

    def open(self) -> None:
        """Clear the panel."""
        self._draw()
        self._refresh_later()

    def close(self) -> None:
        """Leave it dark; may be called twice."""
        for timer in (self._frame_timer, self._refresh_timer):
            if timer is not None:
                timer.cancel()
        self._panel.close()

    def start(self, show: Show) -> None:
        """Show this from its beginning."""
        self._show = show
        self._since = self._scheduler.mono()
        self._draw()

    def still(self, image: Image.Image) -> None:
        """One picture, until the next :meth:`start`."""
        self._stop_frames()
        self._put(image)

    def look(self) -> Image.Image:
        """Bring the panel to this moment, for whoever looks now; what it shows."""
        if not self._animate:
            self.refresh()
        return self._draw()

    @property
    def echo(self) -> str:
        """What the last look at the chain said: ``ok``, ``broken``, or ``unknown`` where nothing is wired back."""
        return self._panel.echo

    @property
    def brightness(self) -> int:
        """0 … 15; what is set on a broken panel holds when it works again."""
        return self._panel.brightness

    @brightness.setter
    def brightness(self, level: int) -> None:
        try:
            if level != self._panel.brightness:
                self._panel.brightness = level
        except Fault as error:  # the panel is broken, not the wish
            self._break(error)

    def refresh(self) -> None:
        """Write everything again; finds out whether a broken panel works."""
        try:
            self._panel.refresh()
        except Fault as error:
            self._break(error)
            return
        self._looks.append(self._panel.echo == "broken")
        disturbed = any(self._looks) if self.disturbed else sum(self._looks) >= DISTURBED
        changed = self.broken is not None or disturbed != self.disturbed
        was_broken, self.broken, self.disturbed = self.broken is not None, None, disturbed
        if was_broken:
            self._draw()
        if changed:
            self._on_health()

    # --- inside

    def _draw(self) -> Image.Image:
        """The picture of this moment onto the panel, and a timer for the next one."""
        self._stop_frames()
        elapsed = self._scheduler.mono() - self._since
        image = self._show.frame_at(elapsed)
        self._put(image)
        if self._animate:
            change = self._show.next_change(elapsed)
            if change is not None:
                self._frame_timer = self._scheduler.call_later(change, self._tick)
        return image

    def _tick(self) -> None:
        self._draw()

    def _stop_frames(self) -> None:
        if self._frame_timer is not None:
            self._frame_timer.cancel()
            self._frame_timer = None

    def _put(self, image: Image.Image) -> None:
        if self.broken is not None:  # the refresh timer finds out when it works again
            return
        try:
            self._panel.show(image)
        except Fault as error:
            self._break(error)

    def _refresh_later(self) -> None:
        if self._refresh_timer is not None:
            self._refresh_timer.cancel()
        if self._animate or self.broken is not None:
            wait = REFRESH_DISTURBED if any(self._looks) else REFRESH
            self._refresh_timer = self._scheduler.call_later(wait, self._refresh_and_again)

    def _refresh_and_again(self) -> None:
        self.refresh()
        self._refresh_later()

    def _break(self, error: Fault) -> None:
        if self.broken is None:
            self.broken = error
            self._refresh_later()
            self._on_health()

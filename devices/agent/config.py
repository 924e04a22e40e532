"""What the hub may change of a device while it runs (``want/config``): decoded strictly, applied at once, kept, and taken back when bad.

Rules:

* A device names a frozen struct of what may change (its ``config_kind``). What a want leaves out is as in the settings file, so every
  field's default is None. A key or value the struct does not have refuses the whole want; nothing of it is applied.
* Applying that fails puts the last good settings back, so a device never stands between two.
* Good settings are on the card before they are acknowledged: the next start has them before it reaches the bus.
* What kept settings did to a program that could not live with them is no reason to fail for ever: settings that did not outlive
  :data:`TRIAL_S` in :data:`TRIES` starts are bad. The last good ones come back, and the same want is refused when it is told again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

import msgspec

from hall.card import Card
from hall.clock import Scheduler, Seconds, Timer
from hall.errors import Fault, HallError, Malformed
from hall.messages.common import LogLevel
from hall.messages.wants import Config
from hall.text import Text

log = logging.getLogger(__name__)

#: Settings that a program has lived with for so long are good.
TRIAL_S: Final[Seconds] = 60.0
#: So many starts may end before that.
TRIES: Final = 3
_KEY: Final = "config"


class AgentConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may change while any device runs; None is as in its settings file."""

    log_level: LogLevel | None = None


class _Kept(msgspec.Struct, kw_only=True):
    """Settings as the card has them: values beside their want's rev."""

    good: dict[str, Any] = {}
    good_rev: str = ""
    #: on trial since the last want
    trial: dict[str, Any] | None = None
    trial_rev: str = ""
    #: starts with it so far
    starts: int = 0
    #: a want that the program could not live with
    bad_rev: str = ""


class LiveConfig:
    """The settings in force."""

    def __init__(
        self,
        *,
        card: Card,
        scheduler: Scheduler,
        kind: type[AgentConfig],
        apply: Callable[[AgentConfig], None],
    ) -> None:
        """`apply` brings the device to these settings, or raises; as in the settings file until :meth:`begin`."""
        self._card, self._scheduler, self._kind, self._apply = card, scheduler, kind, apply
        self.now: AgentConfig = kind()
        self._kept = self._read()
        self._timer: Timer | None = None

    def begin(self) -> bool:
        """A new start: apply what was kept; False when that could not be, and what came before is in force."""
        kept = self._kept
        if kept.trial is not None:
            kept.starts += 1
            if kept.starts > TRIES:
                log.error("settings taken back: no start outlived them", extra={"rev": kept.trial_rev})
                kept.bad_rev, kept.trial = kept.trial_rev, None
            self._write()
        well = not kept.bad_rev
        if not (kept.trial is not None and self._tried(kept.trial)):
            well = self._tried(kept.good) and kept.trial is None and well
        if kept.trial is not None:
            self._wait()
        return well

    def take(self, want: Config) -> None:
        """What the hub wants now; HallError when it cannot be, and then what was in force still is.

        Only what the card cannot keep is in force all the same, until the next start.
        """
        if want.rev and want.rev == self._kept.bad_rev:
            raise Fault(
                "config-fatal",
                Text(zh="设备用这些设置无法运行", en="the program could not live with these settings"),
            )
        new = self._decoded(want.values)
        if new != self.now:
            self._change(new)
        elif want.rev in {self._kept.good_rev, self._kept.trial_rev}:
            return
        kept = msgspec.structs.replace(
            self._kept, trial=want.values, trial_rev=want.rev, starts=0, bad_rev=""
        )
        self._card.put(_KEY, kept)
        self._kept = kept  # not before: told again, it would be acknowledged as kept
        self._wait()

    def close(self) -> None:
        """No more trial; a program that ends well in it has not failed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            if self._kept.trial is not None and self._kept.starts:
                self._kept.starts -= 1
                self._write()

    # --- inside

    def _change(self, new: AgentConfig) -> None:
        """Apply, or put back what was."""
        try:
            self._apply(new)
        except Exception as error:
            log.warning("settings put back", extra={"why": str(error)})
            try:
                self._apply(self.now)
            except Exception:
                log.exception("the settings before could not be put back")
            if isinstance(error, HallError):
                raise
            raise Fault(
                "config-failed", Text(zh="设置无法生效", en=f"not applied: {error!r}"[:200])
            ) from error
        self.now = new

    def _tried(self, values: dict[str, Any]) -> bool:
        try:
            new = self._decoded(values)
            if new != self.now:
                self._change(new)
        except HallError as error:
            log.error("kept settings not used", extra={"code": error.code, "why": error.text.en})
            return False
        return True

    def _decoded(self, values: dict[str, Any]) -> AgentConfig:
        try:
            return msgspec.convert(values, self._kind)
        except (msgspec.ValidationError, OverflowError) as error:
            raise Malformed("not-valid", Text(zh="设置不合规定", en=str(error))) from error

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._scheduler.call_later(TRIAL_S, self._good)

    def _good(self) -> None:
        """The program has lived with them long enough."""
        self._timer = None
        kept = self._kept
        if kept.trial is not None:
            kept.good, kept.good_rev = kept.trial, kept.trial_rev
            kept.trial, kept.trial_rev, kept.starts = None, "", 0
            self._write()

    def _read(self) -> _Kept:
        try:
            return msgspec.convert(self._card.get(_KEY, {}), _Kept)
        except (Fault, msgspec.MsgspecError) as error:
            log.error("kept settings unreadable", extra={"why": str(error)})
            return _Kept()

    def _write(self) -> None:
        try:
            self._card.put(_KEY, self._kept)
        except Fault as error:  # the device goes on; the next start has what was kept before
            log.error("settings not kept", extra={"code": error.code})

"""How far an update of the hall box is: one small file that outlives the power plug.

Rules:

* The file is replaced as a whole. What it says decides what a start of the machine does about an update that was cut off.
* ``GOOD`` is the decision: before it everything goes back, after it nothing does.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from hall.files import write_whole
from hall.release import Version
from hall.text import Text


class Stage(StrEnum):
    """Where it stands."""

    #: the door is shut and the services stop; nothing is changed yet
    STOPPING = "stopping"
    #: what the hall has is copied; now it may be changed
    SAVED = "saved"
    #: the new release runs and is judged
    TRYING = "trying"
    #: it has proved itself: what is left is to tidy up
    GOOD = "good"
    #: it has not: data and programs go back
    BACK = "back"
    #: over, with the new release
    DONE = "done"
    #: over, with what ran before
    FAILED = "failed"


#: where it stands on a hall box
FILE = Path("/var/lib/hallfleet/boot/box.json")
#: nothing is in its way
OVER = frozenset({Stage.DONE, Stage.FAILED})


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One update of the box; fields may be added."""

    version: Version
    #: the release that ran before
    was: Version
    stage: Stage
    begun: datetime
    #: why it went back
    reason: str | None = None
    #: the journal's last fact before, and how many the release on trial wrote after it
    head: int = 0
    tried_facts: int = 0
    #: where what it wrote is kept
    kept: str | None = None


def read(file: Path) -> Turn | None:
    """The last update of a box; None when there was none, or the file says nothing. OSError: nobody knows."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Turn)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def write(file: Path, turn: Turn) -> None:
    """As a whole; OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, msgspec.json.encode(turn), mode=0o644)


def told(turn: Turn) -> Text:
    """How far it is or how it ended, for people."""
    if turn.stage is Stage.DONE:
        return Text(
            zh=f"主机运行 {turn.version}，此前是 {turn.was}",
            en=f"the hall box runs {turn.version}, and ran {turn.was} before",
        )
    if turn.stage is not Stage.FAILED:
        return Text(
            zh=f"主机正在更新到 {turn.version}（{turn.stage}）",
            en=f"the hall box is on its way to {turn.version} ({turn.stage})",
        )
    kept = turn.kept is not None
    return Text(
        zh=f"主机更新 {turn.version} 未成功（{turn.reason}），仍运行 {turn.was}"
        + (f"；试用期间另有 {turn.tried_facts} 条记录，保存在 {turn.kept}" if kept else ""),
        en=f"{turn.version} did not prove itself ({turn.reason}): the hall box runs {turn.was} with its data as before"
        + (f"; {turn.tried_facts} facts that the trial wrote are kept in {turn.kept}" if kept else ""),
    )

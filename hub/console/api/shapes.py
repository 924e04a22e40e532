"""What the API says and hears, as its OpenAPI document describes it. Fields may be added, never renamed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hall.text import Text

#: The caller's own id of an act: said again, the act is done once and answered as before.
ClientId = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9-]{1,40}$", description="your id of this act; repeat it to repeat the answer"),
]
KeyName = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f/+#]{1,48}$")]


class Said(BaseModel):
    """Anything the API says."""

    model_config = ConfigDict(frozen=True)


class Heard(BaseModel):
    """Anything the API hears: what it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Both(Said):
    """A text in both languages."""

    zh: str
    en: str

    @classmethod
    def of(cls, text: Text) -> Both:
        """The hall's own text."""
        return cls(zh=text.zh, en=text.en)


class BadField(Said):
    """A field that was not right."""

    field: str
    why: str


class ProblemSaid(Said):
    """RFC 9457, with the hall's code and its sentence in both languages."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    zh: str
    en: str
    fields: list[BadField] | None = None


class Situation(Said):
    """A situation and the papers that it needs beside the common ones."""

    id: str
    name: Both
    need: list[str]


class Service(Said):
    """A service, with its complete lists of papers."""

    id: str
    letter: str
    name: Both
    target_min: int
    online: bool
    #: whether anybody may take a number for it
    open_to_all: bool
    common: list[str]
    situations: list[Situation]
    version: str
    #: its steps in a sentence
    process: Both | None
    waiting: int
    wait_min_s: int | None
    wait_max_s: int | None
    #: windows that serve it now
    windows: list[int]


class Window(Said):
    """A window."""

    window: int
    state: Literal["closed", "idle", "called", "serving", "paused"]
    services: list[str]
    #: the number that is called or served there
    number: str | None
    #: when the pause is over, if the clerk said so
    until: datetime | None


class Call(Said):
    """A call, as the hall board shows it."""

    number: str
    window: int
    at: datetime
    round: int


class Board(Said):
    """The hall now, without anybody's name."""

    hall: str
    day: str | None
    open: bool
    at: datetime
    #: false: the hub is away, and this is how things stood before
    live: bool
    services: list[Service]
    windows: list[Window]
    calls: list[Call]


class Need(Said):
    """Something that is missing of a device, and what to do."""

    device: str
    kind: str
    window: int | None
    #: the device does not work until that was done
    stops: bool
    text: Both
    do: Both


class Morning(Said):
    """Whether the hall can open."""

    at: datetime
    #: the next posted opening
    opens: datetime | None
    #: it is ten minutes or less until then
    due: bool
    ready: list[str]
    #: what keeps a device from working first
    needs: list[Need]


class HallSaid(Said):
    """What hangs on the hall's wall."""

    id: str
    name: Both
    timezone: str
    hotline: str
    supervision: str
    #: where one complains, where that is a number of its own
    complaints: str | None
    #: what the hall's services cost, as it is posted
    fees: Both | None
    opens: str | None
    closes: str | None
    #: numbers are given now
    issuing: bool
    public_url: str


class Step(Said):
    """A finished service step."""

    step: int
    window: int
    #: it can still be rated on the ticket's page
    open_to_rating: bool


class Ticket(Said):
    """A ticket and where it stands."""

    id: str
    number: str
    service: Both
    situation: Both | None
    #: what others may see of its lane; null in the normal one
    lane: Both | None
    stands: str
    ahead: int | None
    wait_min: int | None
    wait_max: int | None
    #: windows open for its service now
    windows: list[int]
    #: where it is called, served or parked
    window: int | None
    #: number called last for its service
    now: str | None
    steps: list[Step]
    #: secret and address of its phone page
    token: str | None
    page: str | None


class TakeTicket(Heard):
    """A number in the normal lane; the guide desk gives the others."""

    id: ClientId
    service: KeyName
    situation: KeyName | None = None


class Act(Heard):
    """An act that needs nothing but its id."""

    id: ClientId


class Slot(Said):
    """A time that can be booked."""

    begins: datetime
    ends: datetime
    left: int


class Slots(Said):
    """Free times, the earliest first; `next` gives the following ones."""

    slots: list[Slot]
    next: datetime | None


class Book(Heard):
    """A time to be booked."""

    id: ClientId
    service: KeyName
    slot: AwareDatetime
    situation: KeyName | None = None
    last4: Annotated[str, Field(pattern=r"^[0-9]{4}$")] | None = None


class Appointment(Said):
    """A booked time; with the code the person checks in."""

    id: str
    code: str
    service: str
    begins: datetime
    ends: datetime


class Cancelled(Said):
    """It is cancelled."""

    id: str
    cancelled: Literal[True] = True


class CheckIn(Heard):
    """Somebody with a code has come: of an appointment (six digits) or a missing-papers slip (eight)."""

    id: ClientId
    code: Annotated[str, Field(pattern=r"^([0-9]{6}|[0-9]{8})$")]


class Counts(Said):
    """How many numbers, by how they ended."""

    issued: int
    served: int
    missed: int
    cancelled: int
    left: int
    open: int
    #: mean seconds from arrival to the first call; null: nobody was called
    waited_s: int | None


class Day(Said):
    """Counts of one day, as a whole and by service."""

    day: str
    total: Counts
    services: dict[str, Counts]


class Days(Said):
    """Days in order; `next` is where the following page begins."""

    days: list[Day]
    next: str | None


class Rating(Said):
    """One rating of one service step as the province counts it; `id` is the same whenever it is said."""

    id: str
    work_number: str
    #: the item's code; the hall's own key where the settings name none
    matter: str
    number: str
    #: when the papers were accepted, else when the person sat down
    accepted: datetime | None
    finished: datetime | None
    rated: datetime | None
    #: pad, phone, desk
    channel: str
    #: on the official five, by the declared mapping
    official: Annotated[int, Field(ge=1, le=5)]
    #: on the hall's four
    grade: Annotated[int, Field(ge=1, le=4)]
    reasons: list[str]


class Ratings(Said):
    """Ratings in the order in which they were given; `next` is the `since` of the following page."""

    ratings: list[Rating]
    next: datetime | None

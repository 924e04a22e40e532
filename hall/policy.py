"""The hall's policy: every rule a hall may choose for itself, as one frozen struct.

Rules:

* A key that is not given is off (or has the plain default named beside it); nothing else is switched on by it.
* A policy is changed as a whole, live, by ``set_policy``; every change has a version and stays in the journal.
* Nobody may starve: :func:`problems` refuses a policy under which somebody could wait for ever (see :mod:`hub.domain.choice`).
* What it means for people is said in both languages by :mod:`hall.policy_words`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import Enum
from typing import Annotated

import msgspec
from msgspec import Meta

from hall.messages.common import Count, Key, Line
from hall.text import Text

Minutes = Annotated[int, Meta(ge=0, le=1440)]
Seconds = Annotated[int, Meta(ge=0, le=86_400)]
Some = Annotated[int, Meta(ge=1, le=100)]


class Order(Enum):
    """How the next person is chosen among lanes."""

    #: the heaviest lane in which somebody waits
    STRICT = "strict"
    #: in turns: as many of each lane as it weighs
    WEIGHTED = "weighted"
    #: whoever has the most of (weight + 1) × seconds waited
    WEIGHT_WAIT = "weight-wait"


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base: an unknown key is a mistake, never ignored."""


class AppointmentPolicy(_Part, frozen=True, kw_only=True):
    """Appointments: when they are due, when they are late, what may be booked."""

    #: due so long before the slot, and from then on before walk-ins; before that behind them
    due_before_s: Seconds = 0
    #: who comes later than this after the slot joins the normal lane at their arrival
    late_after_min: Minutes = 10
    #: length of a slot
    slot_min: Annotated[int, Meta(ge=5, le=240)] = 30
    #: people per slot by service; a service that is not named cannot be booked
    quotas: dict[Key, Annotated[int, Meta(ge=0, le=99)]] = {}
    #: how many days ahead one may book
    book_days: Annotated[int, Meta(ge=0, le=60)] = 14
    #: a reminder is told so long before the slot; 0: none
    remind_before_min: Minutes = 15


class PausePolicy(_Part, frozen=True, kw_only=True):
    """Why and how long a clerk may step away (M6)."""

    #: allowed reasons; none named: any
    reasons: tuple[Line, ...] = ()
    #: longest pause without an alarm; None: no limit
    max_min: Minutes | None = None
    #: reasons refused while anybody waits for that window
    forbidden_while_waiting: tuple[Line, ...] = ()


class Restriction(_Part, frozen=True, kw_only=True):
    """Fewer tickets than the posted hours promise: off unless a manager says why, and what people can do instead (C1)."""

    reason: Text
    alternative: Text


class Quota(Restriction, frozen=True, kw_only=True):
    """At most so many tickets of a service a day."""

    per_day: Count


class EarlyStop(Restriction, frozen=True, kw_only=True):
    """No new tickets so long before the posted close."""

    before_close_min: Annotated[int, Meta(ge=1, le=480)]


class WaitLimit(_Part, frozen=True, kw_only=True):
    """Waits that are worth a word."""

    warn_min: Minutes = 20
    breach_min: Minutes = 30


class AlarmPolicy(_Part, frozen=True, kw_only=True):
    """When the hall speaks up by itself; None switches one alarm off."""

    wait: WaitLimit = WaitLimit()
    #: services with limits of their own
    waits: dict[Key, WaitLimit] = {}
    #: people waiting per open window of a service
    waiting_per_window: Some | None = 6
    #: people waiting in the whole hall
    waiting_in_hall: Count | None = 40
    #: a rostered window without its clerk so long after opening
    unstaffed_min: Minutes | None = 5
    #: the so-manieth transfer of one ticket (reviews and agreed returns not counted)
    transfers: Some | None = 2
    #: a person still served after so many times the service's target
    forgotten_factor: Annotated[int, Meta(ge=2, le=20)] | None = 3
    #: at least so long between two crowd sentences
    crowd_sentence_min: Minutes = 10


class Policy(_Part, frozen=True, kw_only=True):
    """Every rule a hall may choose."""

    # ---- order
    order: Order = Order.STRICT
    #: by lane; a lane that is not named weighs 0
    weights: dict[Key, Annotated[int, Meta(ge=0, le=100)]] = {}
    #: after so many calls in a row that passed over a waiting lighter lane, one of the lighter lanes
    streak_cap: Some | None = None
    #: who has waited so long comes first, whatever the lane
    starvation_min: Annotated[int, Meta(ge=1, le=480)] | None = None
    #: each place further down a window's order of services counts as having come so much later
    head_start_min: Minutes = 5
    #: lanes that heart windows take before all others
    heart_lanes: tuple[Key, ...] = ()
    appointment: AppointmentPolicy | None = None

    # ---- calls
    #: a ticket that was just called is not offered again for so long
    offer_again_after_s: Seconds = 0
    #: most recalls of one call
    recall_limit: Annotated[int, Meta(ge=0, le=20)] | None = None
    #: shortest time between two calls of the same person
    recall_lock_s: Seconds = 0
    #: shortest time between the last call and a no-show
    no_show_after_s: Seconds = 0
    #: who was missed comes back behind so many others
    return_after: Annotated[int, Meta(ge=0, le=99)] = 0
    #: a clerk's last act can be undone for so long
    undo_s: Seconds = 0
    #: how long a pad asks
    rating_s: Annotated[int, Meta(ge=5, le=600)] = 60
    #: so long after a lowest grade the lamp at the guide desk calls for somebody to go to the person; 0: never
    apology_min: Annotated[int, Meta(ge=0, le=30)] = 0
    #: a missing-papers slip brings its holder straight back for so many days
    slip_days: Annotated[int, Meta(ge=0, le=60)] = 15
    pause: PausePolicy = PausePolicy()

    # ---- day
    quotas: dict[Key, Quota] = {}
    early_stop: EarlyStop | None = None
    #: who was not served keeps the number for the next day
    keep_overnight: bool = False
    #: a paper for the duty officer to read out, ten minutes before opening, and one to sign after closing
    morning_slip: bool = False
    day_slip: bool = False

    #: people are told by themselves that the hall closes soon, so many minutes before the posted close
    closing_soon_min: tuple[Annotated[int, Meta(ge=1, le=60)], ...] = ()

    #: so many who come next are asked together to get ready, each of them once; None: nobody, for a quiet hall
    near: Annotated[int, Meta(ge=2, le=9)] | None = None
    #: where nobody of the guide desk answers a dispenser's green key for so long the hall's voice calls the guide; 0: never
    escort_voice_s: Annotated[int, Meta(ge=0, le=600)] = 0

    # ---- alarms
    alarms: AlarmPolicy | None = None


#: What a hall has that names no policy of its own.
USUAL = Policy(
    streak_cap=2,
    recall_limit=2,
    return_after=3,
    undo_s=60,
    apology_min=3,
    escort_voice_s=60,
    alarms=AlarmPolicy(),
)


def problems(
    policy: Policy, *, services: Collection[str], lanes: Collection[str]
) -> Iterator[tuple[str, Text]]:
    """Every mistake of a policy for a hall with these services and lanes, as (key, what was expected there)."""
    for key, named, known, kind in (
        ("weights", policy.weights, lanes, "lane"),
        ("heart_lanes", policy.heart_lanes, lanes, "lane"),
        ("quotas", policy.quotas, services, "service"),
        ("alarms.waits", policy.alarms.waits if policy.alarms else (), services, "service"),
        ("appointment.quotas", policy.appointment.quotas if policy.appointment else (), services, "service"),
    ):
        for name in named:
            if name not in known:
                yield (
                    f"{key}.{name}",
                    _t("本厅的通道" if kind == "lane" else "本厅的业务", f"a {kind} of this hall"),
                )
    if policy.appointment is not None and policy.appointment.quotas and "appointment" not in lanes:
        yield (
            "appointment.quotas",
            _t("本厅要有名为appointment的通道", "a lane named appointment among the hall's lanes"),
        )
    yield from _starving(policy, lanes)
    yield from _texts(policy)
    if policy.alarms is not None:
        for key, limit in {"wait": policy.alarms.wait, **policy.alarms.waits}.items():
            if limit.breach_min < limit.warn_min:
                yield (
                    f"alarms.{key}.breach_min",
                    _t(f"不小于warn_min（{limit.warn_min}）", f"at least warn_min ({limit.warn_min})"),
                )


def _t(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


def _starving(policy: Policy, lanes: Collection[str]) -> Iterator[tuple[str, Text]]:
    """Whether somebody could wait for ever: a light lane behind a heavy one that never empties."""
    # Appointments that have rules of their own are due sooner or later, whatever they weigh.
    lanes = set(lanes) - ({"appointment"} if policy.appointment is not None else set())
    weights = {policy.weights.get(lane, 0) for lane in lanes}
    hearts = bool(policy.heart_lanes) and not lanes <= set(policy.heart_lanes)
    safe = policy.starvation_min is not None or (len(weights) <= 1 and not hearts)
    match policy.order:
        case Order.STRICT:
            safe = safe or policy.streak_cap is not None
        case Order.WEIGHTED:
            safe = safe or (0 not in weights and not hearts) or policy.streak_cap is not None
        case Order.WEIGHT_WAIT:
            safe = safe or policy.streak_cap is not None
    if not safe:
        yield (
            "starvation_min",
            _t(
                "等满多少分钟就优先（或设streak_cap），不然有的通道会一直等",
                f"minutes after which anybody comes first (or streak_cap): under {policy.order.value} some lane could wait for ever",
            ),
        )


def _texts(policy: Policy) -> Iterator[tuple[str, Text]]:
    restrictions: dict[str, Restriction] = {f"quotas.{name}": quota for name, quota in policy.quotas.items()}
    if policy.early_stop is not None:
        restrictions["early_stop"] = policy.early_stop
    for key, restriction in restrictions.items():
        for name, text in (("reason", restriction.reason), ("alternative", restriction.alternative)):
            if not text.zh.strip() or not text.en.strip():
                yield f"{key}.{name}", _t("中文和英文都要有", "text in both languages")

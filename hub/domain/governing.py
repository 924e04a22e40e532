"""What a manager changes while the hall runs: the policy, and what a window serves.

Rules:

* A policy is changed as a whole and holds from the fact on; nobody is moved, and turns are counted anew. One that
  :func:`hall.policy.problems` objects to is refused with the first objection.
* Every change has a version, which counts up for ever: it and the policy cross the night in ``DayOpened``.
* The settings' policy is adopted when it is another than the one the settings held when it was last adopted; so a policy that was
  asked for stays through restarts until somebody changes the settings or asks again (or until other settings make it one that
  would be refused).
* A window's profile holds until the day ends or it is changed back; a day that is opened once more goes on with it.
* What changes nothing is no fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from hall.errors import Refused
from hall.messages.asks import SetPolicy, SetProfile
from hall.messages.facts import PolicyChanged, PolicySource, ProfileChanged
from hall.policy import Policy, problems
from hall.text import Text
from hub.domain.refusals import TEXTS, refused
from hub.domain.state import Profile, State, usual


class PolicyKept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The policy as it crosses the night."""

    version: int
    policy: Policy
    #: what the settings said when they were last adopted; None: the same
    adopted: Policy | None = None


def set_policy(s: State, order: SetPolicy, at: datetime) -> list[PolicyChanged]:
    """Another policy from now on. Refuses ``bad-policy``."""
    for key, expected in problems(order.policy, services=s.plan.services, lanes=s.plan.lanes):
        said = TEXTS["bad-policy"]
        raise Refused(
            "bad-policy", Text(zh=f"{said.zh}：{key}（{expected.zh}）", en=f"{said.en}: {key}: {expected.en}")
        )
    if order.policy == s.policy:
        return []
    return [_changed(s, order.policy, at, PolicySource.ASK, order.reason)]


def adopt_settings(s: State, at: datetime) -> list[PolicyChanged]:
    """The settings' policy, if it is another than the one they held before, or if the one in force no longer fits the hall."""
    fits = not any(problems(s.policy, services=s.plan.services, lanes=s.plan.lanes))
    if s.plan.policy == s.adopted and (fits or s.policy == s.plan.policy):
        return []
    return [_changed(s, s.plan.policy, at, PolicySource.SETTINGS, "")]


def _changed(s: State, policy: Policy, at: datetime, source: PolicySource, reason: str) -> PolicyChanged:
    return PolicyChanged(
        n=s.n + 1, at=at, version=s.policy_version + 1, policy=policy, source=source, reason=reason
    )


def set_profile(s: State, order: SetProfile, at: datetime) -> list[ProfileChanged]:
    """A window serves something else. Refuses ``unknown-window``, ``unknown-service``, ``bad-profile``."""
    s.window_plan(order.window)
    all_of_it = [*order.serves, *order.helps]
    if any(service not in s.plan.services for service in all_of_it):
        raise refused("unknown-service")
    if not order.serves or len(set(all_of_it)) < len(all_of_it):
        raise refused("bad-profile")
    now = s.profile(order.window)
    heart = now.heart if order.heart is None else order.heart
    if Profile(serves=order.serves, helps=order.helps, heart=heart) == now:
        return []
    return [
        ProfileChanged(
            n=s.n + 1, at=at, window=order.window, serves=order.serves, helps=order.helps, heart=heart
        )
    ]


# ---------------------------------------------------------------- apply


def on_policy(s: State, fact: PolicyChanged) -> None:
    """From now on."""
    s.policy_version = fact.version
    if fact.source is PolicySource.SETTINGS:
        s.adopted = fact.policy
    s.obey(fact.policy)


def on_profile(s: State, fact: ProfileChanged) -> None:
    """The window serves something else."""
    before = s.pool(fact.window)
    s.gained = fact.n, tuple(service for service in fact.serves if service not in before)
    _serve(s, fact.window, Profile(serves=fact.serves, helps=fact.helps, heart=fact.heart))


def _serve(s: State, window: int, profile: Profile) -> None:
    services = {*s.pool(window), *profile.serves}
    s.profiles[window] = profile
    for service in services:
        s.refresh_service(service)


# ---------------------------------------------------------------- across the night


def kept(s: State) -> PolicyKept:
    """The policy as it goes into ``DayOpened``."""
    adopted = None if s.adopted == s.policy else s.adopted
    return PolicyKept(version=s.policy_version, policy=s.policy, adopted=adopted)


def take_over(s: State, policy: PolicyKept) -> None:
    """The policy as it came out of ``DayOpened``."""
    s.policy_version, s.policy, s.adopted = policy.version, policy.policy, policy.adopted or policy.policy


def changed_profiles(s: State) -> dict[int, Profile]:
    """Windows that serve something else than the settings say."""
    plans = {plan.window: usual(plan) for plan in s.plan.windows}
    return {window: profile for window, profile in s.profiles.items() if plans.get(window) != profile}


def serve_again(s: State, profiles: Mapping[int, Profile]) -> None:
    """The profiles of a day that is opened once more."""
    for window, profile in profiles.items():
        _serve(s, window, profile)

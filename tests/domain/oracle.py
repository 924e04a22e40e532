"""Whom a window calls next, worked out again in the plainest way from a list of people, knowing nothing of how the hall does it."""

from collections import defaultdict

from hall.policy import Order

SECOND = 1_000_000


class Oracle:
    """Keeps its own tallies; `people` are dicts of everybody who waits in the lines of services."""

    def __init__(self, policy):
        self.obey(policy)

    def obey(self, policy):
        self.policy = policy
        self.counts = defaultdict(dict)
        self.streaks = defaultdict(dict)

    # ------------------------------------------------------------ words

    def weight(self, lane):
        return self.policy.weights.get(lane, 0)

    def rank(self, lane, heart):
        return (heart and lane in self.policy.heart_lanes, self.weight(lane))

    def apart(self, person):
        return self.policy.appointment is not None and person["lane"] == "appointment"

    def due(self, person, now):
        return person["key"][0] // SECOND - self.policy.appointment.due_before_s <= now // SECOND

    def held(self, person, now):
        called = person["unanswered"]
        return called is not None and 0 <= now - called < self.policy.offer_again_after_s * SECOND

    def starved(self, person, now):
        minutes = self.policy.starvation_min
        return minutes is not None and now // SECOND - person["key"][0] // SECOND >= minutes * 60

    def seen(self, person, services):
        late = services.index(person["service"]) * self.policy.head_start_min * 60 * SECOND
        return (person["key"][0] + late, person["key"][1])

    def walk(self):
        """Lanes with a weight, heaviest first, ties as listed."""
        listed = [lane for lane, weight in self.policy.weights.items() if weight > 0]
        return sorted(listed, key=lambda lane: -self.weight(lane))

    # ------------------------------------------------------------ the choice

    def can(self, people, services, now):
        return [p for p in people if p["service"] in services and not self.held(p, now)]

    def next(self, people, services, heart, now, pool=None):
        """Who is called of these people at a window with these services; None when nobody is."""
        people = self.can(people, services, now)
        starved = [p for p in people if self.starved(p, now)]
        if starved:
            return min(starved, key=lambda p: p["key"])
        booked = [p for p in people if self.apart(p)]
        due = [p for p in booked if self.due(p, now)]
        if due:
            return min(due, key=lambda p: self.seen(p, services))
        walkers = [p for p in people if not self.apart(p)]
        if walkers:
            return self.walker(walkers, services, heart, now, (services, heart))
        return min(booked, key=lambda p: self.seen(p, services), default=None)

    def walker(self, walkers, services, heart, now, pool):
        hearts = [p for p in walkers if heart and p["lane"] in self.policy.heart_lanes]
        best = self.by_order(hearts or walkers, services, now, pool)
        rank = self.rank(best["lane"], heart)
        lower = [p for p in walkers if self.rank(p["lane"], heart) < rank]
        cap = self.policy.streak_cap
        if cap is not None and lower and self.streaks[pool].get(rank, 0) >= cap:
            return self.walker(lower, services, heart, now, pool)
        return best

    def by_order(self, people, services, now, pool):
        def seen(person):
            return self.seen(person, services)

        def score(person):
            waited = max(0, now // SECOND - seen(person)[0] // SECOND)
            return (self.weight(person["lane"]) + 1) * waited

        match self.policy.order:
            case Order.STRICT:
                heaviest = max(self.weight(p["lane"]) for p in people)
                return min((p for p in people if self.weight(p["lane"]) == heaviest), key=seen)
            case Order.WEIGHT_WAIT:
                return min(people, key=lambda p: (-score(p), seen(p)))
            case Order.WEIGHTED:
                there = [lane for lane in self.walk() if any(p["lane"] == lane for p in people)]
                for lane in there:
                    if self.counts[pool].get(lane, 0) < self.weight(lane):
                        return min((p for p in people if p["lane"] == lane), key=seen)
                first = [p for p in people if p["lane"] == there[0]] if there else people
                return min(first, key=seen)

    # ------------------------------------------------------------ the tallies

    def called(self, person, people, services, heart, now):
        """`person` was called by the order from lines in which `people` still wait."""
        if self.apart(person) or self.starved(person, now):
            return
        pool, lane = (services, heart), person["lane"]
        walkers = [p for p in self.can(people, services, now) if not self.apart(p)]
        rank = self.rank(lane, heart)
        streaks = {r: n for r, n in self.streaks[pool].items() if r < rank}
        if any(self.rank(p["lane"], heart) < rank for p in walkers):
            streaks[rank] = self.streaks[pool].get(rank, 0) + 1
        self.streaks[pool] = streaks
        counts, weight = self.counts[pool], self.weight(lane)
        if weight == 0:
            if not any(self.weight(p["lane"]) for p in walkers):
                counts.clear()
        else:
            if counts.get(lane, 0) >= weight:
                counts.clear()
            counts[lane] = counts.get(lane, 0) + 1

    def order(self, people, services, heart, now):
        """Everybody in the order of their calls if nobody else came and the clock stood still; leaves the tallies alone."""
        kept = ({k: dict(v) for k, v in self.counts.items()}, {k: dict(v) for k, v in self.streaks.items()})
        people, ids = list(people), []
        while (person := self.next(people, services, heart, now)) is not None:
            people.remove(person)
            ids.append(person["id"])
            self.called(person, people, services, heart, now)
        self.counts, self.streaks = defaultdict(dict, kept[0]), defaultdict(dict, kept[1])
        return ids

"""A broker in memory, for the simulated day and for tests: everything on one scheduler, in order, without threads.

It models what the hall relies on: retained messages, wills on a cut (and none on a clean goodbye), wildcards, retained delivery
on subscribing only, one connection per member (a newer one takes over), and the faults of :class:`MemoryBroker`'s verbs.

It does not model: quality of service (nothing is lost unless somebody says so), acknowledgements, sessions, keepalive, access
rights, queue limits, the time a network takes, reconnect pauses (a mended link is back at once).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from hall.clock import Scheduler
from hall.link import Listener, Packet, check_sendable
from hall.topics import MEMBER_LIMIT

#: Topics whose receivers are remembered; a hall has some hundreds.
_KNOWN_TOPICS = 10_000


class MemoryLink:
    """A :class:`hall.link.Link` to a :class:`MemoryBroker`; made by its ``link``."""

    def __init__(self, broker: MemoryBroker, member: str, limit: int) -> None:
        self._broker = broker
        self.member = member
        self._limit = limit
        self._listener: Listener | None = None
        self.filters: tuple[str, ...] = ()
        self.will: Packet | None = None
        self._up = self._connecting = False
        #: counts connections, so that nothing of an old one is delivered to a new one
        self._generation = 0

    @property
    def connected(self) -> bool:
        """See :class:`hall.link.Link`."""
        return self._up

    def open(self, listener: Listener, subscriptions: Sequence[str]) -> None:
        """See :class:`hall.link.Link`."""
        if self._listener is not None:
            raise RuntimeError("the link is open already")
        self._listener = listener
        self.filters = tuple(subscriptions)
        self._broker.attach(self)

    def publish(self, packet: Packet) -> bool:
        """See :class:`hall.link.Link`."""
        check_sendable(packet, self._limit)
        if not self._up:
            return False
        self._broker.take(self.member, packet)
        return True

    def close(self, goodbye: Packet | None = None) -> None:
        """See :class:`hall.link.Link`."""
        if self._listener is None:
            return
        if self._up and goodbye is not None:
            self.publish(goodbye)
        self._listener = None
        self._broker.detach(self)
        self._down()

    # --- the broker's side

    def connect(self) -> None:
        """The broker will let this member in, after everything already on its way."""
        if self._listener is not None and not self._up and not self._connecting:
            self._connecting = True
            self._generation += 1
            self._broker.scheduler.call_soon(partial(self._connect, self._generation))

    def drop(self) -> Packet | None:
        """The connection breaks; the will that the broker now publishes, if it lives."""
        was_up = self._up
        self._down()
        if not was_up:
            return None
        self._broker.scheduler.call_soon(self._tell_gone)
        return self.will

    def deliver(self, packet: Packet) -> None:
        """Hand a packet to the member, after everything already on its way."""
        self._broker.scheduler.call_soon(partial(self._hear, self._generation, packet))

    def _down(self) -> None:
        self._up = self._connecting = False
        self._generation += 1

    def _connect(self, generation: int) -> None:
        if generation != self._generation or self._listener is None:
            return
        self.will = self._listener.will()
        self._up, self._connecting = True, False
        self._broker.welcome(self)
        self._listener.on_connected()

    def _tell_gone(self) -> None:
        if self._listener is not None:
            self._listener.on_disconnected()

    def _hear(self, generation: int, packet: Packet) -> None:
        if generation == self._generation and self._listener is not None:
            self._listener.on_message(packet)


class _Trick:
    """A fault waiting for its packets."""

    def __init__(self, topic_filter: str, count: int, copies: int) -> None:
        self.topic_filter, self.count, self.copies = topic_filter, count, copies


class MemoryBroker:
    """The broker, and the verbs by which a test breaks it."""

    def __init__(self, scheduler: Scheduler, *, log_length: int = 20_000) -> None:
        """Everything happens on `scheduler`; the newest `log_length` packets stay in :attr:`log`."""
        self.scheduler = scheduler
        #: every packet that reached the broker, oldest first
        self.log: deque[Packet] = deque(maxlen=log_length)
        #: what a new subscriber gets, by topic
        self.retained: dict[str, Packet] = {}
        #: called with (member, packet) for everything that reaches the broker, also what is then lost
        self.watchers: list[Callable[[str, Packet], None]] = []
        #: packets taken since the start
        self.count = 0
        self._links: dict[str, MemoryLink] = {}
        self._cut: set[str] = set()
        self._running = True
        self._receivers: dict[str, tuple[MemoryLink, ...]] = {}
        self._tricks: list[_Trick] = []

    def link(self, member: str, limit: int = MEMBER_LIMIT) -> MemoryLink:
        """A link for `member`, which may send payloads up to `limit` bytes."""
        return MemoryLink(self, member, limit)

    # --- faults

    def cut(self, member: str) -> None:
        """The member's cable breaks: its will is published, and it stays away until :meth:`mend`."""
        self._cut.add(member)
        self._drop(member)

    def mend(self, member: str) -> None:
        """The cable is whole again: the member connects."""
        self._cut.discard(member)
        self._admit(member)

    def kill(self, member: str) -> None:
        """The member's program is killed: its will is published, its link never hears anything again."""
        link = self._links.pop(member, None)
        if link is not None:
            will = link.drop()
            link.close()
            self._forget_receivers()
            self._publish_will(member, will)

    def stop(self) -> None:
        """The broker is killed: no wills, everything retained is gone, nobody is connected until :meth:`start`."""
        self._running = False
        self.retained.clear()
        for link in self._links.values():
            link.drop()
        self._forget_receivers()

    def start(self) -> None:
        """The broker is back, empty, and everybody connects."""
        self._running = True
        for member in tuple(self._links):
            self._admit(member)

    def lose_next(self, topic_filter: str, count: int = 1) -> None:
        """The next `count` packets whose topic matches reach nobody."""
        self._tricks.append(_Trick(topic_filter, count, 0))

    def duplicate_next(self, topic_filter: str, count: int = 1) -> None:
        """The next `count` packets whose topic matches are delivered twice."""
        self._tricks.append(_Trick(topic_filter, count, 2))

    # --- the links' side

    def attach(self, link: MemoryLink) -> None:
        """A link opens; an older one of the same member is thrown out, with its will."""
        older = self._links.pop(link.member, None)
        if older is not None:
            self._publish_will(link.member, older.drop())
        self._links[link.member] = link
        self._admit(link.member)

    def detach(self, link: MemoryLink) -> None:
        """A link said goodbye: no will."""
        if self._links.get(link.member) is link:
            del self._links[link.member]
            self._forget_receivers()

    def take(self, member: str, packet: Packet) -> None:
        """A packet arrives from `member`."""
        self.count += 1
        self.log.append(packet)
        for watch in self.watchers:
            watch(member, packet)
        copies = self._copies(packet.topic) if self._tricks else 1
        if not copies:
            return
        if packet.retain:
            if packet.payload:
                self.retained[packet.topic] = packet
            else:
                self.retained.pop(packet.topic, None)
            packet = Packet(packet.topic, packet.payload, packet.qos)
        receivers = self._receivers.get(packet.topic)
        if receivers is None:
            receivers = self._find_receivers(packet.topic)
        for link in receivers:
            for _ in range(copies):
                link.deliver(packet)

    def welcome(self, link: MemoryLink) -> None:
        """A link is in: give it what was retained on its filters."""
        self._forget_receivers()
        for topic_filter in link.filters:
            for topic, packet in tuple(self.retained.items()):
                if matches(topic_filter, topic):
                    link.deliver(packet)

    # --- inside

    def _admit(self, member: str) -> None:
        link = self._links.get(member)
        if link is not None and self._running and member not in self._cut:
            link.connect()

    def _drop(self, member: str) -> None:
        link = self._links.get(member)
        if link is not None:
            will = link.drop()
            self._forget_receivers()
            self._publish_will(member, will)

    def _publish_will(self, member: str, will: Packet | None) -> None:
        if will is not None and self._running:
            self.take(member, will)

    def _copies(self, topic: str) -> int:
        for trick in self._tricks:
            if matches(trick.topic_filter, topic):
                trick.count -= 1
                if trick.count <= 0:
                    self._tricks.remove(trick)
                return trick.copies
        return 1

    def _forget_receivers(self) -> None:
        self._receivers.clear()

    def _find_receivers(self, topic: str) -> tuple[MemoryLink, ...]:
        """Who hears `topic`; each once, in the order they connected. Remembered until somebody comes or goes."""
        if len(self._receivers) >= _KNOWN_TOPICS:
            self._receivers.clear()
        found = tuple(
            link for link in self._links.values() if link.connected and matches_any(link.filters, topic)
        )
        self._receivers[topic] = found
        return found


def matches_any(topic_filters: Iterable[str], topic: str) -> bool:
    """Whether one of the filters takes `topic`."""
    return any(matches(topic_filter, topic) for topic_filter in topic_filters)


def matches(topic_filter: str, topic: str) -> bool:
    """Whether an MQTT topic filter takes `topic`: ``+`` is one level, a closing ``#`` this level and all below."""
    if topic_filter == topic:
        return True
    wanted, given = topic_filter.split("/"), topic.split("/")
    if given[0].startswith("$") and wanted[0] in {"+", "#"}:
        return False
    for i, level in enumerate(wanted):
        if level == "#":
            return True
        if i >= len(given) or level not in {"+", given[i]}:
            return False
    return len(wanted) == len(given)

"""pytest fixtures: a whole hall for a test, and a judge of every message on its bus. Load it with ``pytest_plugins = ["sim.fixtures"]``.

* ``simulated_hall`` — a :class:`sim.simulated.SimulatedHall` in this process, on a clock moved by hand. Up when the test gets it.
* ``new_simulated_hall(**options)`` — the same with options of one's own (``plan``, ``seed``, ``start``, ``started=False``), any number.
* ``running_hall`` — a :class:`sim.stage.RunningStage`: mosquitto, hub, world and a process per device. Up when the test gets it.
* ``bus_record`` — the :class:`BusRecord` of the test's halls; ask for it to watch another broker, or to excuse hostile messages.
* ``postgres`` — a :class:`sim.postgres.PostgresServer` for the whole session; ``new_database()`` — the URL of a fresh store in it.

Every message is judged by ``docs/asyncapi.yaml`` when the test is over; a single undocumented or invalid one fails the test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import jsonschema_rs
import pytest
from sqlalchemy import Executable, create_engine, delete, insert, text

from hall import asyncapi
from hall.link import Packet
from hall.memory import MemoryBroker, matches
from hub.store.engine import open_store
from hub.store.tables import SCHEMA, meta, metadata
from sim.postgres import PostgresServer
from sim.simulated import SimulatedHall
from sim.stage import RunningStage, running_stage

#: how many complaints are worth reading
SHOWN = 20
#: how many judged messages are remembered
KNOWN = 50_000


class NewHall(Protocol):
    """Makes simulated halls for one test; they are stopped when it is over."""

    def __call__(self, **options: Any) -> SimulatedHall:
        """`options` are those of :class:`sim.simulated.SimulatedHall`."""


class BusRecord:
    """Every different message that was on a hall's bus, and what the document says about it."""

    def __init__(self, hall: str = "demo") -> None:
        """`hall` is the hall whose topics are judged."""
        self._judge = _judge(hall, asyncapi.DOCUMENT)
        #: each different (topic, payload), in the order of first appearance; beats and repeats come by the thousand
        self.messages: dict[tuple[str, bytes], None] = {}
        #: messages seen, repeats included
        self.count = 0
        #: topic filters that are not judged: what a test sends wrong on purpose
        self.excused: list[str] = []

    def note(self, packet: Packet) -> None:
        """A message was on the bus."""
        self.count += 1
        self.messages[packet.topic, packet.payload] = None

    def watch(self, broker: MemoryBroker) -> None:
        """Note everything that reaches this broker, and what is still in its log."""
        for packet in broker.log:
            self.note(packet)
        broker.watchers.append(lambda _member, packet: self.note(packet))

    def excuse(self, topic_filter: str) -> None:
        """Do not judge messages whose topic matches: the test sends them wrong on purpose."""
        self.excused.append(topic_filter)

    def errors(self) -> list[str]:
        """What is wrong with the messages; empty when the bus is as documented."""
        found: list[str] = []
        for topic, payload in self.messages:
            if not any(matches(excused, topic) for excused in self.excused):
                found.extend(f"{error}\n    {payload[:300]!r}" for error in self._judge(topic, payload))
        return found

    def check(self) -> None:
        """Fail the test that is running when the bus was not as documented, or when nothing was on it."""
        wrong = self.errors()
        if wrong:
            listed = "\n".join(wrong[:SHOWN])
            pytest.fail(
                f"{len(wrong)} complaints about the bus (docs/asyncapi.yaml):\n{listed}", pytrace=False
            )


@cache
def _judge(hall: str, document: Path) -> Callable[[str, bytes], list[str]]:  # noqa: ARG001 - reading a document anew takes half a second
    # halls of one seed say the same again, test for test
    return lru_cache(KNOWN)(asyncapi.Oracle(hall, _validator).errors)


def _validator(schema: dict[str, Any]) -> Callable[[Any], list[str]]:
    checker = jsonschema_rs.Draft202012Validator(schema)
    return lambda value: [f"{error.instance_path}: {error.message}" for error in checker.iter_errors(value)]


@pytest.fixture
def bus_record() -> Iterator[BusRecord]:
    """The record of this test's bus, judged when the test is over."""
    record = BusRecord()
    yield record
    record.check()


@pytest.fixture
def new_simulated_hall(tmp_path: Path, bus_record: BusRecord) -> Iterator[NewHall]:
    """Makes halls in this process, up (unless ``started=False``) and with the speakers on (unless ``quiet=True``)."""
    halls: list[SimulatedHall] = []

    def make(**options: Any) -> SimulatedHall:
        folder = tmp_path / f"hall-{len(halls) + 1}"
        folder.mkdir()
        started = options.pop("started", True)
        hall = SimulatedHall(folder, started=False, **options)
        halls.append(hall)
        bus_record.watch(hall.broker)
        if started:
            hall.start()
        return hall

    yield make
    for hall in halls:
        hall.stop()


@pytest.fixture
def simulated_hall(new_simulated_hall: NewHall) -> SimulatedHall:
    """The example hall in this process, on a clock moved by hand; up."""
    return new_simulated_hall()


@pytest.fixture
def running_hall(tmp_path: Path, bus_record: BusRecord) -> Iterator[RunningStage]:
    """The example hall as real processes; up."""
    with running_stage(tmp_path / "hall", watch=bus_record.note) as stage:
        yield stage


class NewDatabase(Protocol):
    """Makes databases on the tests' PostgreSQL server; they are gone when the test is over."""

    def __call__(self, *, empty: bool = False) -> str:
        """The URL of one with an empty store of today's schema, or (`empty`) with nothing in it at all."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server that runs while the tests do."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def spare_databases(postgres: PostgresServer) -> list[str]:
    """Databases with an empty store that nobody uses now: making one takes ten times as long as emptying it."""
    _on(postgres.url("postgres"), "CREATE DATABASE empty_store")
    open_store(postgres.url("empty_store")).dispose()
    return []


@pytest.fixture
def new_database(postgres: PostgresServer, spare_databases: list[str]) -> Iterator[NewDatabase]:
    """See :class:`NewDatabase`."""
    stores: list[str] = []
    empties: list[str] = []

    def make(*, empty: bool = False) -> str:
        name = f"test_{uuid4().hex}"
        if empty:
            _on(postgres.url("postgres"), f"CREATE DATABASE {name} STRATEGY FILE_COPY")
            empties.append(name)
        elif spare_databases:
            name = spare_databases.pop()
            stores.append(name)
        else:
            _on(postgres.url("postgres"), f"CREATE DATABASE {name} TEMPLATE empty_store STRATEGY FILE_COPY")
            stores.append(name)
        return postgres.url(name)

    yield make
    for name in empties:
        _on(postgres.url("postgres"), f"DROP DATABASE {name} WITH (FORCE)")
    for name in stores:
        emptied = [delete(table) for table in metadata.sorted_tables]
        _on(postgres.url(name), _OTHERS_OUT, *emptied, insert(meta).values(key="schema", value=SCHEMA))
        spare_databases.append(name)


_OTHERS_OUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def _on(url: str, *statements: str | Executable) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement) if isinstance(statement, str) else statement)
    engine.dispose()

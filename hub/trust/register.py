"""Who may become a member, who is one, and who is one no more: the register beside the authority.

Rules:

* Whoever is **expected** has a token: 160 bits, shown once, kept only as its SHA-256, for one name and for a few days.
* A token is **burned to the first key** that shows it, in one transaction with the certificate: of a hundred at once exactly one
  wins. Until it runs out, the same key may ask again with it and gets the same certificate: the power may fail between the answer and the card.
* A name has at most one key. **Replacing** expects the name anew and revokes what was, in one act; **retiring** revokes and expects nobody.
* A member renews with a request that its present key has signed, while its certificate counts or for :data:`GRACE` after. What it had
  before is revoked when the new one is first heard of again, or with the member.
* **Quarantined** is a name that two boxes claim: nothing of it counts until somebody says which one is right, by replacing or releasing it.
* Every act is written down with who did it; nothing is ever deleted.
* One file for everybody who may change it (the hall box's command line, the console): whoever writes holds its lock meanwhile.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

import msgspec

from hall.errors import Refused
from hall.messages.common import MemberKind
from hall.text import Text
from hall.topics import HUB, is_name
from hub.trust.authority import Certificate, Revoked

TOKEN_BYTES = 20
TOKEN_LIVES = timedelta(days=3)
#: A device that stood in a cupboard comes back by itself for so long after its certificate ran out.
GRACE = timedelta(days=30)

_TABLES = """
CREATE TABLE IF NOT EXISTS member (
    name TEXT PRIMARY KEY, kind TEXT NOT NULL, standing TEXT NOT NULL, since TEXT NOT NULL,
    token TEXT UNIQUE, token_until TEXT, key TEXT, machine TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS certificate (
    serial TEXT PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL, until TEXT NOT NULL, chain BLOB NOT NULL, revoked TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS act (
    n INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, actor TEXT NOT NULL, name TEXT NOT NULL, what TEXT NOT NULL
);
"""


class Standing(Enum):
    """Where a name stands."""

    #: a token waits to be shown
    EXPECTED = "expected"
    #: it has a certificate; nobody has looked at the device yet
    ENROLLED = "enrolled"
    #: a technician has seen it say who it is
    IN_SERVICE = "in-service"
    QUARANTINED = "quarantined"
    RETIRED = "retired"


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What a device says of the machine it is; for people, never a proof."""

    model: str = ""
    serial: str = ""
    mac: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A name as the register knows it."""

    name: str
    kind: MemberKind
    standing: Standing
    since: datetime
    machine: Machine
    #: when its token runs out, as long as one waits
    token_until: datetime | None = None
    #: until when its certificate counts
    until: datetime | None = None


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done to a name."""

    at: datetime
    actor: str
    name: str
    what: str


NO_TOKEN = Refused(
    "token-refused",
    Text(
        zh="登记口令无效、已用过或已过期，请重新制卡",
        en="this token is unknown, used or out of date: have the device expected again and write its card anew",
    ),
)
NO_MEMBER = Refused(
    "not-a-member",
    Text(
        zh="本设备不是有效成员，请联系管理人员",
        en="this device is no member of the hall (any more): have it replaced",
    ),
)


class Register:
    """The register in one SQLite file."""

    def __init__(self, file: Path) -> None:
        """Open or begin it. Raises ``sqlite3.Error`` when the file cannot be used."""
        file.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        self._db = sqlite3.connect(file, isolation_level=None, timeout=10.0, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._db.close()

    # ---------------------------------------------------------------- what people do

    def expect(
        self, name: str, kind: MemberKind, *, now: datetime, actor: str, lives: timedelta = TOKEN_LIVES
    ) -> str:
        """A new token for `name`; one that waited counts no more. ``Refused`` for a name that is in use: replace it."""
        _check(name)
        with self._changing():
            row = self._row(name)
            if row is not None and row["standing"] not in {Standing.EXPECTED.value, Standing.RETIRED.value}:
                raise Refused(
                    "in-use",
                    Text(zh=f"{name} 已在使用，请用“更换”", en=f"{name} is in use: replace it instead"),
                )
            return self._expect(name, kind, now, actor, lives, "expected")

    def replace(self, name: str, *, now: datetime, actor: str, lives: timedelta = TOKEN_LIVES) -> str:
        """Another box takes the name over: what was is revoked; the new token."""
        with self._changing():
            row = self._known(name)
            self._revoke(name, now)
            return self._expect(name, MemberKind(row["kind"]), now, actor, lives, "replaced")

    def retire(self, name: str, *, now: datetime, actor: str) -> None:
        """The name is nobody's any more."""
        self._end(name, Standing.RETIRED, now, actor, "retired")

    def quarantine(self, name: str, *, now: datetime, actor: str, why: str) -> None:
        """Two boxes claim the name: nothing of it counts. Again: nothing; ``Refused`` for a name that nobody holds."""
        with self._changing():
            standing = Standing(self._known(name)["standing"])
            if standing is Standing.QUARANTINED:
                return
            if standing not in {Standing.ENROLLED, Standing.IN_SERVICE}:
                raise _wrong(name, Standing.ENROLLED)
            self._stand(name, Standing.QUARANTINED, now)
            self._note(now, actor, name, f"quarantined: {why}")

    def release(self, name: str, *, now: datetime, actor: str) -> None:
        """The quarantine was a mistake, or is over."""
        self._step(name, Standing.QUARANTINED, Standing.ENROLLED, now, actor, "released")

    def confirm(self, name: str, *, now: datetime, actor: str) -> None:
        """A technician has seen the device say who it is: it is in service. Again: nothing."""
        with self._changing():
            if self._known(name)["standing"] == Standing.IN_SERVICE.value:
                return
        self._step(name, Standing.ENROLLED, Standing.IN_SERVICE, now, actor, "confirmed")

    # ---------------------------------------------------------------- what devices do

    def enrol(
        self, token: str, key: str, machine: Machine, now: datetime, sign: Callable[[str], Certificate]
    ) -> tuple[str, Certificate]:
        """Name and certificate for the first key (a fingerprint) that shows `token`; ``Refused`` with ``token-refused``."""
        with self._changing():
            row = self._db.execute("SELECT * FROM member WHERE token = ?", (_hashed(token),)).fetchone()
            if row is None or _when(row["token_until"]) <= now or row["key"] not in {None, key}:
                raise NO_TOKEN
            name = str(row["name"])
            if row["key"] == key:
                kept = self._db.execute(
                    "SELECT * FROM certificate WHERE name = ? AND key = ? AND revoked IS NULL ORDER BY until DESC",
                    (name, key),
                ).fetchone()
                if kept is not None:
                    return name, _certificate(kept)
            made = sign(name)
            self._keep(name, key, made)
            self._db.execute(
                "UPDATE member SET key = ?, machine = ? WHERE name = ?",
                (key, msgspec.json.encode(machine).decode(), name),
            )
            self._stand(name, Standing.ENROLLED, now)
            self._note(now, name, name, f"enrolled: {machine.model} {machine.serial} {machine.mac}".rstrip())
            return name, made

    def renew(
        self, serial: int, key: str, now: datetime, sign: Callable[[str], Certificate]
    ) -> tuple[str, Certificate]:
        """A new certificate in place of the one with `serial`, which the asker has proved to hold; ``Refused`` with ``not-a-member``."""
        with self._changing():
            old = self._db.execute("SELECT * FROM certificate WHERE serial = ?", (str(serial),)).fetchone()
            if old is None or old["revoked"] is not None or _when(old["until"]) + GRACE <= now:
                raise NO_MEMBER
            name = str(old["name"])
            if self._known(name)["standing"] not in {Standing.ENROLLED.value, Standing.IN_SERVICE.value}:
                raise NO_MEMBER
            made = sign(name)
            # older ones than the present: nobody needs them now
            self._db.execute(
                "UPDATE certificate SET revoked = ? WHERE name = ? AND serial <> ? AND revoked IS NULL",
                (now.isoformat(), name, str(serial)),
            )
            self._keep(name, key, made)
            self._db.execute("UPDATE member SET key = ? WHERE name = ?", (key, name))
            self._note(now, name, name, f"renewed until {made.until.date()}")
            return name, made

    # ---------------------------------------------------------------- what is so

    def entries(self) -> list[Entry]:
        """Every name, in order."""
        found = self._db.execute(
            "SELECT m.*, (SELECT max(until) FROM certificate c WHERE c.name = m.name AND c.revoked IS NULL) AS until"
            " FROM member m ORDER BY m.name"
        )
        return [_entry(row) for row in found]

    def chain(self, serial: int) -> bytes | None:
        """The certificate with that serial, PEM, whether it counts or not."""
        row = self._db.execute("SELECT chain FROM certificate WHERE serial = ?", (str(serial),)).fetchone()
        return None if row is None else bytes(row["chain"])

    def acts(self, name: str | None = None) -> list[Act]:
        """What was done, the latest first."""
        where, values = ("WHERE name = ?", (name,)) if name else ("", ())
        found = self._db.execute(f"SELECT * FROM act {where} ORDER BY n DESC LIMIT 500", values)  # noqa: S608 - fixed text
        return [Act(at=_when(r["at"]), actor=r["actor"], name=r["name"], what=r["what"]) for r in found]

    def revoked(self) -> list[Revoked]:
        """Certificates that count no more, and would still."""
        found = self._db.execute(
            "SELECT serial, coalesce(revoked, since) AS at FROM certificate JOIN member USING (name)"
            " WHERE revoked IS NOT NULL OR standing = ?",
            (Standing.QUARANTINED.value,),
        )
        return [Revoked(int(row["serial"]), _when(row["at"])) for row in found]

    def closed(self) -> list[str]:
        """Names that may do nothing on the broker: nobody holds them now."""
        shut = {Standing.EXPECTED, Standing.QUARANTINED, Standing.RETIRED}
        return [entry.name for entry in self.entries() if entry.standing in shut]

    def version(self) -> int:
        """Changes whenever somebody else has changed the register (and not with what is done here)."""
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    # ---------------------------------------------------------------- inside

    @contextmanager
    def _changing(self) -> Generator[None]:
        """All or nothing, and nobody else meanwhile."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _expect(
        self, name: str, kind: MemberKind, now: datetime, actor: str, lives: timedelta, what: str
    ) -> str:
        token = secrets.token_hex(TOKEN_BYTES)
        self._db.execute(
            "INSERT INTO member (name, kind, standing, since, token, token_until) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, standing = excluded.standing, since = excluded.since,"
            " token = excluded.token, token_until = excluded.token_until, key = NULL",
            (
                name,
                kind.value,
                Standing.EXPECTED.value,
                now.isoformat(),
                _hashed(token),
                (now + lives).isoformat(),
            ),
        )
        self._note(now, actor, name, what)
        return token

    def _end(self, name: str, standing: Standing, now: datetime, actor: str, what: str) -> None:
        with self._changing():
            self._known(name)
            self._revoke(name, now)
            self._stand(name, standing, now)
            self._db.execute(
                "UPDATE member SET token = NULL, token_until = NULL, key = NULL WHERE name = ?", (name,)
            )
            self._note(now, actor, name, what)

    def _step(
        self, name: str, before: Standing, after: Standing, now: datetime, actor: str, what: str
    ) -> None:
        with self._changing():
            if self._known(name)["standing"] != before.value:
                raise _wrong(name, before)
            self._stand(name, after, now)
            self._note(now, actor, name, what)

    def _row(self, name: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute("SELECT * FROM member WHERE name = ?", (name,)).fetchone()
        return row

    def _known(self, name: str) -> sqlite3.Row:
        row = self._row(name)
        if row is None:
            raise Refused("unknown-member", Text(zh=f"没有登记 {name}", en=f"{name} is not in the register"))
        return row

    def _stand(self, name: str, standing: Standing, now: datetime) -> None:
        self._db.execute(
            "UPDATE member SET standing = ?, since = ? WHERE name = ?",
            (standing.value, now.isoformat(), name),
        )

    def _revoke(self, name: str, now: datetime) -> None:
        self._db.execute(
            "UPDATE certificate SET revoked = ? WHERE name = ? AND revoked IS NULL", (now.isoformat(), name)
        )

    def _keep(self, name: str, key: str, made: Certificate) -> None:
        self._db.execute(
            "INSERT INTO certificate (serial, name, key, until, chain) VALUES (?, ?, ?, ?, ?)",
            (str(made.serial), name, key, made.until.isoformat(), made.chain),
        )

    def _note(self, now: datetime, actor: str, name: str, what: str) -> None:
        self._db.execute(
            "INSERT INTO act (at, actor, name, what) VALUES (?, ?, ?, ?)",
            (now.isoformat(), actor, name, what),
        )


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _when(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _certificate(row: sqlite3.Row) -> Certificate:
    return Certificate(bytes(row["chain"]), int(row["serial"]), _when(row["until"]))


def _entry(row: sqlite3.Row) -> Entry:
    waits = row["standing"] == Standing.EXPECTED.value and row["token_until"]
    return Entry(
        name=row["name"],
        kind=MemberKind(row["kind"]),
        standing=Standing(row["standing"]),
        since=_when(row["since"]),
        machine=msgspec.json.decode(row["machine"], type=Machine),
        token_until=_when(row["token_until"]) if waits else None,
        until=_when(row["until"]) if row["until"] else None,
    )


def _wrong(name: str, expected: Standing) -> Refused:
    return Refused(
        "wrong-standing",
        Text(zh=f"{name} 当前状态不能这样做", en=f"{name} is not {expected.value} now"),
    )


def _check(name: str) -> None:
    if not is_name(name) or name == HUB:
        raise Refused(
            "bad-name",
            Text(
                zh=f"{name!r} 不能用作成员名：小写字母、数字和连字符，最多32个",
                en=f"{name!r} cannot be a member's name: small letters, digits and hyphens, at most 32",
            ),
        )

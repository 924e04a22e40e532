"""A signed repository in memory which tells the truth or anything else, and a web server on this machine that hands it out.

Rules:

* What is handed out is `files`: name and bytes, as they were when :meth:`Published.publish` wrote them. Whoever wants to lie changes them, or
  changes the metadata and publishes again.
* `asked` is what a client asked for, in order.
"""

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

ROOT, TIMESTAMP, SNAPSHOT, TARGETS = "root", "timestamp", "snapshot", "targets"
SAFE = timedelta(days=30)
TODAY = datetime.now(UTC).replace(microsecond=0)


class Published:
    """Version 1 of all four roles, each signed by one key of its own."""

    def __init__(self):
        self.root = Root(expires=TODAY + SAFE, consistent_snapshot=True)
        self.timestamp = Timestamp(expires=TODAY + SAFE)
        self.snapshot = Snapshot(expires=TODAY + SAFE)
        self.targets = Targets(expires=TODAY + SAFE)
        self.delegated: dict[str, Targets] = {}
        self.signers: dict[str, dict[str, CryptoSigner]] = {}
        self.files: dict[str, bytes] = {}
        self.artifacts: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.says_hashes = False
        for role in (ROOT, TIMESTAMP, SNAPSHOT, TARGETS):
            self.add_key(role)
        for role in (ROOT, TARGETS, SNAPSHOT, TIMESTAMP):
            self.put(role)

    def said(self, role):
        return self.delegated.get(role) or getattr(self, role)

    # -- keys ------------------------------------------------------------------------------------------------------

    def add_key(self, role, signer=None, *, signs=True):
        """One key more may sign `role`; and does, unless told otherwise."""
        signer = signer or CryptoSigner.generate_ed25519()
        if role in self.delegated:
            for each in (self.targets, *self.delegated.values()):
                if each.delegations and role in each.delegations.roles:
                    each.add_key(signer.public_key, role)
        else:
            self.root.add_key(signer.public_key, role)
        if signs:
            self.signers.setdefault(role, {})[signer.public_key.keyid] = signer
        return signer

    def drop_keys(self, role):
        for keyid in [*self.root.roles[role].keyids]:
            self.root.revoke_key(keyid, role)
        self.signers[role].clear()

    # -- publishing -----------------------------------------------------------------------------------------------

    def publish(self, *roles):
        """A new version of each, and its word in the role above it."""
        for role in roles:
            self.said(role).version += 1
            self.put(role)

    def put(self, role, *, name=None):
        """What `role` says, signed, below the name of its version or another; the role above it says so the next time it is published."""
        said = self.said(role)
        signed = Metadata(said)
        for signer in self.signers.get(role, {}).values():
            signed.sign(signer, append=True)
        data = signed.to_bytes()
        file = TIMESTAMP if role == TIMESTAMP else f"{said.version}.{quote(role, safe='')}"
        self.files[name or f"{file}.json"] = data
        meta = MetaFile(said.version)
        if self.says_hashes:
            meta = MetaFile.from_data(said.version, data, ["sha256"])
        if role == SNAPSHOT:
            self.timestamp.snapshot_meta = meta
        elif role not in (ROOT, TIMESTAMP):
            self.snapshot.meta[f"{role}.json"] = meta

    # -- content --------------------------------------------------------------------------------------------------

    def delegate(self, by, role):
        """`by` lets `role`, a ``DelegatedRole``, speak for its paths."""
        delegator = self.said(by)
        if delegator.delegations is None:
            delegator.delegations = Delegations({}, roles={})
        delegator.delegations.roles[role.name] = role
        if role.name not in self.delegated:
            self.delegated[role.name] = Targets(expires=TODAY + SAFE)
            self.delegated[role.name].version = 0  # until it is published
        if signers := self.signers.get(role.name):
            for signer in signers.values():
                delegator.add_key(signer.public_key, role.name)
        else:
            self.add_key(role.name)

    def add(self, path, content, role=TARGETS, hashes=None):
        """`role` says what `path` is, the next time it is published."""
        self.said(role).targets[path] = TargetFile.from_data(path, content, hashes)
        self.artifacts[path] = content


def delegation(name, *paths, terminating=False):
    return DelegatedRole(name, [], 1, terminating, [*paths] or ["*"])


def past(days):
    return TODAY - timedelta(days=days)


class Server:
    """Hands out one repository after the other, below names of their own, so that one socket serves all tests of a module."""

    def __init__(self, port):
        self.port = port
        self.repositories: list[Published] = []

    def new(self):
        self.repositories.append(Published())
        return self.repositories[-1], f"http://127.0.0.1:{self.port}/{len(self.repositories) - 1}"

    def answer(self, path):
        number, kind, name = path.lstrip("/").split("/", 2)
        repository = self.repositories[int(number)]
        repository.asked.append(name)
        if kind == "metadata":
            return repository.files.get(name)
        folder, slash, file = name.rpartition("/")
        digest, _, plain = file.partition(".")
        path = f"{folder}{slash}{plain}"
        for said in (repository.targets, *repository.delegated.values()):
            if path in said.targets and digest in said.targets[path].hashes.values():
                return repository.artifacts[path]
        return repository.artifacts.get(name)


@contextmanager
def served():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            data = server.answer(self.path)
            self.send_response(404 if data is None else 200)
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, *_said):
            """A test's own assertions say what was asked for."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        server = Server(listening.server_address[1])
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()

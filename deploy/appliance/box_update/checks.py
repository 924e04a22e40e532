"""The looks of which a release's proof is made, at a real hall box."""

from __future__ import annotations

import http.client
import ssl
from pathlib import Path

from hall.errors import Fault, Refused
from hall.messages import asks
from hall.text import Text
from hub.console.plans.command import backstage_of, put
from hub.console.settings import ConsoleSettings
from hub.settings import read
from hub.store.heads import Heads
from hub.store.look import looking
from hub.store.verify import verify

#: who asks, where the box has no identity of its own for commands
WHO = "console-update"
ANSWER_S = 5.0


def journal(settings: Path) -> None:
    """The store is of this release's schema, and every fact is what was recorded; ``Fault``."""
    own, _ = read(settings)
    noted = [one.head for one in Heads(Path(own.heads)).read()]
    with looking(own.store) as connection:
        verdict = verify(connection, noted)
    if verdict.wrong is not None:
        raise Fault("journal-broken", verdict.wrong.text)


def ask(settings: Path) -> int:
    """``hall update ask``: let in by the broker, heard and answered by the hub; what is asked for changes nothing."""
    own, plan = read(settings)
    with backstage_of(own, plan, WHO) as backstage:
        try:
            put(backstage, asks.StopRollOut(id=backstage.new_id(), actor=WHO, rollout=0))
        except Refused as answer:
            if answer.code == "hub-away":
                raise
            return 0  # that there is none is the hub's answer
    return 0


def pages(settings: ConsoleSettings) -> None:
    """The pages answer, and have the hall; ``Fault``."""
    secure = settings.secure
    try:
        said = _status(settings.port if secure is None else secure.port, secure=secure is not None)
    except (OSError, http.client.HTTPException) as error:
        said = str(error)
    if said != "200":
        raise Fault("no-pages", Text(zh=f"网页没有应答：{said}", en=f"the pages do not answer: {said}"))


def _status(port: int, *, secure: bool) -> str:
    """What ``/metrics`` says to this machine; 503 until the console has the hall."""
    if secure:
        itself = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        itself.check_hostname, itself.verify_mode = False, ssl.CERT_NONE  # this machine asks itself
        line: http.client.HTTPConnection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=ANSWER_S, context=itself
        )
    else:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)
    try:
        line.request("GET", "/metrics")
        return str(line.getresponse().status)
    finally:
        line.close()

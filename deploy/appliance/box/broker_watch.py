"""Ends a broker that hangs, so that systemd starts it anew: ``python -m deploy.appliance.box.broker_watch PORT PID-FILE``.

Rules:

* mosquitto does not tell systemd that it lives, so somebody knocks: begins to speak TLS and goes as soon as the broker begins its
  answer. mosquitto has one thread; if it turns for us, it turns for everybody. No certificate is needed. Going earlier or later would
  be an error in the broker's journal each time.
* Any answer is life: a greeting, an alert, a closed line. Where nobody listens no broker runs, which systemd knows by itself.
* It is not asked for a message and back. mosquitto greets, lets in and hands on in one loop; what it does not hand on although it turns is a
  matter of certificates, access list or limits, which no new start mends. And who asked for that would need an identity: one whose
  certificate had run out would end a broker that works, over and over.
* Only silence is hanging: :data:`SILENCES` knocks in a row, each of :data:`PATIENCE_S`, at one and the same process. A crowded
  machine is slow, but not for so long.
* It is ended by KILL: what hangs hears nothing else. Each time the next look comes later, so that a broker which hangs at every
  start is not ended in circles; one that lived since is judged as at first.
* This runs under the broker's own account and needs no right over others.
"""

from __future__ import annotations

import os
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hall.clock import Seconds
from hall.notify import Notifier

EVERY_S: Seconds = 10.0
PATIENCE_S: Seconds = 10.0
SILENCES = 4
#: how long the next look waits after one was ended, at first and at most
GRACE_S: Seconds = 30.0
MOST_GRACE_S: Seconds = 960.0


def answers(port: int, patience_s: Seconds = PATIENCE_S) -> bool | None:
    """Whether the broker at this port of the loopback turns; None where none listens."""
    try:
        with socket.create_connection(("127.0.0.1", port), patience_s) as line:
            line.sendall(_greeting())
            line.recv(16)
    except TimeoutError:
        return False
    except ConnectionRefusedError:
        return None
    except OSError:
        return True
    return True


def _greeting() -> bytes:
    """The first words of TLS. Nothing is believed, for nothing is said."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    said = ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), said).do_handshake()
    return said.read()


class Watch:
    """What was heard of one broker so far."""

    def __init__(self, port: int, pid_file: Path, *, say: Callable[[str], None] = print) -> None:
        """`say` gets a line for the journal."""
        self._port, self._pid_file, self._say = port, pid_file, say
        self._silences = 0
        self._of: int | None = None
        self._grace = GRACE_S

    def knock(self, patience_s: Seconds = PATIENCE_S) -> Seconds:
        """One look; how long to wait for the next one."""
        process = self._process()
        heard = answers(self._port, patience_s)
        if heard is not False or process is None or process != self._process():
            if heard:
                self._grace = GRACE_S
            self._silences = 0
            return EVERY_S
        self._silences = self._silences + 1 if process == self._of else 1
        self._of = process
        self._say(
            f"the broker (process {process}) gave no answer for {patience_s:g} s, {self._silences} of {SILENCES}"
        )
        if self._silences < SILENCES:
            return EVERY_S
        self._silences = 0
        return self._end(process)

    def _end(self, process: int) -> Seconds:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            return EVERY_S
        wait, self._grace = self._grace, min(self._grace * 2, MOST_GRACE_S)
        self._say(f"the broker hung and was ended; systemd starts it anew. The next look comes in {wait:g} s")
        return wait

    def _process(self) -> int | None:
        """Who says to be the broker."""
        try:
            number = int(self._pid_file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None
        return number if number > 1 else None


def main(port: str, pid_file: str) -> None:
    """Look for as long as this machine runs; the manager's watchdog is fed once a look."""
    notifier = Notifier(os.environ)
    watch = Watch(int(port), Path(pid_file), say=lambda line: print(line, flush=True))
    notifier.say("READY=1")
    while True:
        wait = watch.knock()
        while wait > 0:
            notifier.say("WATCHDOG=1")
            time.sleep(min(wait, EVERY_S))
            wait -= EVERY_S


if __name__ == "__main__":
    main(*sys.argv[1:])

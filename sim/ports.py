"""TCP ports that stay ours from the moment they are chosen until, and while, a program of ours listens there.

A port that was only looked at can be gone a moment later: any connection that somebody opens on this machine may take it.
A socket that is bound and does not listen keeps it from everybody who asks for *any* port, and lets in who asks for this one
with SO_REUSEADDR, as every server here does, also after a restart.
"""

from __future__ import annotations

import errno
import socket


class Ports:
    """Ports of this machine's loopback, kept until :meth:`close`."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        """Keeps none yet."""
        self._host = host
        self._held: list[socket.socket] = []

    def take(self, port: int = 0) -> int:
        """Keep `port` (0: any free one) and return it; OSError (EADDRINUSE) when somebody has it, or it is kept already."""
        if port and any(holder.getsockname()[1] == port for holder in self._held):
            raise OSError(errno.EADDRINUSE, "this port is kept for another program of ours")
        holder = socket.socket()
        try:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind((self._host, port))
        except OSError:
            holder.close()
            raise
        self._held.append(holder)
        taken: int = holder.getsockname()[1]
        return taken

    def close(self) -> None:
        """Let them go; may be called twice."""
        while self._held:
            self._held.pop().close()

"""Where release files come from: the desk's HTTPS port, or a folder on a stick. Neither is trusted: TUF judges what comes.

Rules:

* A file comes in pieces and is given up when nothing comes for :data:`SILENT_S`, or when all of it takes more than :data:`LONGEST_S`.
* How long it may be is TUF's business, which knows before the first byte (:mod:`devices.updates.signed`).
* The desk is believed only with the hall's own authority's certificate, under the name of the hall box; no proxy is asked.
"""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tuf.api.exceptions import DownloadError, DownloadHTTPError
from tuf.ngclient import FetcherInterface

SILENT_S = 20.0
LONGEST_S = 1800.0
_PIECE = 64 * 1024


class Source(FetcherInterface):
    """Fetches ``https:`` and ``file:`` addresses."""

    def __init__(self, context: ssl.SSLContext | None = None, *, longest_s: float = LONGEST_S) -> None:
        """`context` believes the desk; None: only folders are read."""
        self._context, self._longest_s = context, longest_s

    def _fetch(self, url: str) -> Iterator[bytes]:
        parts = urlsplit(url)
        if parts.scheme == "file":
            return _of_file(Path(unquote(parts.path)))
        if parts.scheme == "https" and self._context is not None and parts.hostname:
            desk = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=SILENT_S, context=self._context
            )
            return self._of_desk(desk, parts.path)
        raise DownloadError(f"{parts.scheme} is no way to a release")

    def _of_desk(self, desk: http.client.HTTPConnection, path: str) -> Iterator[bytes]:
        until = time.monotonic() + self._longest_s
        try:
            desk.request("GET", path)
            with desk.getresponse() as answer:
                if answer.status != http.client.OK:
                    raise DownloadHTTPError(f"{path}: {answer.status}", answer.status)
                while piece := answer.read1(_PIECE):
                    if time.monotonic() > until:
                        raise DownloadError(f"{path} takes too long")
                    yield piece
        except (OSError, http.client.HTTPException) as error:
            raise DownloadError(f"{desk.host}:{desk.port}: {error}") from error
        finally:
            desk.close()


def _of_file(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as stream:
            while piece := stream.read(_PIECE):
                yield piece
    except FileNotFoundError as error:
        raise DownloadHTTPError(f"{file} is not there", 404) from error
    except OSError as error:
        raise DownloadError(f"{file}: {error.strerror}") from error

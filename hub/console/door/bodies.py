"""What a form says, as far as anybody needs to read it."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import Request

#: No form of a phone page is longer.
FORM_BYTES = 8 * 1024


class TooMuch(Exception):
    """A body that nobody will read."""


async def body_of(request: Request, most: int) -> bytes:
    """The body, of at most so many bytes. Raises ``TooMuch``, without having read on."""
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > most:
        raise TooMuch
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > most:
            raise TooMuch
    return bytes(read)


async def form_of(request: Request) -> dict[str, list[str]]:
    """A plain form's fields; another kind of body has none. Raises ``TooMuch``."""
    body = await body_of(request, FORM_BYTES)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return {}
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=40)
    except ValueError:  # not UTF-8, or too many fields
        return {}

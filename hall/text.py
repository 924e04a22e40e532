"""A sentence in the hall's two languages."""

from __future__ import annotations

import msgspec


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """The same sentence for citizens (`zh`, default) and beside it (`en`)."""

    zh: str
    en: str

"""How long what is kept, as the hub's settings say it; what comes of it is :mod:`hub.store.retention`."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long what is kept. Devices repeat an ask for hours, not weeks: a week is the least."""

    #: days whose facts stay in the journal; null: all of them, for ever
    days: Annotated[int, Meta(ge=7, le=36_500)] | None = None
    #: folder of the files of older days, relative to the settings file
    archive: Annotated[str, Meta(min_length=1)] = "archive"
    #: days after which the token of a ticket's phone page is forgotten; null: never
    token_days: Annotated[int, Meta(ge=1, le=36_500)] | None = 30

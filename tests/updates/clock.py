"""The clock by which a machine judges what has expired."""

import datetime as dt

from tuf.ngclient._internal import trusted_metadata_set


def at(monkeypatch, moment):
    """The machine's clock shows this."""

    class Then(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return moment.astimezone(tz)

    fake = type(dt)("datetime")
    fake.__dict__.update({**dt.__dict__, "datetime": Then})
    monkeypatch.setattr(trusted_metadata_set, "datetime", fake)

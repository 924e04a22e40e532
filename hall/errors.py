"""Errors that say whose fault it is.

One root, three leaves: :class:`Malformed` (the peer spoke nonsense), :class:`Refused` (a rule of the hall says no) and
:class:`Fault` (something of ours or of the machine is broken). Each carries a stable ``code`` and a sentence in both
languages, so the same error can be answered on the bus, shown on a page and logged in one line.
"""

from __future__ import annotations

from hall.text import Text


class HallError(Exception):
    """Something in the hall went wrong."""

    def __init__(self, code: str, text: Text | None = None) -> None:
        """`code` is stable and machine readable; `text` is the sentence for people (default: the class's own)."""
        self.code = code
        doc = (type(self).__doc__ or code).strip()
        self.text = text or Text(zh="出错了，请联系技术人员", en=doc)
        super().__init__(f"{code}: {self.text.en}")


class Malformed(HallError):
    """The message cannot be understood."""


class Refused(HallError):
    """A rule of the hall does not allow this."""


class Fault(HallError):
    """A part of the machine does not work."""


class BadSettings(HallError):
    """A settings file is wrong: names the file, the key and what was expected there."""

    def __init__(self, file: str, key: str, expected: str | Text) -> None:
        """`file` path as given, `key` dotted path inside it or "(file)", which nobody reads, `expected` in words."""
        said = expected if isinstance(expected, Text) else Text(zh=expected, en=expected)
        self.file, self.key, self.expected = file, key, said.en
        where = () if key == "(file)" else (key,)
        super().__init__(
            "bad-settings",
            Text(
                zh="：".join((file, *where, f"应为 {said.zh}")),
                en=": ".join((file, *where, f"expected {said.en}")),
            ),
        )

"""How a word is written down."""

from __future__ import annotations

from hall.text import Text


def text(zh: str, en: str) -> Text:
    """A word in both languages; `{fields}` are filled in where it is shown."""
    return Text(zh=zh, en=en)


def fill(word: str, **fields: object) -> str:
    """The word with its fields."""
    counted = {name: _Count(value) if type(value) is int else value for name, value in fields.items()}
    return word.format(**counted)


class _Count(int):
    """A number in a word: English says ``{n} {n:change|changes}``."""

    def __format__(self, spec: str) -> str:
        """One of the two forms, or the number."""
        one, either, many = spec.partition("|")
        if not either:
            return super().__format__(spec)
        return one if self == 1 else many

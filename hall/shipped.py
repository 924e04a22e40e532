"""YAML that comes with the programs: theirs, and so right. What people write is read by :mod:`hall.settings`, which guesses nothing."""

from __future__ import annotations

from typing import Any

import yaml

# libyaml where it is there: ten times as quick, and every program of a hall reads some of it as it starts
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def shipped(text: str) -> Any:
    """What stands in it."""
    return yaml.load(text, _LOADER)  # noqa: S506 - a safe one

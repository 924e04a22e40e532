"""A plan for a card, to be varied."""

from datetime import UTC, datetime

import pytest

from deploy.card.plan import CardPlan


@pytest.fixture(scope="session")
def plan():
    def made(**other):
        usual = {
            "hall": "demo",
            "member": "sign-2",
            "timezone": "Asia/Shanghai",
            "stamp": datetime(2026, 11, 28, 9, 0, tzinfo=UTC),
            "once": "a1b2c3d4",
            "hardware": ("dtparam=spi=on",),
        }
        return CardPlan(**(usual | other))

    return made

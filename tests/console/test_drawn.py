"""When an open page is drawn anew: for what it was drawn with, and not for what each picture brings. What it says finds its reader."""

import asyncio
import gc
from types import SimpleNamespace

import pytest
from msgspec import structs
from nicegui import Client, context, ui

from hub.console.look.frame import Actor, Drawn, Latest, looks_alike
from sim.layout import demo_plan

PLAN = demo_plan(always_open=True)


def with_brightness(plan, value):
    sign = structs.replace(plan.members["sign-3"], config={"brightness": value})
    return structs.replace(plan, members=plan.members | {"sign-3": sign})


def test_a_device_that_is_set_otherwise_shuts_nobodys_dialog():
    backstage = SimpleNamespace(plan=PLAN)
    drawn = Drawn(backstage)
    for value in (3, 4, None):
        backstage.plan = with_brightness(PLAN, value) if value else PLAN
        assert not drawn.stale()


@pytest.mark.parametrize(
    "changed",
    [
        structs.replace(PLAN, name=structs.replace(PLAN.name, zh="另一个大厅")),
        structs.replace(PLAN, members={name: PLAN.members[name] for name in list(PLAN.members)[1:]}),
        structs.replace(
            PLAN, members=PLAN.members | {"sign-3": structs.replace(PLAN.members["sign-3"], window=4)}
        ),
    ],
    ids=["name", "one device less", "another window"],
)
def test_what_a_page_was_drawn_with_draws_it_anew(changed):
    assert not looks_alike(PLAN, changed)
    assert not looks_alike(PLAN, with_brightness(changed, 3))


def test_a_picture_that_could_not_be_drawn_is_drawn_at_the_next_look():
    latest, drawn = Latest(), []

    def show(picture):
        drawn.append(picture.serial)
        if len(drawn) == 1:
            raise ValueError("not drawn")

    picture = SimpleNamespace(serial=7)
    latest.draw(None, show)
    with pytest.raises(ValueError, match="not drawn"):
        latest.draw(picture, show)
    latest.draw(picture, show)
    latest.draw(picture, show)
    assert drawn == [7, 7]


def test_what_was_done_is_told_although_the_row_of_the_button_is_gone():
    async def main():
        with Client(ui.page("")) as client:
            actor = Actor((None,) * 7, "", None)
            row = ui.element("li")
            with row:
                slot = context.slot
        row.delete()
        del row
        gc.collect()
        with slot:
            actor.tell("A001")
        [(_, kind, said)] = client.outbox.messages
        client.delete()
        return kind, said["message"]

    assert asyncio.run(main()) == ("notify", "A001")

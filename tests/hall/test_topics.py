"""The topic table: building and taking apart are inverse, and nothing else is a topic of ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.memory import matches
from hall.messages.wants import WANTS
from hall.topics import HUB, HUB_LIMIT, LEAVES, MEMBER_LIMIT, Topics, Writer, is_name

NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True)
PARTS = st.text(st.characters(codec="utf-8", exclude_characters="/+#\0"), min_size=1, max_size=12)


@given(NAMES, NAMES, st.sampled_from(LEAVES), PARTS)
def test_what_is_built_is_taken_apart_again(hall, member, leaf, part):
    topics = Topics(hall)
    if not leaf.per_member:
        member = HUB
    name = leaf.name.split("<")[0] + part if "<" in leaf.name else leaf.name
    found = topics.parse(topics.of(member, name))
    assert found is not None
    assert (found.hall, found.member, found.leaf) == (hall, member, leaf)
    assert found.part == (part if "<" in leaf.name else None)


@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(["hall", "1", "demo", "hub", "pad-3", "up", "down", "ask", "want", "", "$state"]),
        max_size=7,
    ).map("/".join)
)
def test_any_text_is_ours_or_none_and_never_a_crash(text):
    topics = Topics("demo")
    found = topics.parse(text)
    if found is not None:
        name = found.leaf.name.split("<")[0] + (found.part or "")
        assert topics.of(found.member, name) == text


@pytest.mark.parametrize(
    "topic",
    [
        "hall/1/other/pad-3/$state",
        "hall/2/demo/pad-3/$state",
        "hall/1/demo/Pad/$state",
        "hall/1/demo//$state",
        "hall/1/demo/pad-3",
        "hall/1/demo/pad-3/",
        "hall/1/demo/pad-3/up",
        "hall/1/demo/pad-3/up/ask/more",
        "hall/1/demo/pad-3/down/want/",
        "hall/1/demo/pad-3/down/want/a/b",
        "hall/1/demo/pad-3/board",  # only the hub has one
        "hall/1/demo/pad-3/fact/TicketIssued",
        "hall/1/demo/" + "a" * 33 + "/$state",
        "hall/1/demo/-pad/$state",
    ],
)
def test_others_topics_are_none_of_ours(topic):
    assert Topics("demo").parse(topic) is None


@pytest.mark.parametrize("text", ["", "-a", "a-", "A", "a_b", "a/b", "+", "#", "a\n", "a" * 33, "é", "a b"])
def test_a_name_is_small_letters_digits_and_inner_dashes(text):
    assert not is_name(text)
    with pytest.raises(ValueError, match="hall id"):
        Topics(text)


def topic_of(leaf, member):
    return Topics("demo").of(
        member if leaf.per_member else HUB,
        leaf.name.replace("<part>", "x").replace("<id>", "x").replace("<type>", "X"),
    )


def test_a_device_hears_what_is_for_it_and_the_hub_hears_what_members_say():
    topics = Topics("demo")
    for leaf in LEAVES:
        mine, others = topic_of(leaf, "pad-3"), topic_of(leaf, "pad-4")
        device = [f for f in topics.device_filters("pad-3") if matches(f, mine)]
        hub = [f for f in topics.hub_filters() if matches(f, mine)]
        console = [f for f in topics.console_filters("console-1") if matches(f, mine)]
        if leaf.per_member:
            assert bool(device) == (leaf.writer is Writer.HUB), leaf.name
            assert not any(matches(f, others) for f in topics.device_filters("pad-3"))
            assert len(hub) == (leaf.writer is not Writer.HUB), leaf.name
        else:
            assert bool(device) == (leaf.name == "rebirth")
            assert len(console) == 1
        assert len(console) <= 1


def test_limits_and_retention_are_the_contracts():
    limits = {leaf.name: leaf.limit for leaf in LEAVES}
    assert limits["up/event"] == MEMBER_LIMIT == 8 * 1024
    assert limits["board"] == HUB_LIMIT == 64 * 1024
    assert {leaf.name for leaf in LEAVES if leaf.retained} == {
        "$state",
        "$desc",
        "$alert/<id>",
        "down/want/<part>",
        "up/have/<part>",
        "board",
    }
    assert {leaf.name for leaf in LEAVES if leaf.qos == 0} == {"up/beat", "down/receipt"}
    assert all(leaf.qos <= 1 for leaf in LEAVES)
    assert set(WANTS) >= {"display", "rating", "numbers", "services", "config"}

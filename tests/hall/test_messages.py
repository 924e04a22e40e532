"""Every message comes back as it was said, and whatever else comes is refused with a code, never a crash (R3)."""

import datetime as dt
import functools
import json
import typing

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from hall import wire
from hall.errors import Malformed
from hall.messages import answers, asks, commands, events, facts, presence, wants
from hall.topics import HUB_LIMIT, LEAVES, MEMBER_LIMIT

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
ZONES = [dt.UTC, dt.timezone(dt.timedelta(hours=8))]
# every case runs over all types: together that is thousands
FEW = settings(max_examples=settings.default.max_examples // 10)


def values(kind: inspect.Type) -> st.SearchStrategy:
    """Anything that a field of this kind may hold."""
    match kind:
        case inspect.StrType():
            if kind.pattern is not None:
                least, most = kind.min_length or 0, kind.max_length or 10_000
                return st.from_regex(
                    kind.pattern, fullmatch=True, alphabet=st.characters(codec="utf-8")
                ).filter(lambda text: least <= len(text) <= most)
            return st.text(
                st.characters(codec="utf-8"), min_size=kind.min_length or 0, max_size=kind.max_length or 30
            )
        case inspect.IntType():
            return st.integers(
                kind.ge if kind.ge is not None else -(2**53), kind.le if kind.le is not None else 2**53
            )
        case inspect.FloatType():
            return st.floats(allow_nan=False, allow_infinity=False)
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.DateTimeType():
            return st.integers(0, 2**32).map(lambda s: dt.datetime.fromtimestamp(s, ZONES[s % 2]))
        case inspect.EnumType(cls):
            return st.sampled_from(list(cls))
        case inspect.Metadata(inner):
            return values(inner)
        case inspect.UnionType(types):
            return st.one_of([values(inner) for inner in types])
        case inspect.VarTupleType(item):
            return st.lists(values(item), max_size=3).map(tuple)
        case inspect.TupleType(items):
            return st.tuples(*(values(item) for item in items))
        case inspect.DictType():
            return st.dictionaries(
                values(kind.key_type), values(kind.value_type), min_size=kind.min_length or 0, max_size=3
            )
        case inspect.StructType(cls):
            return messages(cls)
        case inspect.RawType():
            return st.sampled_from([msgspec.Raw(b'{"n":1}'), msgspec.Raw(b"[]")])
        case inspect.AnyType():
            return JSONS
        case inspect.LiteralType(values=said):
            return st.sampled_from(said)
    if getattr(kind, "cls", None) is msgspec.Raw:
        return st.sampled_from([msgspec.Raw(b'{"n":1}'), msgspec.Raw(b"[]")])
    raise AssertionError(f"no values for {kind}")


@functools.cache
def messages(cls: type) -> st.SearchStrategy:
    """Any message of a class."""
    fields = inspect.type_info(cls).fields
    return st.fixed_dictionaries({field.name: values(field.type) for field in fields}).map(
        lambda chosen: cls(**chosen)
    )


TYPES = sorted(
    {kind for leaf in LEAVES for kind in leaf.types}, key=lambda kind: (kind.__module__, kind.__name__)
)
#: what each leaf is decoded as, and by what limit
READ_AS = [
    (asks.AnyAsk, MEMBER_LIMIT),
    (events.AnyEvent, MEMBER_LIMIT),
    (facts.AnyFact, HUB_LIMIT),
    (commands.AnyCommand, HUB_LIMIT),
    (commands.Result, MEMBER_LIMIT),
    (answers.Answer, HUB_LIMIT),
    (answers.Receipt, MEMBER_LIMIT),
    (answers.Board, HUB_LIMIT),
    (answers.Rebirth, MEMBER_LIMIT),
    (presence.State, MEMBER_LIMIT),
    (presence.Description, MEMBER_LIMIT),
    (presence.Alert, MEMBER_LIMIT),
    (presence.Beat, MEMBER_LIMIT),
    (wants.Have, MEMBER_LIMIT),
    *((want, HUB_LIMIT) for want in wants.WANTS.values()),
]


def name(case):
    kind = case[0] if isinstance(case, tuple) else case
    return getattr(kind, "__name__", None) or f"any {typing.get_args(kind)[0].__mro__[1].__name__}"


def understood(kind, payload, limit):
    """What was read, or the code of the refusal; anything else fails the test."""
    try:
        return wire.decode(kind, payload, limit)
    except Malformed as error:
        refusal = error
    assert refusal.code in {"too-large", "not-json", "too-deep", "not-valid"}
    assert refusal.text.zh
    assert refusal.text.en.isprintable()
    return refusal.code


def any_of(kind):
    """Any valid message that a reader of `kind` may meet."""
    if kind is answers.Answer:
        return messages(answers.No) | messages(answers.Done)
    return st.one_of([messages(cls) for cls in typing.get_args(kind) or (kind,)])


@pytest.mark.parametrize("kind", TYPES, ids=name)
def test_every_message_comes_back_as_it_was_said_and_fields_of_tomorrow_are_ignored(kind):
    @FEW
    @given(messages(kind), JSONS)
    def check(message, more):
        payload = wire.encode(message)
        back = wire.decode(kind, payload, HUB_LIMIT * 16)
        assert back == message
        assert wire.encode(back) == payload
        tail = json.dumps(more).encode()
        added = payload[:-1] + (b"," if len(payload) > 2 else b"") + b'"field_of_tomorrow":' + tail + b"}"
        assert wire.encode(wire.decode(kind, added, HUB_LIMIT * 16)) == payload

    check()


@pytest.mark.parametrize("case", READ_AS, ids=name)
def test_arbitrary_bytes_are_understood_or_refused(case):
    kind, limit = case

    @FEW
    @given(
        st.binary(max_size=200) | TEXTS.map(str.encode) | JSONS.map(lambda value: json.dumps(value).encode())
    )
    @example(b"")
    @example(b"\xff\xfe{}")
    @example(b'{"id":"\xff"}')
    @example(b"NaN")
    @example(b'{"id":NaN,"n":Infinity}')
    @example(b'{"n":' + b"9" * 5000 + b"}")
    @example(b'{"n":1e999,"epoch":-0.0}')
    @example(b'{"x":' + b"[" * 8000)
    @example(b"[" * 8192)
    @example(b'{"a":' * 1600)
    @example(b'{"id":"\\ud800"}')
    @example(b'{"id":"a\\u0000b"}')
    @example(b"\xef\xbb\xbf{}")
    def check(payload):
        understood(kind, payload, limit)
        wire.peek(payload)

    check()


@pytest.mark.parametrize("case", READ_AS, ids=name)
def test_a_damaged_message_is_understood_or_refused(case):
    kind, limit = case

    @FEW
    @given(any_of(kind).map(wire.encode), st.data())
    def check(payload, data):
        at = data.draw(st.integers(0, max(0, len(payload) - 1)))
        piece = data.draw(
            st.sampled_from(
                [b"", b'"', b"{", b"null", b"\x00", b"\xff", b"-1", b"1e400", b"\\u202e", b"9" * 40]
            )
        )
        cut = data.draw(st.integers(0, 12))
        damaged = payload[:at] + piece + payload[at + cut :]
        understood(kind, damaged, limit)
        wire.peek(damaged)

    check()


@pytest.mark.parametrize("case", READ_AS, ids=name)
def test_a_field_of_another_kind_is_understood_or_refused(case):
    kind, limit = case

    @FEW
    @given(any_of(kind), st.data())
    def check(message, data):
        fields = json.loads(wire.encode(message))
        key = data.draw(st.sampled_from(sorted(fields) or ["epoch"]))
        fields[key] = data.draw(
            st.sampled_from([[[]], {"a": {}}, 2**70, -(2**70), "\u202e\n", 1.5, True, None])
        )
        understood(kind, json.dumps(fields).encode(), limit)

    check()


@pytest.mark.parametrize("case", READ_AS, ids=name)
def test_one_byte_over_the_limit_is_refused_whatever_it_says(case):
    kind, limit = case
    padded = b'{"x":"' + b"x" * (limit - 7) + b'"}'
    assert len(padded) == limit + 1
    assert understood(kind, padded, limit) == "too-large"


def test_deep_json_is_refused_and_not_a_crash():
    assert understood(answers.Rebirth, b'{"x":' + b"[" * 8000, MEMBER_LIMIT) in {"too-deep", "not-json"}
    assert (
        understood(wants.Config, b'{"rev":"r","values":{"x":' + b"[" * 60_000 + b"]" * 5 + b"}}", HUB_LIMIT)
        == "too-deep"
    )


def test_a_newline_at_the_end_of_an_id_is_not_an_id():
    for tail in ("\\n", "\\r", "\\u2028", "\\u0000", "/", "+", "#"):
        payload = b'{"id":"x%s","type":"call_next","window":1}' % tail.encode()
        assert understood(asks.AnyAsk, payload, MEMBER_LIMIT) == "not-valid"
        assert wire.peek(payload).id is None


def test_one_ask_is_not_another():
    ask = wire.decode_ask(b'{"id":"x","type":"call_next","window":3}')
    assert ask == asks.CallNext(id="x", window=3)
    for payload in (
        b'{"id":"x","type":"nonsense"}',
        b'{"id":"x","window":3}',
        b'{"id":"x","type":7,"window":3}',
    ):
        assert understood(asks.AnyAsk, payload, MEMBER_LIMIT) == "not-valid"

"""Messages to bytes and back. Decoding is strict: type, size, depth, range and characters are checked here and nowhere else."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import msgspec

from hall.errors import Malformed
from hall.messages import answers, asks, commands, events, facts
from hall.messages.common import Id
from hall.text import Text
from hall.topics import MEMBER_LIMIT

T = TypeVar("T")
#: For what is ours already and was checked when it came.
_ANY_SIZE = 2**31
_encode = msgspec.json.Encoder().encode


def encode(message: msgspec.Struct | dict[str, Any]) -> bytes:
    """The message as UTF-8 JSON; the same message always gives the same bytes. A dict is one of another release, passed on."""
    return _encode(message)


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def decode(kind: Any, payload: bytes | msgspec.Raw, limit: int = MEMBER_LIMIT) -> Any:
    """Read `payload` as `kind` (a struct class or a union of tagged ones).

    Raises :class:`Malformed` with code ``too-large``, ``not-json``, ``too-deep`` or ``not-valid``; nothing else.
    """
    if len(payload) > limit:
        raise Malformed(
            "too-large",
            Text(zh="消息过长", en=f"the message has {len(payload)} bytes, at most {limit} are read"),
        )
    try:
        return _decoder(kind).decode(payload)
    except msgspec.ValidationError as error:
        raise Malformed("not-valid", Text(zh="消息内容不合规定", en=_clean(str(error)))) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed("not-json", Text(zh="消息不是有效的JSON", en=_clean(str(error)))) from error
    except RecursionError as error:
        raise Malformed("too-deep", Text(zh="消息嵌套过深", en="the message is nested too deeply")) from error
    except (ValueError, OverflowError) as error:
        raise Malformed("not-valid", Text(zh="消息内容不合规定", en=_clean(str(error)))) from error


def decode_ask(payload: bytes) -> asks.AnyAsk:
    """Read an ask."""
    ask: asks.AnyAsk = decode(asks.AnyAsk, payload)
    return ask


def decode_event(payload: bytes) -> events.AnyEvent:
    """Read a device's event."""
    event: events.AnyEvent = decode(events.AnyEvent, payload)
    return event


def decode_fact(payload: bytes | msgspec.Raw) -> facts.AnyFact:
    """Read a fact, from its topic, an answer or the journal; Malformed when it is none."""
    fact: facts.AnyFact = decode(facts.AnyFact, payload, _ANY_SIZE)
    return fact


def decode_command(payload: bytes, limit: int) -> commands.AnyCommand:
    """Read a command."""
    command: commands.AnyCommand = decode(commands.AnyCommand, payload, limit)
    return command


class _Peek(msgspec.Struct):
    id: Id | None = None
    type: str | None = None
    outbox: Id | None = None
    seq: int | None = None


def peek(payload: bytes) -> _Peek:
    """What can still be told about a message that does not decode (its id and type, so that it can be refused by name)."""
    try:
        found: _Peek = _decoder(_Peek).decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, OverflowError):
        return _Peek()
    return found


def refusal(ask_id: str, code: str, text: Text) -> bytes:
    """An answer that says no."""
    return encode(answers.No(id=ask_id, ok=False, code=code, text=text))


def _clean(text: str) -> str:
    """One printable line of at most 200 characters: this ends in logs and answers."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)[:200]

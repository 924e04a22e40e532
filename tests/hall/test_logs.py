"""One record, one line, whatever stands in it."""

import io
import logging

import pytest

from hall import logs


@pytest.fixture
def stream():
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.setup("sign-3", "info", stream)
    yield stream
    logging.captureWarnings(capture=False)
    root.handlers[:] = before
    root.setLevel(level)


def test_a_record_is_a_line_with_its_details_as_key_and_value(stream):
    logging.getLogger("hall.x").info(
        "alert", extra={"code": "paper-out", "count": 3, "what": "out of paper", "none": ""}
    )
    line = stream.getvalue()
    assert line.endswith('INFO sign-3 hall.x alert code=paper-out count=3 what="out of paper" none=""\n')
    assert line.count("\n") == 1


def test_below_the_level_nothing_is_written(stream):
    logging.getLogger("x").debug("whisper")
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    "evil",
    ["a\nERROR forged", "\x1b[31mred\x1b[0m", "\u202egnp", "nul\0", "\r\x08", "\u2028", "\x85", "\ud800"],
)
def test_nothing_from_outside_can_forge_a_line_or_paint_a_terminal(stream, evil):
    logging.getLogger("x").warning("dropped %s", evil, extra={"topic": evil})
    line = stream.getvalue()
    assert line.count("\n") == 1
    assert line.rstrip("\n").isprintable()
    line.encode("utf-8")


def test_a_traceback_stays_in_its_record(stream):
    try:
        raise ValueError("with\nnewline")
    except ValueError:
        logging.getLogger("x").exception("a call failed")
    line = stream.getvalue()
    assert line.count("\n") == 1
    assert "ValueError: with" in line
    assert "test_logs.py" in line


def test_a_huge_record_is_cut(stream):
    logging.getLogger("x").info("x" * 100_000)
    assert len(stream.getvalue()) <= logs.LONGEST + 1


def test_chinese_stays_readable(stream):
    logging.getLogger("x").info("缺纸")
    assert "缺纸" in stream.getvalue()

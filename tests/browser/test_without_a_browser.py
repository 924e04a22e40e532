"""What the page decides by itself: whom it may signal, where a code stands, what a broken message does to it."""

import json
import os
import subprocess
from datetime import UTC, datetime

import pytest
import qrcode
from PIL import Image

from hall.link import Packet
from sim.layout import demo_plan
from sim.page import qr
from sim.page.notebook import Notebook
from sim.page.processes import Processes

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_process_of_another_parent_is_never_signalled(tmp_path):
    with subprocess.Popen(
        ["sleep", "60"]
    ) as stranger:  # our child, not our parent's: a pid that was given away
        (tmp_path / "processes.json").write_text(
            json.dumps({"hub": stranger.pid, "page": os.getpid(), "init": 1})
        )
        processes = Processes(tmp_path)
        for name in ("hub", "page", "init", "nobody"):
            with pytest.raises(LookupError):
                processes.signal(name, "kill")
        with pytest.raises(LookupError):
            processes.signal("hub", "melt")
        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"hub": "x"}', '{"hub": -1}', "null"])
def test_a_list_of_processes_that_makes_no_sense_is_nobody(tmp_path, content):
    (tmp_path / "processes.json").write_text(content)
    processes = Processes(tmp_path)
    assert processes.look() == {}
    with pytest.raises(LookupError):
        processes.signal("hub", "kill")


@pytest.mark.parametrize("module", [3, 4, 6])
def test_a_code_is_found_where_it_stands(module):
    code = qrcode.QRCode(border=0, box_size=module)
    code.add_data("示例市住房公积金服务大厅 A001")
    drawn = code.make_image().get_image().convert("L")
    paper = Image.new("L", (620, 900), 255)
    paper.paste(drawn, (300, 500))
    left, top, right, bottom = qr.find(paper)
    assert abs(left - 300) <= module * 2
    assert abs(top - 500) <= module * 2
    assert abs(right - 300 - drawn.width) <= module * 2
    assert abs(bottom - 500 - drawn.height) <= module * 2


def test_there_is_no_code_on_a_paper_without_one():
    assert qr.find(Image.new("L", (600, 300), 255)) is None


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("hall/1/demo/hub/board", b"{"),
        ("hall/1/demo/pad-1/up/beat", b'{"epoch": "x"}'),
        ("hall/1/demo/speaker-1/down/command", b"\xff\xfe"),
        ("hall/1/demo/hub/fact/TicketIssued", b"[" * 5000),
        ("hall/1/other/hub/board", b"{}"),
        ("nothing", b""),
    ],
)
def test_a_message_that_makes_no_sense_is_shown_and_changes_nothing(topic, payload):
    notebook = Notebook(demo_plan(always_open=True))
    assert notebook.on_packet(Packet(topic, payload, 1, False), NOW) is None
    seen = notebook.look()
    assert (seen.board, seen.facts, seen.calls, seen.beats) == (None, (), (), {})
    assert [line.size for line in seen.messages] == (
        [len(payload)] if topic.startswith("hall/1/demo/") else []
    )

"""What a technician reads of a printer that is asked who it is."""

import pytest

from devices.agent.at_work import alone
from devices.ticket_dispenser.probe import report, run
from hall.errors import Refused
from sim.twin.paper import PaperPrinter
from sim.twin.wire import WireLoop
from sim.twin.wire_paper import PrinterServer


def asked(printer):
    return "\n".join(report(printer.port(), 0.05))


def test_one_that_answers_is_understood_and_a_class_named():
    printer = PaperPrinter(576)
    said = asked(printer)
    assert "正常 well" in said
    assert "GS r 有回答" in said
    assert "profile: epson-tm" in said
    printer.load_paper()
    assert printer.slips == [], "nothing was printed, and nothing waits to be"


def test_a_trouble_is_said_with_what_to_do():
    printer = PaperPrinter(576)
    printer.cover_open = True
    said = asked(printer)
    assert "打印机盖子没有关好" in said
    assert "请合上盖子" in said


def test_one_that_says_nothing_is_no_printer_with_paper():
    printer = PaperPrinter(576)
    printer.mute = True
    assert "answers: false" in asked(printer)


def test_it_is_run_on_a_dispensers_settings(tmp_path, capsys):
    loop = WireLoop()
    server = PrinterServer(loop, PaperPrinter(576))
    file = tmp_path / "dispenser.yaml"
    file.write_text(
        "hall: demo\nmember: dispenser-1\nstate_dir: /tmp\nbroker: {host: 127.0.0.1}\n"
        "keys: [{pin: 5, service: withdrawal}]\n"
        f"printer: {{kind: network, host: 127.0.0.1, port: {server.port}, timeout_s: 0.1}}\n"
    )
    server.close()
    loop.close()
    assert run(file) == 1
    assert "no line to the printer" in capsys.readouterr().err


def test_while_the_dispensers_own_program_runs_the_probe_says_to_stop_it_first(tmp_path):
    file = tmp_path / "device.yaml"
    words = ("/opt/hall/bin/python", "-I", "-m", "devices", "dispenser", str(file), "")
    (tmp_path / "41").mkdir()
    (tmp_path / "41" / "cmdline").write_bytes("\0".join(words).encode())
    with pytest.raises(Refused, match="stop that first"):
        alone(file, tmp_path)
    alone(tmp_path / "other.yaml", tmp_path)
    alone(None, tmp_path)

"""The command line: it loads only what a command needs, and an error is one line and an exit code."""

import importlib
import inspect
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hall import cli, cli_box, cli_card, cli_number_book, cli_report, cli_settings, cli_store, cli_twin
from hall.cli import Target

DAY_OPTIONS = {
    "day": True,
    "seed": 3,
    "visitors": 300,
    "speed": "max",
    "headless": False,
    "out": Path("there"),
    "date": date(2026, 1, 5),
    "json": False,
    "seconds": None,
    "mqtt_port": None,
    "secure": False,
    "web_port": None,
    "lan": False,
    "state": None,
    "faults": ["paper-out", "jam"],
}
# What each command hands to its function.
GIVEN = {target: {"settings"} for target in (cli_box.HUB, *cli.DEVICES.values())}
GIVEN |= {cli.DEMO: set(DAY_OPTIONS), cli.DOCTOR: {"settings", "hall", "broker", "json"}}
GIVEN |= {
    cli_number_book.NUMBER_BOOK: {"file", "out", "first", "last", "services"},
    cli_card.FLASH: {"member", "wheels", "device", "image", "settings", "label", "yes"},
    cli_card.LABEL: {"member", "settings", "invitation", "hall", "out", "printer"},
    cli_card.WHEELS: {"kind", "python", "platform", "out", "source", "mirror"},
    cli_card.IMAGE: {"out", "suite", "architecture", "mirror", "wheels", "epoch"},
    cli_card.CHECK_WHEELS: {"folder"},
    cli_report.REPORT: {"settings", "store", "first", "last", "by", "form", "out", "ratings"},
    cli_store.VERIFY: {"settings", "store", "heads", "head", "archive", "json"},
    cli_store.REBUILD: {"settings", "store"},
    cli_store.EXPORT: {"settings", "store", "to", "day", "before", "take_out"},
    cli_store.IMPORT: {"settings", "store", "into", "files"},
    cli_store.BACKUP: {"settings", "store", "to", "keep"},
    cli_store.RESTORE: {"settings", "store", "file", "force"},
    cli_settings.CHECK: {"file"},
    cli_settings.EXPORT: {"settings", "to"},
    cli_settings.IMPORT: {"settings", "file", "reason", "member", "dry"},
    cli_settings.HISTORY: {"settings"},
    cli_settings.UNDO: {"settings", "member"},
    cli_twin.FAULTS: {"state", "member", "json"},
    cli_twin.FAULT: {"state", "name", "member", "where", "on"},
    cli_twin.HEAL: {"state", "member"},
    cli_twin.REPLAY: {"state", "file", "member"},
}


@pytest.fixture
def hall():
    return lambda *arguments, **environment: CliRunner(env={"LANG": "C"} | environment).invoke(
        cli.app, arguments
    )


@pytest.fixture
def pretend(tmp_path, monkeypatch):
    """Let `hall demo` and `hall hub` call a function of the test's own, given as its module's text."""

    def write(body: str) -> None:
        (tmp_path / "pretended.py").write_text(body, encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "pretended", raising=False)
        for home, name in ((cli, "DEMO"), (cli_box, "HUB")):
            monkeypatch.setattr(home, name, Target("pretended:run", "hub"))

    # --debug is kept in the environment, so that a service can set it too; a test leaves none behind.
    monkeypatch.setenv("HALL_DEBUG", "")
    yield write
    sys.modules.pop("pretended", None)


@pytest.mark.parametrize("target", GIVEN, ids=lambda target: target.where)
def test_every_command_finds_its_function_and_speaks_its_language(target):
    module, _, name = target.where.partition(":")
    function = getattr(importlib.import_module(module), name)
    inspect.signature(function).bind(**dict.fromkeys(GIVEN[target]))


@pytest.mark.parametrize("arguments", [["--help"], ["device", "--help"], ["demo", "--help"]])
def test_help_loads_neither_hub_nor_twin_nor_drivers(arguments):
    program = (
        "import sys, json; from hall import cli\n"
        f"try: cli.app({arguments!r})\nexcept SystemExit: pass\n"
        "print(); print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    loaded = set(json.loads(said.splitlines()[-1]))
    assert "hall" in loaded
    assert not loaded & {
        "hub",
        "devices",
        "sim",
        "rich",
        "pydantic",
        "sqlalchemy",
        "paho",
        "gpiozero",
        "luma",
        "escpos",
        "PIL",
    }


def test_help_says_of_each_command_a_whole_sentence_under_a_heading(hall):
    said = hall("--help").stdout
    assert "..." not in said.partition("Try it:")[2]
    assert [name for name in typer.main.get_command(cli.app).commands if f"\n  {name} " not in said] == []
    assert "Commands:" not in said, "a command stands under no heading"
    assert hall("fleet", "-h").stdout == hall("fleet", "--help").stdout


def test_options_arrive_as_their_types_and_the_exit_code_comes_back(hall, pretend):
    pretend("def run(**options):\n    global got\n    got = options\n    return 7\n")
    asked = "demo --day --seed 3 --date 2026-01-05 --out there --fault paper-out --fault jam"
    assert hall(*asked.split()).exit_code == 7
    assert sys.modules["pretended"].got == DAY_OPTIONS


@pytest.mark.parametrize("wrong", ["0", "-1", "nan", "inf", "fast", ""])
def test_a_speed_that_is_none_is_refused_as_usage(hall, wrong):
    result = hall("demo", "--day", "--speed", wrong)
    assert result.exit_code == 2
    assert "neither 'max' nor a number above 0" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["hub"],
        ["device", "toaster", "--settings", "x"],
        ["demo", "--date", "tomorrow"],
        ["demo", "--mqtt-port", "70000"],
        ["nonsense"],
    ],
)
def test_wrong_usage_is_exit_code_2(hall, arguments):
    result = hall(*arguments)
    assert result.exit_code == 2
    assert "Error:" in result.stderr
    assert not result.stdout


def test_a_machines_units_are_written_nowhere_but_where_somebody_said():
    [out] = [
        param for param in typer.main.get_command(cli.app).commands["units"].params if param.name == "out"
    ]
    # asked of the command, not by running it: one that wrote would write among this machine's own
    assert out.required


FAULT = (
    "from hall.errors import Fault\nfrom hall.text import Text\n"
    "def run(**_):\n    raise Fault('broken', Text(zh='坏了', en='It is\\nbroken'))\n"
)


@pytest.mark.parametrize(
    ("language", "line"), [("en_GB.UTF-8", "hall: It is broken\n"), ("zh_CN.UTF-8", "hall: 坏了\n")]
)
def test_an_error_is_one_line_in_the_terminals_language_and_exit_code_1(hall, pretend, language, line):
    pretend(FAULT)
    result = hall("hub", "--settings", "x", LC_ALL=language)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", line)


def test_debug_gives_the_traceback(hall, pretend):
    pretend(FAULT)
    result = hall("--debug", "hub", "--settings", "x")
    assert result.exit_code == 1
    assert "Traceback" in result.stderr
    assert "pretended.py" in result.stderr


def test_a_role_that_is_not_installed_says_how_to_install_it(hall, pretend):
    pretend("import a_driver_nobody_has\n")
    result = hall("hub", "--settings", "x")
    assert result.exit_code == 1
    assert (
        result.stderr
        == "hall: a_driver_nobody_has is not installed here; this command needs: pip install 'hallfleet[hub]'\n"
    )


@pytest.mark.parametrize(
    ("raised", "line"),
    [
        (
            "FileNotFoundError(2, 'No such file or directory', 'hall.yaml')",
            "hall: hall.yaml: No such file or directory\n",
        ),
        ("KeyError('x')", "hall: a mistake in the program, KeyError: 'x'; `hall --debug …` shows where\n"),
    ],
)
def test_whatever_else_goes_wrong_is_one_line_too(hall, pretend, raised, line):
    pretend(f"def run(**_):\n    raise {raised}\n")
    result = hall("hub", "--settings", "x")
    assert (result.exit_code, result.stderr) == (1, line)


def test_ctrl_c_is_exit_code_130_without_a_word(hall, pretend):
    pretend("def run(**_):\n    raise KeyboardInterrupt\n")
    result = hall("demo")
    assert (result.exit_code, result.output) == (130, "")


def ways(command, words=()):
    """Every command and group by the words that lead to it."""
    yield words
    for name, inner in getattr(command, "commands", {}).items():
        yield from ways(inner, (*words, name))


def test_a_command_that_is_made_alone_is_the_same_command():
    everything = typer.main.get_command(cli.app)
    for name, command in everything.commands.items():
        alone = typer.main.get_command(cli.narrowed([name]))
        assert list(alone.commands) == [name]
        assert list(ways(alone.commands[name])) == list(ways(command))
        shown = (
            made.get_help(typer.Context(made, info_name=name)) for made in (alone.commands[name], command)
        )
        assert len(set(shown)) == 1


def test_a_device_that_starts_makes_no_other_command():
    one = cli.narrowed(["--debug", "device", "sign"])
    assert len(one.registered_commands) == 1
    assert one.registered_groups == []


@pytest.mark.parametrize("words", [(), ("--help",), ("devise",), ("--version",)])
def test_without_a_command_and_with_one_that_is_none_everything_is_there(words):
    assert cli.narrowed(words) is cli.app

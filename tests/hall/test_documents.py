"""What the documents tell people to type is there: every `hall …` command with its options, every `make` target."""

import re
import shlex
import subprocess
from itertools import takewhile
from pathlib import Path

import pytest
from typer.main import get_command

from hall.cli import app

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = get_command(app)
#: what ends a command in a shell
ENDS = {"|", "||", "&&", "&", ";", ">"}


def documents():
    """Everything that is written for people, but the changelog: what was once there is told in it."""
    kept = subprocess.run(
        ["git", "ls-files", "*.md", "deploy/*.yaml", "hall/*.yaml"], cwd=ROOT, capture_output=True, text=True, check=True
    )  # fmt: skip
    return [ROOT / name for name in kept.stdout.splitlines() if name != "CHANGELOG.md"]


def commands(text):
    """What stands after `hall` between backticks, or in a block of shell."""
    text = text.replace("\\\n", " ")
    yield from re.findall(r"`(?:\.venv/bin/)?hall ([^`\n]+)`", text)
    for block in re.findall(r"```(?:sh|bash|console)?\n(.*?)```", text, re.DOTALL):
        yield from re.findall(r"(?:^|&& |\$ |sudo )(?:\S*/bin/)?hall ([^\n]+)", block, re.MULTILINE)


def lacking(said):
    """What of a command is not there; None when all of it is."""
    words = takewhile(lambda word: word not in ENDS, shlex.split(said, comments=True))
    command, named = PROGRAM, []
    for word in words:
        if word.startswith("-") and word != "-":
            option = word.partition("=")[0].rstrip(",.;:)")
            there = {"-h", "--help"}.union(*(set(p.opts) | set(p.secondary_opts) for p in command.params))
            if option not in there:
                return f"{' '.join(named) or 'hall'} has no {option}"
        elif word in (below := getattr(command, "commands", {})):
            command = below[word]
            named.append(word)
        # `hall hub --settings FILE` takes words of its own
        elif below and not command.invoke_without_command:
            return None if word == "…" else f"{' '.join(named) or 'hall'} has no {word}"
    return None


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_in_the_documents_is_there_with_its_options(document):
    text = document.read_text(encoding="utf-8")
    assert {said: lack for said in commands(text) if (lack := lacking(said)) is not None} == {}


def test_a_command_or_an_option_that_is_none_is_found():
    assert lacking("rules explian hall.yaml") == "rules has no explian"
    assert lacking("report --form 2026-01-01") == "report has no --form"
    assert lacking("report --from 2026-01-01 | less --nothing") is None


def test_every_target_of_make_in_the_documents_is_there():
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for document in documents()
        for target in re.findall(r"`make ([a-z][a-z0-9-]*)", document.read_text(encoding="utf-8"))
    }
    assert named
    assert named <= targets

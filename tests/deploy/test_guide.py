"""The technician's guide says what is really there: commands and options, what a card says, every fault, every part; in both languages alike."""

import re
from pathlib import Path

import pytest
import typer

from deploy.technician import printing
from deploy.technician.boxes import boxes
from deploy.technician.guide.pages import first_boot_says, pages, words
from hall.cli import app
from hall.text import Text
from hall.troubles import TROUBLES
from hall.words_lint import lint

HOME = Path(__file__).parents[2]
EN, ZH = (text for _, text in sorted(pages()))
HALL = typer.main.get_command(app)
BOTH = pytest.mark.parametrize("page", [EN, ZH], ids=["en", "zh"])


def commands(page: str) -> list[str]:
    """Every ``hall …`` that stands in code, in a block or in a line."""
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    lines = [line.split("  #")[0] for block in blocks for line in block.splitlines()]
    outside = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    return [each.strip() for each in [*lines, *re.findall(r"`(hall [^`]*)`", outside)] if each.strip()]


@BOTH
def test_every_command_and_option_in_it_exists(page):
    found = commands(page)
    assert len(found) > 20
    for line in found:
        command = HALL
        at = line.split()[1:]
        while hasattr(command, "commands") and at:
            assert at[0] in command.commands, line
            command = command.commands[at.pop(0)]
        known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
        assert [word for word in at if word.startswith("--") and word not in known] == [], line
        if "…" not in line and at:
            required = [
                o for each in command.params if each.required for o in each.opts if o.startswith("--")
            ]
            assert [option for option in required if option not in at] == [], line


def test_both_languages_have_the_same_commands_and_sections():
    assert len(commands(EN)) == len(commands(ZH))
    assert len(re.findall(r"^##", EN, re.MULTILINE)) == len(re.findall(r"^##", ZH, re.MULTILINE))
    assert len(re.findall(r"^\|", EN, re.MULTILINE)) == len(re.findall(r"^\|", ZH, re.MULTILINE))


def test_the_guide_says_what_is_to_be_known():
    acts = re.search(r"in four acts\n(.*?)\n## ", EN, re.DOTALL)[1]
    assert re.findall(r"^\| (\d) \|", acts, re.MULTILINE) == ["1", "2", "3", "4"]
    for heading in (
        "Before you leave for a hall without a network",
        "A device is dead, stolen or copied",
        "What stands in status.txt",
        "Fault by fault",
        "Spare parts",
        "New programs",
    ):
        assert f"## {heading}" in EN


@BOTH
def test_every_fault_stands_in_it_and_every_part_is_among_the_spares(page):
    # once in a section of its own, or once for each kind that has it
    for code, trouble in TROUBLES.items():
        if trouble.devices:
            assert f"| `{code}` |" in page, code
    for box in boxes().values():
        for part in box.parts:
            assert part.what.zh in page or part.what.en in page


def test_whatever_a_card_can_say_has_a_line_and_every_line_is_said_somewhere():
    said = first_boot_says()
    assert len(said) >= 10
    begins = [line.begins for line in words().status]
    for sentence in said:
        assert [b for b in begins if sentence.zh.startswith(b.zh)], sentence.zh
        assert [b for b in begins if sentence.en.startswith(b.en)], sentence.en
    sources = "".join(
        (HOME / name).read_text("utf-8")
        for name in (
            "deploy/appliance/first_boot/first-boot",
            "devices/enrolment/command.py",
            "devices/enrolment/joining.py",
            "hub/trust/register.py",
        )
    )
    for line in begins:
        assert line.zh in sources, line.zh
        assert line.en in sources, line.en


def test_its_words_are_polite_and_can_be_printed():
    for line in ZH.splitlines():
        assert list(lint(line)) == [], line
    every = [*words().take, *words().spare, *words().updates, *(line.do for line in words().status)]
    for text in every:
        assert isinstance(text, Text)
        text.zh.encode("gb2312")


@BOTH
def test_printed_it_is_a_whole_page_by_itself(page):
    html = printing.page(page, "zh-CN" if page is ZH else "en")
    assert html.startswith("<!doctype html>")
    assert "@page" in html
    assert html.count("<table") > 8
    assert "src=" not in html  # nothing is fetched
    assert "|---" not in html


@BOTH
def test_printed_no_option_is_broken_and_no_link_leads_nowhere(page):
    html = printing.page(page, "zh-CN" if page is ZH else "en")
    options = re.findall(r"(?<=[\s`])--?[A-Za-z][A-Za-z0-9-]*", page)
    assert re.findall(r"<span>(.*?)</span>", html) == options
    assert {"--settings", "--python", "--vacuum-size"} <= set(options)
    (link,) = re.findall(r'href="([^"]+)"', html)
    assert link == ("guide.html" if page is ZH else "guide.zh-CN.html")


@pytest.mark.parametrize("file", sorted((HOME / "docs/technician").glob("*.md")), ids=lambda file: file.name)
def test_every_row_of_a_table_has_the_columns_of_its_head_and_none_has_a_blank_to_fill_in(file):
    columns = 0
    for line in file.read_text("utf-8").splitlines():
        if not line.startswith("|"):
            columns = 0
            continue
        found = len(re.findall(r"(?<!\\)\|", line))
        columns = columns or found
        assert found == columns, line
        assert not re.search(r"\{\w+\}", line), line

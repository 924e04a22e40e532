"""``hall voice``: the loudspeaker's voice, made ahead (docs/voice.md)."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hall.cli_call import Target, call
from hall.cli_help import group

COMMAND = "devices.call_speaker.voice_command"
voice_app = group("The loudspeaker's voice: install, render, check.")


class Engine(StrEnum):
    """What makes the sound."""

    neural = "neural"
    espeak_ng = "espeak-ng"


class Saying(StrEnum):
    """How 1 is said in called numbers."""

    yao = "yao"
    yi = "yi"


Letters = Annotated[str, typer.Option(metavar="ABCD", help="The letters of the hall's tickets.")]
Numbers = Annotated[int, typer.Option(metavar="N", min=0, max=999, help="Called numbers from 000 to N.")]
Windows = Annotated[int, typer.Option(metavar="N", min=1, max=99, help="Windows 1 to N.")]
One = Annotated[Saying, typer.Option(help="How 1 is said in called numbers.")]
Slow = Annotated[bool, typer.Option("--slow", help="A pack of slow speech.")]


def add_to(app: typer.Typer) -> None:
    """These commands are part of `hall`."""
    app.add_typer(voice_app, name="voice")


@voice_app.command()
def setup(
    home: Annotated[Path, typer.Argument(metavar="HOME", help="The folder that gets everything.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Download; without it nothing is.")] = False,
) -> None:
    """Install the better voice into a folder of its own."""
    raise typer.Exit(call(Target(f"{COMMAND}:setup", "speaker"), home=home, yes=yes))


@voice_app.command()
def texts(
    *, letters: Letters = "ABCD", numbers: Numbers = 999, windows: Windows = 12, one: One = Saying.yao
) -> None:
    """Print the index of a pack: what each file is called, and what it says."""
    raise typer.Exit(
        call(Target(f"{COMMAND}:listing", "speaker"), extent=_extent(letters, numbers, windows, one))
    )


@voice_app.command()
def render(
    folder: Annotated[Path, typer.Argument(metavar="BANK", help="The bank's folder.")],
    *,
    home: Annotated[
        Path | None, typer.Option(metavar="HOME", help="The folder of `hall voice setup`.")
    ] = None,
    engine: Annotated[Engine, typer.Option(help="What makes the sound.")] = Engine.neural,
    voice: Annotated[str, typer.Option(metavar="NAME", help="A voice of HOME/voices.")] = "zf_xiaoxiao",
    pace: Annotated[
        int, typer.Option(metavar="N", min=110, max=175, help="Characters a minute to aim at.")
    ] = 165,
    pairs: Annotated[
        bool,
        typer.Option("--pairs", help="Each letter with each number as one part, too: clearer, and many."),
    ] = False,
    only: Annotated[
        str | None, typer.Option(metavar="PREFIX", help="Only files whose name begins so.")
    ] = None,
    slow: Slow = False,
    letters: Letters = "ABCD",
    numbers: Numbers = 999,
    windows: Windows = 12,
    one: One = Saying.yao,
) -> None:
    """Render what a bank does not have yet: sentences, and the parts of calls."""
    raise typer.Exit(
        call(
            Target(f"{COMMAND}:render", "speaker"),
            folder=folder,
            extent=_extent(letters, numbers, windows, one),
            engine=engine.value,
            home=home,
            voice=voice,
            pace=pace,
            slow=slow,
            pairs=pairs,
            only=only,
        )
    )


@voice_app.command()
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The pack's folder.")],
    *,
    slow: Slow = False,
    letters: Letters = "ABCD",
    numbers: Numbers = 999,
    windows: Windows = 12,
    one: One = Saying.yao,
) -> None:
    """Check a pack or bank: names, coverage, format, loudness, silence, pace. Ends with 1 when something is to be put right."""
    raise typer.Exit(
        call(
            Target(f"{COMMAND}:examine", "speaker"),
            folder=folder,
            extent=_extent(letters, numbers, windows, one),
            slow=slow,
        )
    )


@voice_app.command()
def calls(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Gets the sounds, and calls.tsv beside them.")
    ],
    *,
    home: Annotated[
        Path | None, typer.Option(metavar="HOME", help="The folder of `hall voice setup`; else espeak-ng.")
    ] = None,
    voice: Annotated[str, typer.Option(metavar="NAME", help="A voice of HOME/voices.")] = "zf_xiaoxiao",
    pace: Annotated[int, typer.Option(metavar="N", min=110, max=175, help="Characters a minute.")] = 165,
) -> None:
    """Render forty calls, whole and from parts, for somebody or something to listen to (scripts/hear_calls.py)."""
    raise typer.Exit(
        call(Target(f"{COMMAND}:calls", "speaker"), folder=folder, home=home, voice=voice, pace=pace)
    )


@voice_app.command()
def level(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A recorded pack.")],
    into: Annotated[Path, typer.Argument(metavar="OUT", help="The copy's folder.")],
) -> None:
    """Copy a pack with every sound trimmed and at the stated level."""
    raise typer.Exit(call(Target(f"{COMMAND}:level", "speaker"), folder=folder, into=into))


def _extent(letters: str, numbers: int, windows: int, one: Saying) -> tuple[str, int, int, str]:
    """How far the pack goes, as the speaker's own table takes it."""
    if not letters or not all("A" <= letter <= "Z" for letter in letters):
        raise typer.BadParameter("letters from A to Z, as in ABCD")
    return letters, numbers, windows, "幺" if one is Saying.yao else "一"

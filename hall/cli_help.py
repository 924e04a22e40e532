"""How `hall … --help` is laid out: what each command does is said whole, and the many commands of `hall` stand under what one comes for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter

#: Under what heading a command of `hall` itself stands, in the order of reading.
SECTIONS: Final = {
    "Try it": ("demo", "twin", "rules"),
    "The hall box": ("hub", "enrolment", "console", "units", "settings"),
    "A device": ("flash", "label", "wheels", "image", "device", "identity", "voice"),
    "Every day": ("doctor", "fleet", "member", "report", "number-book"),
    "What the hub remembers": ("backup", "restore", "journal"),
    "Releases": ("release", "update"),
}


class Help(TyperGroup):
    """A group of commands; the library would cut each command's sentence off at the end of the line."""

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Every command with its first sentence, under its heading where it has one."""
        left = {name: _sentence(self.commands[name].help or "") for name in self.list_commands(ctx)}
        column = max(map(len, left), default=0)
        for heading, names in SECTIONS.items() if ctx.parent is None else ():
            rows = [(name.ljust(column), left.pop(name)) for name in names if name in left]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)
        if left:
            with formatter.section("Commands"):
                formatter.write_dl(list(left.items()))


def group(does: str, *, no_args_is_help: bool = True) -> typer.Typer:
    """Commands that share a first word; `does` says what for."""
    return typer.Typer(
        cls=Help,
        help=does,
        no_args_is_help=no_args_is_help,
        invoke_without_command=not no_args_is_help,
        add_completion=False,
        rich_markup_mode=None,  # plain help starts faster and reads the same over a serial line
        pretty_exceptions_enable=False,  # errors are one line; --debug gives Python's own traceback
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def _sentence(text: str) -> str:
    """The first one of a command's help."""
    first = " ".join(text.split("\n\n", maxsplit=1)[0].split())
    return first if ". " not in first else first.partition(". ")[0] + "."

"""How text and tables look on the terminal: width, alignment, and no control codes of some document."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from typing import Literal

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable

from pipeline.texts import visible

#: Width of tables where there is no terminal to ask.
_WIDTH_WITHOUT_TERMINAL = 160
#: No row of a table is wider.
_WIDEST = 100_000
#: Columns whose values are aligned right.
_NUMERIC = {"rows", "documents", "rejected", "passed over", "articles", "size", "files", "findings", "offenders"}


def grid_of(title: str, columns: Iterable[str]) -> RichTable:
    """An empty table with these columns; numeric ones are aligned right."""
    grid = RichTable(
        title=title or None, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0), pad_edge=False
    )
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in _NUMERIC else "left"
        grid.add_column(column, justify=justify, header_style="dim", overflow="fold")
    return grid


def print_grid(grid: RichTable) -> None:
    """Print a table and an empty line; without a terminal, one line a row, so that other programs can search it."""
    open_console(None if sys.stdout.isatty() else _WIDEST).print(grid, "", highlight=False)


def open_console(width: int | None = None) -> Console:
    """What prints with colors and bold type on a terminal, and plain text elsewhere; as wide as lines are."""
    # With a width alone, Rich takes 80 on terminals that it calls dumb.
    return Console(width=width or terminal_width(), height=25)


def terminal_width() -> int:
    """Characters of a line."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL


def as_markup(text: str) -> str:
    """The visible text for what Rich prints, with its square brackets as they are."""
    return escape(visible(text))


def tell(text: str) -> None:
    """Print lines of text."""
    click.echo("\n".join(visible(line) for line in text.split("\n")))


def say(message: str) -> None:
    """Print a sentence beside the output of the command, on one line whatever it quotes."""
    click.echo(f"broadsheet: {visible(message.replace(chr(10), ' '))}", err=True)

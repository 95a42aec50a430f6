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
#: Columns whose values are aligned right.
_NUMERIC = {"rows", "documents", "rejected", "passed over", "articles", "size", "files", "findings", "offenders"}


def grid_of(title: str, columns: Iterable[str]) -> RichTable:
    """An empty table with these columns; numeric ones are aligned right."""
    grid = RichTable(title=title or None, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in _NUMERIC else "left"
        grid.add_column(column, justify=justify, header_style="dim", overflow="fold")
    return grid


def print_grid(grid: RichTable) -> None:
    """Print a table and an empty line."""
    open_console().print(grid, "", highlight=False)


def open_console() -> Console:
    """What prints with colors and bold type; plain text of a fixed width where there is no terminal."""
    return Console(width=None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL)


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


def counted(count: int, noun: str) -> str:
    """`1 row`, `2 rows`, `1,000 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"

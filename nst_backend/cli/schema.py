"""``nst schema``: the recipe's JSON Schema, or its keys as Markdown tables."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ..contract.errors import ExitCode
from ..contract.schema import recipe_schema
from .recipe_tables import recipe_tables
from .reporters import QuietReporter

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = "Print the recipe's JSON Schema (draft 2020-12)."
    parser = commands.add_parser("schema", help=text, description=text, allow_abbrev=False)
    parser.add_argument("--markdown", action="store_true", help="print the tables of docs/recipe.md instead")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """Print it."""
    print(recipe_tables() if arguments.markdown else json.dumps(recipe_schema(), indent=2, ensure_ascii=False))
    return ExitCode.DONE

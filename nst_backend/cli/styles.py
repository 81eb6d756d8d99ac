"""``nst styles``: what the library holds, and taking in networks trained elsewhere; each further command is a file."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contract.errors import ExitCode, InputError, UsageError
from . import gallery, style_check, style_judge
from .reporters import QuietReporter
from .table import text_table

if TYPE_CHECKING:
    from ..styles.library import LibraryStyle

__all__ = ["add", "run", "run_import", "style_folder"]

# A style's name becomes a file name on any system.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def add(commands: Any) -> None:
    """Add the command and its subcommands to the parser."""
    text = "List the styles of the library, import one, measure them, or paint pictures in all of them."
    parser = commands.add_parser("styles", help=text, description=text, allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="print a JSON list")
    parser.set_defaults(run=run)
    more = parser.add_subparsers(title="commands", metavar="[COMMAND]")
    text = (
        "Import a fast_neural_style network of pytorch/examples: a checkpoint (.pth, .safetensors) or export (.onnx)."
    )
    importer = more.add_parser("import", help=text, description=text, allow_abbrev=False)
    importer.add_argument("file", metavar="FILE", help="the checkpoint or export")
    importer.add_argument("--name", required=True, help="the style's name in recipes")
    importer.add_argument(
        "--stable", action="store_true", help="halve and double without aliasing: less flicker, less pixel-level grain"
    )
    importer.add_argument(
        "-o", "--out", metavar="FOLDER", help="where card and weights go (default: your style folder)"
    )
    importer.add_argument("--overwrite", action="store_true", help="replace a style of that name")
    importer.set_defaults(run=run_import)
    style_check.add(more)
    style_judge.add(more)
    gallery.add(more)


def run(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """Print the library: names, artworks, and whether the weights are there."""
    from ..styles.library import StyleLibrary

    styles = StyleLibrary().styles()
    rows = [_described(style) for _, style in sorted(styles.items())]
    if arguments.json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    elif not rows:
        print("no styles: import one with 'nst styles import', or train one with 'nst train'")
    else:
        lines = [
            (row["name"], _artwork(row), "" if row["ready"] else "weights are missing", row["folder"]) for row in rows
        ]
        print(text_table(("name", "artwork", "", "folder"), lines))
    return ExitCode.DONE


def run_import(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """Convert the checkpoint and print its card's path."""
    source = Path(arguments.file)
    if not _NAME.fullmatch(arguments.name):
        raise UsageError(f"--name is {arguments.name!r}", remedy="use up to 64 letters, digits, '-' and '_'")
    if not source.is_file():
        raise InputError(f"no checkpoint at {source}", remedy="check the path")
    from ..styles.card import SUFFIX
    from ..styles.foreign import import_fast_neural_style

    folder = Path(arguments.out) if arguments.out else style_folder()
    card = folder / f"{arguments.name}{SUFFIX}"
    if card.exists() and not arguments.overwrite:
        raise UsageError(
            f"a style {arguments.name!r} is in {folder}", remedy="choose another --name, or add --overwrite"
        )
    print(import_fast_neural_style(source, folder, name=arguments.name, stable=arguments.stable))
    return ExitCode.DONE


def style_folder() -> Path:
    """The user's own style folder."""
    from ..styles.library import SHIPPED, default_folders

    return next(folder for folder in reversed(default_folders()) if folder != SHIPPED)


def _described(style: LibraryStyle) -> dict[str, Any]:
    card = style.card
    return {
        "name": card.name,
        "title": card.title or card.artwork.title or card.name,
        "artwork": {"title": card.artwork.title, "artist": card.artwork.artist, "licence": card.artwork.licence},
        "folder": str(style.folder),
        "network": card.network,
        "sha256": card.sha256,
        "thumbnail": str(style.thumbnail or ""),
        "ready": style.weights.is_file(),
    }


def _artwork(row: dict[str, Any]) -> str:
    artwork = row["artwork"]
    return ", ".join(text for text in (artwork["title"], artwork["artist"]) if text) or row["title"]

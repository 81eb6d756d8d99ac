"""What subcommands have in common on the command line."""

from __future__ import annotations

import argparse
from typing import NoReturn, get_args

import bpy

from ..contract.errors import InputError, UsageError, nearest
from .telling import ProgressMode

__all__ = ["Parser", "add_progress", "add_scene", "find_scene", "require_file"]


class Parser(argparse.ArgumentParser):
    """Errors are raised, so that they look and end as all others do."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, remedy=f"see 'blender --command {self.prog} --help'")


def add_scene(parser: argparse.ArgumentParser, *, default: str) -> None:
    """``--scene``, with what is meant without it."""
    parser.add_argument("--scene", metavar="NAME", help=f"the scene (default: {default})")


def add_progress(parser: argparse.ArgumentParser) -> None:
    """``--progress``."""
    parser.add_argument(
        "--progress",
        choices=get_args(ProgressMode),
        default="text",
        help="lines for people; JSON events, one a line, or Open Job Description messages on standard output, "
        "which then has nothing else (default: text)",
    )


def require_file() -> None:
    """Raises :class:`InputError` where no file is open: Blender goes on without one that it could not read."""
    if not bpy.data.filepath:
        raise InputError(
            "no file is open", remedy="give one before --command, and look whether Blender said that it cannot be read"
        )


def find_scene(name: str | None) -> bpy.types.Scene:
    """The scene of that name, or the active one of the file.

    Raises :class:`UsageError` where there is none.
    """
    scene = bpy.context.scene if name is None else bpy.data.scenes.get((name, None)) or bpy.data.scenes.get(name)
    if scene is None:
        name = name or ""
        raise UsageError(f"there is no scene {name!r}", remedy=nearest(name, [other.name for other in bpy.data.scenes]))
    return scene

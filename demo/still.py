"""One frame into a file that has its final name only when it is whole."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import bpy

__all__ = ["frame_path", "parse_size", "remove_torn", "render_still"]


def frame_path(folder: Path, frame: int) -> Path:
    """Where ``frame`` is kept."""
    return folder / f"frame.{frame:04d}.exr"


def remove_torn(folder: Path) -> None:
    """Remove what a killed run left half-written; a folder has one renderer at a time."""
    for torn in folder.glob(".*.partial"):
        torn.unlink()


def render_still(scene: bpy.types.Scene, final: Path) -> None:
    """Render the scene as it stands to ``final``.

    Raises :class:`OSError` where Blender wrote nothing.
    """
    partial = final.with_name(f".{final.name}.{os.getpid()}.partial")
    try:
        scene.render.filepath = str(partial)
        bpy.ops.render.render(write_still=True)
        _commit(partial, final)
    finally:
        partial.unlink(missing_ok=True)


def _commit(partial: Path, final: Path) -> None:
    # Blender reports some write failures on its log alone.
    if not partial.exists() or partial.stat().st_size == 0:
        raise OSError(f"Blender wrote nothing for {final.name}; is the disk full?")
    with partial.open("rb+") as stream:
        os.fsync(stream.fileno())
    os.replace(partial, final)


def parse_size(text: str) -> tuple[int, int]:
    """``WIDTHxHEIGHT`` as (width, height), for :mod:`argparse`."""
    width, separator, height = text.lower().partition("x")
    if not (separator and width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 640x360")
    if not (16 <= int(width) <= 8192 and 16 <= int(height) <= 8192):
        raise argparse.ArgumentTypeError(f"{text!r} is not between 16x16 and 8192x8192")
    return int(width), int(height)

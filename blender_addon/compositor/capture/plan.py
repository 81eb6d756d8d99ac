"""What is rendered as a Style node's plate, and what the Blender that renders it is asked; nothing of Blender."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ...contract.codec import decode, option
from ...json_files import read_json
from ...sequencer.plan import MatteSource

__all__ = ["Capture", "CaptureSpec", "load_capture"]


@dataclass(frozen=True, kw_only=True)
class Capture:
    """A Style node's plate."""

    linked: bool = option(help="the picture that is linked to the node; else that of the view layer itself")
    layer: str | None = option(None, help="the view layer behind it, which has mattes and motion; None for footage")
    motion_layer: str | None = option(None, help="the view layer that motion comes from, where it is another")
    masks: tuple[int, ...] = field(default=(), metadata={"help": "the node's Mask inputs that regions take, from 1"})
    digest: str = option("", help="names the recipe before files were filled in")
    bake: bool = option(False, help="the frames take the node's place when all of them are there")


@dataclass(frozen=True, kw_only=True)
class CaptureSpec:
    """One call of the Blender that renders a Style node's plate."""

    blend: str = option(help="the copy of the .blend")
    scene: str = option(help="the scene that the node composites")
    node: str = option(help="the node's name")
    folder: str = option(help="where the plate goes")
    first: int = option(help="the first frame", minimum=0)
    last: int = option(help="the last frame", minimum=0)
    state: str = option(help="names the state of everything that the plate shows: of another state it is rendered anew")
    capture: Capture = option(help="what is rendered")
    cryptomatte: tuple[str, ...] = field(default=(), metadata={"help": "kinds of matte: object, material, asset"})
    mattes: tuple[MatteSource, ...] = field(default=(), metadata={"help": "mattes to render beside the plate"})
    scripts: bool = option(False, help="run the file's own scripts and Python drivers, as its artist does")
    job: str = option("", help="the client's name of the job, for the events")


def load_capture(path: Path) -> CaptureSpec:
    """Raises :class:`InputError` or :class:`UsageError` for a file that is none."""
    return decode(CaptureSpec, read_json(path), path.name)

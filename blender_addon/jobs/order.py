"""What was asked for. Styling lies on disk beside its frames: enough to go on in another Blender.

It names no program and no path outside its own shelf, and whether scripts of a file may
run is not its to say: a file on disk is data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ..compositor.capture.plan import Capture, CaptureSpec
from ..contract.codec import decode, encode, option
from ..contract.errors import NstError
from ..json_files import read_json, write_json
from ..sequencer.content import Content
from ..sequencer.plan import IsolateSpec, MatteSource
from ..sequencer.versions import PLATE_FOLDER, is_movie, list_versions

__all__ = ["FindOrder", "Order", "Outcome", "StripOrder", "load_order", "order_file", "save_order", "unfinished"]

Outcome = Literal["", "done", "failed", "cancelled"]
_FILE = "job.json"
_COPY = "source.blend"
_SPEC = "isolate.json"


@dataclass(frozen=True, kw_only=True)
class StripOrder:
    """Something to be made of a strip's own frames, or of those of a Style node."""

    blend: str = option(help="the file that the strip was in, to tell namesakes apart")
    scene: str = option(help="the scene that holds the strip, or is composited by the node")
    strip: str = option(help="the strip's or the node's name")
    mark: str = option(help="the strip's or the node's mark, which outlives its name")
    start: int = option(help="the timeline frame at which the strip's content starts")
    first: int = option(help="the first content number to work on", minimum=0)
    last: int = option(help="the last content number to work on", minimum=0)
    state: str = option(help="the state of what a digest of the strip cannot see; see IsolateSpec")
    cryptomatte: tuple[str, ...] = field(default=(), metadata={"help": "kinds of matte that a scene renders"})
    mattes: tuple[MatteSource, ...] = field(default=(), metadata={"help": "mattes that are rendered beside the plate"})
    node: Capture | None = option(None, help="what is rendered as a node's plate; None for strips")

    @property
    def content(self) -> Content:
        """What is worked on."""
        return Content(self.start, self.first, self.last)

    @property
    def frames(self) -> int:
        """How many frames are worked on."""
        return self.last - self.first + 1

    @property
    def movie(self) -> bool:
        """Whether it becomes a movie; else pictures."""
        return False

    def spec(self, copy: Path, shelf: Path, *, job: str, scripts: bool) -> IsolateSpec | CaptureSpec:
        """What the isolating Blender is asked; ``copy`` is the copy of the file."""
        if self.node is not None:
            return CaptureSpec(
                blend=str(copy),
                scene=self.scene,
                node=self.strip,
                folder=str(shelf / PLATE_FOLDER),
                first=self.first,
                last=self.last,
                state=self.state,
                capture=self.node,
                cryptomatte=self.cryptomatte,
                mattes=self.mattes,
                scripts=scripts,
                job=job,
            )
        return IsolateSpec(
            blend=str(copy),
            scene=self.scene,
            strip=self.strip,
            folder=str(shelf / PLATE_FOLDER),
            first=self.first,
            last=self.last,
            state=self.state,
            cryptomatte=self.cryptomatte,
            mattes=self.mattes,
            opaque=self.movie,
            scripts=scripts,
            job=job,
        )


@dataclass(frozen=True, kw_only=True)
class Order(StripOrder):
    """Styling one strip into one version."""

    version: int = option(help="the version's number", minimum=1)
    version_pattern: str = option(help="how folders of versions are named, such as v###")
    recipe: Mapping[str, Any] = option(help="the recipe; plate and output are filled in once the plate is known")
    part: str = option("", help="content numbers that are painted, such as 1001-1012; empty: all of them")
    reuse: int = option(0, help="a version whose unchanged frames are taken over; 0 takes none", minimum=0)
    objects: Mapping[str, str] = field(
        default_factory=dict,
        metadata={"help": "by network: the folder of the objects that are chosen by number, or empty"},
    )

    isolated: bool = option(False, help="the plate is finished, and the copy of the file gone")
    styled: str = option("", help="file name of the styled frames, with ####; empty before the plate is known")
    outcome: Outcome = option("", help="how it ended; empty while it runs, and where Blender was killed")
    problem: str = option("", help="why it failed")

    @property
    def movie(self) -> bool:
        return is_movie(str(self.recipe["output"]["path"]))


@dataclass(frozen=True, kw_only=True)
class FindOrder(StripOrder):
    """Finding the objects of a strip."""

    model: str = option(help="the network, as recipes name it")
    recipe: Mapping[str, Any] = option(help="one that leaves the plate as it is; its files are filled in later")


def order_file(folder: Path) -> Path:
    """Where a version's order lies."""
    return folder / _FILE


def copy_file(folder: Path) -> Path:
    """Where the copy of the .blend lies until the plate is finished."""
    return folder / _COPY


def spec_file(folder: Path) -> Path:
    """Where the isolating Blender is told what to do."""
    return folder / _SPEC


def load_order(folder: Path) -> Order:
    """Raises :class:`InputError` or :class:`UsageError` where a version holds none that can be read."""
    return decode(Order, read_json(order_file(folder)), _FILE)


def save_order(folder: Path, order: Order, **changes: Any) -> Order:
    """Write an order, with ``changes``, and return it."""
    changed = replace(order, **changes)
    write_json(order_file(folder), encode(changed))
    return changed


def unfinished(shelf: Path, version_pattern: str) -> tuple[Path, Order] | None:
    """The newest version of a shelf whose order was not fulfilled, with its folder."""
    for version in reversed(list_versions(shelf, version_pattern)):
        try:
            order = load_order(version.folder)
        except NstError:
            continue
        return None if order.outcome == "done" else (version.folder, order)
    return None

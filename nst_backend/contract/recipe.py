"""The recipe: the only description of work.

It holds everything that determines the result, so that a job can be repeated
anywhere from recipe and plates. JSON, ``"version": 1``; unknown keys are kept,
a newer version is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from .codec import decode, encode, option
from .errors import InputError, UsageError
from .frames import FrameRange
from .keyframes import Curve
from .matte_options import Matte
from .optimisation_options import RegionOptimisation

__all__ = [
    "REFERENCE_LINES",
    "VERSION",
    "ComputeOptions",
    "NetworkSize",
    "OutputOptions",
    "PlateOptions",
    "Recipe",
    "Region",
    "Runtime",
    "TemporalOptions",
    "load_recipe",
]

NetworkSize = Literal["full", "small"]
Runtime = Literal["torch", "openvino"]
VERSION = 1
REFERENCE_LINES = 1080
"""Lines of the frame that ``scale``, ``feather`` and every distance refer to."""
MAX_BYTES = 16 * 1024**2


@dataclass(frozen=True, kw_only=True)
class PlateOptions:
    """The frames that come in."""

    path: str = option(
        help="an EXR or image sequence with #### or %04d, one picture, or a video; relative to the recipe"
    )
    layer: str | None = option(None, help="view layer of a multilayer EXR; the first one that is there")
    motion_layer: str | None = option(
        None, help="view layer that Vector and Depth come from, such as one without motion blur; the picture's"
    )
    matte_layer: str | None = option(None, help="view layer whose Cryptomatte is meant; the picture's")
    frames: str | None = option(None, help="frames to style, such as '1-48' or '1-20x5'; all that are there")
    fps: float | None = option(None, help="frames a second of a sequence, for video output", minimum=0.01, maximum=1000)
    colour_space: str | None = option(
        None, help="OpenColorIO name of the plate's space; read from the file where it says so"
    )
    exposure: float = option(0.0, help="stops added for the network's eyes only", minimum=-16, maximum=16, unit="EV")
    cameras: str | None = option(None, help="camera matrices (JSON), for the motion of a sky that has no Vector")
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.path.strip():
            raise ValueError("path is empty")
        if self.frames is not None:
            FrameRange.parse(self.frames, "plate.frames")


@dataclass(frozen=True, kw_only=True)
class Region:
    """One part of the shot and its painting. Regions are listed front to back."""

    name: str = option(help="the region's name, unique in the recipe")
    matte: Matte = option(help="what belongs to the region")
    style: str | None = option(help="a style of the library, or a path to a style card; null leaves the plate")
    optimisation: RegionOptimisation | None = option(
        None, help="paint by optimisation instead, and let style paint its start; null paints with style"
    )
    strength: Curve = option(Curve.constant(1.0), help="how much of the painting shows", minimum=0, maximum=1)
    scale: Curve = option(
        Curve.constant(1.0), help="size of the strokes, 1 as trained at 1080 lines", minimum=0.1, maximum=10
    )
    preserve_colour: Curve = option(
        Curve.constant(0.0), help="how much of the plate's colour stays", minimum=0, maximum=1
    )
    feather: Curve = option(
        Curve.constant(0.0), help="softening of the matte, inward", minimum=0, maximum=500, unit="px at 1080 lines"
    )
    statistics: Literal["shot", "frame", "region"] = option("shot", help="whose tones normalise the network")
    enabled: bool = option(True, help="false leaves the region out, as if it were not listed")
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TemporalOptions:
    """How the film is kept from flickering."""

    flow: Literal["auto", "vector", "dis", "raft", "none"] = option("auto", help="where motion comes from")
    smoothing: float = option(
        0.9, help="how much of the last frame stays where nothing changed", minimum=0, maximum=0.97
    )
    mode: Literal["causal", "window"] = option(
        "causal", help="frame after frame, or over a window of past and future frames"
    )
    preroll: int | Literal["auto"] = option(
        "auto", help="frames styled before the first and thrown away; a window has none", minimum=0, maximum=500
    )
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """The frames that go out."""

    path: str = option(help="an EXR, PNG, TIFF or JPEG sequence with #### or %04d, or a video; relative to the recipe")
    depth: Literal["half", "float", "8", "16"] | None = option(None, help="half or float for EXR, 8 or 16 for pictures")
    size: str | None = option(None, help="WIDTHxHEIGHT or a percentage such as 50%; the plate's size")
    keep_channels: bool = option(False, help="write the plate's other EXR channels too")
    mattes: bool = option(False, help="write each region's weight as an EXR channel")
    per_frame: str | None = option(None, help="also write the frames before stabilising, to this pattern")
    matte: str | None = option(
        None, help="also write how much of each pixel is in styled regions, 0 to 1, to this pattern"
    )
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ComputeOptions:
    """How the machine works; the resolved recipe holds what was chosen."""

    device: str = option("auto", help="auto, cpu, cuda, cuda:1, mps")
    precision: Literal["auto", "fp32", "fp16"] = option(
        "auto", help="of the network; auto is fp16 on a GPU, fp32 elsewhere"
    )
    tile: int | Literal["auto"] = option(
        "auto", help="largest side of a network pass", minimum=64, maximum=16384, unit="px"
    )
    runtime: Literal["auto", "torch", "openvino"] = option(
        "auto", help="what runs the networks on the CPU; auto is openvino where it is there and proves faster"
    )
    network_size: NetworkSize = option("full", help="full, or the small one of each style that has one: for previews")
    regions: Literal["separate", "one_pass"] = option("separate", help="a pass for each style, or one for all")
    seed: int = option(0, help="seed of everything random", minimum=0)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A shot, its regions and what becomes of them."""

    plate: PlateOptions = option(help="the frames that come in")
    regions: tuple[Region, ...] = option(help="front to back")
    output: OutputOptions = option(help="the frames that go out")
    temporal: TemporalOptions = field(default_factory=TemporalOptions, metadata={"help": "stabilising"})
    compute: ComputeOptions = field(default_factory=ComputeOptions, metadata={"help": "device and precision"})
    version: int = option(VERSION, help="of the recipe format", minimum=1, maximum=VERSION)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [region.name for region in self.regions]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"regions: two are named {name!r}")
            if not name.strip():
                raise ValueError("regions: one has an empty name")

    @property
    def active(self) -> tuple[Region, ...]:
        """The regions that count, front to back."""
        return tuple(region for region in self.regions if region.enabled)

    @classmethod
    def from_json(cls, data: object, where: str = "") -> Recipe:
        """Validate parsed JSON.

        Raises :class:`UsageError` that names the key and the remedy.
        """
        version = data.get("version") if isinstance(data, Mapping) else None
        if isinstance(data, Mapping):
            if version is None:
                raise UsageError("the recipe has no version", remedy=f'add "version": {VERSION}')
            if not isinstance(version, int) or isinstance(version, bool) or version < 1:
                raise UsageError(f"version is {version!r}", remedy=f"this Brushpass reads version {VERSION}")
            if version > VERSION:
                raise UsageError(
                    f"the recipe has version {version}, this Brushpass reads up to {VERSION}",
                    remedy="update Brushpass",
                )
        return decode(cls, data, where, keep_unknown=True)

    def to_json(self) -> dict[str, Any]:
        plain = {
            name: encode(getattr(self, name))
            for name in ("version", "plate", "regions", "temporal", "output", "compute")
        }
        return {**plain, **self.extra}


def load_recipe(path: Path) -> Recipe:
    """Read and validate a recipe file.

    Raises :class:`InputError` for a missing or unreadable file and
    :class:`UsageError` for one that is not a valid recipe.
    """
    if not path.is_file():
        raise InputError(f"no recipe at {path}", remedy="check the path")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(
                f"{path.name} is larger than {MAX_BYTES >> 20} MiB", remedy="a recipe is a small JSON file"
            )
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror})", remedy="check its permissions") from error
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        place = f" (line {line}: {getattr(error, 'msg', '')})" if line else ""
        raise UsageError(f"{path.name} is not JSON{place}", remedy="correct it, or export it anew") from error
    return Recipe.from_json(data)

"""Run files: a video, a list of styles and a few settings, as ``.ini`` or ``.toml``.

For those who style whole clips and keep a file for each machine rather than a
recipe for each shot. A run file is turned into one recipe for each of its styles.
"""

from __future__ import annotations

import configparser
import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..contract.codec import decode, option
from ..contract.errors import InputError, UsageError, nearest
from ..contract.recipe import ComputeOptions, Recipe, TemporalOptions
from .options import read_value

__all__ = ["SUFFIXES", "RunFile", "read_run_file", "recipes_of"]

SUFFIXES = (".ini", ".toml")
SECTION = "run"
MAX_BYTES = 1024**2


@dataclass(frozen=True, kw_only=True)
class RunFile:
    """The section ``[run]``. Paths are relative to the file."""

    video: str = option(help="a video, a picture, or a sequence with #### or %04d")
    styles: tuple[str, ...] = option(help="styles of the library or paths to style cards, separated by commas in .ini")
    output: str = option(help="what is written; {style} stands for the style's name and is needed with several styles")
    segmenter: Literal["none", "cryptomatte", "images", "coco"] = option(
        "none", help="what tells the styled part from the rest"
    )
    segments: tuple[str, ...] = option(
        (), help="Cryptomatte names or COCO categories to style; wildcards as in recipes"
    )
    segment_source: str = option("", help="the Cryptomatte layer, or the path of the mattes or annotations")
    background: str | None = option(None, help="the style of the rest; the plate stays without")
    resolution: str | None = option(None, help="WIDTHxHEIGHT or a percentage such as 50%; the video's size")
    frames: str | None = option(None, help="frames to style, such as '1-48'; all")
    fps: float | None = option(None, help="frames a second of a sequence", minimum=0.01, maximum=1000)
    strength: float = option(1.0, help="how much of the painting shows", minimum=0, maximum=1)
    scale: float = option(1.0, help="size of the strokes", minimum=0.1, maximum=10)
    preserve_colour: float = option(0.0, help="how much of the plate's colour stays", minimum=0, maximum=1)
    smoothing: float = option(TemporalOptions.smoothing, help="temporal smoothing", minimum=0, maximum=0.97)
    device: str = option(ComputeOptions.device, help="auto, cpu, cuda, cuda:1, mps")

    def __post_init__(self) -> None:
        if not self.styles:
            raise ValueError("styles is empty")
        if len(self.styles) > 1 and "{style}" not in self.output:
            raise ValueError("several styles would write to one output; put {style} into output")
        if self.segmenter in ("images", "coco") and not self.segment_source:
            raise ValueError(f"segmenter {self.segmenter} needs segment_source, a path")
        if self.segmenter == "cryptomatte" and not self.segments:
            raise ValueError("segmenter cryptomatte needs segments, the names to style")


def read_run_file(path: Path) -> RunFile:
    """Read and validate a run file.

    Raises :class:`InputError` for a file that cannot be read, :class:`UsageError`
    naming the key for what it holds.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path.name} is too large for a run file", remedy="check the path")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"no run file can be read at {path}", remedy="check the path") from error
    try:
        values = _toml(text) if path.suffix.lower() == ".toml" else _ini(text)
    except (tomllib.TOMLDecodeError, configparser.Error) as error:
        raise UsageError(f"{path.name}: {' '.join(str(error).split())}", remedy="correct the file") from error
    return decode(RunFile, values, path.name)


def recipes_of(run: RunFile) -> list[tuple[str, Recipe]]:
    """A recipe for each style, with the style's name. Its paths are relative to the run file."""
    return [(style, Recipe.from_json(_recipe(run, style))) for style in run.styles]


def _toml(text: str) -> Mapping[str, Any]:
    document = tomllib.loads(text)
    section = document.get(SECTION, document)
    if not isinstance(section, Mapping):
        raise UsageError(f"{SECTION} is not a table", remedy=f"write [{SECTION}] and the keys below it")
    return section


def _ini(text: str) -> Mapping[str, Any]:
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=(" #", " ;"))
    try:
        parser.read_string(text)
    except configparser.MissingSectionHeaderError:
        parser.read_string(f"[{SECTION}]\n{text}")
    if SECTION not in parser:
        raise UsageError(f"the file has no section [{SECTION}]", remedy=f"write [{SECTION}] above the keys")
    known = [entry.name for entry in dataclasses.fields(RunFile)]
    values = {}
    for name, value in parser[SECTION].items():
        if name not in known:
            raise UsageError(f"unknown key {name}", remedy=nearest(name, known))
        values[name] = read_value(RunFile, name, value, name)
    return values


def _recipe(run: RunFile, style: str) -> dict[str, Any]:
    region: dict[str, Any] = {
        "name": "styled",
        "matte": _matte(run),
        "style": style,
        "strength": run.strength,
        "scale": run.scale,
        "preserve_colour": run.preserve_colour,
    }
    regions = [region]
    if run.background is not None and run.segmenter != "none":
        regions.append({**region, "name": "background", "matte": {"background": {}}, "style": run.background})
    stem = Path(style).name.removesuffix(".style.json")
    return {
        "version": 1,
        "plate": {"path": run.video, "frames": run.frames, "fps": run.fps},
        "regions": regions,
        "temporal": {"smoothing": run.smoothing},
        "output": {"path": run.output.replace("{style}", stem), "size": run.resolution},
        "compute": {"device": run.device},
    }


def _matte(run: RunFile) -> dict[str, Any]:
    if run.segmenter == "cryptomatte":
        layer = {"layer": run.segment_source} if run.segment_source else {}
        return {"cryptomatte": {**layer, "names": list(run.segments)}}
    if run.segmenter == "images":
        return {"images": {"path": run.segment_source}}
    if run.segmenter == "coco":
        return {"coco": {"path": run.segment_source, "categories": list(run.segments)}}
    return {"everything": {}}

"""What the isolating Blender is asked, and what it leaves behind; nothing of Blender."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..contract.codec import decode, encode, option
from ..contract.frames import FrameRange
from ..json_files import read_json, write_json
from .versions import safe_name

__all__ = [
    "CRYPTOMATTE_KINDS",
    "MATTES_FOLDER",
    "MATTE_PATTERN",
    "Encoding",
    "IsolateSpec",
    "MatteSource",
    "Plate",
    "load_plate",
    "load_spec",
    "save_plate",
    "save_spec",
]

Encoding = Literal["display", "linear", "passes"]
CRYPTOMATTE_KINDS = ("object", "material", "asset")
MATTES_FOLDER = "mattes"
"""In a plate's folder: a folder for each source of mattes."""
MATTE_PATTERN = "matte.####.png"
_PLATE_FILE = "plate.json"


@dataclass(frozen=True, kw_only=True)
class MatteSource:
    """Something of Blender's that is rendered as a matte, for the plate's numbers and at its size."""

    kind: Literal["mask", "strip", "movie"] = option(help="a mask of the file, a strip of the scene, or a movie file")
    name: str = option(help="of the mask or the strip; the movie's path")
    alpha: bool = option(False, help="its alpha is wanted; else its brightness over black")
    state: str = option("", help="as the spec's state, of what a digest of the source cannot see")

    @property
    def folder(self) -> str:
        """Name of its folder; no two sources share one, on file systems that know no case neither."""
        plain = Path(self.name).stem if self.kind == "movie" else self.name
        digest = hashlib.sha256(f"{self.kind}/{self.alpha}/{self.name}".encode()).hexdigest()[:6]
        return f"{self.kind}-{safe_name(plain)}-{digest}"

    @property
    def pattern(self) -> str:
        """Its frames, from the plate's folder, with ####."""
        return f"{MATTES_FOLDER}/{self.folder}/{MATTE_PATTERN}"


@dataclass(frozen=True, kw_only=True)
class IsolateSpec:
    """One call of the isolating Blender."""

    blend: str = option(help="the copy of the .blend")
    scene: str = option(help="the scene that holds the strip")
    strip: str = option(help="the strip's name")
    folder: str = option(help="where the plate goes")
    first: int = option(help="the first content number", minimum=0)
    last: int = option(help="the last content number", minimum=0)
    state: str = option(
        help="names the state of everything that a digest of the strip cannot see, scenes above all: "
        "frames of another state are rendered again"
    )
    cryptomatte: tuple[str, ...] = field(
        default=("object",), metadata={"help": f"mattes of a scene strip: {', '.join(CRYPTOMATTE_KINDS)}"}
    )
    mattes: tuple[MatteSource, ...] = field(default=(), metadata={"help": "mattes to render beside the plate"})
    opaque: bool = option(False, help="refuse a frame that is not opaque")
    scripts: bool = option(False, help="run the file's own scripts and Python drivers, as its artist does")
    job: str = option("", help="the client's name of the job, for the events")


@dataclass(frozen=True, kw_only=True)
class Plate:
    """What the isolating Blender left in its folder.

    ``display``: 8-bit PNG, sRGB, straight alpha. ``linear``: float EXR,
    scene-linear, premultiplied, for strips that hold more than 8 bits.
    ``passes``: multilayer float EXR of a scene strip's scene, with mattes,
    depth and motion, not yet transformed or cropped.
    """

    pattern: str = option(help="file name of the frames, with ####")
    picture: str = option(
        help="file name of what the sequencer can show of it: the frames, but beside passes, "
        "whose alpha it does not see, a copy of their picture"
    )
    first: int = option(help="the first content number")
    last: int = option(help="the last content number")
    width: int = option(help="of a frame, in pixels", minimum=1)
    height: int = option(help="of a frame, in pixels", minimum=1)
    encoding: Encoding = option(help="display, linear or passes")
    layer: str | None = option(None, help="the view layer that the strip shows, of passes")
    motion_layer: str | None = option(None, help="the view layer that holds Vector and Depth, where it is another")
    matte_layer: str | None = option(None, help="the view layer whose Cryptomatte is meant, where it is another")
    vector: bool = option(False, help="whether the Vector pass is the motion from one number to the next")

    @property
    def layers(self) -> dict[str, str]:
        """The layers as a recipe's plate names them."""
        named = {"layer": self.layer, "motion_layer": self.motion_layer, "matte_layer": self.matte_layer}
        return {key: layer for key, layer in named.items() if layer is not None}

    @property
    def baked(self) -> bool:
        """Whether transform, crop and modifiers of the strip are in the picture."""
        return self.encoding != "passes"

    def recipe(self, recipe: Mapping[str, Any], numbers: Iterable[int]) -> dict[str, Any]:
        """``recipe`` for some of the frames, relative to the plate's folder, at the plate's size.

        It is not to be run: its output only says what kind of picture comes out.
        """
        frames = str(FrameRange.of(numbers))
        source = {**recipe.get("plate", {}), "path": self.pattern, "frames": frames, **self.layers}
        output = {"path": f"preview.####{self.output['suffix']}", "depth": self.output["depth"]}
        return {**recipe, "plate": source, "output": output}

    @property
    def output(self) -> Mapping[str, str]:
        """Suffix and depth of styled frames that lose nothing and look the same under the strip's colour space."""
        return {"suffix": ".png", "depth": "8"} if self.encoding == "display" else {"suffix": ".exr", "depth": "half"}


def load_spec(path: Path) -> IsolateSpec:
    """Raises :class:`InputError` or :class:`UsageError` for a file that is none."""
    return decode(IsolateSpec, read_json(path), path.name)


def save_spec(path: Path, spec: object) -> None:
    """Write what :func:`load_spec`, or the reader of another dataclass, reads."""
    write_json(path, encode(spec))


def load_plate(folder: Path) -> Plate:
    """What is in a plate's folder.

    Raises :class:`InputError` where nothing was finished there.
    """
    return decode(Plate, read_json(folder / _PLATE_FILE), _PLATE_FILE)


def save_plate(folder: Path, plate: Plate) -> None:
    """Describe a plate for :func:`load_plate`."""
    write_json(folder / _PLATE_FILE, encode(plate))

"""What the isolating Blender is asked, and what it leaves behind; nothing of Blender."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..contract.codec import decode, encode, option
from ..json_files import read_json, write_json

__all__ = [
    "CRYPTOMATTE_KINDS",
    "Encoding",
    "IsolateSpec",
    "Plate",
    "load_plate",
    "load_spec",
    "save_plate",
    "save_spec",
]

Encoding = Literal["display", "linear", "passes"]
CRYPTOMATTE_KINDS = ("object", "material", "asset")
_PLATE_FILE = "plate.json"


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
    vector: bool = option(False, help="whether the Vector pass is the motion from one number to the next")

    @property
    def baked(self) -> bool:
        """Whether transform, crop and modifiers of the strip are in the picture."""
        return self.encoding != "passes"

    @property
    def output(self) -> Mapping[str, str]:
        """Suffix and depth of styled frames that lose nothing and look the same under the strip's colour space."""
        return {"suffix": ".png", "depth": "8"} if self.encoding == "display" else {"suffix": ".exr", "depth": "half"}


def load_spec(path: Path) -> IsolateSpec:
    """Raises :class:`InputError` or :class:`UsageError` for a file that is none."""
    return decode(IsolateSpec, read_json(path), path.name)


def save_spec(path: Path, spec: IsolateSpec) -> None:
    """Write what :func:`load_spec` reads."""
    write_json(path, encode(spec))


def load_plate(folder: Path) -> Plate:
    """What is in a plate's folder.

    Raises :class:`InputError` where nothing was finished there.
    """
    return decode(Plate, read_json(folder / _PLATE_FILE), _PLATE_FILE)


def save_plate(folder: Path, plate: Plate) -> None:
    """Describe a plate for :func:`load_plate`."""
    write_json(folder / _PLATE_FILE, encode(plate))

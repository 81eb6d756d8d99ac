"""The objects of a shot as they lie on disk: a list, and a Cryptomatte for each frame.

A folder holds ``objects.json``, written last, ``objects.0001.exr`` and so on with
the layer ``objects``, whose names are those of the list, and a picture of each
object in ``thumbnails``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contract.codec import decode, encode, option
from ..contract.errors import InputError, UsageError
from ..image.boxes import Box
from ..media.atomic import write_bytes_atomic
from ..media.exr import ExrImage, read_exr
from .cryptomatte import CryptomatteLayer, find_layer, list_layers
from .cryptomatte_writing import write_cryptomatte
from .source import Coverage

__all__ = [
    "LAYER",
    "ObjectList",
    "ShotObject",
    "ShotObjects",
    "read_objects",
    "thumbnail_file",
    "write_list",
    "write_mattes",
]

LAYER = "objects"
LIST = "objects.json"
MAX_BYTES = 64 << 20
_REMEDY = "remove its folder, and find the objects again"


@dataclass(frozen=True, kw_only=True)
class ShotObject:
    """One object, followed through the shot."""

    id: int = option(help="its number, from 1, the same in all frames", minimum=1)
    label: str = option(help="what it is: one of the network's classes")
    first: int = option(help="first frame that it is seen in")
    last: int = option(help="last frame that it is seen in")
    frames: int = option(help="how many frames it is seen in", minimum=1)
    score: float = option(help="mean score of its detections", minimum=0.0, maximum=1.0)
    area: float = option(help="mean part of the frame that it covers", minimum=0.0, maximum=1.0)

    @property
    def name(self) -> str:
        """Its name in the Cryptomatte."""
        return f"{self.label} {self.id}"


@dataclass(frozen=True, kw_only=True)
class ObjectList:
    """All objects of a shot."""

    version: int = option(1, help="version of this file", minimum=1, maximum=1)
    key: str = option(help="changes with plate, network and settings")
    model: str = option(help="the network's name")
    classes: tuple[str, ...] = option(help="all that the network knows")
    marks: Mapping[str, str] = option(help="the frames that were looked at, and for each what changes with its picture")
    width: int = option(help="of the plate", minimum=1, maximum=16384, unit="px")
    height: int = option(help="of the plate", minimum=1, maximum=16384, unit="px")
    objects: tuple[ShotObject, ...] = option((), help="in the order of their numbers")

    def __post_init__(self) -> None:
        ids = [entry.id for entry in self.objects]
        if ids != sorted(set(ids)):
            raise ValueError("the numbers of the objects do not ascend")
        if not self.marks or not all(re.fullmatch(r"-?\d{1,9}", number) for number in self.marks):
            raise ValueError("marks is empty or names what is no frame")

    @property
    def names(self) -> tuple[str, ...]:
        """The objects' names, in order."""
        return tuple(entry.name for entry in self.objects)


@dataclass(frozen=True)
class ShotObjects:
    """A list with the folder that holds its mattes."""

    folder: Path
    list: ObjectList

    @cached_property
    def numbers(self) -> frozenset[int]:
        """The frames that were looked at."""
        return frozenset(map(int, self.list.marks))

    def file(self, number: int) -> Path:
        """The Cryptomatte of a frame."""
        return _file(self.folder, number)

    def thumbnail(self, identity: int) -> Path:
        """The picture of an object."""
        return thumbnail_file(self.folder, identity)

    def image(self, number: int) -> ExrImage:
        """The Cryptomatte of a frame.

        Raises :class:`InputError` for a file that is missing, damaged or of another size.
        """
        path = self.file(number)
        if number not in self.numbers:
            raise InputError(f"frame {number} was not looked at for objects", remedy="find the objects again")
        if not path.is_file():
            raise InputError(f"the mattes {path} are gone", remedy=_REMEDY)
        image = read_exr(path)
        if image.size != (self.list.width, self.list.height):
            raise InputError(f"the mattes {path} are of another size than the plate", remedy=_REMEDY)
        return image

    def mattes(self, number: int) -> tuple[CryptomatteLayer, Mapping[str, NDArray[np.float32]]]:
        """The layer and the channels of a frame, to be asked as any Cryptomatte is; raises what :meth:`image` does."""
        image = self.image(number)
        return find_layer(list_layers(image.header, image.channels), LAYER), image.channels


def thumbnail_file(folder: Path, identity: int) -> Path:
    """Where the picture of an object lies."""
    return folder / "thumbnails" / f"{identity}.png"


def _file(folder: Path, number: int) -> Path:
    return folder / f"{LAYER}.{number:04d}.exr"


def read_objects(folder: Path) -> ShotObjects | None:
    """The objects in ``folder``; None where none were found yet, or not to the end.

    Raises :class:`InputError` for a list that is damaged.
    """
    path = folder / LIST
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path} is too large for a list of objects", remedy=_REMEDY)
        data = json.loads(path.read_text(encoding="utf-8"))
        found = ShotObjects(folder, decode(ObjectList, data))
    except (OSError, ValueError, RecursionError, UsageError) as error:
        raise InputError(f"{path} is no list of objects", remedy=_REMEDY) from error
    return found


def write_mattes(
    folder: Path,
    number: int,
    mattes: Mapping[int, tuple[Box, Coverage]],
    size: tuple[int, int],
    names: Mapping[int, str],
) -> None:
    """Write a frame's mattes: coverage within a box by the object's number; ``size`` is (height, width).

    Raises :class:`NstError` where the file cannot be written.
    """
    named = {names[identity]: matte for identity, matte in mattes.items()}
    write_cryptomatte(_file(folder, number), LAYER, named, *size, names=tuple(names.values()))


def write_list(folder: Path, found: ObjectList) -> ShotObjects:
    """Write the list, after which the objects count as found.

    Raises :class:`NstError` where the file cannot be written.
    """
    text = json.dumps(encode(found), indent=1, ensure_ascii=False) + "\n"
    write_bytes_atomic(folder / LIST, text.encode())
    return ShotObjects(folder, found)

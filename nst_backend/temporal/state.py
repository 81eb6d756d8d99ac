"""What the stabiliser remembers from one frame to the next, in memory and on disk."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..contract.errors import InputError
from ..flow.consistency import IdArray
from ..image.warp import FloatArray
from ..media.atomic import atomic_path
from .options import METHOD

__all__ = ["History", "load_history", "save_history"]

_LARGEST_SIDE = 32767
# The header of an array as numpy writes it. Its own parser takes Python literals, and fails in as many ways.
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '([<>|=\w]{3})', 'fortran_order': False, 'shape': \(([\d, ]{0,40})\), \} *\n",
    re.DOTALL,
)
_HEADER_BYTES = 256
_ENCRYPTED = 1


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """The last frame: its stabilised picture and what it was made from.

    ``output`` and ``plate`` are ``(H, W, 3)`` float32 display-referred, ``ids``
    ``(H, W)`` uint32 and ``weight`` ``(H, W)`` float32 styled coverage, both or
    either None.
    """

    number: int
    output: FloatArray
    plate: FloatArray
    ids: IdArray | None = None
    weight: FloatArray | None = None


def save_history(path: Path, history: History) -> None:
    """Write the history as uncompressed float32 ``.npz``, all at once or not at all.

    Raises :class:`~nst_backend.contract.errors.NstError` where it cannot be written.
    """
    arrays: dict[str, Any] = {"version": np.int64(METHOD), "number": np.int64(history.number)}
    for name in ("output", "plate", "ids", "weight"):
        value = getattr(history, name)
        if value is not None:
            arrays[name] = value
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **arrays)


def load_history(path: Path, *, size: tuple[int, int] | None = None) -> History:
    """Read a history back, bit for bit.

    ``size`` is the (height, width) that it must have. Names, shapes and types
    are checked from the headers before any array is allocated.

    Raises :class:`InputError` where the file is missing, damaged, of another
    version or of another size.
    """
    remedy = "delete it; the shot is then stabilised again from its preroll"
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive, path, remedy, size)
        with np.load(path, allow_pickle=False) as arrays:
            values = {name: arrays[name] for name in arrays.files}
    except OSError as error:
        raise InputError(f"the stabiliser's state {path} cannot be read ({error})", remedy=remedy) from error
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile, NotImplementedError) as error:
        raise InputError(f"the stabiliser's state {path} is damaged", remedy=remedy) from error
    if int(values["version"]) != METHOD:
        raise InputError(f"the stabiliser's state {path} is of version {int(values['version'])}", remedy=remedy)
    return History(int(values["number"]), values["output"], values["plate"], values.get("ids"), values.get("weight"))


def _check_members(archive: zipfile.ZipFile, path: Path, remedy: str, size: tuple[int, int] | None) -> None:
    """Refuse anything but the arrays of one history, from their headers alone."""
    shapes: dict[str, tuple[int, ...]] = {}
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        kind = {"version": "<i8", "number": "<i8", "ids": "<u4"}.get(name, "<f4")
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & _ENCRYPTED:
            raise ValueError(name)
        with archive.open(member) as stream:
            header = _HEADER.match(stream.read(_HEADER_BYTES))
        if header is None or header[1].decode() != kind:
            raise ValueError(name)
        if name not in {"version", "number", "output", "plate", "ids", "weight"}:
            raise ValueError(name)
        shapes[name] = tuple(int(side) for side in header[2].split(b",") if side.strip())
    height, width = size or shapes["output"][:2]
    flat, coloured = (height, width), (height, width, 3)
    if shapes["output"] != coloured and size is not None:
        raise InputError(
            f"the stabiliser's state {path} is {' x '.join(map(str, shapes['output'][1::-1]))}, not {width} x {height}",
            remedy=remedy,
        )
    expected = {"version": (), "number": (), "output": coloured, "plate": coloured, "ids": flat, "weight": flat}
    required = {"version", "number", "output", "plate"}
    if not required <= shapes.keys() or any(shapes[name] != expected[name] for name in shapes):
        raise ValueError("shapes")
    if not (0 < height <= _LARGEST_SIDE and 0 < width <= _LARGEST_SIDE):
        raise ValueError("size")

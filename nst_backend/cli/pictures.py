"""Pictures that a command is given: a folder, files, or a list of them such as a training's ``held_out.txt``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..contract.errors import InputError
from ..contract.recipe import REFERENCE_LINES

if TYPE_CHECKING:
    from ..image.warp import FloatArray

__all__ = ["choose_pictures", "read_display"]

_EXR = ".exr"
_LIST = ".txt"
_LONGEST_LIST = 1 << 20


def choose_pictures(given: Sequence[str], count: int | None = None, *, what: str = "photographs") -> list[Path]:
    """The pictures of folders (not of those below), files and lists, in order of their names within each.

    Of more than ``count`` so many are taken, evenly spread. Relative lines of a list are looked for
    beside it, then in the working folder.

    Raises :class:`InputError` where something given is not there, or there is no picture.
    """
    from ..media.images import IMAGE_SUFFIXES

    suffixes = (*IMAGE_SUFFIXES, _EXR)
    found: list[Path] = []
    for entry in map(Path, given):
        if entry.is_dir():
            found += sorted(path for path in entry.iterdir() if path.suffix.lower() in suffixes)
        elif entry.is_file():
            found += _listed(entry) if entry.suffix.lower() == _LIST else [entry]
        else:
            raise InputError(f"no {what} in {str(entry)!r}: it is not there", remedy="check the path")
    if not found:
        shown = ", ".join(repr(entry) for entry in given)
        raise InputError(f"no {what} in {shown}", remedy="give a folder with PNG, TIFF or JPEG pictures")
    if count is None or count >= len(found):
        return found
    count = max(1, count)
    return [found[index * len(found) // count] for index in range(count)]


def read_display(path: Path, *, smallest: int, largest: int = REFERENCE_LINES) -> FloatArray:
    """A picture as a network is shown it, ``(H, W, 3)`` sRGB in 0..1; larger ones at ``largest`` lines.

    Of an EXR it is the first view layer's Combined pass, highlights rolled off as in a shot.

    Raises :class:`InputError` for one below ``smallest`` pixels a side.
    """
    from ..image.spaces import colour_space
    from ..media.images import read_image
    from ..media.plate import open_plate
    from ..metrics.pictures import at_most_lines
    from ..pipeline.working import working_frame

    if path.suffix.lower() == _EXR:
        plate = open_plate(path)
        space = colour_space(plate.colour_space or "Linear Rec.709")
        frame = plate.read(plate.numbers[0])
        picture = working_frame(frame, space, size=plate.size, exposure=0.0, premultiplied=True).encoded.display
    else:
        picture = read_image(path)[0]
    return at_most_lines(picture, path.name, smallest=smallest, largest=largest)


def _listed(path: Path) -> list[Path]:
    if path.stat().st_size > _LONGEST_LIST:
        raise InputError(f"{path.name} is too long for a list of pictures", remedy="give one path a line")
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not a list of pictures", remedy="give one path a line") from error
    found = []
    for line in filter(None, lines):
        beside = path.parent / line
        chosen = beside if beside.is_file() else Path(line)
        if not chosen.is_file():
            raise InputError(f"{path.name} lists {line!r}, which is not there", remedy="correct the list")
        found.append(chosen)
    return found

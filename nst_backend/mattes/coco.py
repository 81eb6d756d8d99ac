"""Annotations in COCO's format as mattes.

Source: Lin et al. 2014, "Data format" (cocodataset.org): ``images``,
``annotations`` with a ``segmentation`` of polygons or run lengths (a list, or the
compressed string of the COCO API's ``maskApi``), ``categories``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import InputError, UsageError, nearest
from .combine import union
from .polygon import fill_polygons
from .source import Coverage, MatteFrame, frame_size

__all__ = [
    "CocoAnnotation",
    "CocoAnnotations",
    "CocoImage",
    "CocoSource",
    "annotation_coverage",
    "decode_run_lengths",
    "read_annotations",
]

MAX_BYTES = 256 << 20
MAX_SIDE = 16384
_EXPORT = "export the annotations anew"


@dataclass(frozen=True)
class CocoImage:
    """One picture that was annotated; size in pixels."""

    id: int
    file_name: str
    width: int
    height: int


@dataclass(frozen=True)
class CocoAnnotation:
    """One thing in one picture; ``segmentation`` as in the file."""

    id: int
    image_id: int
    category_id: int
    segmentation: Any


@dataclass(frozen=True)
class CocoAnnotations:
    """One file."""

    path: Path
    images: tuple[CocoImage, ...]
    annotations: tuple[CocoAnnotation, ...]
    categories: Mapping[int, str]

    @property
    def name(self) -> str:
        return self.path.name


def read_annotations(path: Path) -> CocoAnnotations:
    """Read a file of annotations.

    Raises :class:`InputError` for one that is missing or not in COCO's format.
    """
    if not path.is_file():
        raise InputError(f"no annotations at {path}", remedy="check the path")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path.name} is larger than {MAX_BYTES >> 20} MiB", remedy="split it by shot")
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror})", remedy="check its permissions") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.name} is not JSON", remedy=_EXPORT) from error
    try:
        images = tuple(
            CocoImage(int(entry["id"]), str(entry["file_name"]), int(entry["width"]), int(entry["height"]))
            for entry in data["images"]
        )
        annotations = tuple(
            CocoAnnotation(
                int(entry["id"]), int(entry["image_id"]), int(entry["category_id"]), entry.get("segmentation")
            )
            for entry in data["annotations"]
        )
        categories = {int(entry["id"]): str(entry["name"]) for entry in data.get("categories", [])}
    except KeyError as error:
        raise InputError(f"{path.name} is not in COCO's format, {error} is missing", remedy=_EXPORT) from error
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(f"{path.name} is not in COCO's format", remedy=_EXPORT) from error
    return CocoAnnotations(path, images, annotations, categories)


class CocoSource:
    """Coverage of chosen annotations.

    Chosen is what a category (name or id) or an annotation id names, and
    everything where neither is given. A frame's picture is the one of its file
    name (``file_name`` maps numbers to names), else the one with its number; a
    single picture is held for all frames. Polygons follow the plate's size.

    Raises :class:`UsageError` for categories and ids that the file lacks.
    """

    def __init__(
        self,
        annotations: CocoAnnotations,
        *,
        categories: Sequence[str | int] = (),
        ids: Sequence[int] = (),
        file_name: Callable[[int], str] | None = None,
    ) -> None:
        self._file = annotations
        self._file_name = file_name
        wanted, listed = _category_ids(annotations, categories), frozenset(ids)
        missing = listed - {entry.id for entry in annotations.annotations}
        if missing:
            raise UsageError(f"{annotations.name} has no annotation {min(missing)}", remedy="check coco.ids")
        self._by_image: dict[int, list[CocoAnnotation]] = {}
        for entry in annotations.annotations:
            if (not wanted and not listed) or entry.category_id in wanted or entry.id in listed:
                self._by_image.setdefault(entry.image_id, []).append(entry)
        self._text = ", ".join([*map(str, categories), *map(str, ids)]) or "all"

    def coverage(self, frame: MatteFrame) -> Coverage:
        height, width = frame_size(frame)
        image = self._image(frame.number)
        return annotation_coverage(self._file, image, self._by_image.get(image.id, ()), height, width)

    def channels_needed(self, name: str) -> bool:
        return False

    def files(self, number: int) -> tuple[Path, ...]:
        return (self._file.path,)

    def check(self, frames: Sequence[MatteFrame]) -> tuple[str, ...]:
        for frame in frames:
            self._image(frame.number)
        return ()

    def describe(self) -> str:
        return f"{self._file.name}: {self._text}"

    def _image(self, number: int) -> CocoImage:
        images = self._file.images
        if self._file_name is not None:
            name = PurePath(self._file_name(number)).name
            found = [image for image in images if re.split(r"[/\\]", image.file_name)[-1] == name]
            if found:
                return _sized(found[0], self._file.name)
        found = [image for image in images if _number(image.file_name) == number]
        if not found and len(images) == 1:
            found = list(images)
        if not found:
            raise InputError(f"{self._file.name} has no picture for frame {number}", remedy="annotate it")
        if len(found) > 1:
            raise InputError(
                f"{self._file.name} has {len(found)} pictures numbered {number}",
                remedy="name them as the plate's files, or export the shot alone",
            )
        return _sized(found[0], self._file.name)


def annotation_coverage(
    file: CocoAnnotations, image: CocoImage, entries: Sequence[CocoAnnotation], height: int, width: int
) -> Coverage:
    """What any of ``entries`` covers of a picture, ``(height, width)`` float32 in 0..1; polygons follow that size.

    Raises :class:`InputError` for run lengths of another size and for what is neither polygons nor run lengths.
    """
    polygons: list[NDArray[np.float64]] = []
    masks: list[Coverage] = []
    for entry in entries:
        what = f"annotation {entry.id} of {file.name}"
        if isinstance(entry.segmentation, list):
            scale = (width / image.width, height / image.height)
            polygons += [_points(points, what) * scale for points in entry.segmentation]
        elif isinstance(entry.segmentation, Mapping):
            masks.append(decode_run_lengths(entry.segmentation, height, width, what))
        elif entry.segmentation is not None:
            raise InputError(f"{what} is neither polygons nor run lengths", remedy=_EXPORT)
    result = fill_polygons(polygons, height, width)
    for mask in masks:
        result = union(result, mask)
    return result


def decode_run_lengths(segmentation: Mapping[str, Any], height: int, width: int, what: str) -> Coverage:
    """A mask of run lengths, ``(height, width)`` float32 of 0 and 1.

    Runs go down the columns and begin with what is outside. Raises
    :class:`InputError` for another size or runs that do not fill it, before
    anything is allocated.
    """
    size, counts = segmentation.get("size"), segmentation.get("counts")
    if size != [height, width]:
        remedy = f"give it at the plate's size [{height}, {width}]"
        raise InputError(f"{what} is a mask of the size {str(size)[:40]}", remedy=remedy)
    runs: list[int] = _decode_counts(counts) if isinstance(counts, str) else counts if isinstance(counts, list) else []
    fits = all(type(run) is int and 0 <= run <= height * width for run in runs)
    if not fits or sum(runs) != height * width:
        raise InputError(f"{what} has run lengths that do not fill its mask", remedy=_EXPORT)
    inside = np.arange(len(runs)) % 2
    return np.ascontiguousarray(np.repeat(inside, runs).reshape(width, height).T, np.float32)


def _decode_counts(text: str) -> list[int]:
    """The compressed form: groups of 5 bits, low first, 0x20 continues; from the fourth on as differences.

    Empty for a string that is no such thing.
    """
    runs: list[int] = []
    value = shift = 0
    for sign in text.encode("utf-8", "surrogatepass"):
        bits = sign - 48
        if not 0 <= bits < 64 or shift > 60:
            return []
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        value = shift = 0
    return [] if shift else runs


def _points(flat: object, what: str) -> NDArray[np.float64]:
    try:
        points = np.asarray(flat, np.float64)
    except (TypeError, ValueError, OverflowError):
        points = np.empty(0)
    if points.ndim != 1 or points.size < 6 or points.size % 2:
        raise InputError(f"{what} has a polygon that is not a list of x and y", remedy=_EXPORT)
    return points.reshape(-1, 2)


def _category_ids(file: CocoAnnotations, categories: Sequence[str | int]) -> frozenset[int]:
    result: set[int] = set()
    for category in categories:
        found = {number for number, name in file.categories.items() if category in (name, number)}
        if not found:
            known = [*file.categories.values(), *map(str, file.categories)]
            raise UsageError(f"{file.name} has no category {category!r}", remedy=nearest(str(category), known))
        result |= found
    return frozenset(result)


def _number(file_name: str) -> int | None:
    digits = re.findall(r"[0-9]+", re.split(r"[/\\]", file_name)[-1].rpartition(".")[0])
    return int(digits[-1]) if digits and len(digits[-1]) < 20 else None


def _sized(image: CocoImage, name: str) -> CocoImage:
    if not (0 < image.width <= MAX_SIDE and 0 < image.height <= MAX_SIDE):
        raise InputError(f"{name} says that {image.file_name!r} is {image.width}x{image.height}", remedy=_EXPORT)
    return image

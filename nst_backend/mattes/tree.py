"""From the matte of a recipe to a source of coverage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Literal

from ..contract.errors import UsageError
from ..contract.matte_options import (
    BackgroundMatte,
    CocoMatte,
    CryptomatteMatte,
    EverythingMatte,
    Feather,
    Grow,
    ImagesMatte,
    InstancesMatte,
    Intersect,
    Matte,
    Shrink,
    Subtract,
    Union,
)
from ..contract.recipe import REFERENCE_LINES
from . import combine
from .coco import CocoSource, read_annotations
from .cryptomatte_source import CryptomatteSource
from .images import ImagesSource
from .instances_source import InstancesSource, UnfoundObjects
from .shot_objects import ShotObjects
from .source import Coverage, MatteFrame, MatteSource, Whole, frame_size

__all__ = ["MatteContext", "build_matte"]

_Operation = Literal["union", "intersect", "subtract"]
_OPERATIONS: dict[_Operation, Callable[[Coverage, Coverage], Coverage]] = {
    "union": combine.union,
    "intersect": combine.intersect,
    "subtract": combine.subtract,
}


@dataclass(frozen=True, kw_only=True)
class MatteContext:
    """What a matte's options refer to."""

    folder: Path
    """Where relative paths start: the folder of the recipe."""
    plate_folder: Path | None = None
    """Where the plate's EXR files lie, for side-car manifests."""
    view_layer: str | None = None
    """Decides between Cryptomatte layers of one name."""
    plate_file: Callable[[int], Path] | None = None
    """The plate's file by frame number: its name for annotations, its header for side-car manifests."""
    objects: Callable[[str], ShotObjects | None] | None = None
    """The objects that the network of a name finds in the plate, or None where they are still to be found."""


def build_matte(matte: Matte, context: MatteContext) -> MatteSource:
    """The source that a recipe's matte describes; files of annotations are read here.

    Set operations between Cryptomatte names of one layer act on the ids and so
    stay exact on shared edges; between other mattes they act on coverage.
    Distances are scaled from 1080 lines to the frame's.

    Raises :class:`UsageError` and :class:`InputError` as the sources do.
    """
    options = matte.options
    if isinstance(options, CryptomatteMatte):
        return CryptomatteSource(
            options.layer,
            options.names,
            folder=context.plate_folder,
            view_layer=context.view_layer,
            plate_file=context.plate_file,
        )
    if isinstance(options, ImagesMatte):
        return ImagesSource(context.folder / options.path, options.channel)
    if isinstance(options, CocoMatte):
        annotations, plate_file = read_annotations(context.folder / options.path), context.plate_file
        name = None if plate_file is None else lambda number: plate_file(number).name
        return CocoSource(annotations, categories=options.categories, ids=options.ids, file_name=name)
    if isinstance(options, InstancesMatte):
        if context.objects is None:
            raise UsageError("objects can be found in a plate only", remedy="use another matte here")
        found = context.objects(options.model)
        return UnfoundObjects(options.model) if found is None else InstancesSource(found, options)
    if isinstance(options, (BackgroundMatte, EverythingMatte)):
        return Whole(matte.kind)
    children = [build_matte(child, context) for child in matte.children]
    if isinstance(options, Union):
        return _joined("union", children)
    if isinstance(options, Intersect):
        return _joined("intersect", children)
    if isinstance(options, Subtract):
        # Taken together first: objects beside each other leave no seam in the hole.
        return reduce(lambda a, b: _pair("subtract", a, b), _merged("union", children[1:]), children[0])
    return _Moved(options, children[0])


def _merged(operation: _Operation, sources: Sequence[MatteSource]) -> list[MatteSource]:
    """``sources`` with the Cryptomatte sets of one layer made one set."""
    result: list[MatteSource] = []
    for source in sources:
        for index, before in enumerate(result):
            both = _exact(operation, before, source)
            if both is not None:
                result[index] = both
                break
        else:
            result.append(source)
    return result


def _joined(operation: _Operation, sources: Sequence[MatteSource]) -> MatteSource:
    return reduce(lambda a, b: _Combined(operation, a, b), _merged(operation, sources))


def _pair(operation: _Operation, first: MatteSource, second: MatteSource) -> MatteSource:
    return _exact(operation, first, second) or _Combined(operation, first, second)


def _exact(operation: _Operation, first: MatteSource, second: MatteSource) -> CryptomatteSource | None:
    if isinstance(first, CryptomatteSource) and isinstance(second, CryptomatteSource):
        return first.combine(operation, second)
    return None


class _Combined:
    """Two mattes and an operation on their coverage."""

    def __init__(self, operation: _Operation, first: MatteSource, second: MatteSource) -> None:
        self._operation, self._first, self._second = operation, first, second

    def coverage(self, frame: MatteFrame) -> Coverage:
        return _OPERATIONS[self._operation](self._first.coverage(frame), self._second.coverage(frame))

    def channels_needed(self, name: str) -> bool:
        return self._first.channels_needed(name) or self._second.channels_needed(name)

    def files(self, number: int) -> tuple[Path, ...]:
        return (*self._first.files(number), *self._second.files(number))

    def check(self, frames: Sequence[MatteFrame]) -> tuple[str, ...]:
        return (*self._first.check(frames), *self._second.check(frames))

    def describe(self) -> str:
        return f"({self._first.describe()}) {self._operation} ({self._second.describe()})"


class _Moved:
    """A matte whose edge is moved or softened."""

    def __init__(self, options: Grow | Shrink | Feather, source: MatteSource) -> None:
        self._options, self._source = options, source

    def coverage(self, frame: MatteFrame) -> Coverage:
        distance = self._options.distance * frame_size(frame)[0] / REFERENCE_LINES
        move = {Grow: combine.grow, Shrink: combine.shrink, Feather: combine.feather}[type(self._options)]
        return move(self._source.coverage(frame), distance)

    def channels_needed(self, name: str) -> bool:
        return self._source.channels_needed(name)

    def files(self, number: int) -> tuple[Path, ...]:
        return self._source.files(number)

    def check(self, frames: Sequence[MatteFrame]) -> tuple[str, ...]:
        return self._source.check(frames)

    def describe(self) -> str:
        return f"{type(self._options).__name__.lower()} {self._options.distance:g} px ({self._source.describe()})"

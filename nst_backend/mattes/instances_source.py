"""Objects of a shot as a matte: chosen by class, number, pixel, score and area."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..contract.errors import UsageError, nearest
from ..contract.matte_options import InstancesMatte
from .cryptomatte import coverage_of, pick
from .cryptomatte_hash import name_to_id
from .shot_objects import ShotObject, ShotObjects
from .source import Coverage, MatteFrame, check_coverage_size

__all__ = ["InstancesSource", "UnfoundObjects"]


class InstancesSource:
    """Coverage of the objects that ``options`` choose.

    Raises :class:`UsageError` for a class that the network does not know and for
    numbers and pixels without an object.
    """

    def __init__(self, found: ShotObjects, options: InstancesMatte) -> None:
        self._found = found
        self._options = options
        unknown = [label for label in options.classes if label not in found.list.classes]
        if unknown:
            raise UsageError(
                f"{found.list.model} does not know {unknown[0]!r}", remedy=nearest(unknown[0], found.list.classes)
            )
        self.chosen = self._choose()

    def coverage(self, frame: MatteFrame) -> Coverage:
        layer, channels = self._found.mattes(frame.number)
        result = coverage_of(layer, channels, [name_to_id(entry.name) for entry in self.chosen])
        check_coverage_size("the mattes of the objects", result.shape, frame)
        return result

    def channels_needed(self, name: str) -> bool:
        return False

    def files(self, number: int) -> tuple[Path, ...]:
        return (self._found.file(number),)

    def check(self, frames: Sequence[MatteFrame]) -> tuple[str, ...]:
        if self.chosen:
            return ()
        what = f"none of the {len(self._found.list.objects)} objects is chosen"
        if not self._found.list.objects:
            return (f"{self._found.list.model} found no objects in the plate, the region stays plate",)
        return (f"{what}, there are: {_counted(self._found.list.objects)}; the region stays plate",)

    def describe(self) -> str:
        return ", ".join(entry.name for entry in self.chosen) or "no object"

    def _choose(self) -> tuple[ShotObject, ...]:
        options, listed = self._options, {entry.id: entry for entry in self._found.list.objects}
        missing = [identity for identity in options.ids if identity not in listed]
        if missing:
            known = ", ".join(entry.name for entry in listed.values()) or "none"
            raise UsageError(f"the shot has no object {missing[0]}", remedy=f"there are: {known}")
        named = {*options.ids, *(self._under(point.frame, point.x, point.y) for point in options.at)}
        if named:
            return tuple(entry for entry in listed.values() if entry.id in named)
        return tuple(
            entry
            for entry in listed.values()
            if (not options.classes or entry.label in options.classes)
            and entry.score >= options.score
            and entry.area >= options.area
        )

    def _under(self, number: int, x: int, y: int) -> int:
        layer, channels = self._found.mattes(number)
        name = pick(layer, channels, x, y)
        for entry in self._found.list.objects:
            if entry.name == name:
                return entry.id
        raise UsageError(
            f"there is no object at ({x}, {y}) in frame {number}", remedy="click on an object, or choose it by number"
        )


class UnfoundObjects:
    """Stands where the objects of a plate are still to be found: all is known of the matte but what it covers."""

    def __init__(self, model: str) -> None:
        self._model = model

    def coverage(self, frame: MatteFrame) -> Coverage:
        raise UsageError(f"the plate was not looked at with {self._model}", remedy="find its objects first")

    def channels_needed(self, name: str) -> bool:
        return False

    def files(self, number: int) -> tuple[Path, ...]:
        return ()

    def check(self, frames: Sequence[MatteFrame]) -> tuple[str, ...]:
        return (f"the plate was not looked at with {self._model}: find its objects first",)

    def describe(self) -> str:
        return f"objects, to be found with {self._model}"


def _counted(objects: Sequence[ShotObject]) -> str:
    labels = [entry.label for entry in objects]
    return ", ".join(f"{labels.count(label)} {label}" for label in dict.fromkeys(labels))

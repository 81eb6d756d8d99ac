"""Plates as the service reads them: under watch, and for the compositor frame by frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from ..contract.errors import InputError
from ..contract.recipe import PlateOptions
from ..media.plate import Frame, Plate
from ..pipeline.recipe_plate import open_recipe_plate
from .watch import Watch

__all__ = ["LivePlate", "WatchedPlate"]


class WatchedPlate:
    """A plate whose reading is a stage of its own."""

    def __init__(self, plate: Plate, watch: Watch) -> None:
        self._plate = plate
        self._watch = watch

    @property
    def numbers(self) -> tuple[int, ...]:
        return self._plate.numbers

    @property
    def size(self) -> tuple[int, int]:
        return self._plate.size

    @property
    def fps(self) -> Fraction | None:
        return self._plate.fps

    @property
    def colour_space(self) -> str | None:
        return self._plate.colour_space

    @property
    def scene_linear(self) -> bool:
        return self._plate.scene_linear

    @property
    def layer(self) -> str | None:
        return self._plate.layer

    @property
    def motion_layer(self) -> str | None:
        return self._plate.motion_layer

    @property
    def matte_layer(self) -> str | None:
        return self._plate.matte_layer

    def read(self, number: int, *, extra: Callable[[str], bool] | None = None) -> Frame:
        with self._watch.stage("read", f"frame {number}"):
            return self._plate.read(number, extra=extra)

    def fingerprint(self, number: int, *, content: bool = False) -> str:
        return self._plate.fingerprint(number, content=content)

    def close(self) -> None:
        self._plate.close()


class LivePlate:
    """A plate of one frame at a time: the file that the latest step named, with the layers of ``options``.

    Raises :class:`InputError` while no frame was shown, and for any but the latest.
    """

    def __init__(self, options: PlateOptions) -> None:
        self._options = options
        self._number: int | None = None
        self._current: Plate | None = None

    def show(self, number: int, file: Path) -> None:
        """Take ``file`` as frame ``number``; raises what ``open_plate`` raises."""
        self._current = open_recipe_plate(replace(self._options, path=str(file)), None)
        self._number = number

    @property
    def shown(self) -> int | None:
        """The frame on hand."""
        return self._number

    @property
    def numbers(self) -> tuple[int, ...]:
        return () if self._number is None else (self._number,)

    @property
    def size(self) -> tuple[int, int]:
        return self.current().size

    @property
    def fps(self) -> Fraction | None:
        return None

    @property
    def colour_space(self) -> str | None:
        return self.current().colour_space

    @property
    def scene_linear(self) -> bool:
        return self.current().scene_linear

    @property
    def layer(self) -> str | None:
        return self.current().layer

    @property
    def motion_layer(self) -> str | None:
        return self.current().motion_layer

    @property
    def matte_layer(self) -> str | None:
        return self.current().matte_layer

    def read(self, number: int, *, extra: Callable[[str], bool] | None = None) -> Frame:
        plate = self.current()
        if number != self._number:
            raise InputError(f"frame {number} is not on hand", remedy=f"step to it; frame {self._number} is")
        return replace(plate.read(plate.numbers[0], extra=extra), number=number)

    def fingerprint(self, number: int, *, content: bool = False) -> str:
        plate = self.current()
        return plate.fingerprint(plate.numbers[0], content=content)

    def close(self) -> None:
        if self._current is not None:
            self._current.close()

    def current(self) -> Plate:
        """The frame on hand, as a plate."""
        if self._current is None:
            raise InputError("the job has no frame yet", remedy="send a step with its plate first")
        return self._current

"""What the rest of the house sees of a matte: coverage for a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import InputError

__all__ = ["Coverage", "MatteFrame", "MatteSource", "Whole", "check_coverage_size", "frame_size"]

Coverage = NDArray[np.float32]
"""``(H, W)`` float32 in 0..1: the part of each pixel that the matte covers."""


class MatteFrame(Protocol):
    """What a source may look at; a plate's frame is one."""

    @property
    def number(self) -> int: ...

    @property
    def rgb(self) -> NDArray[np.float32]:
        """``(H, W, 3)``."""

    @property
    def channels(self) -> Mapping[str, NDArray[np.float32]]:
        """``(H, W)`` each, by full EXR channel name."""

    @property
    def header(self) -> Mapping[str, object]: ...


class MatteSource(Protocol):
    """Coverage of one matte, frame by frame, in any order."""

    def coverage(self, frame: MatteFrame) -> Coverage:
        """``(H, W)`` float32 in 0..1 for ``frame``; the caller must not write into it.

        Raises :class:`InputError` where the frame or the matte's own file does
        not hold what the matte needs.
        """

    def channels_needed(self, name: str) -> bool:
        """Whether the frame must carry the EXR channel ``name``."""

    def files(self, number: int) -> tuple[Path, ...]:
        """The files beside the plate that a frame's coverage comes from, whether they are there or not."""

    def check(self, frames: Sequence[MatteFrame]) -> tuple[str, ...]:
        """Look once, before the shot, at one or more of its frames.

        Returns warnings (sentences). Raises :class:`UsageError` for what none of
        them can hold, such as a misspelt name.
        """

    def describe(self) -> str:
        """A few words for logs and progress."""


class Whole:
    """Coverage 1 everywhere: ``everything``, and ``background``, which the regions in front then cut."""

    def __init__(self, name: str) -> None:
        self._name = name

    def coverage(self, frame: MatteFrame) -> Coverage:
        return np.ones(frame_size(frame), np.float32)

    def channels_needed(self, name: str) -> bool:
        return False

    def files(self, number: int) -> tuple[Path, ...]:
        return ()

    def check(self, frames: Sequence[MatteFrame]) -> tuple[str, ...]:
        return ()

    def describe(self) -> str:
        return self._name


def frame_size(frame: MatteFrame) -> tuple[int, int]:
    """Height and width in pixels."""
    height, width = frame.rgb.shape[:2]
    return height, width


def check_coverage_size(what: str, found: tuple[int, ...], frame: MatteFrame) -> None:
    """Raise :class:`InputError` where a matte is not as large as its frame."""
    height, width = frame_size(frame)
    if found[:2] != (height, width):
        raise InputError(
            f"{what} is {found[1]}x{found[0]}, the plate's frame {frame.number} is {width}x{height}",
            remedy="give the matte at the plate's size",
        )

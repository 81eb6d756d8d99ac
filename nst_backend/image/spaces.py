"""Colour spaces by their OpenColorIO names.

The network always sees linear sRGB primaries through the sRGB curve; a plate
may be in any space of the configuration: ``OCIO`` where it is set, else
OpenColorIO's built-in CG configuration. Blender's names are understood as well.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import PyOpenColorIO as ocio
from numpy.typing import NDArray

from ..contract.errors import InputError, UsageError, nearest
from .transfer import srgb_decode, srgb_encode

__all__ = ["ColourSpace", "colour_space"]

Array = NDArray[np.float32]

# Blender 4.5 and 5.2 name these spaces differently from the built-in configuration.
_BLENDER_NAMES = {
    "Linear Rec.709": "Linear Rec.709 (sRGB)",
    "scene_linear": "Linear Rec.709 (sRGB)",
    "Linear": "Linear Rec.709 (sRGB)",
    "sRGB": "sRGB - Texture",
    "Linear Rec.2020": "Linear Rec.2020",
    "ACEScg": "ACEScg",
    "ACES2065-1": "ACES2065-1",
    "Linear DCI-P3 D65": "Linear P3-D65",
    "Raw": "Raw",
    "Non-Color": "Raw",
}
_REFERENCE = "Linear Rec.709 (sRGB)"
_SRGB = {"sRGB - Texture", "sRGB Encoded Rec.709 (sRGB)", "srgb_texture", "srgb_rec709_scene"}


@dataclass(frozen=True)
class ColourSpace:
    """A plate's space: its name, and how it relates to linear sRGB primaries.

    ``encoded`` marks the sRGB curve; ``matrix`` takes linear values of the space
    to linear sRGB primaries and ``inverse`` back, each ``(3, 3)`` float32.
    """

    name: str
    encoded: bool
    matrix: tuple[tuple[float, ...], ...]
    inverse: tuple[tuple[float, ...], ...]

    def to_linear(self, values: Array) -> Array:
        """Stored values ``(..., 3)`` to linear light in the space's own primaries."""
        return srgb_decode(values) if self.encoded else values

    def from_linear(self, values: Array) -> Array:
        """The inverse of :meth:`to_linear`."""
        return srgb_encode(values) if self.encoded else values

    @property
    def is_srgb(self) -> bool:
        return self.matrix == _IDENTITY

    def to_srgb_primaries(self, linear: Array) -> Array:
        """Linear ``(..., 3)`` in the space's primaries to linear sRGB primaries."""
        return linear if self.is_srgb else _apply(self.matrix, linear)

    def from_srgb_primaries(self, linear: Array) -> Array:
        """The inverse of :meth:`to_srgb_primaries`."""
        return linear if self.is_srgb else _apply(self.inverse, linear)


_IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def _apply(matrix: tuple[tuple[float, ...], ...], values: Array) -> Array:
    return np.ascontiguousarray(values @ np.asarray(matrix, np.float32).T, np.float32)


def _config() -> ocio.Config:
    path = os.environ.get("OCIO", "")
    if path:
        try:
            return ocio.Config.CreateFromFile(path)
        except (ocio.Exception, ocio.ExceptionMissingFile) as error:
            raise InputError(
                f"the OpenColorIO configuration {path} cannot be read", remedy="correct or unset OCIO"
            ) from error
    return ocio.Config.CreateFromFile("ocio://cg-config-latest")


@lru_cache(maxsize=64)
def colour_space(name: str) -> ColourSpace:
    """Look a space up by its OpenColorIO or Blender name.

    Raises :class:`UsageError` for an unknown name (with the nearest ones) and
    for a space that is neither linear nor sRGB-encoded.
    """
    if _BLENDER_NAMES.get(name, name) == _REFERENCE:
        return ColourSpace(name, False, _IDENTITY, _IDENTITY)
    if _BLENDER_NAMES.get(name, name) in _SRGB:
        return ColourSpace(name, True, _IDENTITY, _IDENTITY)
    config = _config()
    found = config.getColorSpace(name) or config.getColorSpace(_BLENDER_NAMES.get(name, name))
    if found is None:
        known = [*config.getColorSpaceNames(), *_BLENDER_NAMES]
        raise UsageError(f"no colour space is named {name!r}", remedy=nearest(name, known))
    if found.isData():
        return ColourSpace(name, False, _IDENTITY, _IDENTITY)
    reference = config.getColorSpace(_REFERENCE) or config.getColorSpace("scene_linear")
    matrix = _linear_matrix(config.getProcessor(found, reference).getDefaultCPUProcessor())
    if matrix is None:
        raise UsageError(
            f"{name} is neither linear nor sRGB", remedy="convert the plate, or name a linear space such as 'ACEScg'"
        )
    inverse = np.asarray(np.linalg.inv(matrix), np.float64)
    return ColourSpace(name, False, _rows(matrix), _rows(inverse))


def _rows(matrix: NDArray[np.float64]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(value) for value in row) for row in matrix)


def _linear_matrix(processor: ocio.CPUProcessor) -> NDArray[np.float64] | None:
    """The processor as a matrix, or None where it is not linear."""
    columns = [processor.applyRGB([1.0 if i == j else 0.0 for i in range(3)]) for j in range(3)]
    matrix = np.asarray(columns, np.float64).T
    for probe in ((0.18, 0.18, 0.18), (0.02, 0.5, 0.9), (2.0, 4.0, 8.0)):
        expected = matrix @ np.asarray(probe)
        if not np.allclose(processor.applyRGB(list(probe)), expected, rtol=1e-3, atol=1e-4):
            return None
    return matrix

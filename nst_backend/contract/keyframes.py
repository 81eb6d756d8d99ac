"""A number that may change over the shot: constant, or keyframes joined by lines."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import UsageError
from .numbers import is_number

__all__ = ["Curve"]


@dataclass(frozen=True)
class Curve:
    """Linear between keyframes, held before the first and after the last."""

    keys: tuple[tuple[float, float], ...]

    @classmethod
    def constant(cls, value: float) -> Curve:
        return cls(((0.0, float(value)),))

    @classmethod
    def from_json(cls, value: object, where: str) -> Curve:
        """A number or ``[[frame, value], ...]`` with rising frames.

        Raises :class:`UsageError` naming ``where``.
        """
        if is_number(value):
            return cls.constant(value)
        remedy = "give a number or keyframes [[frame, value], ...] with rising frames"
        if not isinstance(value, (list, tuple)) or not value:
            raise UsageError(f"{where} is {str(value)[:60]!r}", remedy=remedy)
        keys: list[tuple[float, float]] = []
        for index, entry in enumerate(value):
            pair = isinstance(entry, (list, tuple)) and len(entry) == 2 and all(map(is_number, entry))
            if not pair:
                raise UsageError(f"{where}[{index}] is {str(entry)[:60]!r}", remedy=remedy)
            frame, number = float(entry[0]), float(entry[1])
            if keys and frame <= keys[-1][0]:
                raise UsageError(f"{where}[{index}] is at frame {frame:g}, not after {keys[-1][0]:g}", remedy=remedy)
            keys.append((frame, number))
        return cls(tuple(keys))

    def to_json(self) -> float | list[list[float]]:
        if len(self.keys) == 1:
            return self.keys[0][1]
        return [[frame, value] for frame, value in self.keys]

    @staticmethod
    def json_schema(minimum: float | None, maximum: float | None) -> Mapping[str, Any]:
        number: dict[str, Any] = {"type": "number"}
        if minimum is not None:
            number["minimum"] = minimum
        if maximum is not None:
            number["maximum"] = maximum
        key = {"type": "array", "prefixItems": [{"type": "number"}, number], "minItems": 2, "maxItems": 2}
        return {"oneOf": [number, {"type": "array", "items": key, "minItems": 1}]}

    def at(self, frame: float) -> float:
        """The value at ``frame``."""
        index = bisect_right(self.keys, (frame, math.inf))
        if index == 0:
            return self.keys[0][1]
        if index == len(self.keys):
            return self.keys[-1][1]
        (start, first), (end, last) = self.keys[index - 1], self.keys[index]
        part = (frame - start) / (end - start)
        return first + (last - first) * part

    def values(self) -> tuple[float, ...]:
        """The values at the keys; the curve stays between their extremes."""
        return tuple(value for _, value in self.keys)

"""What counts as a number in JSON that people write."""

from __future__ import annotations

import math
from typing import Any, TypeGuard

__all__ = ["is_number"]


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether ``value`` is a finite number that a float can hold; true and false are none."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # JSON knows no largest whole number
        return False

"""The names that a plate's Cryptomatte holds, as the backend last told them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .owner import Owner

__all__ = ["store"]


def store(owner: Owner, summary: Mapping[str, Any]) -> int:
    """Keep the names of a ``mattes`` request's ``done`` summary on the owner; how many there are."""
    names = owner.settings.plate_names
    names.clear()
    for layer in summary.get("layers", ()):
        for name, _ in layer.get("names", ()):
            entry = names.add()
            entry.name, entry.layer = name, layer["name"]
    return len(names)

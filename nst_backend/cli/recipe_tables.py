"""The recipe's keys as Markdown tables, made from its classes; ``docs/recipe.md`` holds them."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from ..contract.codec import EXTRA, encode, field_types
from ..contract.keyframes import Curve
from ..contract.matte_options import Matte
from ..contract.optimisation_options import RegionOptimisation
from ..contract.recipe import ComputeOptions, OutputOptions, PlateOptions, Recipe, Region, TemporalOptions

__all__ = ["recipe_tables"]

_TABLES = {
    "The recipe": Recipe,
    "plate": PlateOptions,
    "regions": Region,
    "optimisation": RegionOptimisation,
    "temporal": TemporalOptions,
    "output": OutputOptions,
    "compute": ComputeOptions,
}
_NAMES = {bool: "true or false", int: "whole number", float: "number", str: "text", type(None): "null"}


def recipe_tables() -> str:
    """A heading and a table for each part of a recipe."""
    return "\n\n".join(f"### {_heading(name)}\n\n{_table(cls)}" for name, cls in _TABLES.items())


def _heading(name: str) -> str:
    return name if " " in name else f"`{name}`"


def _table(cls: type) -> str:
    kinds = field_types(cls)
    rows = ["| key | value | default | meaning |", "|---|---|---|---|"]
    for entry in dataclasses.fields(cls):
        if entry.name != EXTRA:
            cells = (_kind(kinds[entry.name], entry.metadata), _default(entry), str(entry.metadata.get("help", "")))
            rows.append(f"| `{entry.name}` | {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(rows)


def _kind(kind: Any, metadata: Mapping[str, Any]) -> str:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_kind(entry, metadata) for entry in arguments)
    if origin is Literal:
        return ", ".join(f"`{entry}`" for entry in arguments)
    if origin is tuple:
        return f"list of {_kind(arguments[0], {})}"
    if kind is Curve:
        return f"number{_limits(metadata)} or keyframes"
    if kind is Matte:
        return "a matte, see below"
    if dataclasses.is_dataclass(kind):
        return "object"
    return _NAMES[kind] + (_limits(metadata) if kind in (int, float) else "")


def _limits(metadata: Mapping[str, Any]) -> str:
    low, high, unit = metadata.get("minimum"), metadata.get("maximum"), metadata.get("unit")
    bounds = "" if low is None else f" from {low:g}"
    bounds += "" if high is None else f" to {high:g}"
    return f"{bounds} {unit}" if unit else bounds


def _default(entry: dataclasses.Field[Any]) -> str:
    if entry.default is dataclasses.MISSING:
        return "" if entry.default_factory is not dataclasses.MISSING else "**required**"
    value = encode(entry.default)
    if isinstance(value, list):
        return " ".join(f"`{part}`" for part in value) or "empty"
    if value is None:
        return "`null`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"

"""JSON Schema (draft 2020-12) of any options dataclass, from its annotations and limits."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from .codec import EXTRA, encode, field_types
from .recipe import Recipe

__all__ = ["dataclass_schema", "recipe_schema"]

_SCALARS = {bool: "boolean", int: "integer", float: "number", str: "string"}


def recipe_schema() -> dict[str, Any]:
    """The schema of a recipe."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Brushpass recipe, version 1",
        **dataclass_schema(Recipe, required=("version",)),
    }


def dataclass_schema(cls: type, *, required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The schema of one options class; unknown keys are allowed where it keeps them."""
    kinds = field_types(cls)
    properties: dict[str, Any] = {}
    needed = set(required)
    for entry in dataclasses.fields(cls):
        if entry.name == EXTRA:
            continue
        schema = dict(_schema(kinds[entry.name], entry.metadata))
        if entry.metadata.get("help"):
            unit = f" ({entry.metadata['unit']})" if entry.metadata.get("unit") else ""
            schema["description"] = entry.metadata["help"] + unit
        if entry.default is not dataclasses.MISSING:
            schema["default"] = encode(entry.default)
        elif entry.default_factory is dataclasses.MISSING:
            needed.add(entry.name)
        properties[entry.name] = schema
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(needed),
        "additionalProperties": EXTRA in kinds,
    }


def _schema(kind: Any, limits: Mapping[str, Any]) -> Mapping[str, Any]:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_schema(entry, limits) for entry in arguments]}
    if kind is type(None):
        return {"type": "null"}
    if hasattr(kind, "json_schema"):
        try:
            return kind.json_schema(limits.get("minimum"), limits.get("maximum"))  # type: ignore[no-any-return]
        except TypeError:
            return kind.json_schema()  # type: ignore[no-any-return]
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is tuple:
        return {"type": "array", "items": _schema(arguments[0], {})}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _schema(arguments[1], limits)}
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return dataclass_schema(kind)
    schema: dict[str, Any] = {"type": _SCALARS[kind]} if kind in _SCALARS else {}
    if kind in (int, float):
        for name in ("minimum", "maximum"):
            if limits.get(name) is not None:
                schema[name] = limits[name]
    return schema

"""Blender properties from the contract's options, so that each option is described once.

Names, defaults, limits, units and help come from the dataclasses of
``contract``; :func:`derived` turns their fields into properties of a group,
:func:`read` and :func:`assign` carry values over and back.

| annotation | property |
|---|---|
| ``float``, ``Curve`` | number; only a ``Curve`` can be keyed, since only it can be told in a recipe |
| ``int`` | whole number |
| ``int | Literal["auto"]`` | switch ``NAME_auto`` and a whole number that counts when it is off |
| ``bool`` | switch |
| ``str``, ``str | None`` | text; empty is None |
| ``Literal[...]``, with ``| None`` | menu; ``NONE`` is None |
"""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin

import bpy
import numpy as np

from ..contract.codec import EXTRA, field_types
from ..contract.keyframes import Curve

__all__ = ["NONE", "assign", "derived", "description", "fields", "label", "plain", "read"]

NONE = "NONE"
"""The menu entry that stands for null in a recipe."""
_INT_LIMITS = -(2**31), 2**31 - 1
_SPELT = {
    "dis": "DIS",
    "raft": "RAFT",
    "cpu": "CPU",
    "fp32": "fp32",
    "fp16": "fp16",
    "torch": "PyTorch",
    "openvino": "OpenVINO",
    "8": "8 bit",
    "16": "16 bit",
    "half": "Half Float",
    "feed_forward": "Trained Style",
}
_Group = TypeVar("_Group", bound=type)


def label(name: str) -> str:
    """The name of an option or a choice as Blender writes it: ``Preserve Colour``."""
    return _SPELT.get(name) or " ".join(word.capitalize() for word in name.split("_"))


def description(options: type, name: str) -> str:
    """An option's help as a tooltip: a capital first, the unit last, no full stop."""
    metadata = fields(options)[name].metadata
    text, unit = metadata.get("help", ""), metadata.get("unit", "")
    return text[:1].upper() + text[1:] + (f" ({unit})" if unit else "")


def fields(options: type) -> dict[str, dataclasses.Field[Any]]:
    """The options of a class by name, without the unknown keys that it carries."""
    return {entry.name: entry for entry in dataclasses.fields(options) if entry.name != EXTRA}


def derived(
    options: type, *, only: Iterable[str] = (), skip: Iterable[str] = (), **overrides: Mapping[str, Any]
) -> Callable[[_Group], _Group]:
    """Class decorator: a property for each option of ``options``.

    ``overrides`` are keywords of ``bpy.props`` for single options, for what the
    contract cannot know (``subtype``, the number behind an "auto").
    """
    names = set(only or fields(options)) - set(skip)

    def decorate(group: _Group) -> _Group:
        made: dict[str, Any] = {}
        for name in fields(options):
            if name in names:
                made.update(_properties(options, name, overrides.get(name, {})))
        group.__annotations__ = {**made, **inspect.get_annotations(group)}
        return group

    return decorate


def read(options: type, group: bpy.types.PropertyGroup, names: Iterable[str] = ()) -> dict[str, Any]:
    """The values of ``group`` as keyword arguments of ``options``; a curve is constant."""
    return {name: _read(kind, group, name) for name, kind in _kinds(options, group, names)}


def assign(values: object, group: bpy.types.PropertyGroup, names: Iterable[str] = ()) -> None:
    """Set ``group`` to the fields of an options object; of a curve, its first value."""
    for name, kind in _kinds(type(values), group, names):
        _assign(kind, group, name, getattr(values, name))


def plain(value: float) -> float:
    """The shortest decimal of what Blender stores in single precision: 0.7, not 0.699999988."""
    return float(str(np.float32(value)))


def _kinds(options: type, group: bpy.types.PropertyGroup, names: Iterable[str]) -> Iterable[tuple[str, Any]]:
    kinds = field_types(options)
    wanted = tuple(names) or tuple(name for name in fields(options) if name in group.bl_rna.properties)
    return ((name, kinds[name]) for name in wanted)


def _parts(kind: Any) -> tuple[Any, bool, bool]:
    """An annotation without ``None`` and ``"auto"``, and whether it had them."""
    if get_origin(kind) not in (typing.Union, types.UnionType):
        return kind, False, False
    entries = get_args(kind)
    null, auto = type(None) in entries, Literal["auto"] in entries
    rest = [entry for entry in entries if entry is not type(None) and entry != Literal["auto"]]
    if len(rest) != 1:
        raise TypeError(f"no property is known for {kind}")
    return rest[0], null, auto


def _properties(options: type, name: str, override: Mapping[str, Any]) -> dict[str, Any]:
    entry = fields(options)[name]
    kind, null, auto = _parts(field_types(options)[name])
    default = None if entry.default is dataclasses.MISSING else entry.default
    common: dict[str, Any] = {"name": label(name), "description": description(options, name), "options": set()}
    low, high = entry.metadata.get("minimum"), entry.metadata.get("maximum")
    if kind in (float, Curve):
        number = default.keys[0][1] if isinstance(default, Curve) else default
        limits = {"default": number, "min": low, "max": high, **_appearance(entry)}
        limits = {key: value for key, value in limits.items() if value is not None}
        if kind is Curve:
            common["options"] = {"ANIMATABLE"}
        return {name: bpy.props.FloatProperty(**{**common, **limits, **override})}
    if kind is int:
        least = _INT_LIMITS[0] if low is None else int(low)
        most = _INT_LIMITS[1] if high is None else int(high)
        if not auto:
            return {
                name: bpy.props.IntProperty(**{**common, "default": default, "min": least, "max": most, **override})
            }
        switch = {**common, "name": f"Automatic {label(name)}", "default": default == "auto"}
        start = {**common, "default": least, "min": least, "max": most, **override}
        return {f"{name}_auto": bpy.props.BoolProperty(**switch), name: bpy.props.IntProperty(**start)}
    if kind is bool:
        return {name: bpy.props.BoolProperty(**{**common, "default": default, **override})}
    if kind is str:
        return {name: bpy.props.StringProperty(**{**common, "default": default or "", **override})}
    if get_origin(kind) is Literal:
        choices = ([NONE] if null else []) + list(get_args(kind))
        items = [_item(choice) for choice in choices]
        chosen = NONE if default is None else default
        return {name: bpy.props.EnumProperty(**{**common, "items": items, "default": chosen, **override})}
    raise TypeError(f"no property is known for {name}: {kind}")


def _item(choice: str) -> tuple[str, str, str, int]:
    # A .blend stores the number, so it must not depend on what else can be chosen.
    return choice, "Default" if choice == NONE else label(choice), "", zlib.crc32(choice.encode()) >> 1


def _appearance(entry: dataclasses.Field[Any]) -> dict[str, Any]:
    low, high, unit = (entry.metadata.get(key) for key in ("minimum", "maximum", "unit"))
    if low == 0 and high is not None and high <= 1:
        return {"subtype": "FACTOR", "precision": 3}
    if unit and unit.startswith("px") and high is not None:
        return {"subtype": "PIXEL", "precision": 1, "soft_max": min(high, 100)}
    return {"precision": 2, "step": 10}


def _read(kind: Any, group: bpy.types.PropertyGroup, name: str) -> Any:
    kind, null, auto = _parts(kind)
    if auto and getattr(group, f"{name}_auto"):
        return "auto"
    value = getattr(group, name)
    if kind is Curve:
        return Curve.constant(plain(value))
    if kind is float:
        return plain(value)
    return None if null and value in ("", NONE) else value


def _assign(kind: Any, group: bpy.types.PropertyGroup, name: str, value: Any) -> None:
    kind, null, auto = _parts(kind)
    if auto:
        setattr(group, f"{name}_auto", value == "auto")
        if value == "auto":
            return
    if null and value is None:
        value = NONE if get_origin(kind) is Literal else ""
    setattr(group, name, value.keys[0][1] if isinstance(value, Curve) else value)

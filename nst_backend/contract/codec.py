"""JSON to typed dataclasses and back, with errors that name the key.

A dataclass is the only description of its options: types come from the
annotations, limits and help from :func:`option`, and the JSON Schema, the
command line and Blender's properties are derived from the same fields.

Understood annotations: ``bool int float str``, ``Literal[...]``, ``X | None``,
``tuple[X, ...]``, ``Mapping[str, X]``, nested dataclasses, and a class with
``from_json(value, where)`` and ``to_json()`` for everything with a form of its
own (keyframes, mattes).
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin

from .errors import UsageError, nearest
from .numbers import is_number

__all__ = ["decode", "encode", "field_types", "option"]

T = TypeVar("T")
EXTRA = "extra"


def option(
    default: Any = dataclasses.MISSING,
    *,
    help: str,
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str = "",
) -> Any:
    """A dataclass field with its help, limits and unit."""
    metadata = {"help": help, "minimum": minimum, "maximum": maximum, "unit": unit}
    return dataclasses.field(default=default, metadata=metadata)


def field_types(cls: type) -> dict[str, Any]:
    """Resolved annotations of a dataclass, by field name."""
    return typing.get_type_hints(cls)


def decode(cls: type[T], data: object, where: str = "", *, keep_unknown: bool = False) -> T:
    """Build ``cls`` from parsed JSON.

    ``where`` is the path of keys so far. Unknown keys go into the field
    ``extra`` where the class has one and ``keep_unknown`` is set, and are
    refused with the nearest names otherwise.

    Raises :class:`UsageError` naming the key, what it holds and what it may hold.
    """
    if not isinstance(data, Mapping):
        raise UsageError(f"{where or 'the document'} must be an object, not {_shown(data)}", remedy="see the schema")
    fields = {field.name: field for field in dataclasses.fields(cls) if field.name != EXTRA}  # type: ignore[arg-type]
    types_ = field_types(cls)
    unknown = {key: value for key, value in data.items() if key not in fields}
    keeps = keep_unknown and EXTRA in types_
    if unknown and not keeps:
        key = next(iter(unknown))
        raise UsageError(f"unknown key {_join(where, str(key))}", remedy=nearest(str(key), fields))
    values: dict[str, Any] = {}
    for name, field in fields.items():
        path = _join(where, name)
        if name in data:
            values[name] = _value(types_[name], data[name], path, keep_unknown)
            _check_limits(values[name], field, path)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise UsageError(f"{path} is missing", remedy=str(field.metadata.get("help", "add it")))
    if unknown:
        values[EXTRA] = dict(unknown)
    try:
        return cls(**values)
    except ValueError as error:
        raise UsageError(f"{where or 'the document'}: {error}", remedy="correct it") from error


def encode(value: Any) -> Any:
    """The JSON form of a dataclass or any value inside one; the inverse of :func:`decode`."""
    if hasattr(value, "to_json"):
        return value.to_json()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        result = {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value) if f.name != EXTRA}
        result.update(getattr(value, EXTRA, None) or {})
        return result
    if isinstance(value, Mapping):
        return {key: encode(entry) for key, entry in value.items()}
    if isinstance(value, (tuple, list)):
        return [encode(entry) for entry in value]
    return value


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _refuse(path: str, value: object, expected: str) -> UsageError:
    return UsageError(f"{path} is {_shown(value)}", remedy=f"give {expected}")


def _value(kind: Any, value: Any, path: str, keep: bool) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        rest = [entry for entry in arguments if entry is not type(None)]
        # A union of scalar types: the first that takes the value.
        for index, entry in enumerate(rest):
            try:
                return _value(entry, value, path, keep)
            except UsageError:
                if index == len(rest) - 1:
                    raise
    if hasattr(kind, "from_json"):
        return kind.from_json(value, path)
    if origin is Literal:
        if value not in arguments or isinstance(value, bool) != isinstance(arguments[0], bool):
            known = ", ".join(repr(entry) for entry in arguments)
            hint = f" ({nearest(value, map(str, arguments))})" if isinstance(value, str) else ""
            raise _refuse(path, value, f"one of {known}{hint}")
        return value
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise _refuse(path, value, "a list")
        return tuple(_value(arguments[0], entry, f"{path}[{index}]", keep) for index, entry in enumerate(value))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise _refuse(path, value, "an object")
        return {str(key): _value(arguments[1], entry, _join(path, str(key)), keep) for key, entry in value.items()}
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return decode(kind, value, path, keep_unknown=keep)
    return _scalar(kind, value, path)


def _scalar(kind: Any, value: Any, path: str) -> Any:
    if kind is bool:
        if not isinstance(value, bool):
            raise _refuse(path, value, "true or false")
        return value
    if kind in (int, float):
        if not is_number(value) or (kind is int and value != int(value)):
            raise _refuse(path, value, "a whole number" if kind is int else "a number")
        return kind(value)
    if kind is str:
        if not isinstance(value, str) or "\0" in value:
            raise _refuse(path, value, "a text")
        return value
    return value


def _check_limits(value: Any, field: dataclasses.Field[Any], path: str) -> None:
    low, high = field.metadata.get("minimum"), field.metadata.get("maximum")
    numbers = value.values() if hasattr(value, "values") and not isinstance(value, Mapping) else (value,)
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            continue
        if (low is not None and number < low) or (high is not None and number > high):
            bounds = (
                f"from {low:g}"
                if high is None
                else f"from {low:g} to {high:g}"
                if low is not None
                else f"up to {high:g}"
            )
            raise _refuse(path, number, f"a number {bounds}")

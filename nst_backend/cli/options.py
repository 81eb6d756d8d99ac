"""Command-line options made from options dataclasses: names, limits, defaults and help stand there once.

A field ``preserve_colour`` becomes ``--preserve-colour``. What is given ends up as
the JSON value a recipe would hold, checked by the same code.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import types
import typing
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, get_args, get_origin

from ..contract.codec import EXTRA, decode, encode, field_types
from ..contract.errors import UsageError
from ..contract.keyframes import Curve

__all__ = ["add_option", "add_options", "given_options", "option_summary", "read_value"]


def add_options(
    parser: argparse.ArgumentParser,
    cls: type,
    *,
    skip: Collection[str] = (),
    title: str = "",
    renamed: Mapping[str, str] | None = None,
) -> None:
    """Add an option for every field of the dataclass ``cls`` but those in ``skip``.

    ``renamed`` maps field names to flags where the field's own name would be
    ambiguous on a command line. None of them is required and none has a value
    unless given; :func:`given_options` tells those that were.
    """
    group = parser.add_argument_group(title) if title else parser
    kinds = field_types(cls)
    for entry in dataclasses.fields(cls):
        if entry.name == EXTRA or entry.name in skip:
            continue
        flag = (renamed or {}).get(entry.name, "--" + entry.name.replace("_", "-"))
        common: dict[str, Any] = {
            "dest": _destination(cls, entry.name),
            "default": argparse.SUPPRESS,
            "help": option_summary(entry).replace("%", "%%"),
        }
        if kinds[entry.name] is bool:
            group.add_argument(flag, action=argparse.BooleanOptionalAction, **common)
        else:
            group.add_argument(flag, type=_reader(cls, entry.name, flag), metavar=_metavar(kinds[entry.name]), **common)


def add_option(parser: argparse.ArgumentParser, cls: type, name: str) -> None:
    """Add the option of the one field ``name`` of ``cls``, as :func:`add_options` adds those of all."""
    add_options(parser, cls, skip=[entry.name for entry in dataclasses.fields(cls) if entry.name != name])


def given_options(arguments: argparse.Namespace, cls: type) -> dict[str, Any]:
    """The JSON values of ``cls`` that the command line gave, by field name."""
    values = vars(arguments)
    names = (entry.name for entry in dataclasses.fields(cls))
    return {name: values[_destination(cls, name)] for name in names if _destination(cls, name) in values}


def option_summary(entry: dataclasses.Field[Any]) -> str:
    """Help, unit, limits and default of an option on one line."""
    details = [text for text in (entry.metadata.get("unit"), _limits(entry), _default(entry)) if text]
    help_text = str(entry.metadata.get("help", ""))
    return f"{help_text} ({'; '.join(details)})" if details else help_text


def read_value(cls: type, name: str, text: str, shown: str) -> Any:
    """The JSON value that ``text`` stands for as field ``name`` of ``cls``.

    Numbers and JSON are read as such where the field takes them, lists of texts
    or numbers are separated by commas, and keyframes may be written ``1:0,24:1``.

    Raises :class:`UsageError` that speaks of ``shown`` and the remedy.
    """
    kind = field_types(cls)[name]
    entry = next(field for field in dataclasses.fields(cls) if field.name == name)
    value = _json_value(kind, text)
    one = dataclasses.make_dataclass("_One", [(name, kind, dataclasses.field(metadata=entry.metadata))])
    try:
        decode(one, {name: value}, keep_unknown=True)
    except UsageError as error:
        raise UsageError(shown + error.problem.removeprefix(name), remedy=error.remedy) from error
    return value


def _destination(cls: type, name: str) -> str:
    return f"{cls.__name__}.{name}"


def _reader(cls: type, name: str, flag: str) -> Callable[[str], Any]:
    return lambda text: read_value(cls, name, text, flag)


def _members(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (typing.Union, types.UnionType) else (kind,)


def _words(kind: Any) -> tuple[str, ...]:
    """The texts that a field of literals may hold."""
    literals = (get_args(member) for member in _members(kind) if get_origin(member) is Literal)
    return tuple(word for words in literals for word in words if isinstance(word, str))


def _is_list_of(member: Any, kinds: Collection[type]) -> bool:
    return get_origin(member) is tuple and get_args(member)[0] in kinds


def _json_value(kind: Any, text: str) -> Any:
    members = _members(kind)
    if str in members or text in _words(kind):
        return text
    if any(_is_list_of(member, (str,)) for member in members):
        return [part.strip() for part in text.split(",") if part.strip()]
    if any(_is_list_of(member, (int, float)) for member in members):
        text = text if text.lstrip().startswith("[") else f"[{text}]"
    if bool in members and text.casefold() in ("yes", "on", "true", "no", "off", "false"):
        return text.casefold() in ("yes", "on", "true")
    if Curve in members and ":" in text and "[" not in text:
        text = "[" + ",".join(f"[{key.replace(':', ',')}]" for key in text.split(",")) + "]"
    try:
        return json.loads(text)
    except ValueError:
        return text


def _metavar(kind: Any) -> str:
    members = [member for member in _members(kind) if member is not type(None)]
    names = {str: "TEXT", int: "N", float: "NUMBER", Curve: "NUMBER|KEYS"}
    words = list(_words(kind))
    lists = {str: "TEXT,...", int: "N,...", float: "NUMBER,..."}
    words += [lists[get_args(member)[0]] for member in members if _is_list_of(member, lists)]
    return "|".join([names[member] for member in members if member in names] + words) or "JSON"


def _limits(entry: dataclasses.Field[Any]) -> str:
    low, high = entry.metadata.get("minimum"), entry.metadata.get("maximum")
    if low is None and high is None:
        return ""
    if high is None:
        return f"from {low:g}"
    return f"up to {high:g}" if low is None else f"{low:g} to {high:g}"


def _default(entry: dataclasses.Field[Any]) -> str:
    if entry.default in (dataclasses.MISSING, None, "", ()):
        return ""
    value = encode(entry.default)
    if isinstance(value, list):
        return f"default: {','.join(map(str, value))}"
    if isinstance(value, bool):
        return "default: yes" if value else "default: no"
    return f"default: {value:g}" if isinstance(value, float) else f"default: {value}"

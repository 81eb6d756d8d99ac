"""Region stacks to use again: recipe files in the user's folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..contract.errors import InputError, UsageError
from ..contract.recipe import PlateOptions, load_recipe
from ..json_files import write_json
from .owner import Owner
from .recipe import apply_regions, to_recipe
from .storage import user_folder

__all__ = ["apply", "names", "remove", "save"]

_FOLDER = "presets"
_SUFFIX = ".json"
# The name becomes a file's on any system.
_NAME = re.compile(r"\w[\w -]{0,62}")
_PLATE = "plate.####.exr"
_OUTPUT = "styled.####.exr"


def names() -> list[str]:
    """The presets there are, in the alphabet's order."""
    folder = user_folder(_FOLDER)
    found = folder.glob(f"*{_SUFFIX}") if folder.is_dir() else ()
    return sorted((path.stem for path in found if not path.name.startswith(".")), key=str.casefold)


def save(owner: Owner, name: str) -> Path:
    """Keep an owner's regions under ``name``, in place of a preset of that name.

    Raises :class:`UsageError` for a name that cannot be a file's or regions that
    are not complete, :class:`InputError` where the folder refuses the file.
    """
    folder = user_folder(_FOLDER, create=True)
    path = _path(name)
    recipe = to_recipe(owner, plate=PlateOptions(path=_PLATE), output=_OUTPUT, base=folder)
    data = recipe.to_json()
    # Numbers mean something in the list of one plate only.
    labels = {found.name: {item.id: item.label for item in found.objects} for found in owner.settings.found}
    regions = [{**region, "matte": _without_numbers(region["matte"], labels)} for region in data["regions"]]
    write_json(path, {"version": data["version"], "plate": data["plate"], "regions": regions, "output": data["output"]})
    return path


def apply(owner: Owner, name: str) -> None:
    """Replace an owner's regions by a preset's.

    Raises :class:`NstError` for a preset that is missing or damaged; nothing is changed then.
    """
    path = _path(name)
    apply_regions(owner, load_recipe(path).regions, base=path.parent)


def remove(name: str) -> None:
    """Delete a preset.

    Raises :class:`InputError` where there is none.
    """
    try:
        _path(name).unlink()
    except OSError as error:
        raise InputError(f"the preset {name!r} cannot be removed, {error.strerror}", remedy="check it") from error


def _without_numbers(tree: Any, labels: Mapping[str, Mapping[int, str]]) -> Any:
    """A matte whose found objects are chosen by class, not by number or pixel."""
    if isinstance(tree, list):
        return [_without_numbers(entry, labels) for entry in tree]
    if not isinstance(tree, dict):
        return tree
    plain = {key: _without_numbers(entry, labels) for key, entry in tree.items()}
    objects = plain.get("instances")
    if isinstance(objects, dict):
        known = labels.get(objects["model"], {})
        meant = dict.fromkeys(known[number] for number in objects["ids"] if number in known)
        plain["instances"] = {**objects, "classes": objects["classes"] or list(meant), "ids": [], "at": []}
    return plain


def _path(name: str) -> Path:
    wanted = name.strip()
    if not _NAME.fullmatch(wanted):
        raise UsageError(f"{name!r} cannot be a preset's name", remedy="use letters, digits, spaces, '-' and '_'")
    return user_folder(_FOLDER) / f"{wanted}{_SUFFIX}"

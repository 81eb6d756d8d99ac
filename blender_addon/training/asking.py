"""From the form to a training that can begin: what is missing is said before anything starts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import bpy

from .. import preferences
from ..contract.errors import InputError, UsageError, nearest
from ..session import session
from ..settings import styles
from ..settings.styles import CARD_SUFFIX, StyleEntry
from .names import free_name, name_problem, style_name, style_title
from .order import (
    Painting,
    TrainingOrder,
    begin,
    check_photographs,
    load_order,
    style_folder,
    training_folder,
    unfinished,
)
from .training import Training

__all__ = ["add_picture", "again", "ask", "chosen_network", "file_of", "form", "picture_problem"]


def form() -> bpy.types.PropertyGroup:
    """What the artist said so far."""
    return preferences.preferences().training


def add_picture(path: Path, title: str = "") -> None:
    """One more picture to learn from, with a title and a name that is free."""
    pictures = form().pictures
    added = pictures.add()
    added.path, added.title = str(path), title or style_title(path)
    names = {entry.name for entry in pictures}
    added.name = free_name(style_name(added.title), taken_names() | names)


def taken_names() -> set[str]:
    """Names of styles that are known, lie in the user's folder, or are being learnt."""
    known = {entry.name for entry in styles.catalogue()}
    cards = {path.name.removesuffix(CARD_SUFFIX) for path in style_folder().glob(f"*{CARD_SUFFIX}")}
    learnt = {painting.name for _, order in unfinished() for painting in order.paintings}
    return known | cards | learnt


def picture_problem(entry: bpy.types.PropertyGroup) -> str:
    """Why a picture cannot be learnt from as it stands; looks at no file."""
    others = [other.name for other in form().pictures if other != entry]
    return name_problem(entry.name, {*others, *(known.name for known in styles.catalogue())})


def file_of(entry: bpy.types.PropertyGroup) -> Path:
    """The picture's file, which may be gone."""
    return Path(entry.path)


def chosen_network(catalogue: Sequence[StyleEntry]) -> StyleEntry | None:
    """The style whose network is joined where none is named: that network which has learnt most styles."""
    ready = [entry for entry in catalogue if entry.ready and entry.network]
    count = Counter((entry.folder, entry.network) for entry in ready)
    return max(ready, key=lambda entry: count[entry.folder, entry.network], default=None)


def ask() -> Training:
    """The training that the form asks for.

    Raises :class:`NstError` for whatever keeps it from being begun; nothing is left behind then.
    """
    said = form()
    python = session().interpreter()
    check_photographs(_absolute(said.photographs))
    order = TrainingOrder(
        paintings=_paintings(said),
        photographs=_absolute(said.photographs),
        joins=_joined(said.joins),
        steps=said.steps_each * max(1, len(said.pictures)),
        artist=said.artist.strip(),
        licence=said.licence.strip(),
        loss_network=_loss_network(said.loss_network),
    )
    return Training(order, begin(order), python=python, online=bpy.app.online_access)


def again(name: str) -> Training:
    """A training that was not finished, to be gone on with. Raises :class:`NstError` where it cannot be."""
    python, folder = session().interpreter(), training_folder() / style_name(name)
    order = load_order(folder)
    check_photographs(order.photographs)
    if order.loss_network and not Path(order.loss_network).is_file():
        order = replace(order, loss_network=_loss_network(form().loss_network))
    return Training(order, folder, python=python, online=bpy.app.online_access)


def _paintings(said: bpy.types.PropertyGroup) -> tuple[Painting, ...]:
    if not said.pictures:
        raise UsageError("no picture to learn from is chosen", remedy="choose one with Train Style from Image")
    taken = taken_names()
    found: list[Painting] = []
    for entry in said.pictures:
        problem = name_problem(entry.name, taken | {painting.name for painting in found})
        if problem:
            raise UsageError(problem.partition(": ")[0], remedy=problem.partition(": ")[2])
        if not Path(entry.path).is_file():
            raise InputError(f"the picture {entry.path} is gone", remedy="take it out of the list, and choose another")
        found.append(Painting(name=entry.name, title=entry.title.strip() or entry.name, path=entry.path))
    return tuple(found)


def _joined(name: str) -> str:
    known = styles.catalogue()
    if name:
        if name not in {entry.name for entry in known}:
            raise UsageError(f"no style is named {name!r}", remedy=nearest(name, [entry.name for entry in known]))
        return name
    chosen = chosen_network(known)
    if chosen is None:
        raise UsageError(
            "no style is known whose network a new one could join", remedy="ask the backend for its styles"
        )
    return chosen.name


def _loss_network(text: str) -> str:
    path = _absolute(text)
    if path and not Path(path).is_file():
        raise InputError(f"no weights of VGG-19 are at {path}", remedy="choose their file, or leave the field empty")
    return path


def _absolute(text: str) -> str:
    # Relative paths would be relative to whatever file is open.
    if text.startswith("//"):
        raise UsageError(f"the path {text} is relative to a file", remedy="choose it again without Relative Path")
    return str(Path(bpy.path.abspath(text)).expanduser()) if text else ""

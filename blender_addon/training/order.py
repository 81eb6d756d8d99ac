"""A training on disk: enough to go on in another Blender. Knows nothing of Blender.

It lies in the user's own data folder and names no program.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..backend.folders import user_data
from ..backend.locks import try_locked
from ..contract.codec import decode, encode, option
from ..contract.errors import InputError, NstError, UsageError, as_fault
from ..json_files import read_json, write_json
from .names import PICTURES

__all__ = [
    "LOCK",
    "Painting",
    "TrainingOrder",
    "begin",
    "check_photographs",
    "discard",
    "load_order",
    "paintings_folder",
    "save_order",
    "started",
    "style_folder",
    "training_folder",
    "unfinished",
]

LOCK = "training.lock"
_FILE = "order.json"
_STATE = "state.pt"

Outcome = Literal["", "failed", "cancelled"]


@dataclass(frozen=True, kw_only=True)
class Painting:
    """A picture to learn from."""

    name: str = option(help="the style's name in recipes")
    title: str = option(help="what people are shown")
    path: str = option(help="the picture")


@dataclass(frozen=True, kw_only=True)
class TrainingOrder:
    """What is to be learnt, and how far that is."""

    paintings: tuple[Painting, ...] = option(help="a style for each")
    photographs: str = option(help="the folder of photographs to practise on")
    joins: str = option(help="the style whose network the new ones join")
    steps: int = option(help="steps in all", minimum=1)
    artist: str = option("", help="who painted them")
    licence: str = option("", help="terms of the paintings")
    loss_network: str = option("", help="the weights that judge; empty for those that the backend finds or fetches")
    outcome: Outcome = option("", help="how it ended; empty while it runs, and where Blender was killed")
    problem: str = option("", help="why it failed")
    done: int = option(0, help="steps that were done when it ended", minimum=0)

    def __post_init__(self) -> None:
        if not self.paintings:
            raise ValueError("paintings must hold at least one")

    @property
    def name(self) -> str:
        """Of the training and its network: that of the first style."""
        return self.paintings[0].name

    @property
    def title(self) -> str:
        """What people call it."""
        more = len(self.paintings) - 1
        return f"{self.paintings[0].title} and {more} more" if more else self.paintings[0].title


def training_folder() -> Path:
    """Holds a folder for each training that is not finished."""
    return user_data() / "training"


def style_folder() -> Path:
    """The user's own styles, where the backend looks for them."""
    return user_data() / "styles"


def paintings_folder(folder: Path, order: TrainingOrder) -> Path:
    """The pictures of a training, each called after its style; the backend names the network after the folder."""
    return folder / "paintings" / order.name


def begin(order: TrainingOrder, root: Path | None = None) -> Path:
    """A training's folder with copies of its pictures, so that they may go meanwhile.

    Raises :class:`UsageError` where a training of that name is not finished,
    :class:`InputError` for a picture that cannot be read, or where the folder cannot be written.
    """
    folder = (training_folder() if root is None else root) / order.name
    for painting in order.paintings:
        if Path(painting.path).suffix.lower() not in PICTURES:
            raise InputError(f"{Path(painting.path).name} is no picture", remedy="choose a JPEG, PNG or TIFF file")
    if (folder / _FILE).is_file():
        raise UsageError(
            f"the training of {order.name!r} is not finished", remedy="resume or discard it, or choose another name"
        )
    try:
        pictures = paintings_folder(folder, order)
        pictures.mkdir(parents=True, exist_ok=True)
        for painting in order.paintings:
            source = Path(painting.path)
            shutil.copyfile(source, pictures / f"{painting.name}{source.suffix.lower()}")
        save_order(folder, order)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise as_fault(error) or error from error
    return folder


def load_order(folder: Path) -> TrainingOrder:
    """Raises :class:`InputError` or :class:`UsageError` where a folder holds none that can be read."""
    return decode(TrainingOrder, read_json(folder / _FILE), _FILE)


def save_order(folder: Path, order: TrainingOrder) -> None:
    """Raises :class:`InputError` where it cannot be written."""
    write_json(folder / _FILE, encode(order))


def started(folder: Path) -> bool:
    """Whether there is something to go on from."""
    return (folder / _STATE).is_file()


def unfinished(root: Path | None = None) -> tuple[tuple[Path, TrainingOrder], ...]:
    """Trainings on disk that can be resumed, by name."""
    root = training_folder() if root is None else root
    found = []
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        try:
            found.append((folder, load_order(folder)))
        except NstError:
            continue
    return tuple(found)


def discard(folder: Path) -> None:
    """Delete a training that is not finished.

    Raises :class:`UsageError` while it runs, :class:`InputError` where a file cannot be deleted.
    """
    if not folder.is_dir():
        return
    with try_locked(folder / LOCK) as free:
        if not free:
            raise UsageError(f"{folder.name!r} is being trained", remedy="cancel it first")
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise as_fault(error) or error from error


def check_photographs(folder: str) -> None:
    """Raises :class:`UsageError` where a folder has no photograph to practise on."""
    if not folder:
        raise UsageError(
            "no folder of photographs is chosen",
            remedy="choose one with a few hundred pictures of anything: the network practises on them",
        )
    if not Path(folder).is_dir():
        raise UsageError(f"there is no folder {folder}", remedy="choose the folder of your photographs")
    names = (name for _, _, files in os.walk(folder) for name in files)
    if not any(name.lower().endswith(PICTURES) for name in names):
        raise UsageError(f"no photographs are in {folder}", remedy="choose a folder with JPEG or PNG pictures")

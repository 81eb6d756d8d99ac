"""What a run looks like on the way: painted photographs, and a film with its neighbours in time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ..contract.errors import InputError
from ..media.board import Board
from ..media.images import write_image
from .data import LeftOut, read_picture
from .motion import Shots
from .trainer import TrainingRun, TrainingStep

__all__ = ["Samples", "sample_film", "sample_photos"]

SAMPLE_SIDE = 320
SAMPLE_PHOTOS = 2
FILM_FRAMES = 12
# A run that goes wrong shows it long before its first state is saved.
EARLY_SAMPLES = (1, 25, 100)
# Films are slow to paint, and steadiness comes late.
FILM_EVERY = 1000
FPS = 12.0

Picture = NDArray[np.float32]


def sample_photos(paths: Sequence[Path], stride: int, left_out: LeftOut) -> list[NDArray[np.float32]]:
    """The upper left of the first photographs that can be used, their sides multiples of ``stride``."""
    found: list[NDArray[np.float32]] = []
    for path in paths:
        try:
            picture = read_picture(path)[:SAMPLE_SIDE, :SAMPLE_SIDE]
        except InputError as error:
            left_out.add(path, error)
            continue
        height, width = (side // stride * stride for side in picture.shape[:2])
        found.append(picture[:height, :width])
        if len(found) == SAMPLE_PHOTOS:
            break
    if not found:
        raise InputError(
            f"none of the {len(paths)} photographs to judge by can be used, {left_out}", remedy="check the photo folder"
        )
    return found


def sample_film(shots: Shots | None, stride: int) -> list[Picture]:
    """The first neighbouring frames of the first shot, cut like the photographs; none without shots."""
    if shots is None:
        return []
    film: list[Picture] = []
    for index in range(min(FILM_FRAMES, len(shots.pairs))):
        if shots.pairs[index][0] != shots.pairs[0][0]:
            break
        frame = shots.frame(index)
        height, width = (min(side, SAMPLE_SIDE) // stride * stride for side in frame.shape[:2])
        film.append(frame[:height, :width])
    return film


class Samples:
    """Sheets of pictures: a row for each photograph, then each style's painting of it; on a board, the losses too."""

    def __init__(
        self, folder: Path, photos: Sequence[Picture], *, film: Sequence[Picture] = (), board: Board | None = None
    ) -> None:
        self.folder = folder
        height, width = (min(photo.shape[axis] for photo in photos) for axis in (0, 1))
        self.photos = [np.ascontiguousarray(photo[:height, :width]) for photo in photos]
        self.film = film
        self.board = board

    def after(self, step: TrainingStep, run: TrainingRun) -> None:
        """Note a step, and show an early one."""
        if self.board is not None:
            self.board.scalars(step.step, {f"loss/{name}": value for name, value in step.losses.items()})
        if step.step in EARLY_SAMPLES:
            self.write(run)

    def write(self, run: TrainingRun) -> None:
        """Paint the sheet with the averaged weights, and now and then the film."""
        self.folder.mkdir(parents=True, exist_ok=True)
        rows = [np.concatenate([photo, *_painted(run, photo)], axis=1) for photo in self.photos]
        sheet = np.concatenate(rows)
        write_image(self.folder / f"sample_{run.step:06d}.png", sheet)
        if self.board is None:
            return
        self.board.picture(run.step, "samples", sheet)
        if self.film and (run.step % FILM_EVERY == 0 or run.step == run.recipe.steps):
            painted = [np.concatenate([frame, *_painted(run, frame)], axis=1) for frame in self.film]
            self.board.clip(run.step, "film", painted, fps=FPS)


def _painted(run: TrainingRun, picture: Picture) -> list[Picture]:
    x = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None]
    weights = torch.eye(len(run.recipe.styles))
    with torch.no_grad():
        found = [run.average(x, weights[index : index + 1]) for index in range(len(weights))]
    return [painting[0].clamp(0, 1).permute(1, 2, 0).numpy() for painting in found]

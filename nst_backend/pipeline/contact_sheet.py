"""A contact sheet: plate, mattes, per-frame and stabilised, side by side for a few frames."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import InputError
from ..contract.messages import Reporter
from ..contract.recipe import Recipe
from ..image.resample import resize
from ..image.transfer import srgb_encode
from ..media.images import write_image
from ..media.plate import open_plate
from ..media.sequence import FramePattern, is_pattern
from ..styles.library import StyleLibrary
from .inputs import refuse_inputs
from .output import is_video
from .preview import shown
from .shot import Shot, open_shot
from .styling import region_weights

__all__ = ["captioned", "contact_sheet", "laid_out", "matte_picture"]

Array = NDArray[np.float32]
GAP, CAPTION = 8, 26
PAPER, INK = 0.09, 0.85


def matte_picture(weights: Mapping[str, Array], plate: Array) -> Array:
    """Each region's weight in a colour of its own over the plate in grey, ``(H, W, 3)`` 0..1."""
    grey = (plate @ np.array([0.2126, 0.7152, 0.0722], np.float32))[:, :, None]
    picture = np.repeat(grey * 0.35, 3, axis=2)
    for index, weight in enumerate(weights.values()):
        colour = np.array(colorsys.hsv_to_rgb((0.08 + index * 0.382) % 1.0, 0.65, 1.0), np.float32)
        part = weight[:, :, None]
        picture = picture * (1 - part) + part * colour * (0.45 + 0.55 * grey)
    return picture.astype(np.float32)


def contact_sheet(
    recipe: Recipe,
    *,
    base: Path,
    numbers: Sequence[int],
    output: Path,
    width: int = 480,
    titles: Mapping[str, str] | None = None,
    reporter: Reporter,
    library: StyleLibrary | None = None,
) -> Path:
    """Write the sheet of a finished job as PNG: a row for each frame.

    ``width``: of each picture, in pixels. ``titles``: captions by region name.
    Raises :class:`InputError` where the job's frames are not there.
    """
    unsmoothed = replace(recipe, temporal=replace(recipe.temporal, smoothing=0.0))
    shot = open_shot(unsmoothed, base=base, reporter=reporter, library=library)
    refuse_inputs(shot, [output])
    rows = []
    for number in numbers:
        working = shot.read(number)
        plate = shown(shot, working.stored, working.alpha)
        columns = [("plate", plate), ("mattes", matte_picture(region_weights(shot, working), plate))]
        if recipe.output.per_frame is not None:
            columns.append(("per frame", _finished(shot, recipe.output.per_frame, number)))
        columns.append(
            ("stabilised" if recipe.temporal.smoothing > 0 else "styled", _finished(shot, recipe.output.path, number))
        )
        rows.append([captioned(picture, f"{title}, frame {number}", width) for title, picture in columns])
    legend = ", ".join(
        f"{entry.region.name}: {(titles or {}).get(entry.region.name) or entry.region.style or 'plate'}"
        for entry in shot.regions
    )
    write_image(output, laid_out(rows, legend))
    return output


def laid_out(rows: Sequence[Sequence[Array]], legend: str) -> Array:
    """Rows of :func:`captioned` pictures on one sheet, ``legend`` below them; the pictures of a row have one height."""
    strips = [np.concatenate(_spaced(row, 1), axis=1) for row in rows]
    body = np.concatenate(_spaced(strips, 0), axis=0)
    sheet = np.pad(body, ((GAP, CAPTION + GAP), (GAP, GAP), (0, 0)), constant_values=PAPER)
    _write(sheet, legend, (GAP + 2, sheet.shape[0] - GAP - 8))
    return sheet


def captioned(picture: Array, caption: str, width: int) -> Array:
    """A picture ``(H, W, 3)`` in 0..1, ``width`` pixels wide, with a line of text below it."""
    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    small = np.clip(resize(np.ascontiguousarray(picture, np.float32), (width, height)), 0.0, 1.0)
    framed = np.pad(small, ((0, CAPTION), (0, 0), (0, 0)), constant_values=PAPER)
    _write(framed, caption, (2, height + CAPTION - 8))
    return framed


def _finished(shot: Shot, pattern: str, number: int) -> Array:
    path = FramePattern.parse(pattern).path(number) if is_pattern(pattern) else Path(pattern)
    if not (shot.base / path).is_file():
        raise InputError(f"frame {number} of the result is missing", remedy="run the job first")
    plate = open_plate(shot.base / path)
    # The frames of a video count from 1, those of a shot from anywhere.
    index = shot.numbers.index(number) if is_video(pattern) else 0
    frame = plate.read(plate.numbers[min(index, len(plate.numbers) - 1)])
    if not plate.scene_linear:
        return frame.rgb
    if shot.plate.scene_linear:
        return shown(shot, frame.rgb, frame.alpha)
    return np.clip(srgb_encode(frame.rgb), 0.0, 1.0)


def _write(picture: Array, text: str, where: tuple[int, int]) -> None:
    # OpenCV 5 writes into 8-bit pictures only.
    ink = np.zeros(picture.shape[:2], np.uint8)
    cv2.putText(ink, text, where, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1, cv2.LINE_AA)
    part = ink[:, :, None].astype(np.float32) / 255.0
    picture += part * (INK - picture)


def _spaced(parts: Sequence[Array], axis: int) -> list[Array]:
    spaced: list[Array] = []
    for part in parts:
        if spaced:
            shape = list(part.shape)
            shape[axis] = GAP
            spaced.append(np.full(shape, PAPER, np.float32))
        spaced.append(part)
    return spaced

"""Which frames a movie shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nst_backend.contract.errors import InputError
from nst_backend.contract.frames import FrameRange
from nst_backend.contract.messages import SilentReporter
from nst_backend.media.images import write_image
from nst_backend.media.plate import open_plate
from nst_backend.pipeline.movie import make_movie

SIZE = (16, 16, 3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Greys that are a tenth of their frame's number: frames 1 to 5 of ``a``, 3 to 7 of ``b``."""
    for name, first in (("a", 1), ("b", 3)):
        for number in range(first, first + 5):
            write_image(tmp_path / f"{name}.{number:04d}.png", np.full(SIZE, number / 10, np.float32))
    return tmp_path


def made(folder: Path, *names: str, frames: str | None = None) -> list[int]:
    """The numbers of the frames that the movie shows."""
    asked = None if frames is None else FrameRange.parse(frames)
    patterns = [f"{name}.####.png" for name in names]
    count = make_movie(patterns, folder / "movie.mp4", base=folder, frames=asked, reporter=SilentReporter())
    movie = open_plate("movie.mp4", base=folder)
    assert len(movie.numbers) == count
    return [round(10 * float(movie.read(number).rgb.mean())) for number in movie.numbers]


def test_all_that_the_sequences_share_are_shown_or_those_asked_for(folder: Path) -> None:
    assert made(folder, "a", "b") == [3, 4, 5]
    assert made(folder, "a", "b", frames="3,5") == [3, 5]
    assert made(folder, "b", frames="5-7x2") == [5, 7]


@pytest.mark.parametrize(
    ("names", "frames", "sentence"),
    [
        ("ab", "4-8", "frames 6-8 are not in all sequences: they share 3-5"),
        ("b", "2", "frame 2 is not in all sequences: they share 3-7"),
    ],
)
def test_frames_that_are_not_there_are_named(folder: Path, names: str, frames: str, sentence: str) -> None:
    with pytest.raises(InputError) as raised:
        made(folder, *names, frames=frames)
    assert raised.value.sentence() == sentence
    assert not (folder / "movie.mp4").exists()

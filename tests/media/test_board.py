"""What TensorBoard reads of a run."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from nst_backend.contract.errors import UsageError
from nst_backend.media.board import Board


def read(folder: Path) -> EventAccumulator:
    found = EventAccumulator(str(folder))
    found.Reload()
    return found


def test_numbers_pictures_and_clips_are_read_back(tmp_path: Path) -> None:
    red = np.zeros((4, 6, 3), np.float32)
    red[..., 0] = 1.5
    with Board(tmp_path) as board:
        for step in (1, 2):
            board.scalars(step, {"loss/style": 1.0 / step})
        board.picture(2, "painted", red)
        board.clip(2, "film", [red, 1.0 - red], fps=10)
    found = read(tmp_path)
    assert [(event.step, event.value) for event in found.Scalars("loss/style")] == [(1, 1.0), (2, 0.5)]
    picture = np.asarray(Image.open(io.BytesIO(found.Images("painted")[0].encoded_image_string)))
    assert picture.shape == (4, 6, 3)
    assert (picture == (255, 0, 0)).all()
    film = Image.open(io.BytesIO(found.Images("film")[0].encoded_image_string))
    assert film.format == "GIF"
    assert getattr(film, "n_frames", 1) == 2


def test_a_run_that_goes_on_replaces_what_came_after(tmp_path: Path) -> None:
    with Board(tmp_path) as board:
        for step in range(1, 6):
            board.scalars(step, {"loss": 9.0})
    with Board(tmp_path, start=4) as board:
        board.scalars(4, {"loss": 1.0})
    assert [(event.step, event.value) for event in read(tmp_path).Scalars("loss")] == [
        (1, 9.0),
        (2, 9.0),
        (3, 9.0),
        (4, 1.0),
    ]


def test_without_the_package_the_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(UsageError, match="tensorboard is not installed") as caught:
        Board(tmp_path)
    assert "brushpass[tensorboard]" in caught.value.remedy

"""``output.matte``: how much of each pixel is in styled regions, beside the styled frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pipeline_shots import Listener, library, moving_plates, recipe

from nst_backend.contract.errors import UsageError
from nst_backend.media.exr import read_exr
from nst_backend.media.images import read_image, write_image
from nst_backend.pipeline.job import run_job
from nst_backend.styles.library import StyleLibrary

HALF = [
    {"name": "left", "matte": {"images": {"path": "roto.####.png"}}, "style": "stripes", "scale": 10.0},
    {"name": "rest", "matte": {"background": {}}, "style": None},
]


@pytest.fixture(scope="module")
def styles(tmp_path_factory: pytest.TempPathFactory) -> StyleLibrary:
    return library(tmp_path_factory.mktemp("styles"))


def shot(folder: Path) -> None:
    moving_plates(folder, 2)
    matte = np.zeros((36, 48, 3), np.float32)
    matte[:, :24] = 1.0
    for number in (1, 2):
        write_image(folder / f"roto.{number:04d}.png", matte)


def test_the_matte_is_the_coverage_of_what_is_styled_at_any_strength(tmp_path: Path, styles: StyleLibrary) -> None:
    shot(tmp_path)
    output = {"matte": "matte/matte.####.exr", "depth": "float"}
    regions = [{**HALF[0], "strength": [[1, 1.0], [2, 0.5]]}, HALF[1]]
    told = recipe(regions=regions, output=output)
    assert run_job(told, base=tmp_path, reporter=Listener(), library=styles).styled == [1, 2]
    for number in (1, 2):
        matte = read_exr(tmp_path / f"matte/matte.{number:04d}.exr").channels["Y"]
        assert matte.dtype == np.float32
        np.testing.assert_array_equal(matte[:, :23], 1.0)
        np.testing.assert_array_equal(matte[:, 25:], 0.0)
    assert run_job(told, base=tmp_path, reporter=Listener(), library=styles).skipped == [1, 2]
    (tmp_path / "matte/matte.0002.exr").unlink()
    again = run_job(told, base=tmp_path, reporter=Listener(), library=styles)
    assert again.skipped == [1], "a frame without its matte is not finished"


def test_pictures_have_grey_mattes(tmp_path: Path, styles: StyleLibrary) -> None:
    shot(tmp_path)
    told = recipe(regions=HALF, output={"path": "out/styled.####.png", "matte": "out/matte.####.png", "depth": "16"})
    run_job(told, base=tmp_path, reporter=Listener(), library=styles)
    matte = read_image(tmp_path / "out/matte.0001.png")[0]
    assert matte[10, 5].tolist() == [1.0, 1.0, 1.0]
    assert matte[10, 40].tolist() == [0.0, 0.0, 0.0]


def test_nothing_is_written_over_the_frames(tmp_path: Path, styles: StyleLibrary) -> None:
    shot(tmp_path)
    told = recipe(regions=HALF, output={"path": "out/styled.####.exr", "matte": "out/styled.%04d.exr"})
    with pytest.raises(UsageError, match=r"output\.matte"):
        run_job(told, base=tmp_path, reporter=Listener(), library=styles)

"""The identity style through the whole pipeline returns the plate."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from pipeline_shots import Listener, library, read_rgb, recipe, wild_picture, write_plate

from nst_backend.media.exr import read_exr
from nst_backend.media.images import read_image, write_image
from nst_backend.pipeline.job import run_job

SPACES = ["Linear Rec.709", "Linear Rec.2020", "ACEScg", "ACES2065-1"]


def soft_mattes(folder: Path, height: int, width: int) -> None:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    disc = np.clip(0.5 + (height / 3 - np.hypot(x - width / 2, y - height / 2)) / 8.0, 0.0, 1.0)
    write_image(folder / "disc.png", np.repeat(disc[:, :, None], 3, axis=2), depth=16)
    ramp = np.clip(x / width, 0.0, 1.0)
    write_image(folder / "ramp.png", np.repeat(ramp[:, :, None], 3, axis=2), depth=16)


REGIONS = {
    "whole": [{"name": "all", "matte": {"everything": {}}, "style": "identity"}],
    "soft edges over plate": [{"name": "disc", "matte": {"images": {"path": "disc.png"}}, "style": "identity"}],
    "three soft regions": [
        {"name": "disc", "matte": {"images": {"path": "disc.png"}}, "style": "identity", "strength": 0.7},
        {"name": "kept", "matte": {"images": {"path": "ramp.png"}}, "style": None},
        {"name": "rest", "matte": {"background": {}}, "style": "identity", "preserve_colour": 0.5, "feather": 20},
    ],
}


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("regions", REGIONS.values(), ids=REGIONS)
@pytest.mark.parametrize("exposure", [0.0, 1.5])
def test_identity_keeps_hdr_negatives_and_alpha(
    tmp_path: Path, space: str, regions: list[dict[str, object]], exposure: float
) -> None:
    rgb, alpha = wild_picture(45, 61)
    write_plate(tmp_path / "plate.0001.exr", rgb, alpha)
    soft_mattes(tmp_path, 45, 61)
    run_job(
        recipe(plate={"colour_space": space, "exposure": exposure}, regions=regions, compute={"tile": 64}),
        base=tmp_path,
        reporter=Listener(),
        library=library(tmp_path / "styles"),
    )
    found = read_rgb(tmp_path / "out" / "styled.0001.exr")
    assert np.all(np.abs(found - rgb) <= 1e-6 * np.maximum(1.0, np.abs(rgb)))
    assert np.array_equal(read_exr(tmp_path / "out" / "styled.0001.exr").channels["A"], alpha)


@pytest.mark.parametrize("depth", [8, 16])
def test_identity_keeps_integer_pictures_bit_for_bit(tmp_path: Path, depth: int) -> None:
    rng = np.random.default_rng(2)
    for number in (1, 2, 3):
        write_image(tmp_path / f"plate.{number:04d}.png", rng.random((33, 47, 3), dtype=np.float32), depth=depth)
    run_job(
        recipe(plate={"path": "plate.%04d.png"}, output={"path": "out/styled.%04d.png", "depth": str(depth)}),
        base=tmp_path,
        reporter=Listener(),
        library=library(tmp_path / "styles"),
    )
    for number in (1, 2, 3):
        before = cv2.imread(str(tmp_path / f"plate.{number:04d}.png"), cv2.IMREAD_UNCHANGED)
        after = cv2.imread(str(tmp_path / f"out/styled.{number:04d}.png"), cv2.IMREAD_UNCHANGED)
        assert before.dtype == after.dtype
        assert np.array_equal(before, after)


def test_a_real_style_does_change_the_picture(tmp_path: Path) -> None:
    """The tests above can fail: with another network the picture differs."""
    rgb, alpha = wild_picture(45, 61)
    write_plate(tmp_path / "plate.0001.exr", rgb, alpha)
    styled = [{"name": "all", "matte": {"everything": {}}, "style": "stripes"}]
    run_job(recipe(regions=styled), base=tmp_path, reporter=Listener(), library=library(tmp_path / "styles"))
    assert np.abs(read_rgb(tmp_path / "out" / "styled.0001.exr") - rgb).mean() > 0.05


def test_tiff_alpha_is_kept_straight(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    rgb, alpha = rng.random((20, 24, 3), dtype=np.float32), rng.random((20, 24), dtype=np.float32)
    write_image(tmp_path / "plate.0001.tif", rgb, alpha, depth=16)
    run_job(
        recipe(plate={"path": "plate.####.tif"}, output={"path": "out/styled.####.tif", "depth": "16"}),
        base=tmp_path,
        reporter=Listener(),
        library=library(tmp_path / "styles"),
    )
    first, second = read_image(tmp_path / "plate.0001.tif"), read_image(tmp_path / "out" / "styled.0001.tif")
    assert np.array_equal(first[0], second[0])
    assert first[1] is not None
    assert second[1] is not None
    assert np.array_equal(first[1], second[1])

"""How results look: golden pictures, the contact sheet, the contrast of strokes in bright light.

The golden pictures lie in ``golden/``. They were made by the pipeline itself from
plates that are computed here; ``BRUSHPASS_UPDATE_GOLDEN=1`` makes them anew. Look at
them before they are committed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pipeline_shots import Listener, library, read_rgb, recipe, write_plate
from torch import nn

from nst_backend.contract.recipe import Recipe
from nst_backend.image.resample import resize
from nst_backend.image.transfer import srgb_decode, srgb_encode
from nst_backend.media.images import read_image, write_image
from nst_backend.pipeline import contact_sheet as sheets
from nst_backend.pipeline.contact_sheet import contact_sheet
from nst_backend.pipeline.job import run_job
from nst_backend.pipeline.preview import preview_frame
from nst_backend.styles.card import StyleCard
from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.library import StyleLibrary
from nst_backend.styles.network import StyleNetwork
from nst_backend.styles.saving import save_styles

GOLDEN = Path(__file__).with_name("golden")
UPDATE = bool(os.environ.get("BRUSHPASS_UPDATE_GOLDEN"))
# Two processors round differently; a picture that looks different is further away than this.
LARGEST, RMS = 3 / 255, 0.7 / 255
LARGEST_FILE = 40 * 1024

HEIGHT, WIDTH, COUNT = 96, 144, 4


def disc(x: float, y: float, radius: float, soft: float) -> np.ndarray:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    return np.clip(0.5 + (radius - np.hypot(columns - x, rows - y)) / soft, 0.0, 1.0).astype(np.float32)


def evening(number: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """A sky with a sun of 12, waves below, a striped ball that rolls by 2 px a frame, a soft bush in front.

    Scene-linear ``(H, W, 3)``, and the mattes of ball and bush.
    """
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    up = 1.0 - rows / HEIGHT
    picture = np.stack([0.9 - 0.6 * up, 0.45 + 0.1 * up, 0.25 + 0.6 * up], axis=-1)
    picture += 12.0 * np.array([1.0, 0.8, 0.5]) * disc(108, 22, 9, 6)[:, :, None]
    waves = 0.12 + 0.08 * np.sin(rows * 0.9 + 2.0 * np.sin(columns * 0.11))
    water = (rows > 58)[:, :, None] * np.array([0.4, 0.8, 1.0])
    picture = np.where(rows[:, :, None] > 58, water * waves[:, :, None], picture)
    x = 40.0 + 2.0 * number
    ball, bush = disc(x, 54, 22, 1.5), disc(124, 88, 26, 14)
    stripes = 0.5 + 0.5 * np.sign(np.sin((columns - x) * 0.6 + rows * 0.25))
    paint = np.stack([0.75 * stripes + 0.05, 0.15 + 0.2 * stripes, 0.3 - 0.2 * stripes], axis=-1)
    leaves = np.stack([0.05 + 0.05 * np.sin(columns), 0.3 + 0.15 * np.sin(rows * 1.3 + columns), 0.05 + 0 * rows], -1)
    for matte, colour in ((ball, paint), (bush, leaves)):
        picture = picture * (1.0 - matte[:, :, None]) + colour * matte[:, :, None]
    return picture.astype(np.float32), {"ball": ball, "bush": bush}


def plates(folder: Path, *, transparent: bool = False) -> None:
    for number in range(1, COUNT + 1):
        picture, mattes = evening(number)
        alpha = np.maximum(mattes["ball"], mattes["bush"]) if transparent else None
        if alpha is not None:
            picture = picture * alpha[:, :, None]
        # Exact motion: estimates differ from one version of OpenCV to another.
        step, still = np.where(mattes["ball"] > 0.5, np.float32(-2), np.float32(0)), np.zeros_like(mattes["ball"])
        vector = {"Vector.X": step, "Vector.Y": still, "Vector.Z": step, "Vector.W": still}
        write_plate(folder / f"plate.{number:04d}.exr", picture, alpha, **vector)
        for name, matte in mattes.items():
            path = folder / f"{name}.{number:04d}.png"
            write_image(path, np.repeat(matte[:, :, None], 3, axis=2), depth=16)


def region(name: str, style: str | None, matte: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    found = matte or {"images": {"path": f"{name}.####.png"}}
    return {"name": name, "matte": found, "style": style, "scale": 10.0, **more}


ALL = region("all", "stripes", {"everything": {}})
REST = region("rest", "stripes", {"background": {}})
SHOTS: dict[str, dict[str, Any]] = {
    "whole": {"regions": [ALL]},
    "swirl_exposed": {"regions": [{**ALL, "style": "swirl"}], "plate": {"exposure": -1.5}},
    "regions": {
        "regions": [
            region("bush", None),
            region("ball", "swirl", strength=0.8, preserve_colour=0.7),
            {**REST, "feather": 60.0},
        ]
    },
    "ball_over_plate": {"regions": [region("bush", "stripes", scale=5.0), region("ball", "swirl")]},
    "stabilised": {"regions": [ALL], "temporal": {"smoothing": 0.9}},
    "transparent": {"regions": [region("bush", "swirl"), region("ball", "stripes")]},
}


def golden_recipe(name: str) -> Recipe:
    return recipe(**SHOTS[name])


def compare(picture: np.ndarray, name: str) -> None:
    """Hold ``picture`` ``(H, W, 3)`` 0..1 against ``golden/<name>.png``, or make that anew."""
    path = GOLDEN / f"{name}.png"
    if UPDATE:
        GOLDEN.mkdir(exist_ok=True)
        write_image(path, picture)
        assert path.stat().st_size <= LARGEST_FILE
        return
    wanted, _ = read_image(path)
    assert picture.shape == wanted.shape
    difference = np.round(picture * 255) / 255 - wanted
    assert np.abs(difference).max() <= LARGEST + 1e-6
    assert np.sqrt(np.square(difference).mean()) <= RMS


@pytest.mark.parametrize("name", SHOTS)
def test_results_look_as_they_did(tmp_path: Path, name: str) -> None:
    """The last frame, so that what is stabilised has a history."""
    plates(tmp_path, transparent=name == "transparent")
    shot = preview_frame(
        golden_recipe(name),
        base=tmp_path,
        number=COUNT,
        preroll=True,
        reporter=Listener(),
        library=library(tmp_path / "styles"),
    )
    assert shot.prerolled == (COUNT - 1 if name == "stabilised" else 0)
    picture = shot.picture
    if name == "transparent":
        mattes = evening(COUNT)[1]
        picture = picture * np.maximum(mattes["ball"], mattes["bush"])[:, :, None]
    compare(picture, name)


def test_golden_pictures_differ_from_one_another() -> None:
    """Each stands for something that the others do not show."""
    pictures = {name: read_image(GOLDEN / f"{name}.png")[0] for name in SHOTS}
    for one in SHOTS:
        for other in SHOTS:
            assert one == other or np.sqrt(np.square(pictures[one] - pictures[other]).mean()) > 3 * RMS, (one, other)


# ---- The contact sheet


def test_contact_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plate, mattes, per frame and stabilised, a row for each frame."""
    plates(tmp_path)
    styles = library(tmp_path / "styles")
    # Letters are drawn differently by different versions of OpenCV.
    monkeypatch.setattr(sheets, "_write", lambda *_: None)
    shot = recipe(
        regions=[region("bush", None), region("ball", "swirl"), REST],
        temporal={"smoothing": 0.9},
        output={"per_frame": "raw/raw.####.exr"},
    )
    run_job(shot, base=tmp_path, reporter=Listener(), library=styles)
    path = contact_sheet(
        shot, base=tmp_path, numbers=(1, 4), output=tmp_path / "s.png", width=60, reporter=Listener(), library=styles
    )
    sheet, _ = read_image(path)
    compare(sheet, "contact_sheet")
    gap, caption, width, height = sheets.GAP, sheets.CAPTION, 60, 40
    assert sheet.shape == (2 * (height + caption) + 3 * gap + caption, 4 * width + 5 * gap, 3)
    plate = np.clip(srgb_encode(resize(evening(1)[0], (width, height))), 0.0, 1.0)
    first = sheet[gap : gap + height, gap : gap + width]
    assert np.abs(first - plate).mean() < 0.02


# ---- Strokes under a bright sky


def cross_style(folder: Path) -> StyleLibrary:
    """``cross``: each channel half itself and half the blue one, in display values. Kernels of one point."""
    network = StyleNetwork(NetworkConfig(width=3, blocks=0, levels=0, norm="none"))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        head = network.head.layer
        assert isinstance(head, nn.Conv2d)
        for channel in range(3):
            head.weight[channel, channel, 4, 4] = 1.0
            network.tail.weight[channel, channel, 4, 4] += 0.5
            network.tail.weight[channel, 2, 4, 4] += 0.5
    card = StyleCard(name="cross", network="cross.safetensors", sha256="", config=network.config, scale_free=True)
    save_styles(network, [card], folder)
    return StyleLibrary([folder])


def sky(level: float) -> np.ndarray:
    """Stripes of 6 px, of which only blue knows: 0.9 and 0.25 of the sky's level."""
    stripes = np.where(np.arange(48) // 6 % 2 == 0, 0.9, 0.25).astype(np.float32)
    return (
        np.stack([np.full(48, level), np.full(48, level), level * stripes], -1)[None].repeat(24, 0).astype(np.float32)
    )


def contrast(picture: np.ndarray) -> float:
    """Log ratio of the red of light and dark strokes: the plate's own red is flat."""
    red = picture[:, :, 0]
    return float(np.log(red[:, 2::12].mean() / red[:, 8::12].mean()))


@pytest.mark.parametrize("level", [0.2, 1.0, 2.0, 4.0, 40.0])
@pytest.mark.parametrize("exposure", [0.0, 1.0])
def test_strokes_keep_their_contrast_under_bright_skies(tmp_path: Path, level: float, exposure: float) -> None:
    """The painting's part of light is multiplied, not added: y = x + g (EOTF(S(d)) - EOTF(d)), g = x / EOTF(d).

    Where S makes stripes of a ratio in display values, y has stripes of that ratio in light,
    whatever g is; a highlight that was clipped and added back would flatten them.
    """

    def strokes(value: float) -> float:
        folder = tmp_path / f"{value}"
        folder.mkdir()
        write_plate(folder / "plate.0001.exr", sky(value))
        run_job(
            recipe(plate={"exposure": exposure}, regions=[{**ALL, "style": "cross"}]),
            base=folder,
            reporter=Listener(),
            library=cross_style(folder / "styles"),
        )
        return contrast(read_rgb(folder / "out" / "styled.0001.exr"))

    usual = strokes(0.8)
    assert abs(contrast(sky(0.8))) < 1e-6
    assert usual > 0.3
    assert abs(strokes(level) / usual - 1.0) < 0.2


def test_clipping_would_flatten_the_strokes() -> None:
    """What the test above rules out: the network's picture clipped, the excess added back."""

    def clipped(level: float) -> float:
        x = sky(level)
        d = srgb_encode(np.clip(x, 0.0, 1.0))
        return contrast(srgb_decode(0.5 * d + 0.5 * d[:, :, 2:]) + np.maximum(x - 1.0, 0.0))

    assert clipped(4.0) < 0.5 * clipped(0.8)


def test_strokes_of_a_multiplying_style_are_equal_in_log_light() -> None:
    """The formula itself, with a painted picture that is the plate's times stripes."""
    from nst_backend.image.boxes import Box
    from nst_backend.image.highlights import encode
    from nst_backend.regions.composite import RegionMix, lay_over

    rng = np.random.default_rng(1)
    stripes = np.where(np.arange(64) // 8 % 2 == 0, 1.0, 0.7).astype(np.float32)[None, :, None]

    def log_contrast(level: float) -> float:
        plate = (level * (0.95 + 0.1 * rng.random((32, 64, 1), dtype=np.float32))).repeat(3, 2)
        seen = encode(plate)
        mix = RegionMix(seen)
        weight = np.ones(plate.shape[:2], np.float32)
        mix.add(Box.whole(32, 64), weight, seen.display * stripes, seen, strength=1.0, preserve=0.0)
        change, _ = lay_over(None, mix.mixed(), None, exposure=0.0)
        light = np.log(plate + change).mean(axis=(0, 2))
        on = stripes[0, :, 0] == 1.0
        return float(light[on].mean() - light[~on].mean())

    assert log_contrast(0.8) > 0.5
    for level in (1.0, 4.0, 16.0):
        assert abs(log_contrast(level) / log_contrast(0.8) - 1.0) < 0.2

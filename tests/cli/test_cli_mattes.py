"""``nst mattes`` on plates with a Cryptomatte written to the specification."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from nst_process import Nst, make_nst, sentence

from nst_backend.mattes.cryptomatte_hash import name_to_id
from nst_backend.media.exr import read_exr, write_exr
from nst_backend.media.images import read_image

WIDTH, HEIGHT = 12, 8


def write_plate(path: Path, shift: int) -> np.ndarray:
    """``Hero`` covers columns from ``4 + shift``, half a pixel of it shared with ``Ground``; returns its coverage."""
    hero = np.zeros((HEIGHT, WIDTH), np.float32)
    hero[:, 4 + shift] = 0.25
    hero[:, 5 + shift :] = 1.0
    layer = "ViewLayer.CryptoObject"
    ids = {name: name_to_id(name) for name in ("Hero", "Ground")}
    bits = {name: np.full((HEIGHT, WIDTH), value, np.uint32).view(np.float32) for name, value in ids.items()}
    first = hero >= 0.5
    channels = {
        "R": hero,
        "G": hero,
        "B": hero,
        f"{layer}00.r": np.where(first, bits["Hero"], bits["Ground"]),
        f"{layer}00.g": np.where(first, hero, 1 - hero),
        f"{layer}00.b": np.where(first, bits["Ground"], bits["Hero"]),
        f"{layer}00.a": np.where(first, 1 - hero, hero),
    }
    key = "cryptomatte/1234567"
    attributes = {
        f"{key}/name": layer,
        f"{key}/hash": "MurmurHash3_32",
        f"{key}/conversion": "uint32_to_float32",
        f"{key}/manifest": json.dumps({name: f"{value:08x}" for name, value in ids.items()}),
    }
    write_exr(path, channels, attributes=attributes)
    return hero


@pytest.fixture
def nst(tmp_path: Path) -> Nst:
    return make_nst(tmp_path)


@pytest.fixture
def heroes(nst: Nst) -> dict[int, np.ndarray]:
    return {number: write_plate(nst.folder / f"p.{number:04d}.exr", number) for number in (1, 2, 3)}


def test_names_are_listed_with_their_area(nst: Nst, heroes: dict[int, np.ndarray]) -> None:
    result = nst("mattes", "p.####.exr", "--frame", "2")
    assert result.returncode == 0, result.stderr
    assert "ViewLayer.CryptoObject" in result.stdout
    areas = dict(line.split()[:2] for line in result.stdout.splitlines() if line.startswith(("Hero", "Ground")))
    assert float(areas["Hero"]) == heroes[2].sum()
    assert float(areas["Ground"]) == WIDTH * HEIGHT - heroes[2].sum()


def test_a_written_sequence_is_the_coverage_bit_for_bit(nst: Nst, heroes: dict[int, np.ndarray]) -> None:
    result = nst("mattes", "p.####.exr", "--write", "He*", "-o", "m.####.exr")
    assert result.returncode == 0, result.stderr
    for number, hero in heroes.items():
        assert np.array_equal(read_exr(nst.folder / f"m.{number:04d}.exr").channels["Y"], hero)


def test_one_frame_as_png(nst: Nst, heroes: dict[int, np.ndarray]) -> None:
    arguments = ["mattes", "p.####.exr", "--frame", "3", "--layer", "CryptoObject", "--write", "Hero", "-o", "m.png"]
    assert nst(*arguments).returncode == 0
    assert np.abs(read_image(nst.folder / "m.png")[0][:, :, 0] - heroes[3]).max() < 1 / 65535
    assert "--overwrite" in sentence(nst(*arguments))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--write", "Heroo", "-o", "m.####.exr"], 2, ["Heroo", "'Hero'"]),
        (["--write", "Hero"], 2, ["-o"]),
        (["-o", "m.####.exr"], 2, ["--write"]),
        (["--write", "Hero", "-o", "m.jpg"], 2, [".jpg", ".exr"]),
        (["--write", "Hero", "-o", "m.exr"], 2, ["####"]),
        (["--write", "Hero", "-o", "m.####.exr", "--frames", "2-9"], 6, ["frame 4", "1-3"]),
        (["--layer", "CryptoObjekt"], 2, ["CryptoObject"]),
        (["--frame", "9"], 6, ["9"]),
    ],
)
def test_a_mistake_is_one_sentence(
    nst: Nst, heroes: dict[int, np.ndarray], arguments: list[str], code: int, words: list[str]
) -> None:
    result = nst("mattes", "p.####.exr", *arguments, "--progress", "none")
    assert result.returncode == code, result.stderr
    assert all(word in sentence(result) for word in words), result.stderr


def test_a_plate_without_cryptomatte_says_how_to_get_one(nst: Nst) -> None:
    grey = np.full((4, 4), 0.5, np.float32)
    write_exr(nst.folder / "plain.exr", {"R": grey, "G": grey, "B": grey})
    result = nst("mattes", "plain.exr")
    assert result.returncode == 6
    assert "enable the Cryptomatte passes" in sentence(result)

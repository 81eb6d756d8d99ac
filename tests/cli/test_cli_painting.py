"""``nst optimize``, ``nst train`` and ``nst evaluate``."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from nst_process import Nst, make_nst, sentence, write_pictures

from nst_backend.media.images import read_image, write_image

NETWORK = "weights/vgg19_distilled_16x.safetensors"


@pytest.fixture
def nst(tmp_path: Path) -> Nst:
    made = make_nst(tmp_path)
    write_pictures(tmp_path / "in", 3, size=(64, 48))
    return made


@pytest.fixture
def painting(nst: Nst) -> Path:
    folder = nst.folder / "paintings"
    folder.mkdir()
    stripes = np.zeros((64, 64, 3), np.float32)
    stripes[:, ::4] = (1.0, 0.8, 0.1)
    write_image(folder / "Red Stripes.png", stripes)
    return folder / "Red Stripes.png"


def test_optimise_moves_towards_the_painting(nst: Nst, painting: Path, shared_data: Path) -> None:
    arguments = ["--loss-network", shared_data / NETWORK, "--size", "64", "--style-size", "64", "--scales", "1"]
    result = nst("optimize", "in/plate.0001.png", painting, "-o", "a.png", *arguments, "--steps", "15")
    assert result.returncode == 0, result.stderr
    after = read_image(nst.folder / "a.png")[0]
    assert after.shape == (48, 64, 3)
    before = read_image(nst.folder / "in/plate.0001.png")[0]
    wanted = read_image(painting)[0].mean((0, 1))
    assert np.abs(after.mean((0, 1)) - wanted).sum() < np.abs(before.mean((0, 1)) - wanted).sum()
    assert "--overwrite" in sentence(nst("optimize", "in/plate.0001.png", painting, "-o", "a.png", *arguments))


def test_an_interrupted_optimisation_keeps_the_picture_so_far(nst: Nst, painting: Path, shared_data: Path) -> None:
    arguments = ["--loss-network", shared_data / NETWORK, "--size", "64", "--steps", "100000"]
    with nst.running("optimize", "in/plate.0001.png", painting, "-o", "a.png", *arguments) as job:
        assert job.until("progress")
        job.process.send_signal(signal.SIGINT)
        assert job.end() == 4
    assert "a.png holds the picture so far" in job.errors.read_text()
    assert job.events[-1]["kind"] == "cancelled"
    assert read_image(nst.folder / "a.png")[0].shape == (48, 64, 3)


def test_no_loss_network_says_where_to_put_one(nst: Nst, painting: Path) -> None:
    result = nst("optimize", "in/plate.0001.png", painting, "-o", "a.png")
    assert result.returncode == 6
    assert "--loss-network" in sentence(result)


@pytest.fixture
def photos(nst: Nst, shared_data: Path) -> Path:
    folder = nst.folder / "photos"
    folder.mkdir()
    for path in sorted((shared_data / "photos/bsds500").iterdir())[:3]:
        shutil.copy(path, folder)
    return folder


def test_training_writes_samples_early_resumes_and_makes_a_style_that_paints(
    nst: Nst, painting: Path, photos: Path, shared_data: Path
) -> None:
    base = ["train", "--style-dir", painting.parent, "--content-dir", photos, "--loss-network", shared_data / NETWORK]
    short = ["--steps", "3", "--crop", "64", "--run", "run", "--licence", "public domain", "-o", "styles"]
    first = nst(*base, *short, "--until", "1", "--no-measure")
    assert first.returncode == 0, first.stderr
    assert (nst.folder / "run/samples/sample_000001.png").is_file()
    second = nst(*base, *short, "--progress", "json")
    assert second.returncode == 0, second.stderr
    events = [json.loads(line) for line in second.stdout.splitlines()]
    progress = [event for event in events if event["event"] == "progress"]
    assert [event["done"] for event in progress if event["stage"] == "train"] == [2, 3]
    assert progress[-1]["stage"] == "measure"
    card = json.loads((nst.folder / "styles/red_stripes.style.json").read_text())
    assert card["title"] == "Red Stripes"
    assert card["artwork"]["licence"] == "public domain"
    assert card["steps"] == 3
    assert card["training"]["crop"] == 64
    assert card["loss_network"]["name"] == "vgg19_distilled"
    assert card["photographs"] == 3
    painted = nst("stylize", "in/plate.0001.png", "--style", "red_stripes", "-o", "a.png")
    assert painted.returncode == 0, painted.stderr
    taken = nst(*base, *short[:2], "--crop", "96", *short[4:])
    assert taken.returncode == 2
    assert "rename the painting" in sentence(taken)
    other = nst(*base, "--steps", "3", "--crop", "96", "--run", "run", "-o", "elsewhere")
    assert other.returncode == 2
    assert "another recipe" in sentence(other)


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        ({"paintings": "gone"}, 6, "gone"),
        ({"photos": "gone"}, 6, "gone"),
        ({"recipe": {"name": "x"}}, 2, "styles is missing"),
        ({"recipe": {"name": "../x"}}, 2, "plain file name"),
    ],
)
def test_bad_training_input_is_one_sentence(
    nst: Nst, painting: Path, photos: Path, shared_data: Path, change: dict[str, object], code: int, word: str
) -> None:
    arguments = ["--photos", change.get("photos", photos), "--loss-network", shared_data / NETWORK, "--run", "run"]
    arguments += ["--paintings", change.get("paintings", painting.parent), "--progress", "none"]
    if "recipe" in change:
        styles = [{"name": "a", "title": "", "artist": "", "painting": painting.name}]
        data = {"name": "x", "weights": {"layers": {"relu1_1": 1.0}}, "styles": styles, **change["recipe"]}  # type: ignore[dict-item]
        if word == "styles is missing":
            del data["styles"]
        (nst.folder / "t.json").write_text(json.dumps(data))
        arguments.insert(0, "t.json")
    result = nst("train", *map(str, arguments))
    assert result.returncode == code, result.stderr
    assert word in sentence(result)


def test_evaluate_tells_a_steady_sequence_from_a_flickering_one(nst: Nst) -> None:
    write_pictures(nst.folder / "long", 4, size=(64, 48))
    rng = np.random.default_rng(3)
    for number in range(1, 5):
        picture = read_image(nst.folder / f"long/plate.{number:04d}.png")[0]
        write_image(nst.folder / f"steady.{number:04d}.png", picture)
        write_image(nst.folder / f"flicker.{number:04d}.png", picture + rng.normal(0, 0.1, picture.shape))
    errors = {}
    for name in ("steady", "flicker"):
        arguments = ["evaluate", f"{name}.####.png", "--plate", "long/plate.####.png", "--lags", "1"]
        result = nst(*arguments, "--json")
        assert result.returncode == 0, result.stderr
        report = json.loads(result.stdout)
        assert report["frames"] == 4
        errors[name] = report["scores"]["1"]["e_warp"]
        assert "E_warp" in nst(*arguments).stdout
    assert errors["flicker"] > 3 * errors["steady"]


def test_evaluate_needs_common_frames(nst: Nst) -> None:
    result = nst("evaluate", "in/plate.0001.png", "--plate", "in/plate.####.png")
    assert result.returncode == 2
    assert "fewer than two frames" in sentence(result)

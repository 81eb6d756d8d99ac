"""``nst evaluate`` with everything that it can measure and write."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from nst_process import Nst, make_nst, sentence, write_pictures
from safetensors.torch import save_file

from nst_backend.media.images import read_image, write_image
from nst_backend.media.plate import open_plate
from nst_backend.media.video import mux_video
from nst_backend.metrics.trunks import TRUNKS

NETWORK = "weights/vgg19_distilled_16x.safetensors"
HEADS = (64, 192, 384, 256, 256)


@pytest.fixture
def nst(tmp_path: Path) -> Nst:
    """A plate of four frames, a painting of it whose third frame jumps, and a picture to call a painting."""
    made = make_nst(tmp_path)
    write_pictures(tmp_path / "in", 4, size=(144, 132))
    for number in range(1, 5):
        picture = read_image(tmp_path / f"in/plate.{number:04d}.png")[0]
        write_image(tmp_path / f"raw.{number:04d}.png", 0.8 * picture + 0.1)
        write_image(tmp_path / f"out.{number:04d}.png", 0.8 * picture + {3: 0.2, 4: 0.15}.get(number, 0.1))
    write_image(tmp_path / "painting.png", np.random.default_rng(1).random((96, 96, 3)))
    return made


BASE = ("evaluate", "out.####.png", "--plate", "in/plate.####.png", "--progress", "none")


def test_all_that_can_be_measured_and_written(nst: Nst, shared_data: Path) -> None:
    torch.manual_seed(0)
    features = TRUNKS["alexnet"].build().state_dict()
    save_file({f"features.{name}": value for name, value in features.items()}, nst.folder / "alexnet.safetensors")
    heads = {f"lin{index}.model.1.weight": torch.rand(1, count, 1, 1) for index, count in enumerate(HEADS)}
    save_file(heads, nst.folder / "heads.safetensors")
    asked = ["--raw", "raw.####.png", "--lags", "1,2", "--stills", "2", "--json", "--device", "cpu"]
    asked += ["--style", "painting.png", "--style", "identity", "--loss-network", str(shared_data / NETWORK)]
    asked += ["--lpips", "heads.safetensors", "--lpips-network", "alexnet.safetensors"]
    written = ["--html", "page.html", "--plots", "plots", "--movie", "film.mp4", "--worst", "1"]
    result = nst(*BASE, *asked, *written)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["worst"] == [{"frame": 3, "e_cons": pytest.approx(0.1, rel=0.1)}]
    assert found["scores"]["2"]["pairs"] == 2
    assert set(found["stills"]) == {"ssim", "content", "lpips", "style", "style.plate", "style.raw"}
    assert found["not_measured"] == {}
    assert found["over_frames"]["frames"] == [1, 2, 3, 4]
    assert [value is None for value in found["over_frames"]["lpips"]] == [False, True, False, True]
    # Frame 1 is the same before and after stabilising, frame 3 is not.
    style = found["over_frames"]["style"]
    assert style[0] == found["over_frames"]["style.raw"][0]
    assert style[2] != found["over_frames"]["style.raw"][2]
    assert found["styles"]["identity"]["shift"] == pytest.approx(0, abs=1e-6)
    assert found["styles"]["identity"]["noise"] == pytest.approx(1, rel=0.05)
    page = (nst.folder / "page.html").read_text()
    assert page.count("data:image/jpeg") == 3
    assert 'src="film.mp4"' in page
    assert {path.name for path in (nst.folder / "plots").iterdir()} == {
        f"{name}.svg" for name in ("e_cons", "e_stab", "sharpness", "ssim", "content", "style", "lpips")
    }
    with av.open(str(nst.folder / "film.mp4")) as film:
        assert (film.streams.video[0].frames, film.streams.video[0].width) == (4, 3 * 144)


def test_what_is_not_measured_says_how_to_have_it(nst: Nst) -> None:
    result = nst(*BASE)
    assert result.returncode == 0, result.stderr
    for words in (
        "content loss: not measured, give --loss-network FILE",
        "style loss: not measured, give the painting with --style PICTURE",
        "LPIPS: not measured, add --lpips alex",
        "shift and noise: not measured, name the style with --style",
        "Structure (SSIM): ",
    ):
        assert words in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["--lags", "0"], 2, "--lags"),
        (["--html", "page.txt"], 2, ".html"),
        (["--html", "gone/page.html"], 2, "no folder 'gone'"),
        (["--movie", "in/plate.0001.png"], 2, "'.mp4'"),
        (["--movie", "there.mp4"], 2, "is there already"),
        (["--raw", "clip.mp4", "--movie", "clip.mp4", "--overwrite"], 2, "would be replaced"),
        (["--plots", "painting.png"], 2, "is a file"),
        (["--style", "painting.png"], 6, "--loss-network"),
        (["--style", "a.png", "--style", "b.png"], 2, "two paintings"),
        (["--style", "swril"], 2, "swirl"),
        (["--lpips", "painting.png"], 6, "not a checkpoint"),
        (["--stills", "-1"], 2, "--stills"),
        (["--frames", "3-9"], 6, "frames 5-9 are not in all sequences: they share 1-4"),
        (["--frames", "5", "--movie", "film.mp4"], 6, "frame 5 is not in all sequences: they share 1-4"),
    ],
)
def test_bad_input_is_one_sentence(nst: Nst, arguments: list[str], code: int, word: str) -> None:
    (nst.folder / "there.mp4").touch()
    frames = (read_image(nst.folder / f"raw.{number:04d}.png")[0] for number in range(1, 5))
    mux_video(frames, nst.folder / "clip.mp4", fps=24)
    result = nst(*BASE, *arguments, BRUSHPASS_OFFLINE="1")
    assert result.returncode == code, result.stderr
    assert word in sentence(result)
    assert not (nst.folder / "page.html").exists()
    assert not (nst.folder / "film.mp4").exists()


@pytest.mark.parametrize("styled", ["out.####.png", "out.mp4"])
def test_the_film_shows_the_frames_that_are_judged(nst: Nst, styled: str) -> None:
    pictures = [read_image(nst.folder / f"out.{number:04d}.png")[0] for number in range(1, 5)]
    mux_video(iter(pictures), nst.folder / "out.mp4", fps=24)
    asked = ["--plate", "in/plate.####.png", "--frames", "2,4", "--lags", "2", "--stills", "0", "--progress", "none"]
    result = nst("evaluate", styled, *asked, "--movie", "film.mp4")
    assert result.returncode == 0, result.stderr
    film = open_plate("film.mp4", base=nst.folder)
    shown = [film.read(number).rgb[:, 144:] for number in film.numbers]
    apart = [[float(np.abs(right - picture).mean()) for picture in pictures] for right in shown]
    assert [1 + int(np.argmin(of)) for of in apart] == [2, 4]


def test_a_job_is_judged_where_it_is_styled_by_its_own_style(nst: Nst) -> None:
    left = np.zeros((132, 144, 3), np.float32)
    left[:, :72] = 1
    for number in range(1, 5):
        write_image(nst.folder / f"matte.{number:04d}.png", left)
    recipe = {
        "version": 1,
        "plate": {"path": "in/plate.####.png"},
        "regions": [{"name": "left", "matte": {"images": {"path": "matte.####.png"}}, "style": "swirl"}],
        "output": {"path": "job/out.####.png", "per_frame": "job/raw.####.png"},
    }
    (nst.folder / "shot.json").write_text(json.dumps(recipe))
    done = nst("stylize", "shot.json", "--progress", "none", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    asked = ["--json", "--lags", "1", "--html", "page.html", "--progress", "none", "--device", "cpu"]
    result = nst("evaluate", "shot.json", *asked)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert set(found["styles"]) == {"swirl"}
    assert found["scores"]["1"]["counted"] < 0.5
    assert found["distance"] >= 0
    assert None not in found["over_frames"]["sharpness"]
    # Over the whole frame the right half would be the plate's own, and the mean above a half.
    assert found["stills"]["ssim"] < 0.5
    bare = nst("evaluate", "shot.json", "--stills", "0", "--progress", "none")
    assert "what networks see: not measured" in bare.stdout
    assert "swirl" not in bare.stdout
    refused = nst("evaluate", "shot.json", "--plate", "in/plate.####.png")
    assert refused.returncode == 2
    assert "--plate does not go with a recipe" in sentence(refused)

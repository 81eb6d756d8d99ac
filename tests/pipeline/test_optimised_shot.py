"""Regions of a shot that are painted by optimisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pipeline_shots import Listener, library
from training.training_files import write_distilled

from nst_backend.contract.errors import CancelledByUser, InputError, UsageError
from nst_backend.contract.messages import EventKind
from nst_backend.contract.recipe import Recipe
from nst_backend.media.images import read_image, write_image
from nst_backend.pipeline.job import run_job
from nst_backend.pipeline.shot import open_shot

torch.set_num_threads(1)

FRAMES = 3
STEP = 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Frames of a ground that moves by four pixels to the left, two paintings, a matte and a loss network."""
    write_distilled(tmp_path / "tiny.safetensors")
    rng = np.random.default_rng(1)
    ground = np.kron(rng.random((8, 16, 3), dtype=np.float32), np.ones((8, 8, 1), np.float32))
    for number in range(FRAMES):
        write_image(tmp_path / f"plate.{number + 1:04d}.png", ground[:, number * STEP : number * STEP + 96])
    for name, tint in (("red", (1.0, 0.1, 0.1)), ("blue", (0.1, 0.1, 1.0))):
        coarse = rng.random((16, 16, 3), dtype=np.float32) * np.array(tint, np.float32)
        write_image(tmp_path / f"{name}.png", np.kron(coarse, np.ones((4, 4, 1), np.float32)))
    matte = np.zeros((64, 96, 3), np.float32)
    matte[:, :40] = 1.0
    write_image(tmp_path / "left.png", matte)
    return tmp_path


def painted(painting: str = "red.png", **options: Any) -> dict[str, Any]:
    own = {"size": 96, "style_size": 64, "scales": 1, "steps": 6, "following_steps": 3, **options}
    return {"paintings": [painting], "loss_network": "tiny.safetensors", **own}


def recipe(*regions: Mapping[str, Any], output: str = "out/a.####.png", **temporal: Any) -> Recipe:
    listed = [{"name": f"region {index}", "style": None, **region} for index, region in enumerate(regions)]
    return Recipe.from_json(
        {
            "version": 1,
            "plate": {"path": "plate.####.png"},
            "regions": listed,
            "temporal": {"smoothing": 0.0, "flow": "dis", **temporal},
            "output": {"path": output, "depth": "16"},
            "compute": {"device": "cpu"},
        }
    )


def everything(**options: Any) -> dict[str, Any]:
    return {"matte": {"everything": {}}, "optimisation": painted(**options)}


def run(folder: Path, made: Recipe, listener: Listener | None = None) -> list[np.ndarray]:
    run_job(made, base=folder, reporter=listener or Listener())
    pattern = made.output.path.replace("####", "{:04d}")
    return [read_image(folder / pattern.format(number))[0] for number in range(1, FRAMES + 1)]


def test_regions_are_painted_inside_their_mattes(folder: Path) -> None:
    left = {"matte": {"images": {"path": "left.png"}}, "optimisation": painted()}
    plates = [read_image(folder / f"plate.{number:04d}.png")[0] for number in (1, 2, 3)]
    for plate, frame in zip(plates, run(folder, recipe(left)), strict=True):
        assert np.array_equal(frame[:, 40:], plate[:, 40:])
        assert np.abs(frame[:, :40] - plate[:, :40]).mean() > 0.02
    colourful = {"style": 0.01, "colour": 50.0, "content": 0.1, "rate": 0.08}
    left["optimisation"] = painted(**colourful, steps=15)
    right = {"matte": {"background": {}}, "optimisation": painted("blue.png", **colourful, steps=15)}
    first = run(folder, recipe(left, right, output="both/a.####.png"))[0]
    means = first[:, :40].mean((0, 1)), first[:, 40:].mean((0, 1))
    assert means[0][0] > means[0][2] + 0.15
    assert means[1][2] > means[1][0] + 0.15


def test_a_frame_goes_on_from_the_one_before(folder: Path) -> None:
    def change(name: str, **options: Any) -> float:
        frames = run(folder, recipe(everything(steps=20, **options), output=f"{name}/a.####.png"))
        # What lay STEP pixels to the right has come here; the border has nothing before it.
        return float(np.abs(frames[1][8:-8, 8:-16] - frames[0][8:-8, 8 + STEP : -16 + STEP]).mean())

    alone, following = change("alone", temporal=0.0), change("following", temporal=200.0, following_steps=6)
    assert following < 0.5 * alone


@pytest.mark.parametrize("smoothing", [0.0, 0.5])
def test_a_stopped_film_goes_on_bit_for_bit(folder: Path, smoothing: float) -> None:
    made = recipe(everything(), output="whole/a.####.png", smoothing=smoothing)
    whole = run(folder, made)
    stopped = replace(made, output=replace(made.output, path="stopped/a.####.png"))
    listener = Listener(stop_after=14)
    with pytest.raises(CancelledByUser):
        run(folder, stopped, listener)
    written = [event["frame"] for event in listener.of(EventKind.FRAME)]
    assert 0 < len(written) < FRAMES
    again = Listener()
    for one, other in zip(run(folder, stopped, again), whole, strict=True):
        assert np.array_equal(one, other)
    assert [event["frame"] for event in again.of(EventKind.FRAME)] == sorted({1, 2, 3} - set(written))


def test_steps_of_each_frame_are_told(folder: Path) -> None:
    listener = Listener()
    run(folder, recipe(everything()), listener)
    told = [
        (event["frame"], event["done"], event["total"])
        for event in listener.of(EventKind.PROGRESS)
        if event["stage"] == "optimise region 0"
    ]
    steps = {1: 6, 2: 3, 3: 3}
    assert told == [(frame, done, total) for frame, total in steps.items() for done in range(1, total + 1)]


def test_another_painting_makes_the_film_anew(folder: Path) -> None:
    run(folder, recipe(everything()))
    write_image(folder / "red.png", read_image(folder / "blue.png")[0])
    listener = Listener()
    run(folder, recipe(everything()), listener)
    assert [event["frame"] for event in listener.of(EventKind.FRAME)] == [1, 2, 3]


def test_a_style_paints_the_start(folder: Path, tmp_path: Path) -> None:
    styles = library(tmp_path / "styles")
    made = recipe({**everything(start="feed_forward", steps=1, rate=1e-4, temporal=0.0), "style": "stripes"})
    run_job(made, base=folder, reporter=Listener(), library=styles)
    plain = {"matte": {"everything": {}}, "style": "stripes", "statistics": "frame"}
    run_job(recipe(plain, output="plain/a.####.png"), base=folder, reporter=Listener(), library=styles)
    begun, finished = (read_image(folder / f"{name}/a.0001.png")[0] for name in ("out", "plain"))
    plate = read_image(folder / "plate.0001.png")[0]
    assert np.abs(begun - finished).mean() < 0.2 * np.abs(plate - finished).mean()


@pytest.mark.parametrize(
    ("region", "temporal", "error", "word"),
    [
        (everything(start="feed_forward"), {}, InputError, "has no style"),
        (everything(style_layers=["relu9_1"]), {}, InputError, "no layer 'relu9_1'"),
        (everything(painting="gone.png"), {}, InputError, "gone.png"),
        (everything(), {"mode": "window", "smoothing": 0.5}, UsageError, "window"),
    ],
)
def test_what_cannot_be_painted_is_refused(
    folder: Path, region: dict[str, Any], temporal: dict[str, Any], error: type[Exception], word: str
) -> None:
    with pytest.raises(error, match=word):
        open_shot(recipe(region, **temporal), base=folder, reporter=Listener())


def test_a_painting_is_never_replaced(folder: Path) -> None:
    made = recipe(everything(painting="plate.0002.png"), output="plate.####.png")
    made = replace(made, plate=replace(made.plate, frames="1"), output=replace(made.output, path="red.png"))
    red = {"matte": {"everything": {}}, "style": None, "name": "all", "optimisation": painted()}
    made = replace(made, regions=Recipe.from_json({**made.to_json(), "regions": [red]}).regions)
    before = (folder / "red.png").read_bytes()
    with pytest.raises(UsageError, match=r"red\.png"):
        run_job(made, base=folder, overwrite=True, reporter=Listener())
    assert (folder / "red.png").read_bytes() == before


def test_a_recipe_keeps_its_optimisation() -> None:
    made = recipe(everything())
    assert Recipe.from_json(made.to_json()) == made
    with pytest.raises(UsageError, match="paintings names none"):
        recipe({"matte": {"everything": {}}, "optimisation": {"paintings": [], "loss_network": "x"}})

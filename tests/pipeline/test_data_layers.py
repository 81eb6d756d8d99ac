"""A picture of one view layer, with motion and Cryptomatte of another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pipeline_shots import Listener, library, read_rgb, recipe

from nst_backend.contract.errors import UsageError
from nst_backend.contract.messages import EventKind
from nst_backend.mattes.cryptomatte_hash import name_to_id
from nst_backend.mattes.cryptomatte_writing import layer_attributes
from nst_backend.media.exr import write_exr
from nst_backend.pipeline.job import run_job
from nst_backend.pipeline.motion import ShotMotion, object_ids
from nst_backend.pipeline.resolved import resolve
from nst_backend.pipeline.shot import Shot, open_shot
from nst_backend.pipeline.styling import region_weights

SIZE = (36, 48)
STEP = 3
Channels = dict[str, np.ndarray]


def motion(layer: str, x: float, y: float = 0.0, depth: float = 5.0) -> Channels:
    """Vector of a point that came from ``x``, ``y`` and goes on alike, and Depth."""
    values = {"Vector.X": x, "Vector.Y": y, "Vector.Z": x, "Vector.W": y, "Depth.Z": depth}
    return {f"{layer}.{name}": np.full(SIZE, value, np.float32) for name, value in values.items()}


def cryptomatte(layer: str, columns: int) -> Channels:
    """One rank of an object ``ball`` that covers the first ``columns``."""
    there = np.zeros(SIZE, np.float32)
    there[:, :columns] = 1.0
    identity = np.uint32(name_to_id("ball")).view(np.float32)
    ranks = {"r": np.where(there > 0, identity, np.float32(0)), "g": there}
    ranks |= {"b": np.zeros(SIZE, np.float32), "a": np.zeros(SIZE, np.float32)}
    return {f"{layer}.CryptoObject00.{name}": np.ascontiguousarray(values) for name, values in ranks.items()}


def write_shot(folder: Path, more: Mapping[str, np.ndarray], numbers: tuple[int, ...] = (1, 2)) -> None:
    """A texture that moves left by ``STEP`` a frame, as the picture of a layer A."""
    rng = np.random.default_rng(3)
    wide = np.kron(rng.random((SIZE[0] // 4, 40, 3), dtype=np.float32), np.ones((4, 4, 1), np.float32))
    attributes: dict[str, str] = {}
    for layer in sorted({name.partition(".")[0] for name in more if "Crypto" in name}):
        attributes |= layer_attributes(f"{layer}.CryptoObject", ["ball"])
    for number in numbers:
        rgb = wide[:, number * STEP : number * STEP + SIZE[1]]
        picture = {f"A.Combined.{c}": np.ascontiguousarray(rgb[..., i]) for i, c in enumerate("RGB")}
        write_exr(folder / f"plate.{number:04d}.exr", {**picture, **more}, attributes=attributes)


def opened(folder: Path, listener: Listener | None = None, **parts: Any) -> Shot:
    described = recipe(**{"temporal": {"smoothing": 0.9}, **parts})
    return open_shot(described, base=folder, reporter=listener or Listener(), library=library(folder / "styles"))


def between(shot: Shot, listener: Listener) -> Any:
    found = ShotMotion(shot, listener).between(shot.read(1), shot.read(2))
    assert found is not None
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(x=st.floats(0.125, 9, width=16), y=st.floats(-9, 9, width=16), half=st.booleans())
def test_flow_is_that_of_the_layer_that_is_named(tmp_path: Path, x: float, y: float, half: bool) -> None:
    write_shot(tmp_path, motion("A", 0) | motion("B", x, y))
    output = {"output": {"size": "50%"}} if half else {}
    shot = opened(tmp_path, plate={"motion_layer": "B"}, **output)
    listener = Listener()
    found = between(shot, listener)
    scale = 0.5 if half else 1.0
    assert found.kind == "exact"
    np.testing.assert_allclose(found.backward, np.broadcast_to((x * scale, -y * scale), found.backward.shape))
    assert not any("motion blur" in said["problem"] for said in listener.of(EventKind.WARNING))


def test_without_a_name_the_empty_pass_of_the_picture_is_said(tmp_path: Path) -> None:
    write_shot(tmp_path, motion("A", 0) | motion("B", STEP))
    listener = Listener()
    assert between(opened(tmp_path), listener).kind == "estimated"
    (said,) = listener.of(EventKind.WARNING)
    assert "empty" in said["problem"]
    assert "plate.motion_layer" in said["remedy"]


def test_what_is_a_surface_is_asked_of_the_same_layer(tmp_path: Path) -> None:
    # The picture's layer saw nothing anywhere: taken from there, all would be background and estimated.
    write_shot(tmp_path, motion("A", 0, depth=1e10) | motion("B", STEP))
    listener = Listener()
    found = between(opened(tmp_path, plate={"motion_layer": "B"}), listener)
    assert found.known.all()
    assert not listener.of(EventKind.WARNING)


def test_only_the_motion_that_counts_is_read(tmp_path: Path) -> None:
    write_shot(tmp_path, motion("A", 0) | motion("B", STEP))
    shot = opened(tmp_path, plate={"motion_layer": "B"})
    assert {name.partition(".")[0] for name in shot.read_frame(1).channels} == {"B"}


@pytest.mark.parametrize(("named", "columns"), [(None, 10), ("A", 10), ("B", 30)])
def test_mattes_and_ids_are_those_of_the_layer_that_is_named(tmp_path: Path, named: str | None, columns: int) -> None:
    write_shot(tmp_path, cryptomatte("A", 10) | cryptomatte("B", 30))
    ball = {"name": "ball", "matte": {"cryptomatte": {"names": ["ball"]}}, "style": "identity"}
    shot = opened(tmp_path, plate={"matte_layer": named}, regions=[ball])
    working = shot.read(1)
    weight = region_weights(shot, working)["ball"]
    np.testing.assert_array_equal(weight, np.broadcast_to(np.arange(SIZE[1]) < columns, SIZE))
    ids = object_ids(working, shot.plate.matte_layer)
    assert ids is not None
    np.testing.assert_array_equal(ids == name_to_id("ball"), weight > 0)


def test_a_layer_that_holds_only_a_picture_takes_what_is_there(tmp_path: Path) -> None:
    write_shot(tmp_path, motion("B", STEP) | cryptomatte("B", 30))
    shot = opened(tmp_path, plate={"layer": "A", "motion_layer": "B", "matte_layer": "B"})
    assert (shot.plate.layer, shot.plate.motion_layer, shot.plate.matte_layer) == ("A", "B", "B")
    ids = object_ids(shot.read(1), "A")
    assert ids is not None
    assert (ids > 0).any()


@pytest.mark.parametrize(
    ("layers", "problem", "remedy"),
    [
        ({"motion_layer": "Dat"}, r"no Vector or Depth pass in a view layer 'Dat'", "did you mean 'Data'"),
        ({"matte_layer": "Dat"}, r"no Cryptomatte in a view layer 'Dat'", "known are 'Mattes'"),
        ({"motion_layer": "Mattes"}, r"no Vector or Depth pass in a view layer 'Mattes'", "known are 'Data'"),
        ({"matte_layer": ""}, r"no Cryptomatte in a view layer ''", "known are 'Mattes'"),
    ],
)
def test_layers_that_are_not_there_are_refused(
    tmp_path: Path, layers: dict[str, str], problem: str, remedy: str
) -> None:
    write_shot(tmp_path, motion("Data", STEP) | cryptomatte("Mattes", 30))
    with pytest.raises(UsageError, match=problem) as caught:
        opened(tmp_path, plate=layers)
    assert remedy in caught.value.remedy


def test_another_layer_redoes_the_frames_and_the_same_by_name_does_not(tmp_path: Path) -> None:
    write_shot(tmp_path, motion("A", STEP) | motion("B", -STEP), (1, 2, 3))
    styles = library(tmp_path / "styles")

    def styled(**plate: str) -> tuple[list[int], np.ndarray]:
        stable = {"smoothing": 0.9, "flow": "vector"}
        region = {"name": "all", "matte": {"everything": {}}, "style": "swirl"}
        described = recipe(plate=plate, temporal=stable, regions=[region])
        done = run_job(described, base=tmp_path, reporter=Listener(), library=styles).styled
        return done, read_rgb(tmp_path / "out" / "styled.0003.exr")

    first = styled()
    assert first[0] == [1, 2, 3]
    assert styled(motion_layer="A")[0] == []
    other = styled(motion_layer="B")
    assert other[0] == [1, 2, 3]
    assert np.abs(first[1] - other[1]).max() > 0.001


def test_the_resolved_recipe_names_the_layers(tmp_path: Path) -> None:
    write_shot(tmp_path, motion("B", STEP))
    plate = resolve(opened(tmp_path, plate={"motion_layer": "B"}))["plate"]
    assert (plate["layer"], plate["motion_layer"], plate["matte_layer"]) == ("A", "B", None)

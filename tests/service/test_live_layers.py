"""Steps whose motion comes from another view layer than their picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from protocol_client import Client
from service_shots import SIZE, recipe, serving

from nst_backend.media.exr import write_exr

PAN = 3.0


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving(tmp_path_factory.mktemp("service")) as found:
        yield found


def write_cache(path: Path, number: int, data: str | None) -> None:
    """A blurred frame: its own Vector is empty, that of the layer ``data`` has the pan."""
    width, height = SIZE
    rng = np.random.default_rng(3)
    wide = np.kron(rng.random((height // 4, 32, 3), dtype=np.float32), np.ones((4, 4, 1), np.float32))
    rgb = wide[:, int(number * PAN) : int(number * PAN) + width]
    channels = {f"Main.Combined.{c}": np.ascontiguousarray(rgb[..., i]) for i, c in enumerate("RGB")}
    for layer, pan in (("Main", 0.0), *([(data, PAN)] if data else [])):
        vector = {"X": pan, "Y": 0.0, "Z": pan, "W": 0.0}
        channels |= {f"{layer}.Vector.{c}": np.full((height, width), v, np.float32) for c, v in vector.items()}
        channels[f"{layer}.Depth.Z"] = np.full((height, width), 5.0, np.float32)
    write_exr(path, channels)


def whole(layer: str | None) -> dict[str, object]:
    region = {"name": "all", "matte": {"everything": {}}, "style": "swirl"}
    return recipe(plate={"path": "live", "layer": "Main", "motion_layer": layer}, regions=[region])


@pytest.mark.parametrize(("layer", "kinds"), [(None, ["empty"]), ("Data", [])])
def test_a_step_takes_the_motion_of_the_layer_that_is_named(
    client: Client, tmp_path: Path, layer: str | None, kinds: list[str]
) -> None:
    job = f"live-{layer}"
    client.done("open", job, recipe=whole(layer), base=str(tmp_path), live=True)
    said = []
    for frame in (1, 2):
        write_cache(tmp_path / "cache.exr", frame, "Data")
        number = client.send("step", job, frame=frame, plate=str(tmp_path / "cache.exr"))
        assert client.answer(number)["event"] == "done"
        said += client.of(number, "warning")
    assert len(said) == len(kinds)
    assert all(word in warning["problem"] for word, warning in zip(kinds, said, strict=True))
    client.done("close", job)


def test_a_frame_without_the_layer_is_refused_by_name(client: Client, tmp_path: Path) -> None:
    client.done("open", "lacking", recipe=whole("Date"), base=str(tmp_path), live=True)
    write_cache(tmp_path / "cache.exr", 1, "Data")
    refused = client.ask("step", "lacking", frame=1, plate=str(tmp_path / "cache.exr"))
    assert (refused["event"], refused["kind"]) == ("error", "usage")
    assert "no Vector or Depth pass in a view layer 'Date'" in refused["problem"]
    assert "'Data'" in refused["remedy"]
    client.done("close", "lacking")

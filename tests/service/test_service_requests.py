"""Every request, against the real process: hello, open, preview, step, mattes, run, cancel, release, close."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from protocol_client import Client
from service_shots import environment, pixels, recipe, serving, write_frame, write_plates

from nst_backend.contract.messages import PROTOCOL, RequestKind
from nst_backend.media.exr import read_exr

FRAMES = 4


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, Path]]:
    """One service for all tests of this file; each opens jobs of its own."""
    folder = tmp_path_factory.mktemp("service")
    with serving(folder) as client:
        yield client, folder


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    write_plates(tmp_path, FRAMES)
    return tmp_path


@pytest.fixture
def opened(service: tuple[Client, Path], shot: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Client, str]]:
    client, name = service[0], request.node.name.partition("[")[0][:60]
    client.done("open", name, recipe=recipe(), base=str(shot))
    yield client, name
    client.ask("close", name)


def styled(path: Path) -> np.ndarray:
    channels = read_exr(path).channels
    return np.stack([channels[name] for name in "RGB"], axis=-1)


def test_hello_tells_what_the_service_is(service: tuple[Client, Path]) -> None:
    client, folder = service
    summary = client.done("hello", protocol=PROTOCOL, client="test", capabilities=["pixels"])
    assert summary["protocol"] == PROTOCOL
    assert summary["requests"] == [kind.value for kind in RequestKind]
    assert summary["pid"] == client.process.pid
    assert summary["log"] == str(folder / "serve.log")
    private = Path(summary["folder"])
    assert private.parent == folder / "scratch"
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


def test_open_describes_the_shot(service: tuple[Client, Path], shot: Path) -> None:
    client, _ = service
    summary = client.done("open", "describe", recipe=recipe(), base=str(shot))
    assert summary["frames"] == f"1-{FRAMES}"
    assert summary["size"] == summary["plate_size"] == [64, 48]
    assert summary["regions"] == ["ball", "rest"]
    assert summary["device"] == "cpu"
    again = client.ask("open", "describe", recipe=recipe(), base=str(shot))
    assert (again["event"], again["kind"]) == ("error", "usage")
    assert client.done("close", "describe") == {}
    assert client.ask("preview", "describe", frame=1)["problem"] == "no job 'describe' is open"


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"version": 99}, "usage", "version 99"),
        ({"plate": {"path": "nothing.####.exr"}}, "input", "nothing"),
        ({"regions": []}, "usage", "no region"),
        ({"regions": [{"name": "a", "matte": {"everything": {}}, "style": "swril"}]}, "usage", "swril"),
    ],
)
def test_a_recipe_that_cannot_work_is_an_error_with_a_remedy(
    service: tuple[Client, Path], shot: Path, change: dict[str, object], kind: str, words: str
) -> None:
    client, _ = service
    event = client.ask("open", "wrong", recipe=recipe(**change), base=str(shot))
    assert (event["event"], event["kind"], event["final"]) == ("error", kind, True)
    assert words in event["problem"]
    assert event["remedy"]


def test_a_preview_is_the_frame_as_painted(opened: tuple[Client, str], shot: Path) -> None:
    client, job = opened
    number = client.send("preview", job, frame=2)
    summary = client.answer(number)["summary"]
    assert summary["prerolled"] == 0
    (event,) = client.of(number, "frame")
    picture = pixels(event)
    assert event["space"] == "sRGB"
    assert picture.shape == (48, 64, 4)
    assert picture.dtype == np.float32
    assert np.all(picture[..., 3] == 1.0)
    assert np.all((picture >= 0) & (picture <= 1))
    # The identity style leaves the ground; the ball is painted.
    linear = styled(shot / "plate.0002.exr")
    encoded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(picture[:8, :, :3], encoded[:8], atol=1e-5)
    assert np.abs(picture[24, 32, :3] - encoded[24, 32]).max() > 0.01


def test_previews_have_the_size_that_is_asked_for(opened: tuple[Client, str]) -> None:
    client, job = opened
    for size, shape in (("50%", (24, 32, 4)), ("32x30", (30, 32, 4)), ("50%", (24, 32, 4))):
        number = client.send("preview", job, frame=1, size=size)
        assert client.answer(number)["event"] == "done"
        assert pixels(client.of(number, "frame")[0]).shape == shape
    assert client.ask("preview", job, frame=1, size="huge")["kind"] == "usage"
    assert client.ask("preview", job, frame=99)["kind"] == "input"


def test_a_preview_sees_a_plate_that_was_rendered_again(opened: tuple[Client, str], shot: Path) -> None:
    client, job = opened
    before = client.send("preview", job, frame=2)
    client.answer(before)
    old = pixels(client.of(before, "frame")[0]).copy()
    write_frame(shot / "plate.0002.exr", 30)
    after = client.send("preview", job, frame=2)
    client.answer(after)
    assert np.abs(pixels(client.of(after, "frame")[0]) - old).max() > 0.1


def test_steps_equal_the_film(opened: tuple[Client, str], shot: Path) -> None:
    client, job = opened
    assert client.done("run", job)["styled"] == list(range(1, FRAMES + 1))
    resets = []
    for frame in range(1, FRAMES + 1):
        number = client.send("step", job, frame=frame)
        resets.append(client.answer(number)["summary"]["reset"])
        (event,) = client.of(number, "frame")
        assert event["space"] == "plate"
        np.testing.assert_array_equal(pixels(event)[..., :3], styled(shot / f"out/styled.{frame:04d}.exr"))
    assert resets == ["start", None, None, None]


def test_a_step_again_is_the_same_and_a_reset_forgets(opened: tuple[Client, str]) -> None:
    client, job = opened

    def step(frame: int, **more: bool) -> tuple[np.ndarray, str | None]:
        number = client.send("step", job, frame=frame, **more)
        reset = client.answer(number)["summary"]["reset"]
        return pixels(client.of(number, "frame")[0]).copy(), reset

    step(1)
    stable, reset = step(2)
    assert reset is None
    again, _ = step(2)
    np.testing.assert_array_equal(again, stable)
    client.done("release")
    client.done("step", job, frame=1, reset=True)
    client.done("release")
    released, reset = step(2)
    assert reset is None
    np.testing.assert_array_equal(released, stable)
    painted, reset = step(2, reset=True)
    assert reset == "start"
    assert np.abs(painted - stable).max() > 1e-4


def test_a_step_hands_back_the_unstabilised_frame_and_the_matte_where_asked(opened: tuple[Client, str]) -> None:
    client, job = opened
    parts = {}
    for frame in (1, 2):
        number = client.send("step", job, frame=frame, also=["per_frame", "matte"])
        client.answer(number)
        parts = {event.get("part"): pixels(event).copy() for event in client.of(number, "frame")}
    assert set(parts) == {None, "per_frame", "matte"}
    number = client.send("step", job, frame=2, reset=True)
    client.answer(number)
    (event,) = client.of(number, "frame")
    np.testing.assert_array_equal(parts["per_frame"], pixels(event))
    assert np.abs(parts["per_frame"] - parts[None]).max() > 1e-4
    matte = parts["matte"]
    assert matte.shape == (48, 64)
    np.testing.assert_allclose(matte, 1.0, atol=1e-6)  # Every region of the recipe is styled.
    assert client.ask("step", job, frame=2, also=["depth"])["kind"] == "protocol"


def test_a_live_job_takes_its_plate_with_each_step(service: tuple[Client, Path], tmp_path: Path) -> None:
    client, _ = service
    cache = tmp_path / "cache.exr"
    client.done("open", "live", recipe=recipe(plate={"path": "cache.exr"}), base=str(tmp_path), live=True)
    for early in (client.ask("mattes", "live"), client.ask("mattes", "live", region="ball")):
        assert (early["kind"], early["problem"]) == ("input", "the job has no frame yet")
    missing = client.ask("step", "live", frame=1)
    assert (missing["kind"], missing["remedy"]) == ("usage", "give plate with the step")
    assert client.ask("step", "live", frame=1, plate=str(cache))["kind"] == "input"
    found = {}
    for frame in (7, 8):
        # The compositor's cache: one file, a new frame in it each time.
        write_frame(cache, frame)
        number = client.send("step", "live", frame=frame, plate=str(cache))
        found[frame] = client.answer(number)["summary"]["reset"]
        assert client.of(number, "frame")[0]["shape"] == [48, 64, 4]
    assert found == {7: "start", 8: None}
    assert client.done("preview", "live", frame=8)["frame"] == 8
    assert client.ask("preview", "live", frame=7)["kind"] == "input"
    assert client.done("mattes", "live", pixel=[32, 24])["picked"] == {"ViewLayer.CryptoObject": "ball"}
    write_frame(cache, 9, (32, 32))
    number = client.send("step", "live", frame=9, plate=str(cache))
    assert client.answer(number)["summary"]["reset"] == "start"
    assert client.of(number, "frame")[0]["shape"] == [32, 32, 4]
    assert client.ask("run", "live")["kind"] == "usage"
    client.done("close", "live")


def test_mattes_names_areas_pick_and_coverage(opened: tuple[Client, str]) -> None:
    client, job = opened
    found = client.done("mattes", job, frame=1)
    (layer,) = found["layers"]
    assert (layer["name"], layer["short_name"], layer["levels"]) == ("ViewLayer.CryptoObject", "CryptoObject", 2)
    areas = dict(layer["names"])
    assert set(areas) == {"ball", "ground"}
    assert sum(areas.values()) == pytest.approx(64 * 48)
    picked = client.done("mattes", job, frame=1, pixel=[32, 24], layer="CryptoObject")["picked"]
    assert picked == {"ViewLayer.CryptoObject": "ball"}
    assert client.done("mattes", job, pixel=[0, 0])["picked"] == {"ViewLayer.CryptoObject": "ground"}
    assert client.ask("mattes", job, pixel=[64, 0])["kind"] == "usage"
    number = client.send("mattes", job, frame=1, region="ball")
    area = client.answer(number)["summary"]["area"]
    (event,) = client.of(number, "frame")
    assert (event["space"], event["shape"]) == ("coverage", [48, 64])
    assert pixels(event).sum() == pytest.approx(areas["ball"]) == pytest.approx(area)
    wrong = client.ask("mattes", job, region="bell")
    assert wrong["remedy"] == "did you mean 'ball'?"


def test_a_run_writes_what_nst_stylize_writes(opened: tuple[Client, str], shot: Path, tmp_path: Path) -> None:
    client, job = opened
    number = client.send("run", job, frames="1-3")
    summary = client.answer(number)["summary"]
    assert summary["styled"] == [1, 2, 3]
    frames = client.of(number, "frame")
    assert [event["frame"] for event in frames] == [1, 2, 3]
    progress = client.of(number, "progress")
    assert [(event["done"], event["total"], event["frame"]) for event in progress] == [(1, 3, 1), (2, 3, 2), (3, 3, 3)]
    served = {Path(event["path"]).name: Path(event["path"]).read_bytes() for event in frames}
    (shot / "recipe.json").write_text(json.dumps(recipe(output={"path": "direct/styled.####.exr"})))
    folder = Path(client.done("hello", protocol=1)["log"]).parent
    result = subprocess.run(
        [sys.executable, "-m", "nst_backend.cli.main", "stylize", "recipe.json", "--frames", "1-3"],
        cwd=shot,
        env=environment(folder),
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert {path.name: path.read_bytes() for path in (shot / "direct").glob("*.exr")} == served
    again = client.done("run", job, frames="1-3")
    assert (again["styled"], again["skipped"]) == ([], [1, 2, 3])


def test_a_frame_that_fails_is_told_and_the_others_are_written(opened: tuple[Client, str], shot: Path) -> None:
    client, job = opened
    (shot / "plate.0003.exr").write_bytes(b"no picture")
    number = client.send("run", job)
    answer = client.answer(number)
    assert (answer["event"], answer["kind"], answer["final"]) == ("error", "frames", True)
    failed = [event for event in client.of(number, "error") if not event["final"]]
    assert [(event["frame"], event["kind"]) for event in failed] == [(3, "input")]
    assert [event["frame"] for event in client.of(number, "frame")] == [1, 2, 4]


def test_release_frees_and_the_jobs_go_on(opened: tuple[Client, str]) -> None:
    client, job = opened
    client.done("preview", job, frame=1)
    assert client.done("release")["networks"] >= 2
    assert client.done("release")["networks"] == 0
    client.done("preview", job, frame=1)
    assert client.done("release")["networks"] >= 2


def test_closing_removes_the_pixels(service: tuple[Client, Path], shot: Path) -> None:
    client, _ = service
    client.done("open", "short", recipe=recipe(), base=str(shot))
    number = client.send("preview", "short", frame=1)
    client.answer(number)
    path = Path(client.of(number, "frame")[0]["path"])
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    client.done("close", "short")
    assert not path.exists()

"""A film keeps to the runtime that it was begun with; which one that is the recipe says, or a measurement."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pipeline_shots import Listener, library, moving_plates, read_rgb, recipe

from nst_backend.contract.errors import UsageError
from nst_backend.contract.frames import FrameRange
from nst_backend.contract.messages import EventKind
from nst_backend.contract.recipe import ComputeOptions, Recipe, Runtime
from nst_backend.engines import openvino_pass
from nst_backend.engines.openvino_pass import openvino_processor, openvino_version
from nst_backend.pipeline import runtime
from nst_backend.pipeline.device import choose_runtime
from nst_backend.pipeline.job import run_job
from nst_backend.pipeline.manifest import work_folder
from nst_backend.pipeline.resolved import agree_runtime, film_key
from nst_backend.pipeline.runtime_cache import measured_seconds, runtime_cache
from nst_backend.pipeline.shot import open_shot
from nst_backend.pipeline.summary import JobSummary

if openvino_version() is None:
    pytest.skip("OpenVINO is not installed", allow_module_level=True)

STYLED: dict[str, Any] = {"name": "all", "matte": {"everything": {}}, "style": "stripes", "scale": 10.0}


@pytest.fixture
def shot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four frames, and a cache of their own."""
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    moving_plates(tmp_path, 4, size=(64, 48))
    return tmp_path


def described(asked: str, out: str = "out", region: dict[str, Any] | None = None) -> Recipe:
    return recipe(
        regions=[{**STYLED, **(region or {})}],
        output={"path": f"{out}/styled.####.exr", "depth": "float"},
        compute={"device": "cpu", "runtime": asked},
    )


def job(
    shot: Path,
    asked: str,
    *,
    out: str = "out",
    frames: str | None = None,
    region: dict[str, Any] | None = None,
    listener: Listener | None = None,
) -> JobSummary:
    made = described(asked, out, region)
    wanted = None if frames is None else FrameRange.parse(frames)
    return run_job(made, base=shot, frames=wanted, reporter=listener or Listener(), library=library(shot / "styles"))


def resolved(shot: Path, out: str = "out") -> dict[str, Any]:
    path = work_folder(shot / out / "styled.####.exr") / "resolved.json"
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def measured(shot: Path, monkeypatch: pytest.MonkeyPatch, *, torch_takes: float, openvino_takes: float) -> None:
    """As if these had been measured here, and the shot were long."""
    config = library(shot / "styles").find("stripes", base=shot).card.config
    measured_seconds(config, openvino_processor(), lambda: {"torch": torch_takes, "openvino": openvino_takes})
    monkeypatch.setattr(runtime, "_LEAST_PIXELS", 1)


@pytest.fixture
def uninstalled(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes OpenVINO impossible to import, as where it is not installed."""

    def core() -> Any:
        from nst_backend.engines.openvino_library import openvino

        return openvino.Core()

    def uninstall() -> None:
        for name in ("openvino_library", "openvino_graph"):
            monkeypatch.delitem(sys.modules, f"nst_backend.engines.{name}", raising=False)
        monkeypatch.setitem(sys.modules, "openvino", None)
        # As before its first use in this process.
        monkeypatch.setattr(openvino_pass, "_core", core)
        monkeypatch.setattr(runtime, "openvino_version", lambda: None)

    return uninstall


def test_both_paint_alike_and_are_known_apart(shot: Path) -> None:
    assert job(shot, "torch", out="by_torch").runtime == "torch"
    assert job(shot, "openvino").runtime == "openvino"
    for number in range(1, 5):
        name = f"styled.{number:04d}.exr"
        np.testing.assert_allclose(read_rgb(shot / "out" / name), read_rgb(shot / "by_torch" / name), atol=1e-4)
    found = resolved(shot)
    assert found["compute"]["runtime"] == "openvino"
    assert found["resolved"]["versions"]["openvino"] == openvino_version()
    assert "openvino" not in resolved(shot, "by_torch")["resolved"]["versions"]
    again, anew = job(shot, "openvino"), job(shot, "torch")
    assert (again.styled, again.skipped) == ([], [1, 2, 3, 4])
    assert (anew.styled, anew.skipped) == ([1, 2, 3, 4], [])


def test_a_resumed_film_keeps_to_what_it_was_begun_with(shot: Path) -> None:
    job(shot, "openvino", out="whole")
    job(shot, "openvino", frames="1-2")
    summary = job(shot, "auto")
    assert (summary.runtime, summary.skipped, summary.styled) == ("openvino", [1, 2], [3, 4])
    for file in (shot / "out").glob("*.exr"):
        assert file.read_bytes() == (shot / "whole" / file.name).read_bytes()


def test_one_begun_with_pytorch_stays_with_it(shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job(shot, "torch", frames="1-2")
    measured(shot, monkeypatch, torch_takes=2.0, openvino_takes=1.0)
    summary = job(shot, "auto")
    assert (summary.runtime, summary.skipped) == ("torch", [1, 2])
    # Another film of the same name is begun anew.
    assert job(shot, "auto", region={"strength": 0.5}).runtime == "openvino"


def test_one_that_is_begun_elsewhere_meanwhile_is_followed(shot: Path) -> None:
    made, styles = described("auto"), library(shot / "styles")
    opened = open_shot(made, base=shot, reporter=Listener(), library=styles)
    film = film_key(opened, Listener())

    def chosen() -> Runtime:
        job(shot, "openvino", frames="1")
        return "torch"

    agree_runtime(work_folder(shot / "out/styled.####.exr"), opened, film, chosen)
    assert opened.workspace.runtime == "openvino"


def test_who_lacks_what_the_film_was_begun_with_is_told(shot: Path, uninstalled: Callable[[], None]) -> None:
    job(shot, "openvino", frames="1-2")
    before = {file: file.read_bytes() for file in shot.glob("out/*.exr")}
    uninstalled()
    with pytest.raises(UsageError, match="begun with OpenVINO") as caught:
        job(shot, "auto")
    assert "brushpass[openvino]" in caught.value.remedy
    assert {file: file.read_bytes() for file in shot.glob("out/*.exr")} == before


@pytest.mark.parametrize(
    ("torch_takes", "openvino_takes", "expected"), [(1.0, 0.9, "openvino"), (1.0, 0.97, "torch"), (1.0, 1.2, "torch")]
)
def test_the_faster_one_is_chosen_where_it_is_worth_it(
    shot: Path, monkeypatch: pytest.MonkeyPatch, torch_takes: float, openvino_takes: float, expected: str
) -> None:
    measured(shot, monkeypatch, torch_takes=torch_takes, openvino_takes=openvino_takes)
    summary = job(shot, "auto")
    assert summary.runtime == expected == resolved(shot)["compute"]["runtime"]
    assert f"fp32, {expected}" in summary.table()
    assert summary.to_json()["runtime"] == expected


def test_sizes_that_change_are_left_to_pytorch(shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured(shot, monkeypatch, torch_takes=2.0, openvino_takes=1.0)
    assert job(shot, "auto", region={"scale": [[1, 10.0], [4, 8.0]]}).runtime == "torch"


def test_frames_of_several_tiles_are_left_to_pytorch(shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured(shot, monkeypatch, torch_takes=2.0, openvino_takes=1.0)
    monkeypatch.setattr("nst_backend.engines.workspace.LARGEST_TILE", 128)
    assert job(shot, "auto").runtime == "torch"


def test_a_short_shot_is_painted_without_measuring(shot: Path) -> None:
    assert job(shot, "auto").runtime == "torch"
    assert not runtime_cache().exists()


def test_without_it_auto_is_pytorch(
    shot: Path, monkeypatch: pytest.MonkeyPatch, uninstalled: Callable[[], None]
) -> None:
    measured(shot, monkeypatch, torch_takes=2.0, openvino_takes=1.0)
    uninstalled()
    assert job(shot, "auto").runtime == "torch"


def test_one_that_does_not_run_is_told_and_pytorch_paints(shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_LEAST_PIXELS", 1)

    def core() -> Any:
        raise RuntimeError("unsupported processor")

    monkeypatch.setattr(openvino_pass, "_core", core)
    listener = Listener()
    assert job(shot, "auto", listener=listener).runtime == "torch"
    (warning,) = listener.of(EventKind.WARNING)
    assert "unsupported processor" in warning["problem"]


def test_asked_for_and_not_there(shot: Path, uninstalled: Callable[[], None]) -> None:
    uninstalled()
    with pytest.raises(UsageError, match="does not run here") as caught:
        job(shot, "openvino")
    assert "pip install 'brushpass[openvino]'" in caught.value.remedy


def test_it_paints_on_no_gpu() -> None:
    with pytest.raises(UsageError, match="device is cuda") as caught:
        choose_runtime(ComputeOptions(runtime="openvino"), torch.device("cuda"))
    assert "cpu" in caught.value.remedy
    assert choose_runtime(ComputeOptions(), torch.device("cuda")) == "torch"

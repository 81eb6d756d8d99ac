"""What was measured of the runtimes is measured once, unless machine, versions or network are others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from nst_backend.contract.recipe import Runtime
from nst_backend.engines.openvino_pass import openvino_version
from nst_backend.engines.runtime_speed import seconds_by_runtime
from nst_backend.pipeline import runtime_cache
from nst_backend.pipeline.runtime_cache import measured_seconds
from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.folded import fold
from nst_backend.styles.network import StyleNetwork

CONFIG = NetworkConfig(width=4, blocks=1)
FOUND: Mapping[Runtime, float] = {"torch": 0.25, "openvino": 0.125}


class Measure:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> Mapping[Runtime, float]:
        self.count += 1
        return FOUND


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    return runtime_cache.runtime_cache()


def test_it_is_measured_once(file: Path) -> None:
    measure = Measure()
    for _ in range(3):
        assert measured_seconds(CONFIG, "A", measure) == FOUND
    # How many styles a network has does not matter: one is painted at a time.
    measured_seconds(NetworkConfig(width=4, blocks=1, styles=7), "A", measure)
    assert measure.count == 1
    (entry,) = json.loads(file.read_text()).values()
    assert entry["processor"] == "A"
    assert entry["network"]["width"] == 4


def test_another_machine_version_or_network_is_measured(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measure = Measure()
    measured_seconds(CONFIG, "A", measure)
    measured_seconds(CONFIG, "B", measure)
    measured_seconds(NetworkConfig(width=8, blocks=1), "A", measure)
    monkeypatch.setattr(runtime_cache, "openvino_version", lambda: "1.0")
    measured_seconds(CONFIG, "A", measure)
    monkeypatch.setattr(runtime_cache, "THREADS", 1000)
    measured_seconds(CONFIG, "A", measure)
    assert measure.count == 5
    assert len(json.loads(file.read_text())) == 5


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "[" * 100_000,
        lambda text: "[]",
        lambda text: text.replace("0.125", '"fast"'),
        lambda text: text.replace("0.125", "NaN"),
        lambda text: text.replace("0.125", "-1"),
        lambda text: text.replace('"seconds"', '"minutes"'),
        lambda text: text + " " * (2 << 20),
        lambda text: "\0\1\2",
    ],
    ids=["torn", "nested", "list", "text", "nan", "negative", "renamed", "huge", "binary"],
)
def test_a_damaged_file_is_measured_anew(file: Path, damage: Any) -> None:
    measured_seconds(CONFIG, "A", Measure())
    file.write_text(damage(file.read_text()))
    measure = Measure()
    assert measured_seconds(CONFIG, "A", measure) == FOUND
    assert measured_seconds(CONFIG, "A", measure) == FOUND
    assert measure.count == 1


def test_a_folder_that_cannot_be_written_is_done_without(file: Path) -> None:
    file.parent.parent.mkdir(exist_ok=True)
    file.parent.write_text("a file where the folder should be")
    measure = Measure()
    assert measured_seconds(CONFIG, "A", measure) == FOUND
    assert measured_seconds(CONFIG, "A", measure) == FOUND
    assert measure.count == 2


def test_the_oldest_go_first(file: Path) -> None:
    for number in range(runtime_cache._KEPT + 5):
        measured_seconds(CONFIG, f"machine {number}", Measure())
    kept = [entry["processor"] for entry in json.loads(file.read_text()).values()]
    assert kept[0] == "machine 5"
    assert len(kept) == runtime_cache._KEPT


@pytest.mark.skipif(openvino_version() is None, reason="OpenVINO is not installed")
def test_both_are_measured() -> None:
    found = seconds_by_runtime(fold(StyleNetwork(CONFIG)))
    assert set(found) == {"torch", "openvino"}
    assert all(0.0 < value < float("inf") for value in found.values())

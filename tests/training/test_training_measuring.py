"""The figures that a training writes into its cards are those of ``nst styles check``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from nst_backend.cli.main import run
from nst_backend.contract.errors import ExitCode
from nst_backend.contract.messages import SilentReporter
from nst_backend.media.images import write_image
from nst_backend.styles.card import StyleCard, read_card
from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.network import StyleNetwork
from nst_backend.styles.saving import save_styles
from nst_backend.training.measuring import measure_styles

torch.set_num_threads(1)


@pytest.fixture
def card(tmp_path: Path) -> Path:
    torch.manual_seed(3)
    network = StyleNetwork(NetworkConfig(width=4, blocks=1, levels=1))
    style = StyleCard(name="learnt", network="learnt.safetensors", sha256="", config=network.config)
    return save_styles(network, [style], tmp_path)[0]


def write_noise(path: Path, width: int, height: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    coarse = np.random.default_rng(4).random((height // 4, width // 4, 3), np.float32)
    write_image(path, np.kron(coarse, np.ones((4, 4, 1), np.float32)))
    return path


def test_photographs_are_seen_as_the_check_sees_them(
    card: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Of more lines than are looked at, and one that has no inside left without its border.
    large = write_noise(tmp_path / "photos" / "large.png", 192, 1440)
    small = write_noise(tmp_path / "small" / "small.png", 120, 120)
    measure_styles([card], [small, large], size="full", reporter=SilentReporter())
    found = read_card(card).extra["measured"]
    arguments = ["styles", "check", str(card), "--photos", str(large.parent), "--device", "cpu"]
    assert run([*arguments, "--json", "--progress", "none"]) == ExitCode.DONE
    (report,) = json.loads(capsys.readouterr().out)
    assert found["shift"] == round(report["shift"], 5)
    assert found["noise_gain"] == round(report["noise"], 4)
    for group in report["groups"]:
        for name, measure in group["measures"].items():
            assert found[f"{name} ({group['kind']})"] == round(measure["value"], 6)

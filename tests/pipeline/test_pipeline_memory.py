"""A job whose network does not fit: smaller tiles, the same picture, and a warning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from pipeline_shots import Listener, library, moving_plates, read_rgb, recipe
from torch import Tensor, nn

from nst_backend.contract.messages import EventKind
from nst_backend.pipeline.job import run_shot
from nst_backend.pipeline.shot import open_shot
from nst_backend.styles.library import LibraryStyle
from nst_backend.styles.network import StyleNetwork

SIZE = (320, 280)


class Cramped(nn.Module):
    """A layer that has no memory for more than so many pixels."""

    def __init__(self, layer: nn.Module, pixels: int) -> None:
        super().__init__()
        self.layer = layer
        self.pixels = pixels

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-2] * x.shape[-1] > self.pixels:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return self.layer(x)  # type: ignore[no-any-return]


def job(folder: Path, styles: Path, *, pixels: int | None) -> Listener:
    folder.mkdir()
    moving_plates(folder, 2, size=SIZE)
    listener = Listener()

    def load(style: LibraryStyle, device: torch.device) -> StyleNetwork:
        network = style.load_folded().to(device)
        if pixels is not None:
            network.tail = Cramped(network.tail, pixels)  # type: ignore[assignment]
        return network

    made = recipe(
        regions=[{"name": "all", "matte": {"everything": {}}, "style": "stripes", "statistics": "shot", "scale": 3.8}]
    )
    shot = open_shot(made, base=folder, reporter=listener, library=library(styles), load=load)
    # Statistics are taken of the whole frame, before memory grows short.
    painter = shot.regions[0].painter
    assert painter is not None
    if pixels is not None:
        assert isinstance(painter.network.tail, Cramped)
        painter.network.tail.pixels = 10**9
    for number in (1, 2):
        painter.shot.at(number)
    if pixels is not None:
        assert isinstance(painter.network.tail, Cramped)
        painter.network.tail.pixels = pixels
    run_shot(shot, reporter=listener)
    return listener


def test_a_job_goes_on_in_tiles_and_says_so(tmp_path: Path) -> None:
    roomy = job(tmp_path / "roomy", tmp_path / "a", pixels=None)
    cramped = job(tmp_path / "cramped", tmp_path / "b", pixels=230 * 230)
    assert not roomy.of(EventKind.WARNING)
    warnings = cramped.of(EventKind.WARNING)
    assert [warning["problem"] for warning in warnings] == ["out of memory on cpu: tiles of 162 px from here"]
    # Two frames are painted at once, and either may be the first to run out.
    assert warnings[0]["frame"] in (1, 2)
    for number in (1, 2):
        name = f"out/styled.{number:04d}.exr"
        np.testing.assert_allclose(
            read_rgb(tmp_path / "cramped" / name), read_rgb(tmp_path / "roomy" / name), atol=1e-4
        )

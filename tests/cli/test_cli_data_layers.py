"""``nst evaluate`` against the motion of another view layer than the picture's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from nst_process import Nst, make_nst

from nst_backend.media.exr import write_exr

WIDTH, HEIGHT, PAN = 64, 48, 4


@pytest.fixture
def plates(tmp_path: Path) -> Nst:
    """A panned texture of a layer A whose own motion is empty; B has it."""
    nst = make_nst(tmp_path)
    rng = np.random.default_rng(5)
    wide = np.kron(rng.random((HEIGHT // 4, 40, 3), dtype=np.float32), np.ones((4, 4, 1), np.float32))
    for number in (1, 2, 3):
        rgb = wide[:, number * PAN : number * PAN + WIDTH]
        channels = {f"A.Combined.{c}": np.ascontiguousarray(rgb[..., i]) for i, c in enumerate("RGB")}
        for layer, pan in (("A", 0), ("B", PAN)):
            vector = {"X": pan, "Y": 0, "Z": pan, "W": 0}
            channels |= {f"{layer}.Vector.{c}": np.full((HEIGHT, WIDTH), v, np.float32) for c, v in vector.items()}
        write_exr(nst.folder / f"plate.{number:04d}.exr", channels)
    return nst


def test_the_motion_layer_is_asked(plates: Nst) -> None:
    arguments = ("evaluate", "plate.####.exr", "--plate", "plate.####.exr", "--lags", "1")
    plain = plates(*arguments)
    assert plain.returncode == 0, plain.stderr
    assert "Vector pass is empty" in plain.stderr
    named = plates(*arguments, "--motion-layer", "B")
    assert named.returncode == 0, named.stderr
    assert "Vector" not in named.stderr
    refused = plates(*arguments, "--motion-layer", "C")
    assert refused.returncode == 2
    assert "no Vector or Depth pass in a view layer 'C'" in refused.stderr

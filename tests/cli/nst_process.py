"""The command line as a user runs it: a process of its own, small pictures, two tiny styles."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from nst_backend.media.images import write_image
from nst_backend.styles.card import StyleCard
from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.identity import write_identity_style
from nst_backend.styles.network import StyleNetwork
from nst_backend.styles.saving import save_styles

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Nst:
    """Runs ``nst`` in ``folder``, with the styles there and the user's folders kept out."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        home = self.folder / "home"
        own = {
            "BRUSHPASS_STYLES": str(self.folder / "styles"),
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "TORCH_HOME": str(home / "torch"),
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
            "OMP_NUM_THREADS": "1",
        }
        kept = {name: value for name, value in os.environ.items() if name not in ("NST_DEBUG", "OCIO")}
        return {**kept, **own}

    def command(self, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "nst_backend.cli.main", *map(str, arguments)]

    def __call__(self, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )


def make_nst(folder: Path) -> Nst:
    """A folder with the styles ``identity`` and ``swirl``."""
    write_identity_style(folder / "styles")
    torch.manual_seed(5)
    network = StyleNetwork(NetworkConfig(width=4, blocks=1, levels=1))
    with torch.no_grad():
        network.tail.bias.fill_(0.4)
    card = StyleCard(name="swirl", title="Swirl", network="swirl.safetensors", sha256="", config=network.config)
    save_styles(network, [card], folder / "styles")
    return Nst(folder)


def write_pictures(folder: Path, count: int, size: tuple[int, int] = (48, 32)) -> str:
    """A sequence of smooth coloured pictures that drift; returns its pattern."""
    folder.mkdir(parents=True, exist_ok=True)
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    for number in range(1, count + 1):
        waves = [0.5 + 0.4 * np.sin((x + number) / 5 + y / 7 * channel) for channel in (1, 2, 3)]
        write_image(folder / f"plate.{number:04d}.png", np.stack(waves, axis=-1).astype(np.float32))
    return str(folder / "plate.####.png")


def sentence(result: subprocess.CompletedProcess[str]) -> str:
    """The one line that a failing command wrote; asserts that it is one and no traceback."""
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("nst: ")
    assert "Traceback" not in result.stderr
    return lines[0]

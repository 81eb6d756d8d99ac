"""The command line as a user runs it: a process of its own, small pictures, two tiny styles."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nst_backend.media.images import write_image
from nst_backend.metrics.trunks import TRUNKS
from nst_backend.styles.card import StyleCard
from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.identity import write_identity_style
from nst_backend.styles.network import StyleNetwork
from nst_backend.styles.saving import save_styles

ROOT = Path(__file__).resolve().parents[2]
# Machines may be slow, and a first import of the libraries slower still.
PATIENCE = 300.0


@dataclass
class Running:
    """A command under way that tells its events as JSON (``--progress json``)."""

    process: subprocess.Popen[str]
    errors: Path
    events: list[dict[str, Any]] = field(default_factory=list)

    def until(self, kind: str, count: int = 1) -> bool:
        """Read on until ``count`` further events of a kind; False where the process ends before."""
        assert self.process.stdout is not None
        while count and (line := self.process.stdout.readline()):
            self.events.append(json.loads(line))
            count -= self.events[-1]["event"] == kind
        return not count

    def end(self) -> int:
        """Hear the rest and wait for the end; returns the exit code."""
        assert self.process.stdout is not None
        # The line that a killed writer was at may be torn.
        self.events += [json.loads(line) for line in self.process.stdout if line.endswith("\n")]
        return self.process.wait()

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The events of a kind heard so far."""
        return [event for event in self.events if event["event"] == kind]


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
            timeout=PATIENCE,
        )

    @contextmanager
    def running(self, *arguments: str | Path) -> Iterator[Running]:
        """Start a command that is told to and interrupted while it works; it is gone when the block ends."""
        errors = self.folder / "running.err"
        with errors.open("w") as stream:
            process = subprocess.Popen(
                self.command(*arguments, "--progress", "json"),
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stream,
                text=True,
            )
        late = threading.Timer(PATIENCE, process.kill)
        late.start()
        try:
            yield Running(process, errors)
        finally:
            late.cancel()
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


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


def write_judge(folder: Path, paintings: Sequence[str]) -> None:
    """``paintings`` of noise, each in colours of its own, and ``judge.pth``: SqueezeNet as torchvision saves it."""
    (folder / "paintings").mkdir()
    rng = np.random.default_rng(2)
    for name in paintings:
        write_image(folder / "paintings" / f"{name}.png", rng.random((80, 80, 3)) * rng.random(3))
    torch.manual_seed(1)
    features = TRUNKS["squeezenet1_0"].build().state_dict()
    torch.save({f"features.{name}": value for name, value in features.items()}, folder / "judge.pth")

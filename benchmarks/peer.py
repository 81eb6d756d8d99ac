"""Measure a job against per-frame code in the manner of ``pytorch/examples``.

    python benchmarks/peer.py

The same frames and the same weights: a network as ``fast_neural_style`` publishes
them, run as its ``neural_style.py`` does, but loaded once for all frames; and
imported, run by a job. PNG in, PNG out.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from measuring import options, photograph, save
from numpy.typing import NDArray
from torch import Tensor, nn

from nst_backend.contract.messages import SilentReporter
from nst_backend.contract.recipe import Recipe
from nst_backend.pipeline.job import run_job
from nst_backend.styles.card import StyleCard
from nst_backend.styles.foreign import read_fast_neural_style
from nst_backend.styles.library import StyleLibrary
from nst_backend.styles.saving import save_styles

WIDTH, HEIGHT = 640, 360


class ConvLayer(nn.Module):
    """As in ``fast_neural_style``: reflection, convolution; before them nearest doubling where asked."""

    def __init__(self, inputs: int, outputs: int, size: int, stride: int, upsample: int | None = None) -> None:
        super().__init__()
        self.upsample = upsample
        self.reflection_pad = nn.ReflectionPad2d(size // 2)
        self.conv2d = nn.Conv2d(inputs, outputs, size, stride)

    def forward(self, x: Tensor) -> Tensor:
        if self.upsample:
            x = nn.functional.interpolate(x, mode="nearest", scale_factor=self.upsample)
        convolved: Tensor = self.conv2d(self.reflection_pad(x))
        return convolved


class ResidualBlock(nn.Module):
    """As in ``fast_neural_style``."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.in1 = ConvLayer(channels, channels, 3, 1), nn.InstanceNorm2d(channels, affine=True)
        self.conv2, self.in2 = ConvLayer(channels, channels, 3, 1), nn.InstanceNorm2d(channels, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.in2(self.conv2(torch.relu(self.in1(self.conv1(x)))))
        return change + x


class TransformerNet(nn.Module):
    """As in ``fast_neural_style``."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.in1 = ConvLayer(3, 32, 9, 1), nn.InstanceNorm2d(32, affine=True)
        self.conv2, self.in2 = ConvLayer(32, 64, 3, 2), nn.InstanceNorm2d(64, affine=True)
        self.conv3, self.in3 = ConvLayer(64, 128, 3, 2), nn.InstanceNorm2d(128, affine=True)
        for index in range(1, 6):
            setattr(self, f"res{index}", ResidualBlock(128))
        self.deconv1, self.in4 = ConvLayer(128, 64, 3, 1, 2), nn.InstanceNorm2d(64, affine=True)
        self.deconv2, self.in5 = ConvLayer(64, 32, 3, 1, 2), nn.InstanceNorm2d(32, affine=True)
        self.deconv3 = ConvLayer(32, 3, 9, 1)

    def forward(self, x: Tensor) -> Tensor:
        for index in (1, 2, 3):
            x = torch.relu(getattr(self, f"in{index}")(getattr(self, f"conv{index}")(x)))
        for index in range(1, 6):
            x = getattr(self, f"res{index}")(x)
        x = torch.relu(self.in5(self.deconv2(torch.relu(self.in4(self.deconv1(x))))))
        painted: Tensor = self.deconv3(x)
        return painted


def read(path: Path) -> NDArray[np.uint8]:
    """BGR, ``(H, W, 3)``."""
    picture = cv2.imread(str(path))
    assert picture is not None, path
    return np.asarray(picture, np.uint8)


def per_frame(network: TransformerNet, folder: Path, frames: int, device: torch.device) -> None:
    """Load, paint, save, one frame after the other."""
    for number in range(1, frames + 1):
        picture = read(folder / f"plate.{number:04d}.png")[:, :, ::-1]
        content = torch.from_numpy(picture.copy()).permute(2, 0, 1).float()[None].to(device)
        with torch.no_grad():
            output = network(content).cpu()
        painted = output[0].clamp(0, 255).numpy().transpose(1, 2, 0).astype("uint8")
        cv2.imwrite(str(folder / f"peer.{number:04d}.png"), painted[:, :, ::-1])


def measure(frames: int, rounds: int) -> dict[str, Any]:
    """All numbers, the least of interleaved rounds."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(1)
    network = TransformerNet().eval()
    seconds: dict[str, list[float]] = {"per frame": [], "job": []}
    with tempfile.TemporaryDirectory(prefix="brushpass-benchmark-") as name:
        folder = Path(name)
        torch.save(network.state_dict(), folder / "peer.pth")
        imported = read_fast_neural_style(folder / "peer.pth")
        card = StyleCard(
            name="peer", network="peer.safetensors", sha256="", config=imported.config, scale_free=True, title="peer"
        )
        save_styles(imported, [card], folder / "styles")
        wide = photograph(WIDTH + 4 * frames, HEIGHT)
        for number in range(1, frames + 1):
            plate = np.round(wide[:, 4 * number - 4 :][:, :WIDTH, ::-1] * 255.0).astype(np.uint8)
            cv2.imwrite(str(folder / f"plate.{number:04d}.png"), plate)
        network.to(device)
        for index in range(rounds):
            started = time.perf_counter()
            per_frame(network, folder, frames, device)
            seconds["per frame"].append((time.perf_counter() - started) / frames)
            recipe = Recipe.from_json(
                {
                    "version": 1,
                    "plate": {"path": "plate.####.png"},
                    "regions": [{"name": "all", "matte": {"everything": {}}, "style": "peer"}],
                    "temporal": {"smoothing": 0.0},
                    "output": {"path": f"out{index}/styled.####.png"},
                }
            )
            styles = StyleLibrary([folder / "styles"])
            job = run_job(recipe, base=folder, reporter=SilentReporter(), library=styles)
            seconds["job"].append(job.seconds / frames)
        # The anchors' statistics are their own: there both must paint the same.
        ours, theirs = (read(folder / f"{stem}.0001.png").astype(int) for stem in ("out0/styled", "peer"))
    least = {form: min(values) for form, values in seconds.items()}
    return {
        "device": str(device),
        "size": [WIDTH, HEIGHT],
        "frames": frames,
        "seconds_per_frame": least,
        "times_per_frame_code": least["per frame"] / least["job"],
        "largest_difference_of_255": int(np.abs(ours - theirs).max()),
    }


def main() -> int:
    """Measure, print and write."""
    parser = options(__doc__, "peer")
    parser.add_argument("--frames", type=int, default=72)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    save(arguments.json, measure(arguments.frames, arguments.rounds))
    return 0


if __name__ == "__main__":
    sys.exit(main())

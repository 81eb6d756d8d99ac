"""Shots that the service's tests work on, and the service as a process of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from protocol_client import Client

from nst_backend.mattes.cryptomatte_hash import name_to_id
from nst_backend.media.exr import write_exr
from nst_backend.styles.card import StyleCard
from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.identity import write_identity_style
from nst_backend.styles.network import StyleNetwork
from nst_backend.styles.saving import save_styles

ROOT = Path(__file__).resolve().parents[2]
SIZE = (64, 48)
COMMAND = (sys.executable, "-m", "nst_backend.cli.main", "serve")


def write_styles(folder: Path) -> None:
    """The styles ``identity`` and ``swirl``."""
    write_identity_style(folder)
    torch.manual_seed(5)
    network = StyleNetwork(NetworkConfig(width=4, blocks=1, levels=1))
    with torch.no_grad():
        network.tail.bias.fill_(0.4)
    card = StyleCard(name="swirl", network="swirl.safetensors", sha256="", config=network.config)
    save_styles(network, [card], folder)


def write_plates(folder: Path, count: int, size: tuple[int, int] = SIZE, name: str = "plate") -> None:
    """Frames of a textured ground that pans by a pixel a frame under a ball, with Cryptomatte of both."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, count + 1):
        write_frame(folder / f"{name}.{number:04d}.exr", number, size)


def write_frame(path: Path, number: int, size: tuple[int, int] = SIZE) -> None:
    """One frame of :func:`write_plates`."""
    width, height = size
    texture = np.random.default_rng(3).random((height // 4 + 1, (width + 64) // 4 + 1, 3), dtype=np.float32)
    wide = np.kron(texture, np.ones((4, 4, 1), np.float32))
    rgb = wide[:height, number : number + width]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    distance = np.hypot(x - width / 2, y - height / 2)
    ball = np.clip(height / 4 - distance, 0.0, 1.0).astype(np.float32)
    rgb = (rgb * (1 - ball[:, :, None]) + np.float32([0.8, 0.1, 0.1]) * ball[:, :, None]).astype(np.float32)
    ids = np.array([name_to_id("ball"), name_to_id("ground")], np.uint32).view(np.float32)
    first = ball >= 0.5
    ranks = {
        "r": np.where(first, ids[0], ids[1]),
        "g": np.where(first, ball, 1 - ball),
        "b": np.where(first, ids[1], ids[0]),
        "a": np.where(first, 1 - ball, ball),
    }
    key = "cryptomatte/1234567/"
    manifest = f'{{"ball":"{name_to_id("ball"):08x}","ground":"{name_to_id("ground"):08x}"}}'
    channels = {name: np.ascontiguousarray(rgb[:, :, index]) for index, name in enumerate("RGB")}
    channels |= {f"ViewLayer.CryptoObject00.{name}": values.astype(np.float32) for name, values in ranks.items()}
    attributes = {
        key + "name": "ViewLayer.CryptoObject",
        key + "hash": "MurmurHash3_32",
        key + "conversion": "uint32_to_float32",
        key + "manifest": manifest,
    }
    write_exr(path, channels, attributes=attributes)


def recipe(**parts: Any) -> dict[str, Any]:
    """The ball in one style, the rest in another, smoothed."""
    data: dict[str, Any] = {
        "version": 1,
        "plate": {"path": "plate.####.exr"},
        "regions": [
            {"name": "ball", "matte": {"cryptomatte": {"layer": "CryptoObject", "names": ["ball"]}}, "style": "swirl"},
            {"name": "rest", "matte": {"background": {}}, "style": "identity"},
        ],
        "temporal": {"smoothing": 0.6},
        "output": {"path": "out/styled.####.exr", "depth": "float"},
        "compute": {"device": "cpu"},
    }
    for key, value in parts.items():
        data[key] = {**data[key], **value} if isinstance(value, dict) else value
    for region in data["regions"]:
        # Strokes of small pictures: a network pass is quick.
        region.setdefault("scale", 10.0)
    return data


def environment(folder: Path) -> dict[str, str]:
    """The styles of ``folder``, and the user's own folders kept out."""
    home = folder / "home"
    own = {
        "BRUSHPASS_STYLES": str(folder / "styles"),
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "OMP_NUM_THREADS": "1",
    }
    kept = {name: value for name, value in os.environ.items() if name not in ("NST_DEBUG", "OCIO")}
    return {**kept, **own}


@contextmanager
def serving(folder: Path, *options: str, command: tuple[str, ...] = COMMAND, greet: bool = True) -> Iterator[Client]:
    """A service whose styles and private folder lie in ``folder``; ``service.err`` has what it logged."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "styles").is_dir():
        write_styles(folder / "styles")
    (folder / "scratch").mkdir(exist_ok=True)
    with (folder / "service.err").open("wb") as errors:
        arguments = [*command, "--scratch", str(folder / "scratch"), "--log", str(folder / "serve.log"), *options]
        client = Client(arguments, environment(folder), errors)
        try:
            if greet:
                client.done("hello", protocol=1)
            yield client
            assert client.strays == []
        finally:
            client.discard()


def pixels(event: dict[str, Any]) -> np.ndarray:
    """What a ``frame`` event points to, as any client would map it."""
    return np.memmap(event["path"], dtype=event["dtype"], mode="r", shape=tuple(event["shape"]))

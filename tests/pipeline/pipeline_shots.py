"""Small shots and styles that the pipeline's tests are made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nst_backend.contract.messages import Event, EventKind
from nst_backend.contract.recipe import Recipe
from nst_backend.media.exr import read_exr, write_exr
from nst_backend.styles.card import StyleCard
from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.identity import write_identity_style
from nst_backend.styles.library import StyleLibrary
from nst_backend.styles.network import StyleNetwork
from nst_backend.styles.saving import save_styles


class Listener:
    """Keeps what a job says; stops it after a number of frames where asked to."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.events: list[Event] = []
        self.stop_after = stop_after

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def cancelled(self) -> bool:
        done = sum(event.kind is EventKind.PROGRESS for event in self.events)
        return self.stop_after is not None and done >= self.stop_after

    def of(self, kind: EventKind) -> list[Mapping[str, Any]]:
        return [event.data for event in self.events if event.kind is kind]


def library(folder: Path) -> StyleLibrary:
    """The identity style, two styles ``stripes`` and ``swirl`` of one random network."""
    write_identity_style(folder)
    torch.manual_seed(11)
    network = StyleNetwork(NetworkConfig(width=4, blocks=1, levels=1, styles=2, leak=0.2))
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "norm" in name:
                parameter.add_(torch.randn_like(parameter) * 0.3)
        network.tail.bias.fill_(0.4)
    cards = [
        StyleCard(name=name, network="random.safetensors", sha256="", config=network.config, index=index)
        for index, name in enumerate(("stripes", "swirl"))
    ]
    save_styles(network, cards, folder)
    return StyleLibrary([folder])


def recipe(**parts: Any) -> Recipe:
    """A recipe of one whole-frame region unless told otherwise."""
    data: dict[str, Any] = {
        "version": 1,
        "plate": {"path": "plate.####.exr"},
        "regions": [{"name": "all", "matte": {"everything": {}}, "style": "identity"}],
        "temporal": {"smoothing": 0.0},
        "output": {"path": "out/styled.####.exr", "depth": "float"},
        "compute": {"device": "cpu"},
    }
    for key, value in parts.items():
        data[key] = {**data[key], **value} if isinstance(value, dict) else value
    return Recipe.from_json(json.loads(json.dumps(data)))


def wild_picture(height: int, width: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Premultiplied colour from −2 to 60 with alpha 0, 0.5 and 1, and colour under alpha 0."""
    rng = np.random.default_rng(seed)
    rgb = rng.random((height, width, 3), dtype=np.float32)
    rgb[: height // 4] *= 60.0
    rgb[height // 4 : height // 2, : width // 3] = -2.0 * rgb[height // 4 : height // 2, : width // 3]
    alpha = np.ones((height, width), np.float32)
    alpha[:, width // 3 : 2 * width // 3] = 0.5
    alpha[:, 2 * width // 3 :] = 0.0
    rgb *= np.where(alpha > 0, alpha, 1.0)[:, :, None]
    rgb[: height // 2, 2 * width // 3 :] = 0.0
    return rgb.astype(np.float32), alpha


def write_plate(path: Path, rgb: np.ndarray, alpha: np.ndarray | None = None, **more: np.ndarray) -> None:
    """A float EXR frame."""
    channels = {name: np.ascontiguousarray(rgb[:, :, index]) for index, name in enumerate("RGB")}
    if alpha is not None:
        channels["A"] = alpha
    write_exr(path, {**channels, **more})


def moving_plates(folder: Path, count: int, *, size: tuple[int, int] = (48, 36)) -> None:
    """A textured ground that pans by one pixel a frame, lit a little more each time."""
    rng = np.random.default_rng(3)
    wide = rng.random((size[1] // 4 + 2, (size[0] + count) // 4 + 2, 3), dtype=np.float32)
    texture = np.kron(wide, np.ones((4, 4, 1), np.float32))
    for number in range(1, count + 1):
        rgb = texture[: size[1], number : number + size[0]] * np.float32(1.0 + 0.01 * number)
        write_plate(folder / f"plate.{number:04d}.exr", rgb)


def read_rgb(path: Path) -> np.ndarray:
    """R, G and B of an EXR as stored."""
    channels = read_exr(path).channels
    return np.stack([channels[name] for name in "RGB"], axis=-1)

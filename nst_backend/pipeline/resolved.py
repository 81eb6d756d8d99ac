"""The resolved recipe: what was really used, written beside the output.

A worker elsewhere can repeat the job from it, or refuse because its networks
or versions differ.
"""

from __future__ import annotations

import hashlib
import json
import platform
from importlib import metadata
from typing import Any

import torch

from ..media.plate import file_fingerprint
from .shot import Shot

__all__ = ["resolve", "result_key", "versions"]

_PACKAGES = ("brushpass", "torch", "torchvision", "numpy", "opencv-python-headless", "OpenEXR", "av", "opencolorio")


def versions() -> dict[str, str]:
    """Versions of everything that takes part in the result."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "unknown"
    return found


def resolve(shot: Shot) -> dict[str, Any]:
    """The recipe with everything that was chosen for it, as JSON."""
    recipe = shot.recipe.to_json()
    recipe["plate"] = {**recipe["plate"], "colour_space": shot.space.name, "layer": shot.plate.layer}
    recipe["compute"] = {**recipe["compute"], "device": str(shot.device), "precision": shot.precision}
    styles: dict[str, Any] = {}
    for entry in shot.regions:
        if entry.painter is not None:
            card = entry.painter.style.card
            styles[entry.region.name] = {
                "style": card.name,
                "network": card.network,
                "sha256": card.sha256,
                "index": card.index,
                "engine": "feed_forward",
                "statistics": entry.painter.shot.hashes(),
            }
    recipe["resolved"] = {
        "size": list(shot.size),
        "frames": [shot.numbers[0], shot.numbers[-1]],
        "styles": styles,
        "versions": versions(),
        "threads": torch.get_num_threads(),
    }
    return recipe


def result_key(shot: Shot) -> str:
    """SHA-256 of all that determines the picture of every frame, but for the plates and the history."""
    resolved = resolve(shot)
    cameras = shot.recipe.plate.cameras if shot.recipe.temporal.smoothing > 0 else None
    determining = {
        "plate": resolved["plate"],
        "regions": resolved["regions"],
        "temporal": resolved["temporal"],
        "compute": resolved["compute"],
        "output": {key: value for key, value in resolved["output"].items() if key not in ("path", "per_frame")},
        "cameras": None if cameras is None else file_fingerprint(shot.base / cameras),
        "shot": [shot.numbers[0], shot.numbers[-1], len(shot.numbers)],
        "size": list(shot.size),
        "networks": {
            name: {key: style[key] for key in ("sha256", "index", "engine")}
            for name, style in resolved["resolved"]["styles"].items()
        },
        "versions": {key: resolved["resolved"]["versions"][key] for key in ("brushpass", "torch")},
    }
    return hashlib.sha256(json.dumps(determining, sort_keys=True).encode()).hexdigest()

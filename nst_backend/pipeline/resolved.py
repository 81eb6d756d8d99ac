"""The resolved recipe: what was really used, written beside the output.

A worker elsewhere can repeat the job from it, or refuse because its networks
or versions differ.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from ..contract.errors import NstError
from ..contract.messages import Reporter
from ..contract.recipe import Runtime, load_recipe
from ..engines import inference
from ..engines.openvino_pass import openvino_version
from ..media.atomic import write_bytes_atomic
from ..media.plate import file_fingerprint
from ..temporal.options import METHOD
from .lock import guarded
from .motion import raft_weights
from .plan import dependence
from .shot import Shot

__all__ = ["agree_runtime", "film_key", "resolve", "result_key", "versions", "write_resolved"]

_NAME = "resolved.json"
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
    runtime = shot.workspace.runtime
    chosen = {"device": str(shot.device), "precision": shot.precision, "runtime": runtime}
    recipe["compute"] = {**recipe["compute"], **chosen}
    styles: dict[str, Any] = {}
    for entry in shot.regions:
        if entry.painter is not None:
            styles[entry.region.name] = entry.painter.resolved()
    recipe["resolved"] = {
        "size": list(shot.size),
        "frames": [shot.numbers[0], shot.numbers[-1]],
        "styles": styles,
        "versions": {**versions(), **({"openvino": openvino_version()} if runtime == "openvino" else {})},
        "threads": torch.get_num_threads(),
    }
    return recipe


def film_key(shot: Shot, reporter: Reporter) -> str:
    """SHA-256 of all that determines the picture of every frame, but for the plates, the history and the runtime."""
    resolved = resolve(shot)
    temporal = shot.recipe.temporal
    cameras = shot.recipe.plate.cameras if shot.moves else None
    raft = shot.moves and temporal.flow == "raft"
    layers = {"motion_layer": shot.plate.motion_layer, "matte_layer": shot.plate.matte_layer}
    determining = {
        # A layer that is named and the same one by default make one film.
        "plate": {**resolved["plate"], **layers},
        "regions": resolved["regions"],
        # A window has no preroll.
        "temporal": {
            key: value
            for key, value in resolved["temporal"].items()
            if key != "preroll" or dependence(temporal, follows=shot.follows) == "before"
        },
        "compute": {key: value for key, value in resolved["compute"].items() if key != "runtime"},
        "output": {
            key: value for key, value in resolved["output"].items() if key not in ("path", "per_frame", "matte")
        },
        "cameras": None if cameras is None else file_fingerprint(shot.base / cameras),
        "painting": inference.METHOD,
        "stabiliser": METHOD if temporal.smoothing > 0 else None,
        "raft": file_fingerprint(raft_weights(reporter), True) if raft else None,
        "shot": [shot.numbers[0], shot.numbers[-1], len(shot.numbers)],
        "size": list(shot.size),
        "networks": {
            name: {key: style[key] for key in ("sha256", "index", "engine")}
            for name, style in resolved["resolved"]["styles"].items()
        },
        "versions": {key: resolved["resolved"]["versions"][key] for key in ("brushpass", "torch")},
    }
    return hashlib.sha256(json.dumps(determining, sort_keys=True).encode()).hexdigest()


def result_key(shot: Shot, film: str) -> str:
    """``film``, as from :func:`film_key`, with the runtime that paints it."""
    return film if shot.workspace.runtime == "torch" else _with_openvino(film, openvino_version())


def _with_openvino(film: str, version: str | None) -> str:
    return hashlib.sha256(f"{film} openvino {version}".encode(errors="surrogatepass")).hexdigest()


def agree_runtime(folder: Path, shot: Shot, film: str, choose: Callable[[], Runtime]) -> None:
    """Let the shot have the runtime that its film was begun with; ``choose`` is asked where it was not begun.

    What was chosen is written down, and jobs that write other frames of the film follow it.
    """
    path = folder / _NAME
    begun = _begun_with(path, film)
    # To choose takes a while, for which nobody should wait.
    chosen = begun or choose()
    with guarded(folder):
        begun = _begun_with(path, film)
        shot.workspace.runtime = begun or chosen
        if begun is None:
            _write(path, shot, result_key(shot, film))


def write_resolved(folder: Path, shot: Shot, key: str) -> None:
    """Write ``resolved.json`` into an output's work folder; ``key`` as from :func:`result_key`.

    Jobs that write parts of one film measure the tones of different frames:
    what another of the same key wrote of them stays.
    """
    with guarded(folder):
        _write(folder / _NAME, shot, key)


def _write(path: Path, shot: Shot, key: str) -> None:
    resolved = resolve(shot)
    resolved["resolved"]["key"] = key
    for name, known in _measured(path, key).items():
        if name in (styles := resolved["resolved"]["styles"]):
            styles[name]["statistics"] = dict(sorted({**known, **styles[name]["statistics"]}.items()))
    write_bytes_atomic(path, (json.dumps(resolved, indent=2, ensure_ascii=False) + "\n").encode())


def _begun_with(path: Path, film: str) -> Runtime | None:
    """What painted the frames of a film, by its resolved recipe; None where that is of another, or damaged."""
    try:
        found: Any = load_recipe(path).extra.get("resolved")
        if found["key"] == film:
            return "torch"
        return "openvino" if found["key"] == _with_openvino(film, str(found["versions"]["openvino"])) else None
    except (NstError, KeyError, TypeError, ValueError, AttributeError):
        return None


def _measured(path: Path, key: str) -> dict[str, dict[str, str]]:
    """The hashes of tables by region and anchor frame in a resolved recipe; none unless it is sound and of ``key``."""
    try:
        found: Any = load_recipe(path).extra.get("resolved")
        if found["key"] != key:
            return {}
        return {name: dict(style["statistics"]) for name, style in found["styles"].items()}
    except (NstError, KeyError, TypeError, ValueError, AttributeError):
        return {}

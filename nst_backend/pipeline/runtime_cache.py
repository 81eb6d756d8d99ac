"""What was measured of the runtimes on this machine, kept in the user's cache.

One file for all networks' shapes. What it holds is compared as numbers and nothing
else; where it is damaged, or its folder cannot be written, runtimes are measured anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import platformdirs

from ..contract.errors import NstError
from ..contract.recipe import Runtime
from ..engines.inference import METHOD
from ..engines.openvino_pass import openvino_version
from ..engines.threads import THREADS
from ..media.atomic import write_bytes_atomic
from ..styles.config import NetworkConfig
from .resolved import versions

__all__ = ["measured_seconds", "runtime_cache"]

Seconds = Mapping[Runtime, float]
_MAX_BYTES = 1 << 20
# Shapes of networks, by machine and versions; the oldest go first.
_KEPT = 64


def runtime_cache() -> Path:
    """The file; it need not be there."""
    return Path(platformdirs.user_cache_dir("brushpass", appauthor=False)) / "runtimes.json"


def measured_seconds(config: NetworkConfig, processor: str, measure: Callable[[], Seconds]) -> Seconds:
    """The seconds of each runtime for networks of a shape; ``measure`` is called where they are not known.

    They hold for one ``processor``, its threads, and these versions of PyTorch, OpenVINO and Brushpass.
    """
    # Not how many styles: of those one is painted at a time.
    shape = {name: value for name, value in asdict(config).items() if name != "styles"}
    installed = {**versions(), "openvino": openvino_version()}
    facts = {
        "processor": processor,
        "threads": THREADS,
        "versions": {name: installed[name] for name in ("brushpass", "torch", "openvino")},
        "network": shape,
        "painting": METHOD,
    }
    key = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    kept = _kept(runtime_cache())
    if (known := _seconds(kept.get(key))) is not None:
        return known
    found = measure()
    entries = {**{name: entry for name, entry in kept.items() if name != key}, key: {**facts, "seconds": dict(found)}}
    newest = dict(list(entries.items())[-_KEPT:])
    with contextlib.suppress(NstError, OSError):
        runtime_cache().parent.mkdir(parents=True, exist_ok=True)
        write_bytes_atomic(runtime_cache(), (json.dumps(newest, indent=1) + "\n").encode())
    return found


def _kept(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MAX_BYTES:
            return {}
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(entry: Any) -> Seconds | None:
    """The seconds of a sound entry."""
    try:
        found: dict[Runtime, float] = {name: float(entry["seconds"][name]) for name in get_args(Runtime)}
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return found if all(math.isfinite(value) and value > 0.0 for value in found.values()) else None

"""Which runtime paints a shot's whole pictures on the CPU: the recipe's, else the one that proves faster.

Both paint alike to about a hundred-thousandth of full scale, not to the bit, so a
film keeps to the one that it was begun with.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ..contract.messages import Event, EventKind, Reporter
from ..contract.recipe import Runtime
from ..engines.openvino_pass import openvino_processor, openvino_version
from ..engines.runtime_speed import seconds_by_runtime
from ..styles.network import StyleNetwork
from .device import require_openvino
from .painter import Painter
from .resolved import agree_runtime
from .runtime_cache import measured_seconds
from .shot import Shot

__all__ = ["settle_runtime"]

# What OpenVINO's share of PyTorch's time may be: less of a gain is not worth another runtime.
_WORTH = 0.95
# Each region keeps the features of its passes, 130 bytes a pixel.
_MOST_REGIONS = 3
# What is painted in half a minute: for less it does not pay to measure.
_LEAST_PIXELS = 1 << 26


def settle_runtime(shot: Shot, folder: Path, film: str, reporter: Reporter) -> None:
    """Let the shot's workspace paint with what its film was begun with, or where the recipe leaves it open is faster.

    ``folder``: the output's work folder, claimed by the caller. ``film``: as from :func:`.resolved.film_key`.

    Raises :class:`UsageError` where a film was begun with OpenVINO, which is not there or does not run.
    """
    if shot.recipe.compute.runtime != "auto":
        return
    agree_runtime(folder, shot, film, partial(_faster, shot, reporter))
    if shot.workspace.runtime == "openvino":
        paints_anew = "set compute.runtime to torch, which paints the film anew"
        require_openvino("the film was begun with OpenVINO", otherwise=paints_anew)


def _faster(shot: Shot, reporter: Reporter) -> Runtime:
    painters = [entry.painter for entry in shot.regions if isinstance(entry.painter, Painter)]
    apart = len(painters) == 1 or shot.recipe.compute.regions == "separate"
    if shot.device.type != "cpu" or not apart or len(painters) > _MOST_REGIONS:
        return "torch"
    grids = [painter.grid(shot.size, shot.numbers[0]) for painter in painters if painter.recurs]
    pixels = max((width * height for width, height in grids if max(width, height) <= shot.workspace.tile), default=0)
    if pixels * len(shot.numbers) < _LEAST_PIXELS or openvino_version() is None:
        return "torch"
    networks = {id(painter.network): painter.network for painter in painters}
    try:
        return "openvino" if all(map(_worth, networks.values())) else "torch"
    except (ImportError, OSError, RuntimeError) as error:
        problem = f"OpenVINO does not run here, so PyTorch paints ({error})"
        reporter.emit(Event(EventKind.WARNING, {"problem": problem, "remedy": "set compute.runtime to torch"}))
        return "torch"


def _worth(network: StyleNetwork) -> bool:
    seconds = measured_seconds(network.config, openvino_processor(), partial(seconds_by_runtime, network))
    return seconds["openvino"] <= _WORTH * seconds["torch"]

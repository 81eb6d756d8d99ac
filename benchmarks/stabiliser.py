r"""Measure the stabiliser on a painted shot, and on pictures whose truth is known.

    python benchmarks/stabiliser.py recipe.json --json stabiliser.json \
        --loss-network vgg19_distilled_16x.safetensors --artworks paintings

The recipe is that of a finished job with ``output.per_frame``: its unstabilised
frames are fed to the stabiliser again and again, so that no network runs. Motion
between the frames is scored with the recipe's own flow, however it was made.
Without a loss network the style loss is left out.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from measuring import machine
from style_loss import StyleLoss
from true_flow import true_e_cons

from nst_backend.contract.errors import NstError, UsageError
from nst_backend.contract.messages import SilentReporter
from nst_backend.contract.recipe import load_recipe
from nst_backend.flow.consistency import IdArray, same_ids
from nst_backend.flow.source import Motion
from nst_backend.image.transfer import srgb_encode
from nst_backend.image.warp import BoolArray, FloatArray, inside, warp
from nst_backend.media.plate import open_plate
from nst_backend.metrics.report import EvaluatedFrame, SequenceReport, evaluate_sequence
from nst_backend.metrics.sharpness import sharpness_kept
from nst_backend.metrics.temporal import TemporalScore
from nst_backend.pipeline.motion import ShotMotion, object_ids
from nst_backend.pipeline.shot import open_shot
from nst_backend.pipeline.stabilising import frame_step
from nst_backend.pipeline.styling import region_weights
from nst_backend.pipeline.working import WorkingFrame
from nst_backend.temporal.context import context_limit, plate_cells
from nst_backend.temporal.options import StabiliserOptions
from nst_backend.temporal.stabiliser import StabilisedFrame, Stabiliser
from nst_backend.temporal.window import RADIUS, WindowFrame, WindowPainting, WindowStabiliser

# The first frames have too little history to be judged.
SETTLED = 4
SHADOW = 0.15


@dataclass(frozen=True, kw_only=True, eq=False)
class Painted:
    """An unstabilised frame with all that the stabiliser and the judge need.

    ``styles`` tells where each style is painted, ``edge`` is the matte band of the
    styled regions, ``calm`` the styled pixels that nothing within the strokes' reach
    moves away from.
    """

    number: int
    raw: FloatArray
    plate: FloatArray
    motion: Motion | None
    estimated: Motion | None
    ids: IdArray | None
    weight: FloatArray
    styles: dict[str, FloatArray]
    edge: BoolArray
    calm: BoolArray


def read_shot(path: Path) -> list[Painted]:
    """The frames of a finished job.

    Raises :class:`NstError` where the recipe or its frames are not there.
    """
    recipe, base = load_recipe(path), path.parent
    if recipe.output.per_frame is None:
        raise UsageError("the recipe keeps no unstabilised frames", remedy="set output.per_frame and run its job")
    silent = SilentReporter()
    shot = open_shot(recipe, base=base, reporter=silent)
    rough = open_shot(replace(recipe, temporal=replace(recipe.temporal, flow="dis")), base=base, reporter=silent)
    exact, estimated = ShotMotion(shot, silent), ShotMotion(rough, silent)
    pictures = open_plate(recipe.output.per_frame, base=base)
    frames: list[Painted] = []
    previous: WorkingFrame | None = None
    for number in shot.numbers:
        working = shot.read(number)
        weights = region_weights(shot, working)
        styled = [weights[entry.region.name] for entry in shot.regions if entry.painter is not None]
        raw = pictures.read(number).rgb
        if pictures.scene_linear:
            raw = srgb_encode(shot.space.to_srgb_primaries(raw))
        by_style: dict[str, FloatArray] = {}
        for entry in shot.regions:
            if entry.painter is not None:
                name = str(entry.region.style)
                by_style[name] = by_style.get(name, np.float32(0)) + weights[entry.region.name]
        plate, weight = working.encoded.display.copy(), np.clip(sum(styled, np.zeros(raw.shape[:2], np.float32)), 0, 1)
        motion = exact.between(previous, working) if previous is not None else None
        calm = np.asarray(weight > 0.5)
        if motion is not None:
            now, before = (plate_cells(picture, StabiliserOptions()) for picture in (plate, frames[-1].plate))
            calm &= context_limit(now, before, motion, StabiliserOptions()) > 0.9
        frames.append(
            Painted(
                number=number,
                raw=np.clip(raw, 0, 1).astype(np.float32),
                plate=plate,
                motion=motion,
                estimated=estimated.between(previous, working) if previous is not None else None,
                ids=object_ids(working, shot.plate.matte_layer),
                weight=weight.astype(np.float32),
                styles=by_style,
                edge=np.any([(part > 0.05) & (part < 0.95) for part in styled], axis=0),
                calm=calm,
            )
        )
        previous = working
    return frames


def causal(frames: list[Painted], options: StabiliserOptions, *, estimated: bool = False) -> list[StabilisedFrame]:
    """Every frame through the recursive stabiliser."""
    stabiliser = Stabiliser(options)
    return [
        stabiliser.step(f.raw, f.plate, f.estimated if estimated else f.motion, f.ids, f.number, weight=f.weight)
        for f in frames
    ]


def windowed(frames: list[Painted], options: StabiliserOptions, *, estimated: bool = False) -> list[StabilisedFrame]:
    """Every frame through the window."""
    shot = {f.number: f for f in frames}

    def look(number: int) -> WindowFrame | None:
        if (f := shot.get(number)) is None:
            return None
        return WindowFrame(number=number, plate=f.plate, motion=f.estimated if estimated else f.motion, ids=f.ids)

    stabiliser = WindowStabiliser(look, lambda number: WindowPainting(shot[number].raw, shot[number].weight), options)
    made = [stabiliser.frame(number) for number in shot]
    return [frame for frame in made if frame is not None]


def judge(
    frames: list[Painted], made: list[StabilisedFrame], seconds: float, style: StyleLoss | None
) -> dict[str, Any]:
    """One row of the table; ``seconds`` is the time that all frames took."""
    pictures = [frame.picture for frame in made]
    whole = _report(frames, pictures, lags=(1, 10))
    band, calm = (
        _report(frames, pictures, [f.edge for f in frames]),
        _report(frames, pictures, [f.calm for f in frames]),
    )
    assert whole.distance is not None
    apart: dict[str, list[FloatArray]] = {"uncovered": [], "shadow": []}
    shares = []
    for index in range(SETTLED, len(frames)):
        now, before, motion = frames[index], frames[index - 1], frames[index].motion
        if motion is None:
            continue
        styled = now.weight > 0.5
        seen = motion.valid & inside(motion.backward)
        if now.ids is not None and before.ids is not None:
            seen &= same_ids(now.ids, before.ids, motion.backward)
        change = np.abs(cv2.blur(now.plate - warp(before.plate, motion.backward), (5, 5))).max(axis=-1)
        difference = pictures[index] - now.raw
        apart["uncovered"].append(difference[styled & ~seen])
        apart["shadow"].append(difference[styled & seen & (change > SHADOW)])
        shares.append(float((made[index].mask[styled & seen] > 0).mean()))
    first = whole.scores[1]
    raw = whole.raw_scores[1].e_cons
    later = whole.scores.get(10)
    return {
        "e_cons": first.e_cons,
        "of_raw": None if first.e_cons is None or not raw else first.e_cons / raw,
        "e_cons_10": later.e_cons if later else None,
        "e_stab_luma": first.e_stab_luma,
        "sharp_1": whole.sharpness.get(1.0),
        "sharp_2": whole.sharpness.get(2.0),
        **{name: _rms(parts) for name, parts in apart.items()},
        "calm": calm.scores[1].e_cons,
        "edge": band.scores[1].e_cons,
        "covered": float(np.mean(shares)) if shares else None,
        "style_loss": None if style is None else _style_loss(style, frames, pictures),
        "seconds": seconds / len(frames),
    }


def _style_loss(style: StyleLoss, frames: list[Painted], pictures: list[FloatArray]) -> float:
    """Of every fourth settled frame; the frames of a shot are much alike."""
    chosen = range(SETTLED, len(frames), 4)
    return float(np.mean([style.of(np.clip(pictures[index], 0, 1), frames[index].styles) for index in chosen]))


def _report(
    frames: list[Painted],
    pictures: list[FloatArray],
    where: list[BoolArray] | None = None,
    lags: tuple[int, ...] = (1,),
) -> SequenceReport:
    judged = (
        EvaluatedFrame(
            output=picture,
            plate=f.plate,
            motion=f.motion,
            raw=f.raw,
            ids=f.ids,
            where=np.asarray(f.weight > 0.5) if where is None else where[index],
        )
        for index, (f, picture) in enumerate(zip(frames, pictures, strict=True))
    )
    return evaluate_sequence(judged, lags=lags)


def _rms(parts: list[FloatArray]) -> float | None:
    values = np.concatenate([part.ravel() for part in parts]) if parts else np.zeros(0)
    return float(np.sqrt(np.square(values, dtype=np.float64).mean())) if values.size else None


def still_drift(picture: FloatArray, frames: int = 200) -> float:
    """Mean distance from a still painting after so many frames."""
    stabiliser, motion = Stabiliser(), _shift(picture, 0.0)
    for number in range(frames):
        made = stabiliser.step(picture, picture, motion, None, number)
    return float(np.abs(made.picture - picture).mean())


def pan(picture: FloatArray, speed: float = 0.3, frames: int = 200) -> dict[str, float]:
    """LoG sharpness kept in a pan by a fraction of a pixel, and the growth of the error from frame 50 to the last.

    The picture is mirrored to be periodic and moved in the frequency domain, so
    that the true frame is known.
    """
    mirrored = np.concatenate([picture, picture[:, ::-1]], axis=1)
    spectrum = np.fft.rfft(mirrored, axis=1)
    turns = np.fft.rfftfreq(mirrored.shape[1])[None, :, None]
    spectrum *= turns < 0.45
    width, margin = picture.shape[1], 24
    stabiliser, motion, errors, kept = Stabiliser(), _shift(picture, speed), [], {}
    plate = np.full_like(picture, 0.5)
    for number in range(frames):
        moved = np.fft.irfft(spectrum * np.exp(2j * np.pi * turns * speed * number), mirrored.shape[1], axis=1)
        truth = np.clip(moved[:, :width], 0, 1).astype(np.float32)
        made = stabiliser.step(truth, plate, motion, None, number).picture
        inner = made[margin:-margin, margin:-margin], truth[margin:-margin, margin:-margin]
        errors.append(float(np.sqrt(np.square(inner[0] - inner[1]).mean())))
        kept = {f"sharp_{sigma}": sharpness_kept(*inner, float(sigma)) for sigma in (0, 1, 2)}
    return {**kept, "error_50": errors[min(50, frames - 1)], "error_last": errors[-1]}


def _shift(picture: FloatArray, dx: float) -> Motion:
    backward = np.zeros((*picture.shape[:2], 2), np.float32)
    backward[..., 0] = dx
    everywhere = np.ones(picture.shape[:2], np.bool_)
    return Motion(backward, -backward, everywhere, everywhere, "exact")


def measure(
    path: Path, chosen: list[str] | None, network: Path | None, artworks: Path | None, flow: Path | None
) -> dict[str, Any]:
    """The ``chosen`` rows, all where None, and facts.

    ``network`` and ``artworks`` as :class:`StyleLoss` takes them, ``flow`` as
    :func:`true_e_cons` does.
    """
    frames = read_shot(path)
    style = StyleLoss(network, artworks, set(frames[0].styles)) if network and artworks else None
    default = StabiliserOptions(step=frame_step([frame.number for frame in frames]))
    rows: dict[str, Callable[[], list[StabilisedFrame]]] = {
        "per frame": lambda: causal(frames, replace(default, smoothing=0)),
        "causal": lambda: causal(frames, default),
        "causal, trails allowed": lambda: causal(frames, replace(default, trail=1000)),
        "causal, no gates": lambda: causal(frames, replace(default, trail=1000, gate_from=0.99, gate_to=1)),
        f"window {RADIUS}": lambda: windowed(frames, default),
        "causal, DIS": lambda: causal(frames, default, estimated=True),
        f"window {RADIUS}, DIS": lambda: windowed(frames, default, estimated=True),
    }
    table = {}
    for name in rows if chosen is None else chosen:
        if name not in rows:
            raise UsageError(f"there is no row {name!r}", remedy=f"choose of {', '.join(rows)}")
        started = time.perf_counter()
        made = rows[name]()
        table[name] = judge(frames, made, time.perf_counter() - started, style)
        if flow is not None:
            table[name]["e_cons_true"] = true_e_cons([m.picture for m in made], [f.plate for f in frames], flow)
    plate = _report(frames, [f.raw for f in frames], lags=(1, 10)).plate_scores
    band = _report(frames, [f.raw for f in frames], [f.edge for f in frames]).plate_scores
    middle = frames[len(frames) // 2].raw
    return {
        "machine": machine(),
        "shot": {"frames": len(frames), "size": list(middle.shape[1::-1]), **_plate(plate, band)},
        "rows": table,
        **({"still_200_drift": still_drift(middle), "pan_200": pan(middle)} if chosen is None else {}),
    }


def _plate(whole: dict[int, TemporalScore], band: dict[int, TemporalScore]) -> dict[str, float | None]:
    """What noise and moving light alone come to."""
    return {
        "plate_e_cons": whole[1].e_cons,
        "plate_e_cons_10": whole[10].e_cons if 10 in whole else None,
        "plate_e_stab_luma": whole[1].e_stab_luma,
        "plate_edge": band[1].e_cons if 1 in band else None,
    }


def markdown(result: dict[str, Any]) -> str:
    """The rows as a table."""
    names = list(next(iter(result["rows"].values())))
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for name, row in result["rows"].items():
        cells = [
            "–" if row[key] is None else f"{row[key]:.4f}" if row[key] < 0.2 else f"{row[key]:.2f}" for key in names
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> int:
    """Measure, print, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--json", type=Path, help="where to write all numbers")
    parser.add_argument("--rows", nargs="+", help="the rows to measure (default: all, and the still and the pan)")
    parser.add_argument("--loss-network", type=Path, help="weights of a VGG-19, for the style loss")
    parser.add_argument("--artworks", type=Path, help="folder of the styles' artworks, named after them")
    parser.add_argument("--true-flow", type=Path, help="folder of .flo files from each frame to the next")
    arguments = parser.parse_args()
    try:
        result = measure(
            arguments.recipe.resolve(), arguments.rows, arguments.loss_network, arguments.artworks, arguments.true_flow
        )
    except NstError as error:
        print(f"{error.problem}: {error.remedy}", file=sys.stderr)
        return 2
    print(markdown(result))
    rest = {key: value for key, value in result.items() if key != "rows"}
    print(json.dumps(rest, indent=2))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""One frame, styled: mattes to weights, regions to paintings, paintings to one mix."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.messages import Event, EventKind, Reporter, SilentReporter, stop_if_cancelled
from ..contract.recipe import REFERENCE_LINES
from ..engines.optimise.still import OptimisationStep
from ..image.boxes import Box, bounding_box
from ..image.highlights import Encoded, encode
from ..image.resample import resize
from ..mattes.combine import feather_inside
from ..regions.composite import RegionMix, StyledMix, lay_over
from ..regions.edges import own_colour
from ..regions.weights import partition
from .following import Following, FramePaintings
from .optimising_painter import OptimisingPainter
from .painter import Painter, SharedPainter
from .shot import Shot, ShotRegion
from .working import StoredFrame, WorkingFrame

__all__ = [
    "Painted",
    "Prepared",
    "StyledFrame",
    "compose",
    "finish",
    "paint",
    "prepare",
    "region_weights",
    "style_frame",
]

Array = NDArray[np.float32]


@dataclass
class StyledFrame:
    """A frame after the networks, before the stabiliser.

    ``weights``: each region's part of the picture by name, ``(H, W)``. ``paintings``:
    what the next frame's optimised regions start from. ``seconds``: time by stage.
    """

    working: StoredFrame
    mix: StyledMix
    weights: Mapping[str, Array]
    paintings: FramePaintings | None = None
    seconds: dict[str, float] = field(default_factory=dict)


def region_weights(shot: Shot, working: WorkingFrame) -> dict[str, Array]:
    """Each region's part of the frame, front to back, by name."""
    width, height = working.size
    lines = height / REFERENCE_LINES
    coverages = []
    for entry in shot.regions:
        coverage = resize(entry.matte.coverage(working.frame), (width, height))
        feather = entry.region.feather.at(working.number) * lines
        coverages.append(feather_inside(coverage, feather) if feather > 0 else coverage)
    names = [entry.region.name for entry in shot.regions]
    return dict(zip(names, partition(coverages), strict=True))


@dataclass(frozen=True, eq=False)
class Stroke:
    """A region that is painted in this frame, and what its network sees."""

    entry: ShotRegion
    painter: Painter | OptimisingPainter
    weight: Array
    strength: float
    seen: Encoded


@dataclass(frozen=True, eq=False)
class _Pass:
    """A stroke of a network."""

    stroke: Stroke
    painter: Painter


@dataclass(frozen=True, eq=False)
class Prepared:
    """A frame before the networks: whose parts it has, and what is painted. ``seconds``: time by stage."""

    working: WorkingFrame
    weights: Mapping[str, Array]
    strokes: Sequence[Stroke]
    seconds: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Painted:
    """A frame after the networks: each stroke's box and its picture there. ``seconds``: time by stage.

    ``paintings``: as of :class:`StyledFrame`.
    """

    prepared: Prepared
    pieces: Sequence[tuple[Stroke, Box, Array]]
    seconds: Mapping[str, float]
    paintings: FramePaintings | None = None


def style_frame(
    shot: Shot, working: WorkingFrame, reporter: Reporter | None = None, following: Following | None = None
) -> StyledFrame:
    """Run every region's network and mix what they paint; see :func:`paint`."""
    return compose(shot, paint(shot, prepare(shot, working), reporter or SilentReporter(), following))


def prepare(shot: Shot, working: WorkingFrame) -> Prepared:
    """Mattes to weights, and the plate as each network sees it."""
    started = time.perf_counter()
    weights = region_weights(shot, working)
    mattes = time.perf_counter() - started
    styled = sum(
        (weights[entry.region.name] for entry in shot.regions if entry.painter is not None),
        start=np.zeros(working.encoded.gain.shape, np.float32),
    )
    strokes = _strokes(shot, working, weights, styled)
    seconds = {"mattes": mattes, "edges": time.perf_counter() - started - mattes}
    return Prepared(working, weights, strokes, seconds)


def paint(shot: Shot, prepared: Prepared, reporter: Reporter, following: Following | None = None) -> Painted:
    """The networks, and the optimisations.

    ``reporter`` is asked between passes whether to stop, and hears what was
    changed to fit into memory. ``following``: what optimised regions start from.
    """
    started = time.perf_counter()
    working = prepared.working
    pieces: list[tuple[Stroke, Box, Array]] = []
    optimised, paintings = _optimise(prepared, reporter, following)
    pieces.extend(optimised)
    for group in _groups(shot, prepared.strokes, working):
        stop_if_cancelled(reporter)
        painted = _paint(group, working)
        for note in shot.workspace.take_notes():
            data = {"problem": note, "remedy": "", "frame": working.number}
            reporter.emit(Event(EventKind.WARNING, data))
        if painted is None:
            continue
        whole, picture = painted
        for stroke in (entry.stroke for entry in group):
            box = bounding_box(stroke.weight)
            if box is not None:
                pieces.append((stroke, box, picture[box.relative_to(whole).slices]))
    return Painted(prepared, pieces, {"network": time.perf_counter() - started}, paintings)


def compose(shot: Shot, painted: Painted) -> StyledFrame:
    """The pieces mixed into one painting."""
    started = time.perf_counter()
    working = painted.prepared.working
    mix = RegionMix(working.encoded)
    for stroke, box, picture in painted.pieces:
        seen = stroke.seen
        mix.add(
            box,
            stroke.weight[box.slices],
            picture,
            Encoded(seen.display[box.slices], seen.linear[box.slices], seen.gain[box.slices]),
            strength=stroke.strength,
            preserve=stroke.entry.region.preserve_colour.at(working.number),
        )
    mixed = mix.mixed()
    kept = working.to_finish(channels=shot.recipe.output.keep_channels)
    seconds = {**painted.prepared.seconds, **painted.seconds, "composite": time.perf_counter() - started}
    return StyledFrame(
        working=kept, mix=mixed, weights=painted.prepared.weights, paintings=painted.paintings, seconds=seconds
    )


def _strokes(shot: Shot, working: WorkingFrame, weights: Mapping[str, Array], styled: Array) -> list[Stroke]:
    found = []
    for entry in shot.regions:
        strength = entry.region.strength.at(working.number)
        weight = weights[entry.region.name]
        if entry.painter is None or strength <= 0.0 or not weight.any():
            continue
        seen = _as_seen(working, weight, styled, shot.recipe.plate.exposure)
        found.append(Stroke(entry, entry.painter, weight, strength, seen))
    return found


def _optimise(
    prepared: Prepared, reporter: Reporter, following: Following | None
) -> tuple[list[tuple[Stroke, Box, Array]], FramePaintings | None]:
    """The pieces of the regions that are painted by optimisation, and what the next frame starts from."""
    working = prepared.working
    strokes = [(stroke, stroke.painter) for stroke in prepared.strokes if isinstance(stroke.painter, OptimisingPainter)]
    before = following.before(working) if following is not None and strokes else {}
    pieces: list[tuple[Stroke, Box, Array]] = []
    paintings: dict[str, Array] = {}
    for stroke, painter in strokes:
        name = stroke.entry.region.name

        def tell(step: OptimisationStep, name: str = name) -> None:
            data = {"stage": f"optimise {name}", "done": step.done, "total": step.total, "frame": working.number}
            reporter.emit(Event(EventKind.PROGRESS, {**data, "loss": step.loss}))

        painted = painter.paint(
            stroke.seen.display,
            stroke.weight,
            working.number,
            before=before.get(name),
            on_step=tell,
            cancelled=reporter.cancelled,
        )
        stop_if_cancelled(reporter)
        if painted is not None:
            pieces.append((stroke, painted[0], painted[1]))
            paintings[name] = painted[2]
    if following is None:
        return pieces, None
    found = FramePaintings(working.number, paintings)
    following.remember(found)
    return pieces, found


def _groups(shot: Shot, strokes: Sequence[Stroke], working: WorkingFrame) -> list[list[_Pass]]:
    """Passes of networks that are made together: each alone, or with ``one_pass`` all of one network and scale."""
    passes = [_Pass(stroke, stroke.painter) for stroke in strokes if isinstance(stroke.painter, Painter)]
    if shot.recipe.compute.regions == "separate":
        return [[entry] for entry in passes]
    groups: dict[tuple[int, tuple[int, int]], list[_Pass]] = {}
    for entry in passes:
        key = (id(entry.painter.network), entry.painter.grid(working.size, working.number))
        groups.setdefault(key, []).append(entry)
    return list(groups.values())


def _paint(group: list[_Pass], working: WorkingFrame) -> tuple[Box, Array] | None:
    first = group[0]
    if len(group) == 1:
        return first.painter.paint(first.stroke.seen.display, first.stroke.weight, working.number)
    picture = working.encoded.display
    for stroke in (entry.stroke for entry in group):
        # Where a region's soft edge was cleaned, the shared picture shows its own colour.
        own = (stroke.seen.display != working.encoded.display).any(axis=2, keepdims=True)
        picture = np.where(own, stroke.seen.display, picture)
    shared = SharedPainter([entry.painter for entry in group])
    return shared.paint(picture, [entry.stroke.weight for entry in group], working.number)


def _as_seen(working: WorkingFrame, weight: Array, styled: Array, exposure: float) -> Encoded:
    """The plate as a region's network sees it: its own colour continued over its soft edges."""
    plate = working.encoded
    if bounding_box(weight) is None:
        return plate
    if working.alpha is None:
        share, rest = weight, 1.0 - styled
    else:
        visible = np.maximum(working.alpha, 1e-6)
        share = np.minimum(weight / visible, 1.0)
        rest = np.clip(working.alpha - styled, 0.0, 1.0)
    found = own_colour(working.straight, share.astype(np.float32), rest.astype(np.float32))
    if found is None:
        return plate
    where, colours = found
    return plate.replaced(where, encode(colours[None], exposure))


def finish(shot: Shot, styled: StyledFrame, stabilised: Array | None) -> tuple[Array, Array]:
    """The finished picture as it is stored, ``(H, W, 3)``, and its styled coverage ``(H, W)``.

    ``stabilised``: the mix after the stabiliser, sRGB-encoded, or None. Pixels
    without styled coverage are the plate bit for bit.
    """
    working = styled.working
    result = working.stored.copy()
    coverage = np.zeros(result.shape[:2], np.float32)
    box = bounding_box(styled.mix.weight)
    if box is None:
        return result, coverage
    # A hero fills a part of most frames, and every step here goes over all the pixels that it is given.
    area = box.slices
    change, coverage[area] = lay_over(
        None if working.alpha is None else working.alpha[area],
        styled.mix.within(box),
        None if stabilised is None else stabilised[area],
        exposure=shot.recipe.plate.exposure,
    )
    painted = shot.space.from_linear(working.linear[area] + shot.space.from_srgb_primaries(change))
    red, green, blue = (plane != 0.0 for plane in cv2.split(change))
    cv2.copyTo(painted, (red | green | blue).view(np.uint8), result[area])
    return result, coverage

"""Measure every style of the library as it is judged for release, beside published networks.

    python benchmarks/library.py --plate RENDER --photos held_out.txt --paintings PAINTINGS
        [--judge FILE] [--peers FOLDER] [--size small] [--own STYLE=PAINTING ...]

``RENDER``: a multilayer EXR sequence with Vector, such as the demo's; each style paints its first frames whole,
one by one, with the statistics of its first. ``PHOTOS``: pictures that no training saw; shift and noise are measured on
the first twelve, the judge sees all. ``FILE``: a classifier in
torchvision's layout that judged no training. ``PEERS``: checkpoints of ``pytorch/examples`` fast_neural_style.

The gates: shift-1 error 0.03, noise gain 3, E_cons per frame 0.05, its own painting the nearest for nine pictures of
ten; on flats fewer than 1e-4 dots, no mesh above twice its neighbours, a border within a tenth.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from measuring import options, save

from nst_backend.cli.pictures import choose_pictures, read_display
from nst_backend.engines.feed_forward import FeedForward
from nst_backend.engines.workspace import Workspace
from nst_backend.flow.dis import DisSource
from nst_backend.flow.source import Motion
from nst_backend.flow.vector import VectorSource
from nst_backend.image.spaces import colour_space
from nst_backend.image.warp import FloatArray
from nst_backend.media.plate import Frame, open_plate
from nst_backend.metrics.aliasing import SMALLEST_SIDE
from nst_backend.metrics.style_check import FLAT_AREAS, FLAT_PICTURES, check_style, with_one_table
from nst_backend.metrics.style_judge import JUDGE_LAYERS, Plates, judge_style, look_at_plates
from nst_backend.metrics.style_loss import GramDistance, painting_at
from nst_backend.metrics.temporal import score_pair, summarise
from nst_backend.metrics.trunks import load_trunk
from nst_backend.pipeline.working import working_frame
from nst_backend.styles.foreign import import_fast_neural_style
from nst_backend.styles.library import SHIPPED, LibraryStyle, StyleLibrary

CPU = torch.device("cpu")
CHECKED = 12
PEER = "fast_neural_style_"
GATES = {"shift": 0.03, "noise_gain": 3.0, "e_cons": 0.05, "dots": 1e-4, "mesh": 2.0, "border": 0.1}
NEAREST = 0.9


class Film:
    """The first frames of a render, as networks see them, and the motion between them."""

    def __init__(self, plate: Path, frames: int) -> None:
        opened = open_plate(plate)
        read = [opened.read(number, extra=lambda name: True) for number in opened.numbers[:frames]]
        space = colour_space(opened.colour_space or "Linear Rec.709")

        def display(frame: Frame) -> FloatArray:
            return working_frame(frame, space, size=opened.size, exposure=0.0, premultiplied=True).encoded.display

        source = VectorSource(display=display, fallback=DisSource(display=display))
        self.pictures = [display(frame) for frame in read]
        self.motions: list[Motion] = [source.between(*pair) for pair in pairwise(read)]

    def e_cons(self, painted: Sequence[FloatArray]) -> float | None:
        """Of a painted film."""
        pairs = zip(pairwise(painted), pairwise(self.pictures), self.motions, strict=True)
        return summarise(
            score_pair(later, earlier, plate, before, motion) for (earlier, later), (before, plate), motion in pairs
        ).e_cons


def measured(
    name: str,
    style: LibraryStyle,
    own: str | None,
    film: Film,
    photos: Sequence[Path],
    judge: tuple[Plates, GramDistance],
) -> dict[str, Any]:
    """One style against every gate."""
    engine = FeedForward(style.load_folded(), style.card.index, Workspace(CPU))
    report = check_style(
        name, engine, ((path.name, read_display(path, smallest=SMALLEST_SIDE)) for path in photos[:CHECKED])
    )
    flats: dict[str, float] = {}
    for group in report.groups:
        if group.kind in (FLAT_PICTURES, FLAT_AREAS):
            for measure, worst in group.measures.items():
                flats[measure] = max(flats.get(measure, 0.0), worst.value)
    paint = with_one_table(engine, film.pictures[0])
    found = judge_style(name, engine.stylise, own, *judge)
    return {
        "shift": round(report.shift, 4),
        "noise_gain": round(report.noise, 3),
        "e_cons": _rounded(film.e_cons([paint(picture) for picture in film.pictures])),
        **{measure: round(flats[measure], 6) for measure in ("dots", "mesh", "border") if measure in flats},
        "own": own,
        "nearest_is_own": found.hits,
        "style_loss": _rounded(found.loss),
        "style_loss_worst": _rounded(found.worst),
        "nearest": dict(list(found.nearest.items())[:3]),
    }


def outside(found: dict[str, Any]) -> list[str]:
    """The gates that a style does not pass."""
    missed = [name for name, limit in GATES.items() if found.get(name) is not None and found[name] > limit]
    if found["nearest_is_own"] is not None and found["nearest_is_own"] < NEAREST:
        missed.append("nearest_is_own")
    return missed


def peers(folder: Path | None, into: Path) -> Iterator[tuple[str, LibraryStyle]]:
    """Published networks, imported."""
    for path in sorted(folder.glob(f"{PEER}*.safetensors")) if folder else []:
        name = f"published_{path.stem.removeprefix(PEER)}"
        card = import_fast_neural_style(path, into, name=name)
        yield name, StyleLibrary([into]).find(str(card))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _own(style: LibraryStyle, paintings: Collection[str]) -> str | None:
    """The painting that the card says it was learnt from, where it is there."""
    sources = style.card.extra.get("training", {}).get("styles", [])
    own = next((Path(entry["painting"]).stem for entry in sources if entry["name"] == style.card.name), None)
    return own if own in paintings else None


def main() -> int:
    """Measure and write."""
    parser = options(__doc__, "library")
    parser.add_argument("--plate", type=Path, required=True)
    parser.add_argument("--photos", nargs="+", required=True)
    parser.add_argument("--paintings", type=Path, required=True)
    parser.add_argument("--judge", type=Path, required=True)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--own", action="append", default=[], metavar="STYLE=PAINTING")
    parser.add_argument("--styles", type=Path, default=SHIPPED)
    parser.add_argument("--size", choices=("full", "small"), default="full")
    parser.add_argument("--frames", type=int, default=12)
    arguments = parser.parse_args()
    torch.set_grad_enabled(False)
    film = Film(arguments.plate, arguments.frames)
    photos = choose_pictures(arguments.photos)
    network = load_trunk(arguments.judge)
    paintings = {path.stem: painting_at(path) for path in choose_pictures([str(arguments.paintings)], what="paintings")}
    told = {style: painting for style, _, painting in (entry.partition("=") for entry in arguments.own)}
    if unknown := sorted(set(told.values()) - paintings.keys()):
        parser.error(f"--own: no painting {', '.join(map(repr, unknown))} in {arguments.paintings}")
    distance = GramDistance(network, JUDGE_LAYERS[network.name], paintings, device=CPU)
    judge = look_at_plates((read_display(path, smallest=SMALLEST_SIDE) for path in photos), distance), distance
    library = {name: style.sized(arguments.size) for name, style in StyleLibrary([arguments.styles]).styles().items()}
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="brushpass-peers-") as folder:
        for name, style in (*library.items(), *peers(arguments.peers, Path(folder))):
            found = measured(name, style, told.get(name, _own(style, paintings)), film, photos, judge)
            result[name] = {**found, "outside": outside(found)}
            print(name, json.dumps(result[name]), file=sys.stderr, flush=True)
    plate = film.e_cons(film.pictures)
    save(
        arguments.json,
        {
            "size": arguments.size,
            "judge": network.name,
            "photographs": len(photos),
            "photographs_checked": min(CHECKED, len(photos)),
            "frames": len(film.pictures),
            "plate_e_cons": _rounded(plate),
            "styles": result,
        },
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

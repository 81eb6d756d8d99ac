"""``nst styles judge``: ask a network that training never used whose style a painting is."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contract.codec import decode
from ..contract.errors import ExitCode, InputError, UsageError, nearest
from ..contract.messages import Event, EventKind, stop_if_cancelled
from ..contract.recipe import ComputeOptions
from .network_size import add_network_size, sized_name, tell_sizes
from .options import given_options
from .pictures import choose_pictures, read_display
from .progress import add_device, add_progress
from .reporters import QuietReporter
from .table import text_table

if TYPE_CHECKING:
    from ..metrics.style_judge import JudgedStyle
    from ..styles.card import StyleCard

__all__ = ["add", "run"]

_HEADING = ("style", "pictures", "nearest is its own", "plates", "style loss (worst)", "nearest paintings")
_SMALLEST = 64
_MOST_SHOWN = 3
_DEFAULT = "squeezenet1_0"


def add(commands: Any) -> None:
    """Add the command to those of ``nst styles``."""
    text = (
        "Judge styles by a network that training never used: on photographs that were kept out of training, "
        "is a style's own painting the nearest of all?"
    )
    parser = commands.add_parser("judge", help=text.partition(":")[0] + ".", description=text, allow_abbrev=False)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="a style of the library, or the path of a card (default: all)"
    )
    parser.add_argument(
        "--photos",
        required=True,
        action="extend",
        nargs="+",
        metavar="PATH",
        help="folders, pictures, or a list of pictures such as a training's held_out.txt",
    )
    parser.add_argument(
        "--count", type=int, default=20, metavar="N", help="so many of them, evenly spread (default: 20)"
    )
    parser.add_argument(
        "--paintings", required=True, metavar="FOLDER", help="the paintings to tell apart, the styles' own among them"
    )
    parser.add_argument(
        "--own",
        action="append",
        default=[],
        metavar="STYLE=PAINTING",
        help="the painting of a style whose card does not tell it, by its file name without the suffix",
    )
    parser.add_argument(
        "--network",
        metavar="FILE",
        help="the judge: SqueezeNet, AlexNet or VGG-16 in torchvision's layout (default: torchvision's SqueezeNet 1.0, "
        "downloaded where it is not there)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_network_size(parser)
    add_device(parser)
    add_progress(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """Print what was found."""
    compute = decode(ComputeOptions, given_options(arguments, ComputeOptions))
    photos = choose_pictures(arguments.photos, arguments.count)
    from ..engines.feed_forward import FeedForward
    from ..engines.workspace import Workspace
    from ..metrics.style_judge import JUDGE_LAYERS, judge_style, judged_json, look_at_plates
    from ..metrics.style_loss import GramDistance, painting_at
    from ..metrics.trunks import TRUNKS, load_trunk
    from ..pipeline.device import choose_device
    from ..styles.library import StyleLibrary
    from ..weights.files import file_sha256
    from ..weights.published import fetch_published

    library = StyleLibrary()
    styles = [library.find(name) for name in arguments.names or sorted(library.styles())]
    paintings = {path.stem: path for path in choose_pictures([arguments.paintings], what="paintings")}
    if len(paintings) < 2:
        raise InputError("a single painting cannot be told from others", remedy="give a folder with several paintings")
    told = _told(arguments.own, [style.card.name for style in styles], paintings)
    owns = [told.get(style.card.name, _own(style.card, paintings)) for style in styles]
    tell_sizes(styles, compute.network_size, reporter)
    device = choose_device(compute)
    given = None if arguments.network is None else Path(arguments.network)
    weights = fetch_published(TRUNKS[_DEFAULT].published, reporter=reporter, given=given)
    judge = load_trunk(weights).to(device)
    distance = GramDistance(
        judge, JUDGE_LAYERS[judge.name], {name: painting_at(path) for name, path in paintings.items()}, device=device
    )
    total, done = len(photos) * (1 + len(styles)), 0

    def on_picture() -> None:
        nonlocal done
        stop_if_cancelled(reporter)
        done += 1
        reporter.emit(Event(EventKind.PROGRESS, {"stage": "judge", "done": done, "total": total}))

    plates = look_at_plates(
        (read_display(path, smallest=_SMALLEST) for path in photos), distance, on_picture=on_picture
    )
    judged = []
    for style, own in zip(styles, owns, strict=True):
        network = style.sized(compute.network_size).load_folded().to(device)
        paint = FeedForward(network, style.card.index, Workspace(device)).stylise
        size = style.painting_size(compute.network_size)
        judged.append(
            judge_style(style.card.name, paint, own, plates, distance, network_size=size, on_picture=on_picture)
        )
    text = judged_json(judged, network=judge.name, sha256=file_sha256(weights), paintings=distance.names)
    if reporter.machine_readable:
        import json

        reporter.emit(Event(EventKind.DONE, {"summary": json.loads(text)}))
    else:
        print(text if arguments.json else judged_table(judged), end="", flush=True)
    return ExitCode.DONE


def judged_table(judged: Sequence[JudgedStyle]) -> str:
    """A line for each style."""

    def share(value: float | None) -> str:
        return "–" if value is None else f"{value:.0%}"

    rows = [
        (
            sized_name(entry.style, entry.network_size),
            str(entry.pictures),
            share(entry.hits),
            share(entry.chance),
            "–" if entry.loss is None else f"{entry.loss:.2f} ({entry.worst:.2f})",
            ", ".join(f"{name} {count}" for name, count in list(entry.nearest.items())[:_MOST_SHOWN]),
        )
        for entry in judged
    ]
    return text_table(_HEADING, rows) + "\n"


def _told(given: Sequence[str], styles: Sequence[str], paintings: Mapping[str, Path]) -> dict[str, str]:
    """What ``--own`` says."""
    found = {}
    for text in given:
        style, sign, painting = text.partition("=")
        if not sign:
            raise UsageError(f"--own is {text!r}", remedy="write it like udnie=picabia_udnie")
        if style not in styles:
            raise UsageError(f"--own names style {style!r}, which is not judged", remedy=nearest(style, styles))
        if painting not in paintings:
            raise UsageError(
                f"--own names no painting of the folder: {painting!r}", remedy=nearest(painting, paintings)
            )
        found[style] = painting
    return found


def _own(card: StyleCard, paintings: Mapping[str, Path]) -> str | None:
    """The painting that a card says it was learnt from, or one of the style's name."""
    training = card.extra.get("training")
    sources = training.get("styles") if isinstance(training, Mapping) else None
    named = [
        Path(str(source.get("painting", ""))).stem
        for source in (sources if isinstance(sources, Sequence) else ())
        if isinstance(source, Mapping) and source.get("name") == card.name
    ]
    return next((name for name in (*named, card.name) if name in paintings), None)

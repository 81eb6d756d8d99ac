"""``nst styles check``: measure styles for what must not be in a painting."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..contract.codec import decode
from ..contract.errors import ExitCode, FramesFailed
from ..contract.messages import Event, EventKind, stop_if_cancelled
from ..contract.recipe import ComputeOptions
from .network_size import add_network_size, sized_name, tell_sizes
from .options import given_options
from .pictures import choose_pictures, read_display
from .progress import add_device, add_progress
from .reporters import QuietReporter
from .table import text_table

if TYPE_CHECKING:
    from ..metrics.style_check import GroupScore, StyleReport

__all__ = ["add", "run"]

_HEADING = ("style", "pictures", "shift-1", "noise gain", "dots", "mesh (plate)", "border", "blobs (plate)", "outside")


def add(commands: Any) -> None:
    """Add the command to those of ``nst styles``."""
    text = "Measure styles: aliasing, dots, meshes, borders and blobs, on photographs and on flats."
    parser = commands.add_parser("check", help=text, description=text, allow_abbrev=False)
    parser.add_argument("names", nargs="+", metavar="NAME", help="a style of the library, or the path of a card")
    parser.add_argument(
        "--photos", metavar="FOLDER", help="PNG, TIFF or JPEG pictures to paint (default: textures made for it)"
    )
    parser.add_argument(
        "--count", type=int, default=12, metavar="N", help="so many of the folder, evenly spread (default: 12)"
    )
    parser.add_argument("--gate", action="store_true", help="end with 3 where a style is outside the limits")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_network_size(parser)
    add_device(parser)
    add_progress(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """Print the report."""
    compute = decode(ComputeOptions, given_options(arguments, ComputeOptions))
    photos = None if arguments.photos is None else choose_pictures([arguments.photos], arguments.count)
    from ..engines.feed_forward import FeedForward
    from ..engines.workspace import Workspace
    from ..metrics.aliasing import SMALLEST_SIDE
    from ..metrics.charts import flat_areas, flat_pictures, textures
    from ..metrics.style_check import check_style, reports_json
    from ..pipeline.device import choose_device
    from ..styles.library import StyleLibrary

    library = StyleLibrary()
    styles = [library.find(name) for name in arguments.names]
    tell_sizes(styles, compute.network_size, reporter)
    device = choose_device(compute)
    made = textures() if photos is None else {}
    total = len(styles) * (len(photos or made) + len(flat_pictures()) + len(flat_areas()))
    done = 0

    def on_picture() -> None:
        nonlocal done
        stop_if_cancelled(reporter)
        done += 1
        reporter.emit(Event(EventKind.PROGRESS, {"stage": "check", "done": done, "total": total}))

    reports = []
    for style in styles:
        network = style.sized(compute.network_size).load_folded().to(device)
        engine = FeedForward(network, style.card.index, Workspace(device))
        pictures = (
            made.items() if photos is None else ((p.name, read_display(p, smallest=SMALLEST_SIDE)) for p in photos)
        )
        kind = "textures" if photos is None else "photographs"
        size = style.painting_size(compute.network_size)
        reports.append(
            check_style(style.card.name, engine, pictures, kind=kind, network_size=size, on_picture=on_picture)
        )
    if reporter.machine_readable:
        import json

        reporter.emit(Event(EventKind.DONE, {"summary": {"styles": json.loads(reports_json(reports))}}))
    else:
        print(reports_json(reports) if arguments.json else reports_table(reports), end="", flush=True)
    failed = [report.style for report in reports if report.outside]
    if arguments.gate and failed:
        raise FramesFailed(
            f"{len(failed)} of {len(reports)} styles are outside the limits ({', '.join(failed)})",
            remedy="look at the pictures named, and train on",
        )
    return ExitCode.DONE


def reports_table(reports: Sequence[StyleReport]) -> str:
    """A line for each style and kind of picture, then one for each measure outside its limit."""
    rows = []
    for report in reports:
        for index, group in enumerate(report.groups):
            name = sized_name(report.style, report.network_size)
            own = (name, f"{report.shift:.4f}", f"{report.noise:.2f}") if not index else ("", "", "")
            rows.append((own[0], f"{group.pictures} {group.kind}", *own[1:], *_cells(group)))
    lines = [text_table(_HEADING, rows)]
    for report in reports:
        for kind, name, worst in report.outside:
            lines.append(
                f"{report.style}: {name} {worst.value:.4g} on {worst.picture} ({kind}), limit {worst.allowed:.4g}"
            )
    return "\n".join(lines) + "\n"


def _cells(group: GroupScore) -> tuple[str, ...]:
    measures = group.measures

    def cell(name: str, form: str, plate: bool = False) -> str:
        worst = measures.get(name)
        if worst is None:
            return "–"
        return f"{worst.value:{form}}" + (f" ({worst.plate:{form}})" if plate and worst.plate else "")

    outside = ", ".join(name for name, worst in measures.items() if worst.outside)
    return cell("dots", ".1e"), cell("mesh", ".2f", True), cell("border", ".3f"), cell("blobs", ".2f", True), outside

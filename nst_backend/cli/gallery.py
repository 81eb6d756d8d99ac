"""``nst styles gallery``: every style on the same pictures, as one page and one contact sheet."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contract.codec import decode
from ..contract.errors import ExitCode, UsageError
from ..contract.messages import Event, EventKind, stop_if_cancelled
from ..contract.recipe import ComputeOptions
from .options import given_options
from .pictures import choose_pictures, read_display
from .progress import add_device, add_progress
from .reporters import QuietReporter

if TYPE_CHECKING:
    from ..image.warp import FloatArray
    from ..styles.library import LibraryStyle

__all__ = ["add", "run"]

_PAGES = (".html", ".htm")
_SHEETS = (".png", ".jpg", ".jpeg")
_SMALLEST = 64


def add(commands: Any) -> None:
    """Add the command to those of ``nst styles``."""
    text = "Paint the same pictures in every style: a page that opens offline, a contact sheet, or both."
    parser = commands.add_parser("gallery", help=text, description=text, allow_abbrev=False)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="a style of the library, or the path of a card (default: all)"
    )
    parser.add_argument(
        "--photos",
        required=True,
        action="extend",
        nargs="+",
        metavar="PATH",
        help="folders, pictures or EXR renders, or a list of them (.txt)",
    )
    parser.add_argument("--count", type=int, default=6, metavar="N", help="so many, evenly spread (default: 6)")
    parser.add_argument(
        "-o",
        "--out",
        required=True,
        action="append",
        metavar="PATH",
        help="the page (.html) or the sheet (.png, .jpg); may be given for both",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace what is there already")
    parser.add_argument("--width", type=int, default=480, metavar="PX", help="of each picture shown (default: 480)")
    parser.add_argument(
        "--lines", type=int, default=540, metavar="PX", help="larger pictures are painted at this height (default: 540)"
    )
    add_device(parser)
    add_progress(parser)
    parser.set_defaults(run=run)


@dataclass(frozen=True)
class _Row:
    """A picture and its paintings by the style's name."""

    name: str
    plate: FloatArray
    painted: dict[str, FloatArray]


def run(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """Write the gallery and say where it is."""
    outputs = _outputs(arguments)
    for name, low, high in (("width", 64, 4096), ("lines", _SMALLEST, 4320)):
        if not low <= getattr(arguments, name) <= high:
            raise UsageError(f"--{name} is {getattr(arguments, name)}", remedy=f"give a number from {low} to {high}")
    compute = decode(ComputeOptions, given_options(arguments, ComputeOptions))
    photos = choose_pictures(arguments.photos, arguments.count)
    from ..engines.feed_forward import FeedForward
    from ..engines.workspace import Workspace
    from ..media.same_file import refuse_replacing
    from ..pipeline.device import choose_device
    from ..styles.library import StyleLibrary

    refuse_replacing(outputs, photos)
    library = StyleLibrary()
    styles = [library.find(name) for name in arguments.names or sorted(library.styles())]
    device = choose_device(compute)
    rows = [_Row(path.stem, read_display(path, smallest=_SMALLEST, largest=arguments.lines), {}) for path in photos]
    total, done = len(rows) * len(styles), 0
    for style in styles:
        engine = FeedForward(style.load_folded().to(device), style.card.index, Workspace(device))
        for row in rows:
            stop_if_cancelled(reporter)
            row.painted[style.card.name] = engine.stylise(row.plate)
            done += 1
            reporter.emit(Event(EventKind.PROGRESS, {"stage": "paint", "done": done, "total": total}))
    for path in outputs:
        _write(path, rows, styles, arguments.width)
        if not reporter.machine_readable:
            print(path)
    return ExitCode.DONE


def _outputs(arguments: argparse.Namespace) -> list[Path]:
    """Where it goes, refused before anything is painted."""
    outputs = [Path(given) for given in arguments.out]
    for path in outputs:
        if path.suffix.lower() not in (*_PAGES, *_SHEETS):
            raise UsageError(f"{path.name!r} is neither a page nor a picture", remedy="give .html, .png or .jpg")
        if path.exists() and not arguments.overwrite:
            raise UsageError(f"{path} is there already", remedy="choose another name, or add --overwrite")
        if not path.parent.is_dir():
            raise UsageError(f"there is no folder {str(path.parent)!r}", remedy="make it, or correct the path")
    return outputs


def _write(path: Path, rows: Sequence[_Row], styles: Sequence[LibraryStyle], width: int) -> None:
    from ..media.atomic import write_bytes_atomic
    from ..media.images import write_image

    if path.suffix.lower() in _PAGES:
        write_bytes_atomic(path, _page(rows, styles, width).encode())
    else:
        write_image(path, _sheet(rows, width), quality=88)


def _page(rows: Sequence[_Row], styles: Sequence[LibraryStyle], width: int) -> str:
    """A section a picture, the paintings side by side under it; then what each style is."""
    from ..metrics.page import document, figure, table

    body = [f"<p>{len(styles)} styles on {len(rows)} pictures, each painted as it is, without a stabiliser.</p>"]
    for row in rows:
        pictures = [("plate", row.plate), *row.painted.items()]
        figures = "".join(figure(_at_width(picture, width), name) for name, picture in pictures)
        body.append(f'<div class="tiles">{figures}</div>')
    facts = [
        (card.name, card.title or card.artwork.title, card.artwork.artist, card.artwork.licence)
        for card in (style.card for style in styles)
    ]
    body += ["<h2>The styles</h2>", table(("name", "painting", "artist", "terms"), facts)]
    return document("Styles", body)


def _sheet(rows: Sequence[_Row], width: int) -> FloatArray:
    """A row a picture, a column a style."""
    from ..pipeline.contact_sheet import captioned, laid_out

    return laid_out(
        [
            [captioned(picture, name, width) for name, picture in (("plate", row.plate), *row.painted.items())]
            for row in rows
        ],
        "brushpass styles, without a stabiliser",
    )


def _at_width(picture: FloatArray, width: int) -> FloatArray:
    from ..image.resample import resize

    if picture.shape[1] <= width:
        return picture
    return resize(picture, (width, max(1, round(picture.shape[0] * width / picture.shape[1]))))

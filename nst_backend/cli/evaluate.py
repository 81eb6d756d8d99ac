"""``nst evaluate``: how steady, how sharp and how much of a painting a styled sequence is."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from ..contract.codec import decode
from ..contract.errors import ExitCode, InputError, UsageError
from ..contract.frames import FrameRange
from ..contract.messages import Event, EventKind, stop_if_cancelled
from ..contract.recipe import ComputeOptions, TemporalOptions, load_recipe
from .loss_network import add_loss_network, find_loss_network
from .options import given_options
from .progress import add_device, add_progress
from .reporters import QuietReporter

if TYPE_CHECKING:
    import torch

    from ..engines.engine import Engine
    from ..metrics.evaluation import Evaluation
    from ..metrics.lpips import Lpips
    from ..metrics.stills import LossJudge
    from ..pipeline.judging import Judged
    from ..styles.library import LibraryStyle

__all__ = ["add", "run"]

_FLOWS = tuple(word for word in get_args(get_type_hints(TemporalOptions)["flow"]) if word != "none")
_LAYERS = ("layer", "motion_layer", "matte_layer")
_PAGES = (".html", ".htm")
# Shift and noise take four passes of a network a plate.
_PLATES_FOR_STYLES = 3


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = (
        "Measure a styled sequence against its plate: temporal error along the motion, sharpness, consistency, "
        "structure, and with the files for it style, content and perceptual distance."
    )
    parser = commands.add_parser("evaluate", help=text, description=text, allow_abbrev=False)
    parser.add_argument(
        "styled", metavar="STYLED|RECIPE", help="the styled sequence or video, or a recipe (.json) whose job has run"
    )
    parser.add_argument("--plate", metavar="PLATE", help="the plate that it was made from (a recipe knows)")
    parser.add_argument(
        "--raw", metavar="PATH", help="the same frames before stabilising (output.per_frame), for sharpness"
    )
    parser.add_argument("--flow", choices=_FLOWS, default="auto", help="where motion comes from (default: auto)")
    parser.add_argument("--layer", metavar="NAME", help="view layer of the plate")
    parser.add_argument("--motion-layer", metavar="NAME", help="view layer of the plate's Vector and Depth")
    parser.add_argument("--matte-layer", metavar="NAME", help="view layer of the plate's Cryptomatte")
    parser.add_argument("--frames", metavar="RANGE", help="frames to judge (default: those that all have)")
    parser.add_argument(
        "--lags", default="1,5,10", metavar="N,N", help="distances of the frames compared (default: 1,5,10)"
    )
    networks = parser.add_argument_group("what networks see")
    networks.add_argument(
        "--style",
        action="append",
        default=[],
        metavar="PICTURE|NAME",
        help="the painting, for the style loss; or a style, for its shift and noise (a recipe knows its own)",
    )
    networks.add_argument(
        "--lpips",
        metavar="alex|vgg|squeeze|FILE",
        help="measure LPIPS, by published heads (downloaded with their network where they are not there) or a file "
        "(default: alex where both are on this machine)",
    )
    networks.add_argument(
        "--lpips-network", metavar="FILE", help="torchvision's weights of the network behind the heads"
    )
    networks.add_argument(
        "--stills",
        type=int,
        default=12,
        metavar="N",
        help="so many frames, evenly spread, are looked at by networks, three at most by styles; 0: none (default: 12)",
    )
    add_loss_network(networks)
    written = parser.add_argument_group("what is written")
    written.add_argument("--html", metavar="FILE", help="a page that opens offline: figures, plots, the worst frames")
    written.add_argument("--plots", metavar="FOLDER", help="the plots over frames, as SVG")
    written.add_argument("--movie", metavar="FILE", help="plate, unstabilised frames and result side by side, as video")
    written.add_argument("--worst", type=int, default=3, metavar="N", help="worst frames on the page (default: 3)")
    written.add_argument("--overwrite", action="store_true", help="replace what is there already")
    written.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_device(parser)
    add_progress(parser)
    parser.set_defaults(run=run)


@dataclass(frozen=True)
class _Written:
    """Where pages, plots and film go."""

    html: Path | None
    plots: Path | None
    movie: Path | None


def run(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """Print the evaluation and write what is asked for."""
    lags = FrameRange.parse(arguments.lags, "--lags").numbers
    if lags[0] < 1:
        raise UsageError(f"--lags is {arguments.lags!r}", remedy="give whole numbers from 1")
    for name in ("stills", "worst"):
        if getattr(arguments, name) < 0:
            raise UsageError(f"--{name} is {getattr(arguments, name)}", remedy="give a number from 0")
    written = _written(arguments)
    compute = decode(ComputeOptions, given_options(arguments, ComputeOptions))
    from ..media.images import IMAGE_SUFFIXES

    paintings = [Path(given) for given in arguments.style if Path(given).suffix.lower() in IMAGE_SUFFIXES]
    names = [given for given in arguments.style if Path(given).suffix.lower() not in IMAGE_SUFFIXES]
    if len(paintings) > 1:
        raise UsageError("--style names two paintings", remedy="evaluate once for each")
    from ..pipeline.device import choose_device
    from ..styles.library import StyleLibrary

    library = StyleLibrary()
    named = [library.find(name) for name in names]
    device = choose_device(compute)
    missing: dict[str, str] = {}
    losses = lpips = None
    if arguments.stills:
        losses = _losses(arguments.loss_network, paintings[0] if paintings else None, device, missing)
        lpips = _lpips(arguments.lpips, arguments.lpips_network, device, missing, reporter)
    judged = _judged(arguments, reporter)
    _refuse_inputs(written, judged)

    from ..metrics.aliasing import SMALLEST_SIDE
    from ..metrics.evaluation import Evaluation
    from ..metrics.report import evaluate_sequence
    from ..metrics.series import FrameSeries, WorstFrames
    from ..metrics.stills import StillJudge, StyleFlicker

    styles = {style.card.name: style for style in (*judged.styles, *named)}
    flicker = StyleFlicker(
        {name: _engine(style, device) for name, style in styles.items()},
        spread(judged.numbers, min(_PLATES_FOR_STYLES, arguments.stills)),
        on_style=lambda: stop_if_cancelled(reporter),
    )
    series = FrameSeries(StillJudge(spread(judged.numbers, arguments.stills), losses=losses, lpips=lpips))
    worst = WorstFrames(arguments.worst if written.html is not None else 0)
    report = evaluate_sequence(judged.frames(), lags=lags, observers=(series, worst, flicker))
    if not arguments.stills:
        missing["what networks see"] = "give --stills a number from 1"
    elif not styles:
        missing["shift and noise"] = "name the style with --style, or give the job's recipe"
    elif len(flicker.scores) < len(styles):
        missing["shift and noise"] = f"the plate is smaller than {SMALLEST_SIDE} pixels"
    evaluation = Evaluation(report=report, series=series, styles=flicker.scores, missing=missing, worst=worst.frames)
    _write(evaluation, written, judged, Path(arguments.styled).name, reporter)
    _say(evaluation, written, arguments, reporter)
    return ExitCode.DONE


def spread(numbers: Sequence[int], count: int) -> tuple[int, ...]:
    """Up to ``count`` of the numbers, the first of equal parts of them."""
    count = min(count, len(numbers))
    return tuple(numbers[index * len(numbers) // count] for index in range(count))


def _judged(arguments: argparse.Namespace, reporter: QuietReporter) -> Judged:
    from ..pipeline.judging import judged_job, judged_sequences

    path = Path(arguments.styled)
    if path.suffix.lower() == ".json":
        for name in ("plate", "raw", *_LAYERS):
            if getattr(arguments, name) is not None:
                flag = "--" + name.replace("_", "-")
                raise UsageError(f"{flag} does not go with a recipe, which names its own", remedy="leave it out")
        flow = None if arguments.flow == "auto" else arguments.flow
        base = path.resolve().parent
        return judged_job(load_recipe(path), base=base, flow=flow, frames=arguments.frames, reporter=reporter)
    if not arguments.plate:
        raise UsageError("no plate is given", remedy="add --plate, or give the recipe of the job")
    return judged_sequences(
        arguments.styled,
        arguments.plate,
        raw=arguments.raw,
        layers={name: getattr(arguments, name) for name in _LAYERS},
        base=Path.cwd(),
        flow=arguments.flow,
        frames=arguments.frames,
        reporter=reporter,
    )


def _losses(
    given: str | None, painting: Path | None, device: torch.device, missing: dict[str, str]
) -> LossJudge | None:
    """Content and style loss; without a painting or network that was asked for, a loss network is optional."""
    try:
        weights = find_loss_network(given)
    except InputError as error:
        if given is not None or painting is not None:
            raise
        missing["content loss"] = error.remedy
        missing["style loss"] = "give the painting with --style PICTURE, and a loss network as above"
        return None
    from ..metrics.stills import CONTENT_LAYER, STYLE_LAYERS, LossJudge
    from ..metrics.style_loss import painting_at
    from ..styles.loss_networks import load_loss_network

    encoder = load_loss_network(weights).to(device)
    assert {CONTENT_LAYER, *STYLE_LAYERS} <= set(encoder.layers)
    if painting is None:
        missing["style loss"] = "give the painting with --style PICTURE"
    return LossJudge(encoder, None if painting is None else painting_at(painting), device=device)


def _lpips(
    heads: str | None, network: str | None, device: torch.device, missing: dict[str, str], reporter: QuietReporter
) -> Lpips | None:
    """LPIPS where it is asked for, or where its files are on this machine."""
    from ..metrics.lpips import HEADS, load_lpips, trunk_of_heads
    from ..metrics.trunks import TRUNKS
    from ..weights.published import fetch_published, find_published

    behind = None if network is None else Path(network)
    if heads is None:
        head_file = find_published(HEADS["alex"])
        trunk_file = behind or find_published(TRUNKS["alexnet"].published)
        if head_file is None or trunk_file is None:
            missing["LPIPS"] = "add --lpips alex, which downloads its two files once, or give them as files"
            return None
    else:
        given = None if heads in HEADS else Path(heads)
        head_file = fetch_published(HEADS.get(heads, HEADS["alex"]), reporter=reporter, given=given)
        trunk = TRUNKS[trunk_of_heads(head_file)]
        trunk_file = fetch_published(trunk.published, reporter=reporter, given=behind)
    return load_lpips(head_file, trunk_file, device=device)


def _engine(style: LibraryStyle, device: torch.device) -> Engine:
    from ..engines.feed_forward import FeedForward
    from ..engines.workspace import Workspace

    return FeedForward(style.load_folded().to(device), style.card.index, Workspace(device))


def _written(arguments: argparse.Namespace) -> _Written:
    """The outputs, refused before anything is measured where they cannot be written."""
    html, plots, movie = (None if given is None else Path(given) for given in _outputs(arguments))
    if html is not None and html.suffix.lower() not in _PAGES:
        raise UsageError(f"{html.name!r} is no page", remedy="give a name that ends in .html")
    from ..pipeline.output import is_video

    if movie is not None and not is_video(str(movie)):
        raise UsageError(f"{movie.name!r} is no video", remedy="give a name that ends in '.mp4', '.mov' or '.mkv'")
    if plots is not None and plots.exists() and not plots.is_dir():
        raise UsageError(f"{plots} is a file", remedy="give a folder for --plots")
    for path in (html, movie):
        if path is not None and path.exists() and not arguments.overwrite:
            raise UsageError(f"{path} is there already", remedy="choose another name, or add --overwrite")
        if path is not None and not path.parent.is_dir():
            raise UsageError(f"there is no folder {str(path.parent)!r}", remedy="make it, or correct the path")
    return _Written(html, plots, movie)


def _outputs(arguments: argparse.Namespace) -> tuple[str | None, str | None, str | None]:
    return arguments.html, arguments.plots, arguments.movie


def _refuse_inputs(written: _Written, judged: Judged) -> None:
    from ..media.same_file import refuse_replacing

    files = [path for path in (written.html, written.movie) if path is not None]
    refuse_replacing(files, [judged.base / path for path in judged.paths])


def _write(evaluation: Evaluation, written: _Written, judged: Judged, title: str, reporter: QuietReporter) -> None:
    from ..media.atomic import write_bytes_atomic, write_fault
    from ..metrics.evaluation_page import evaluation_charts, evaluation_page
    from ..pipeline.movie import make_movie

    if written.movie is not None:
        frames = FrameRange.of(judged.numbers)
        make_movie(judged.paths, written.movie, base=judged.base, frames=frames, space=judged.space, reporter=reporter)
    if written.plots is not None:
        try:
            written.plots.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_fault(written.plots, error) from error
        for name, chart in evaluation_charts(evaluation).items():
            write_bytes_atomic(written.plots / f"{name}.svg", chart.encode())
    if written.html is not None:
        film = None
        if written.movie is not None:
            film = Path(os.path.relpath(written.movie.resolve(), written.html.resolve().parent)).as_posix()
        page = evaluation_page(evaluation, title=title, film=film)
        write_bytes_atomic(written.html, page.encode())


def _say(evaluation: Evaluation, written: _Written, arguments: argparse.Namespace, reporter: QuietReporter) -> None:
    from ..metrics.evaluation import evaluation_json, evaluation_table

    form: Callable[[Evaluation], str] = evaluation_json if arguments.json else evaluation_table
    if reporter.machine_readable:
        import json

        reporter.emit(Event(EventKind.DONE, {"summary": json.loads(evaluation_json(evaluation))}))
        return
    print(form(evaluation), end="")
    if not arguments.json:
        for path in (written.html, written.plots, written.movie):
            if path is not None:
                print(f"→ {path}")

"""``nst optimize``: paint a still or a film by optimisation."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from ..contract.codec import decode, encode
from ..contract.errors import ExitCode, UsageError
from ..contract.messages import Event, EventKind
from ..contract.optimisation_options import OptimisationOptions
from ..contract.recipe import VERSION, ComputeOptions, OutputOptions, PlateOptions, Recipe, TemporalOptions
from .loss_network import add_loss_network, find_loss_network
from .options import add_options, given_options
from .progress import add_device, add_progress
from .reporters import QuietReporter

__all__ = ["add", "run"]

_SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg")
_NO_MATTE = "-"
_RENAMED = {"size": "--output-size", "mattes": "--write-mattes", "matte": "--write-matte"}
_FILM = {"plate": PlateOptions, "temporal": TemporalOptions, "output": OutputOptions}


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = (
        "Paint a still or a film like other pictures, by optimisation (Gatys et al. 2016). Ctrl-C keeps the picture "
        "so far, and the same command goes on."
    )
    parser = commands.add_parser("optimize", aliases=["optimise"], help=text, description=text, allow_abbrev=False)
    parser.add_argument("content", metavar="CONTENT", help="a picture; an EXR, a sequence with #### or a video")
    parser.add_argument("style", metavar="STYLE", nargs="*", help="the painting, or several")
    parser.add_argument(
        "-o", "--output", required=True, metavar="PATH", help="a PNG, TIFF or JPEG file; of a film as nst stylize"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the output if it is there")
    parser.add_argument(
        "--mattes",
        nargs="+",
        default=[],
        metavar="MATTE",
        help="for each painting a picture that is white where it is painted, or - for everywhere",
    )
    parser.add_argument("--start-style", metavar="NAME", help="a style of the library that paints the first picture")
    watching = parser.add_argument_group("watching a still")
    watching.add_argument("--movie", metavar="FILE", help="write a video of how the picture came about")
    watching.add_argument("--plot", metavar="FILE", help="write the losses over the steps as SVG")
    watching.add_argument("--tensorboard", metavar="FOLDER", help="write losses and pictures for TensorBoard")
    add_loss_network(parser)
    add_progress(parser)
    add_device(parser)
    add_options(parser, OptimisationOptions, title="the painting")
    add_options(parser, PlateOptions, skip=("path",), title="a film's plate")
    add_options(parser, TemporalOptions, title="a film's stability")
    add_options(parser, OutputOptions, skip=("path",), title="a film's output", renamed=_RENAMED)
    parser.set_defaults(run=run, patience=None)


def run(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """Write the painted picture, where interrupted as far as it has come; or the film's frames."""
    given = given_options(arguments, OptimisationOptions)
    if arguments.start_style is not None:
        given.setdefault("start", "feed_forward")
    options = decode(OptimisationOptions, given)
    if still := _is_still(arguments.content):
        from ..media.same_file import refuse_replacing

        # Before a loss network is looked for: it may be long in coming.
        refuse_replacing([Path(arguments.output)], [Path(entry) for entry in (arguments.content, *arguments.style)])
    weights = find_loss_network(arguments.loss_network)
    mattes = [None if entry == _NO_MATTE else Path(entry) for entry in arguments.mattes]
    if mattes and len(mattes) != len(arguments.style):
        raise UsageError(
            f"{len(arguments.style)} paintings have {len(mattes)} mattes",
            remedy=f"give each painting one, or {_NO_MATTE} for everywhere",
        )
    if still:
        return _still(arguments, options, weights, mattes, reporter)
    return _film(arguments, options, weights, mattes, reporter)


def _is_still(content: str) -> bool:
    from ..media.sequence import is_pattern

    path = Path(content)
    return path.suffix.lower() in _SUFFIXES and (path.is_file() or not is_pattern(content))


def _still(
    arguments: argparse.Namespace,
    options: OptimisationOptions,
    weights: Path,
    mattes: list[Path | None],
    reporter: QuietReporter,
) -> int:
    for cls in _FILM.values():
        for name in given_options(arguments, cls):
            flag = _RENAMED.get(name, "--" + name.replace("_", "-"))
            raise UsageError(f"{flag} is for films", remedy="leave it out, or give a sequence")
    path = Path(arguments.output)
    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"{path.name!r} has no known picture suffix", remedy=f"give one of {' '.join(_SUFFIXES)}")
    from ..media.same_file import refuse_replacing
    from ..pipeline.device import choose_device
    from ..pipeline.optimised_still import StillFiles, paint_still

    movie, plot, board = (None if entry is None else Path(entry) for entry in _watching(arguments))
    files = StillFiles(
        content=Path(arguments.content),
        paintings=[Path(entry) for entry in arguments.style],
        output=path,
        loss_network=weights,
        mattes=mattes,
        start_style=arguments.start_style,
        movie=movie,
        plot=plot,
        board=board,
    )
    refuse_replacing(files.outputs, files.inputs)
    device = choose_device(decode(ComputeOptions, given_options(arguments, ComputeOptions)))
    still = paint_still(files, options, device=device, overwrite=arguments.overwrite, reporter=reporter)
    reporter.emit(Event(EventKind.DONE, {"summary": {"output": str(path), "steps": still.done}}))
    if not reporter.machine_readable:
        width, height = still.size
        print(f"{width}x{height} in {still.done} steps on {device} → {path}")
    return ExitCode.DONE


def _film(
    arguments: argparse.Namespace,
    options: OptimisationOptions,
    weights: Path,
    mattes: list[Path | None],
    reporter: QuietReporter,
) -> int:
    if any(_watching(arguments)):
        raise UsageError("movie, plot and TensorBoard show one still", remedy="leave them out, or give one picture")
    from ..pipeline.job import run_job

    recipe = _recipe(arguments, options, weights, mattes)
    summary = run_job(recipe, base=Path.cwd(), overwrite=arguments.overwrite, reporter=reporter)
    if not reporter.machine_readable:
        print(summary.table(), flush=True)
    return ExitCode.DONE


def _watching(arguments: argparse.Namespace) -> tuple[str | None, str | None, str | None]:
    return arguments.movie, arguments.plot, arguments.tensorboard


def _recipe(
    arguments: argparse.Namespace, options: OptimisationOptions, weights: Path, mattes: list[Path | None]
) -> Recipe:
    """The recipe of a film: a region for each painting with a matte, and one behind them for the others."""
    plain = encode(options)
    shares = plain.pop("style_weights") or [1.0] * len(arguments.style)
    if len(shares) != len(arguments.style):
        raise UsageError(
            f"{len(arguments.style)} paintings have {len(shares)} weights", remedy="give each painting one"
        )
    paintings = [(os.path.abspath(path), share) for path, share in zip(arguments.style, shares, strict=True)]
    places = list(zip(paintings, mattes or [None] * len(paintings), strict=True))

    def region(name: str, matte: dict[str, Any], chosen: list[tuple[str, float]]) -> dict[str, Any]:
        own = {"paintings": [path for path, _ in chosen], "style_weights": [share for _, share in chosen]}
        painting = {**plain, **own, "loss_network": str(weights.resolve())}
        return {"name": name, "matte": matte, "style": arguments.start_style, "optimisation": painting}

    regions = [
        region(f"painting {index}", {"images": {"path": str(matte.resolve())}}, [painting])
        for index, (painting, matte) in enumerate(places, 1)
        if matte is not None
    ]
    rest = [painting for painting, matte in places if matte is None]
    if rest or not places:
        regions.append(region("everything", {"everything": {}}, rest))
    data: dict[str, Any] = {section: given_options(arguments, cls) for section, cls in _FILM.items()}
    data["plate"]["path"] = arguments.content
    data["output"]["path"] = arguments.output
    # Frames that start from one another are steady already; a history would smear what moves.
    data["temporal"].setdefault("smoothing", 0.0)
    data["compute"] = given_options(arguments, ComputeOptions)
    return Recipe.from_json({"version": VERSION, "regions": regions, **data})

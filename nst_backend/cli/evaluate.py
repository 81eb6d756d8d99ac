"""``nst evaluate``: how steady and how sharp a styled sequence is."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from ..contract.errors import ExitCode, InputError, UsageError
from ..contract.frames import FrameRange
from ..contract.messages import Event, EventKind, stop_if_cancelled
from ..contract.recipe import VERSION, Recipe, TemporalOptions, load_recipe
from .progress import add_progress
from .reporters import QuietReporter

if TYPE_CHECKING:
    from ..metrics.report import EvaluatedFrame, SequenceReport
    from ..pipeline.shot import Shot

__all__ = ["add", "run"]

_FLOWS = tuple(word for word in get_args(get_type_hints(TemporalOptions)["flow"]) if word != "none")


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = "Measure a styled sequence against its plate: temporal error along the motion, sharpness, consistency."
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
    parser.add_argument("--frames", metavar="RANGE", help="frames to judge (default: those that both have)")
    parser.add_argument(
        "--lags", default="1,5,10", metavar="N,N", help="distances of the frames compared (default: 1,5,10)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_progress(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """Print the report."""
    lags = FrameRange.parse(arguments.lags, "--lags").numbers
    from ..metrics.report import evaluate_sequence

    if Path(arguments.styled).suffix.lower() == ".json":
        return _say(_of_recipe(arguments, lags, reporter), arguments, reporter)
    if not arguments.plate:
        raise UsageError("no plate is given", remedy="add --plate, or give the recipe of the job")
    styled = _open({"path": arguments.styled}, arguments.flow, None, reporter)
    size = f"{styled.size[0]}x{styled.size[1]}"
    layers = {name: getattr(arguments, name) for name in ("layer", "motion_layer", "matte_layer")}
    plate = _open({"path": arguments.plate, **layers}, arguments.flow, size, reporter)
    raw = _open({"path": arguments.raw}, arguments.flow, size, reporter) if arguments.raw else None
    numbers = _common(arguments, [shot for shot in (styled, plate, raw) if shot is not None])
    return _say(evaluate_sequence(_frames(numbers, styled, plate, raw, reporter), lags=lags), arguments, reporter)


def _of_recipe(arguments: argparse.Namespace, lags: tuple[int, ...], reporter: QuietReporter) -> SequenceReport:
    """A job's own frames, where it styled them."""
    from ..pipeline.judging import evaluate_job

    path = Path(arguments.styled)
    flow = None if arguments.flow == "auto" else arguments.flow
    return evaluate_job(load_recipe(path), base=path.resolve().parent, lags=lags, flow=flow, reporter=reporter)


def _say(report: SequenceReport, arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    from ..metrics.report import report_json, report_table

    if not reporter.machine_readable:
        print(report_json(report) if arguments.json else report_table(report), end="")
    else:
        import json

        reporter.emit(Event(EventKind.DONE, {"summary": json.loads(report_json(report))}))
    return ExitCode.DONE


def _open(plate: Mapping[str, str | None], flow: str, size: str | None, reporter: QuietReporter) -> Shot:
    """A sequence through the pipeline's own reading and colour, with nothing styled."""
    from ..pipeline.shot import open_shot

    data = {
        "version": VERSION,
        "plate": {**plate, "path": os.path.abspath(str(plate["path"]))},
        "regions": [{"name": "plate", "matte": {"everything": {}}, "style": None}],
        "temporal": {"flow": flow, "smoothing": 0.5},
        "output": {"path": "unused.####.exr", "size": size},
    }
    return open_shot(Recipe.from_json(data), base=Path.cwd(), reporter=reporter)


def _common(arguments: argparse.Namespace, shots: list[Shot]) -> tuple[int, ...]:
    common = sorted(set.intersection(*(set(shot.numbers) for shot in shots)))
    if arguments.frames is not None:
        asked = FrameRange.parse(arguments.frames, "--frames").numbers
        missing = sorted(set(asked) - set(common))
        if missing:
            raise InputError(
                f"frame {missing[0]} is not in all sequences", remedy=f"they share {FrameRange.of(common)}"
            )
        common = list(asked)
    if len(common) < 2:
        raise UsageError("fewer than two frames can be compared", remedy="give sequences with the same frame numbers")
    return tuple(common)


def _frames(
    numbers: tuple[int, ...], styled: Shot, plate: Shot, raw: Shot | None, reporter: QuietReporter
) -> Iterator[EvaluatedFrame]:
    from ..metrics.report import EvaluatedFrame
    from ..pipeline.motion import ShotMotion, object_ids

    motion = ShotMotion(plate, reporter)
    previous = None
    for done, number in enumerate(numbers, 1):
        stop_if_cancelled(reporter)
        current = plate.read(number)
        yield EvaluatedFrame(
            output=styled.read(number).encoded.display,
            plate=current.encoded.display,
            motion=motion.between(previous, current) if previous is not None else None,
            raw=raw.read(number).encoded.display if raw is not None else None,
            ids=object_ids(current, plate.plate.matte_layer),
        )
        previous = current
        reporter.emit(
            Event(EventKind.PROGRESS, {"stage": "judge", "done": done, "total": len(numbers), "frame": number})
        )

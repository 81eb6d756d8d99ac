"""``nst stylize``: style a shot."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..contract.errors import ExitCode, FramesFailed, UsageError
from .jobs import add_recipe_options, jobs_of
from .progress import add_progress
from .reporters import QuietReporter

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = "Style a shot: by a recipe, by a run file, or a plate with options."
    parser = commands.add_parser("stylize", aliases=["stylise"], help=text, description=text, allow_abbrev=False)
    parser.add_argument(
        "input",
        metavar="RECIPE|RUNFILE|PLATE",
        help="a recipe (.json); a run file (.ini, .toml); or a sequence with #### or %%04d, a picture, or a video",
    )
    parser.add_argument("-o", "--output", metavar="PATH", help="a sequence with ####, a picture, or a video")
    parser.add_argument("--overwrite", action="store_true", help="replace files that another job wrote")
    parser.add_argument("--report", metavar="FILE", help="also write what was done, with seconds by stage, as JSON")
    add_progress(parser)
    add_recipe_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """Run the jobs one after the other; frames that fail in one do not keep the next from running."""
    jobs = jobs_of(arguments)
    report = Path(arguments.report) if arguments.report else None
    if report is not None and report.exists():
        # A slip of the hand must not cost a recipe or a frame.
        source = Path(arguments.input)
        if report.suffix.lower() != ".json" or (source.exists() and report.samefile(source)):
            raise UsageError(f"--report would replace {report}", remedy="give another name")
    from ..media.atomic import write_bytes_atomic
    from ..pipeline.job import run_job

    failure: FramesFailed | None = None
    reports = []
    for job in jobs:
        try:
            summary = run_job(
                job.recipe, base=job.base, frames=job.frames, overwrite=arguments.overwrite, reporter=reporter
            )
        except FramesFailed as error:
            failure = error
            continue
        reports.append(summary.to_json())
        if not reporter.machine_readable:
            print(f"{job.label}\n{summary.table()}" if job.label else summary.table(), flush=True)
    if report is not None:
        text = json.dumps(reports[0] if len(jobs) == 1 and reports else reports, indent=2, ensure_ascii=False)
        write_bytes_atomic(report, text.encode() + b"\n")
    if failure is not None:
        raise failure
    return ExitCode.DONE

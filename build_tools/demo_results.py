"""After the demo is styled: a video, a contact sheet, figures, and one report of it all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .environments import Environment
from .errors import BuildError
from .process import call, lines

__all__ = ["finish_demo", "render_seconds"]


def finish_demo(
    backend: Environment, recipe: Path, *, frames: int, blender: str, plate: Path, say: Callable[[str], None]
) -> Path:
    """Write ``styled.mp4``, ``contact_sheet.png`` and ``report.json`` beside the recipe; say what was found.

    Raises :class:`BuildError` where a step fails; what was written before stays.
    """
    out = recipe.parent
    nst = backend.program("nst")
    sequence = json.loads(recipe.read_text(encoding="utf-8"))["output"]["path"]
    rows = ",".join(str(number) for number in sorted({1, (frames + 1) // 2, frames}))
    steps: list[list[str | Path]] = [
        ["movie", sequence, "-o", "styled.mp4", "--fps", "24", "--overwrite"],
        ["sheet", recipe.name, "--frames", rows, "-o", "contact_sheet.png"],
    ]
    for arguments in steps:
        if call([nst, *arguments, "--progress", "bar"], cwd=out) != 0:
            raise BuildError(f"nst {arguments[0]} failed", remedy="see the message above")
    evaluation = _evaluate(nst, recipe) if frames > 1 else None
    styled = _styled_report(out)
    report = {
        "render": {
            "blender": blender,
            "plate": os.path.relpath(plate, out),
            "seconds_per_frame": render_seconds(plate),
        },
        "stylise": styled,
        "evaluation": evaluation,
    }
    path = out / "report.json"
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    os.replace(partial, path)
    say(_summary(report, out, sequence))
    return path


def _evaluate(nst: Path, recipe: Path) -> Any:
    printed = "\n".join(
        lines([nst, "evaluate", recipe.name, "--json", "--progress", "none"], name="nst evaluate", cwd=recipe.parent)
    )
    return json.loads(printed[printed.index("{") :])


def _styled_report(out: Path) -> Any:
    """The newest run's figures; those of the run that styled, where the newest found everything done."""
    newest = json.loads((out / "stylise.json").read_text(encoding="utf-8"))
    kept = out / "report.json"
    if not newest["styled"] and kept.is_file():
        try:
            return json.loads(kept.read_text(encoding="utf-8"))["stylise"]
        except (ValueError, KeyError):
            return newest
    return newest


def render_seconds(plate: Path) -> float | None:
    """Mean seconds a frame of the render, from its log; None where the log is gone."""
    log = plate.with_name("render.log")
    if not log.is_file():
        return None
    found = [line.split() for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
    seconds = [float(words[4]) for words in found if len(words) == 5 and words[0] == "PROGRESS"]
    rendered = [value for value in seconds if value > 0.05]  # frames that were there already take no time
    return round(sum(rendered) / len(rendered), 3) if rendered else None


def _summary(report: dict[str, Any], out: Path, sequence: str) -> str:
    stages = {"render": report["render"]["seconds_per_frame"], **report["stylise"]["seconds_per_frame"]}
    rows = [
        "",
        "seconds a frame",
        *(f"  {name:<12}{value:8.3f}" for name, value in stages.items() if value is not None),
    ]
    evaluation = report["evaluation"]
    if evaluation is not None:
        stable, raw = evaluation["scores"]["1"], evaluation["raw_scores"].get("1")
        rows += ["", "stability (E_cons, lower is steadier)"]
        if raw is not None:
            rows.append(f"  per frame   {raw['e_cons']:8.4f}")
        rows.append(f"  stabilised  {stable['e_cons']:8.4f}")
        kept = evaluation["sharpness"]
        if kept:  # a few frames have no history to lose sharpness by
            rows.append("sharpness kept: " + ", ".join(f"{value:.0%} at {scale} px" for scale, value in kept.items()))
    files = [sequence, "styled.mp4", "contact_sheet.png", "report.json"]
    rows += ["", f"in {out}:", *(f"  {name}" for name in files)]
    return "\n".join(rows)

"""Feeds one target with damaged files, case by case, in a process with a bounded memory.

``python fuzz_worker.py TARGET FIRST COUNT FOLDER``: prints a line before and after each
case, so that whoever reads them knows which one ended the process.
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import shutil
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType

import torch
from fuzz_targets import TARGETS, make_seeds

from nst_backend.contract.errors import NstError

MORE_MEMORY = 1536 * 1024**2
"""Bytes that a case may ask for beyond what the process holds when all is imported."""
SECONDS = 20


class TooSlow(BaseException):
    """Not an Exception: no reader may swallow it."""


def main(name: str, first: int, count: int, folder: Path) -> None:
    """Run the cases and report each as a line of JSON."""
    torch.set_num_threads(1)
    faulthandler.enable()
    target = TARGETS[name]
    seeds = folder / "seeds"
    if not seeds.is_dir():
        seeds.mkdir(parents=True)
        make_seeds(seeds)
    _limit_memory()
    before = _listing(folder)
    for index in range(first, first + count):
        case = folder / "case"
        case.mkdir()
        rng = random.Random(f"{name}/{index}")
        target.prepare(seeds, case, rng)
        print(json.dumps({"begins": index}), flush=True)
        problem = _run(name, case)
        if problem is None and _listing(folder, without=case) != before:
            problem = f"files outside the case: {sorted(_listing(folder, without=case) ^ before)[:3]}"
        kept = None
        if problem is not None:
            kept = folder.parent / f"failed_{name}_{index}"
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(case, kept, symlinks=True)
        shutil.rmtree(case)
        print(json.dumps({"ends": index, "problem": problem, "case": str(kept) if kept else None}), flush=True)


def _run(name: str, case: Path) -> str | None:
    """Why a case is a defect; None where it is not."""
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        TARGETS[name].feed(case)
    except NstError as error:
        sentence = error.sentence()
        if not error.problem.strip() or "\n" in sentence or "Traceback" in sentence:
            return f"no sentence: {sentence!r}"
    except TooSlow:
        return f"took over {SECONDS} s:\n{traceback.format_exc()[-1500:]}"
    except BaseException:
        return traceback.format_exc()[-3000:]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return None


def _late(number: int, frame: FrameType | None) -> None:
    raise TooSlow


def _limit_memory() -> None:
    if sys.platform != "linux":
        return
    import resource

    held = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (held + MORE_MEMORY, held + MORE_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _listing(folder: Path, without: Path | None = None) -> set[str]:
    """All files below ``folder`` and beside it, with their sizes."""
    return {
        f"{path} {path.lstat().st_size}"
        for path in folder.rglob("*")
        if (without is None or without not in (path, *path.parents)) and not path.is_dir()
    }


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, _late)
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))

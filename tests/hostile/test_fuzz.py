"""Damaged files of every kind that is read: a sentence or success, never a crash, a hang or a file elsewhere.

Cases are seeded by target and index; ``BRUSHPASS_FUZZ`` sets how many there are in
all (default 150). A defect is repeated with
``PYTHONPATH=tests/styles python tests/hostile/fuzz_worker.py TARGET INDEX 1 FOLDER``; its files are kept.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
# Not read from fuzz_targets: importing torch in the collecting process helps nobody.
NAMES = (
    "exr", "cryptomatte", "recipe", "style", "checkpoint", "export", "segmenter", "cameras", "coco", "run_file",
    "training", "video", "picture", "manifest", "state", "wire", "command",
)  # fmt: skip
CASES = int(os.environ.get("BRUSHPASS_FUZZ", "150"))
# A case that hangs in compiled code is not reached by the worker's own clock.
PATIENCE = 120.0


@pytest.mark.skipif(sys.platform == "win32", reason="the worker's clock and memory limit are those of POSIX")
@pytest.mark.parametrize("name", NAMES)
def test_damaged_files_end_in_a_sentence(name: str, tmp_path: Path) -> None:
    count = max(1, CASES // len(NAMES))
    defects: list[str] = []
    first = 0
    while first < count:
        result = _worker(name, first, count - first, tmp_path / "work")
        lines = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
        ended = [line for line in lines if "ends" in line]
        defects += [f"{name} {line['ends']} ({line['case']}): {line['problem']}" for line in ended if line["problem"]]
        begun = [line["begins"] for line in lines if "begins" in line]
        assert begun, f"the worker never began: {result.stderr[-2000:]}"
        if len(ended) == len(begun) and result.returncode == 0:
            break
        defects.append(f"{name} {begun[-1]} ended the process ({result.returncode}): {result.stderr[-1500:]}")
        first = begun[-1] + 1
    assert not defects, f"{len(defects)} of {count}:\n" + "\n".join(defects[:10])


def test_all_targets_are_named(tmp_path: Path) -> None:
    script = "import json, fuzz_targets; print(json.dumps(list(fuzz_targets.TARGETS)))"
    result = _python(["-c", script], home=tmp_path, patience=PATIENCE)
    assert json.loads(result.stdout.splitlines()[-1]) == list(NAMES)


def _worker(name: str, first: int, count: int, folder: Path) -> subprocess.CompletedProcess[str]:
    shutil.rmtree(folder / "case", ignore_errors=True)
    folder.mkdir(exist_ok=True)
    arguments = [str(HERE / "fuzz_worker.py"), name, str(first), str(count), str(folder)]
    return _python(arguments, home=folder.parent / "home", patience=PATIENCE + 2.0 * count)


def _python(arguments: list[str], *, home: Path, patience: float) -> subprocess.CompletedProcess[str]:
    """Run Python with the user's folders kept out; one that does not answer ends with -9."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NST_DEBUG", "OCIO", "BRUSHPASS_STYLES")}
    own = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "TORCH_HOME"), str(home))
    paths = os.pathsep.join(map(str, (HERE.parents[1], HERE, HERE.parent / "styles")))
    command = [sys.executable, *arguments]
    try:
        return subprocess.run(
            command,
            env={**kept, **own, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"").decode(errors="replace")
        return subprocess.CompletedProcess(command, -9, said, f"no answer within {patience:g} s")

"""``blender --command brushpass`` as a farm calls it: a full Blender, the installed zip, exit codes, signals.

``BRUSHPASS_BLENDER_GUI`` names the folder of its launchers, see ``build_tools/window.py``; elsewhere it is skipped.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from service_shots import environment, write_styles

from build_tools.package import Package
from build_tools.window import VARIABLE, find_launchers, write_interpreter

LONG = 300.0
SCENES = Path(__file__).with_name("headless_scenes.py")
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Farm:
    """A machine with Blender, the extension and a backend; its files are ``headless_scenes.py``'s."""

    launcher: Path
    variables: dict[str, str]
    work: Path

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.launcher), *map(str, words)],
            env=self.variables,
            cwd=self.work,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )

    def run(self, *words: str | Path) -> tuple[int, str, str]:
        """Exit code, standard output and standard error."""
        blender = self.start(*words)
        out, err = blender.communicate(timeout=LONG)
        assert "Traceback" not in out + err
        return blender.returncode, out, err

    def brushpass(self, file: str, *words: str | Path) -> tuple[int, str, str]:
        return self.run("-q", "-b", self.work / file, "--command", "brushpass", *words)


@pytest.fixture(scope="module")
def farm(extension_package: Package, tmp_path_factory: pytest.TempPathFactory) -> Farm:
    launchers = find_launchers()
    if launchers is None:
        pytest.skip(f"no full Blender: {VARIABLE} is not set")
    home = tmp_path_factory.mktemp("farm ö")
    write_styles(home / "styles")
    own = {**environment(home), "BLENDER_USER_RESOURCES": str(home / "resources"), "XDG_DATA_HOME": str(home / "data")}
    own["BRUSHPASS_BACKEND"] = str(write_interpreter(launchers, home / "python"))
    work = home / "shot"
    work.mkdir()
    made = Farm(launchers / "blender", {**os.environ, **own}, work)
    archive = extension_package.archive
    code, out, _ = made.run("--command", "extension", "install-file", "-r", "user_default", "--enable", archive)
    assert code == 0, out
    code, out, err = made.run("-b", "--python-exit-code", "1", "--python", SCENES, "--", work)
    assert code == 0, (out + err)[-3000:]
    return made


def events(output: str) -> list[dict[str, Any]]:
    """The events among what Blender said before it knew what it was to do."""
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def files(farm: Farm, stem: str) -> list[str]:
    return sorted(path.name for path in farm.work.glob(f"{stem}.*") if path.stat().st_size)


def test_frames_are_rendered_and_told(farm: Farm) -> None:
    output = ("--output", farm.work / "a.####.exr")
    code, out, _ = farm.brushpass("shot.blend", "render", "--frames", "1-3x2", "--progress", "json", *output)
    told = events(out)
    assert (code, files(farm, "a")) == (0, ["a.0001.exr", "a.0003.exr"])
    assert [event["frame"] for event in told if event["event"] == "frame"] == [1, 3]
    assert told[-1]["event"] == "done"
    later = out[out.index("{") :].splitlines()
    assert all(line.startswith("{") for line in later), "nothing else is printed there"
    code, out, _ = farm.brushpass("shot.blend", "render", "--skip-existing", "--progress", "openjd", *output)
    assert (code, files(farm, "a")) == (0, ["a.0001.exr", "a.0002.exr", "a.0003.exr"])
    assert [line for line in out.splitlines() if line.startswith("openjd_progress")][-1] == "openjd_progress: 100.0"


def test_nothing_is_rendered_where_preflight_fails(farm: Farm) -> None:
    code, out, _ = farm.brushpass("wrong.blend", "check", "--json")
    assert code == 2
    assert "'Nobody'" in events(out)[0]["findings"][0]["problem"]
    code, out, err = farm.brushpass(
        "wrong.blend", "render", "--progress", "openjd", "--output", farm.work / "b.####.exr"
    )
    assert (code, files(farm, "b")) == (2, [])
    assert out.splitlines()[-1].startswith("openjd_fail: nothing was rendered, 'Scene', 'Style': ")
    assert any(line.startswith("Brushpass: nothing was rendered") for line in err.splitlines())
    assert farm.brushpass("late.blend", "check")[0] == 6, "a picture is missing"
    assert farm.brushpass("not there.blend", "render")[0] == 6


def test_a_frame_that_fails_has_no_file(farm: Farm) -> None:
    forced = ("render", "--force", "--progress", "json", "--output", farm.work / "c.####.exr")
    code, out, _ = farm.brushpass("late.blend", *forced)
    error = events(out)[-1]
    assert (code, error["exit_code"], files(farm, "c")) == (6, 6, ["c.0001.exr"])
    assert error["problem"].startswith("frame 2 failed, 'Style': there is no matte")


def test_blenders_own_animation_ends_there_too(farm: Farm) -> None:
    code, _, err = farm.run("-b", farm.work / "late.blend", "-o", farm.work / "d.####.exr", "-a")
    assert (code, files(farm, "d")) == (6, ["d.0001.exr"])
    assert "Brushpass: frame 2 of 'Scene' failed, 'Style': there is no matte" in err


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_keeps_what_is_finished(farm: Farm, number: signal.Signals) -> None:
    pattern = farm.work / f"e{number}.####.exr"
    words = ("-q", "-b", farm.work / "slow.blend", "--command", "brushpass", "render", "--progress", "json")
    blender = farm.start(*words, "--output", pattern)
    assert blender.stdout is not None
    heard = ""
    for heard in blender.stdout:
        if '"done": 1' in heard:
            break
    assert '"done": 1' in heard
    # The second frame is being rendered, and takes its time.
    time.sleep(0.5)
    blender.send_signal(number)
    out, err = blender.communicate(timeout=LONG)
    assert blender.returncode == 4
    assert "Brushpass: cancelled: 1 of 500 frames were written" in err
    assert events(out)[-1]["exit_code"] == 4
    assert [path.name for path in farm.work.glob(f"e{number}.*")] == [f"e{number}.0001.exr"], "no placeholder stays"


def test_strips_are_styled_and_saved_in_place(farm: Farm) -> None:
    code, out, _ = farm.brushpass("cut.blend", "sequence", "--save", "--progress", "json")
    assert (code, events(out)[-1]["event"]) == (0, "done")
    assert farm.brushpass("cut.blend", "check")[0] == 0
    styled = next(farm.work.glob("brushpass/Scene/*/v001/styled.1002.png"))
    styled.unlink()
    code, out, _ = farm.brushpass("cut.blend", "check", "--json")
    assert code == 6
    assert events(out)[0]["findings"][0]["strip"]


def test_the_backend_is_chosen_from_the_shell(farm: Farm) -> None:
    chosen = farm.variables["BRUSHPASS_BACKEND"]
    bare = Farm(farm.launcher, {k: v for k, v in farm.variables.items() if k != "BRUSHPASS_BACKEND"}, farm.work)
    command = ("-q", "-b", "--command", "brushpass", "backend")
    code, _, err = bare.run(*command)
    assert code == 2
    assert "the backend is not installed: give --install, --use" in err
    assert bare.run(*command, "--use", farm.work / "nothing")[0] == 2
    assert bare.run(*command, "--use", chosen)[0] == 0
    code, out, _ = bare.run(*command)
    assert code == 0
    assert chosen in out, "it was kept in the preferences"

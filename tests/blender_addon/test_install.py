"""Environments and their installation: real ones, made by real pips.

PyTorch alone is not downloaded: its step lets the new environment see the libraries of
the one that runs the tests. Everything after it is what artists get.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import sysconfig
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from build_tools.package import Package
from nst_backend.contract.errors import CancelledByUser

LONG = 240.0
VERSION = "0.1.0"
POSIX = pytest.mark.skipif(os.name != "posix", reason="POSIX processes")

Pure = Callable[[str], ModuleType]


@pytest.fixture(scope="session")
def wheel(extension_package: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The backend's wheel, out of the zip."""
    with zipfile.ZipFile(extension_package.archive) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".whl"))
        return Path(archive.extract(name, tmp_path_factory.mktemp("wheel")))


@pytest.fixture
def install(pure_package: Pure) -> ModuleType:
    return pure_package("backend.install")


@pytest.fixture
def environments(pure_package: Pure) -> ModuleType:
    return pure_package("backend.environment")


def options(install: ModuleType, home: Path, wheel: Path, **others: Any) -> Any:
    """An installation off the network, with the Python of the tests."""
    given = {"online": False, "wheels": wheel.parent, "python": Path(sys.executable), "torch": "cpu", **others}
    return install.InstallOptions(home=home, wheel=wheel, **given)


def borrowing(install: ModuleType, *, then: tuple[str, ...] = ()) -> Callable[..., list[Any]]:
    """The planner of the product, with PyTorch from the environment of the tests; ``then`` is a last step's Python."""

    def plan(chosen: Any, environment: Any, *others: Any, **named: Any) -> list[Any]:
        _, backend = install.plan_steps(chosen, environment, *others, **named)
        write = (
            "import sysconfig, pathlib; "
            "pathlib.Path(sysconfig.get_path('purelib'), 'borrowed.pth')"
            f".write_text({sysconfig.get_path('purelib')!r})"
        )
        steps = [install.Step(title="PyTorch", command=(str(environment.python), "-I", "-c", write)), backend]
        if then:
            steps.append(install.Step(title="a last step", command=(str(environment.python), "-I", "-c", *then)))
        return steps

    return plan


def wait_until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not met():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


# ---- a real installation


def test_it_installs_upgrades_and_removes(
    install: ModuleType, environments: ModuleType, wheel: Path, tmp_path: Path
) -> None:
    home = environments.Home(tmp_path / "a home with spaces")
    assert home.status(VERSION).state == "not-installed"
    first = install.Installation(options(install, home.folder, wheel), planner=borrowing(install)).start()
    first.wait()
    status = home.status(VERSION)
    assert (status.state, first.progress.overall) == ("ready", 1.0)
    assert home.record().torch == "cpu"
    code = "import nst_backend; print(nst_backend.__file__)"
    used = subprocess.check_output([status.python, "-I", "-c", code], text=True)
    assert Path(used).is_relative_to(home.folder)
    assert "Successfully installed brushpass" in home.log.read_text("utf-8")
    before = home.current().folder

    failing = borrowing(install, then=("import sys; sys.exit('ERROR: the disk is full')",))
    second = install.Installation(options(install, home.folder, wheel), planner=failing).start()
    with pytest.raises(install.BackendError, match="the disk is full"):
        second.wait()
    assert home.environments() == [before]
    assert home.status(VERSION).state == "ready"

    seen: list[tuple[bool, bool]] = []
    third = install.Installation(
        options(install, home.folder, wheel),
        planner=borrowing(install),
        before_removal=lambda: seen.append((before.exists(), home.current().folder == before)),
    ).start()
    third.wait()
    assert seen == [(True, False)]
    assert home.environments() == [home.current().folder]
    assert home.environments() != [before]
    assert environments.ask(home.current().python).version == VERSION

    install.remove(home)
    assert home.environments() == []
    assert home.status(VERSION).state == "not-installed"


def test_cancelling_ends_the_child_and_leaves_nothing(
    install: ModuleType, environments: ModuleType, wheel: Path, tmp_path: Path
) -> None:
    home = environments.Home(tmp_path / "home")
    sleeper = borrowing(install, then=("import os, time; print(os.getpid(), flush=True); time.sleep(600)",))
    under_way = install.Installation(options(install, home.folder, wheel), planner=sleeper).start()
    wait_until(lambda: under_way.progress.text == "a last step" and home.log.read_text("utf-8")[-2:-1].isdigit())
    assert home.status(VERSION).state == "installing"
    rival = install.Installation(options(install, home.folder, wheel), planner=sleeper).start()
    with pytest.raises(install.BackendError, match="another Blender installs"):
        rival.wait()
    with pytest.raises(install.BackendError, match="another Blender installs"):
        install.remove(home)
    under_way.cancel()
    under_way._thread.join(LONG)
    assert not under_way.running
    assert under_way.fault.kind == CancelledByUser.kind
    assert home.status(VERSION).state == "not-installed"
    assert home.environments() == []


KILLED = """
import importlib, sys, types
from pathlib import Path
package = types.ModuleType("brushpass_staged")
package.__path__ = [sys.argv[1]]
sys.modules["brushpass_staged"] = package
install = importlib.import_module("brushpass_staged.backend.install")
options = install.InstallOptions(home=Path(sys.argv[2]), wheel=Path(sys.argv[3]), wheels=Path(), online=False,
                                 python=Path(sys.executable), torch="cpu")
wait = lambda *_, **__: [install.Step(title="wait", command=(sys.executable, "-c", "import time; time.sleep(5)"))]
install.Installation(options, planner=wait).start().wait()
"""


@POSIX
def test_a_killed_installation_is_noticed_and_made_anew(
    install: ModuleType, environments: ModuleType, wheel: Path, tmp_path: Path
) -> None:
    home = environments.Home(tmp_path / "home")
    staged = Path(install.__file__).parents[1]
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(staged), str(home.folder), str(wheel)])
    wait_until(lambda: home.status(VERSION).state == "installing" and any(home.folder.glob("env-*/pyvenv.cfg")))
    child.send_signal(signal.SIGKILL)
    child.wait()
    status = home.status(VERSION)
    assert (status.state, status.python) == ("incomplete", None)
    half_made = home.environments()
    install.Installation(options(install, home.folder, wheel), planner=borrowing(install)).start().wait()
    assert home.status(VERSION).state == "ready"
    assert not set(half_made) & set(home.environments())


def test_an_unsound_environment_is_not_put_to_use(
    install: ModuleType, environments: ModuleType, wheel: Path, tmp_path: Path
) -> None:
    home = environments.Home(tmp_path / "home")
    breaking = (
        "import sysconfig, pathlib; folder = pathlib.Path(sysconfig.get_path('purelib'), 'safetensors'); "
        "folder.mkdir(); (folder / '__init__.py').write_text('raise ImportError(\"no such symbol\")')",
    )
    made = install.Installation(options(install, home.folder, wheel), planner=borrowing(install, then=breaking)).start()
    with pytest.raises(install.BackendError, match=r"not sound: safetensors cannot be loaded \(no such symbol\)"):
        made.wait()
    assert (home.environments(), home.record()) == ([], None)


# ---- what is refused before anything is made


def test_nothing_is_downloaded_unless_allowed(install: ModuleType, wheel: Path, tmp_path: Path) -> None:
    made = install.Installation(options(install, tmp_path / "home", wheel, wheels=None)).start()
    with pytest.raises(install.BackendError, match="not allowed to go online"):
        made.wait()
    assert list((tmp_path / "home").glob("env-*")) == []


def test_a_python_that_does_not_suit_is_refused(install: ModuleType, wheel: Path, tmp_path: Path) -> None:
    made = install.Installation(options(install, tmp_path / "home", wheel, python=tmp_path / "python")).start()
    with pytest.raises(install.BackendError, match="no suitable Python"):
        made.wait()


# ---- the plan


def test_only_pytorch_comes_from_its_index(
    install: ModuleType, environments: ModuleType, pure_package: Pure, wheel: Path, tmp_path: Path
) -> None:
    builds = pure_package("backend.torch_builds")
    there = environments.Environment(tmp_path / "env")
    online = options(install, tmp_path, wheel, online=True, wheels=None)
    torch, backend = install.plan_steps(online, there, Path(), builds.build_named("cuda-12.6"), raw_progress=True)
    index = torch.command.index("--index-url")
    assert torch.command[index + 1] == "https://download.pytorch.org/whl/cu126"
    assert {text.partition("<")[0].partition(">")[0] for text in torch.command[-2:]} == {"torch", "torchvision"}
    assert "--index-url" not in backend.command
    assert backend.command[-1] == str(wheel)
    plain, _ = install.plan_steps(online, there, Path(), builds.build_named("package-index"), raw_progress=True)
    assert "--index-url" not in plain.command
    offline = install.plan_steps(
        options(install, tmp_path, wheel), there, Path(), builds.build_named("cpu"), raw_progress=False
    )
    for step in offline:
        assert step.command[step.command.index("--find-links") + 1] == str(wheel.parent)
        assert "--no-index" in step.command
        assert "--index-url" not in step.command


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        ({"system": "Linux", "cuda": (13, 1), "capability": (8, 9)}, "cuda-13.0"),
        ({"system": "Windows", "cuda": (12, 9), "capability": (12, 0)}, "cuda-12.8"),
        ({"system": "Linux", "cuda": (12, 9), "capability": (8, 6)}, "cuda-12.6"),
        ({"system": "Linux", "cuda": (13, 0), "capability": (6, 1)}, "cuda-12.6"),
        ({"system": "Linux", "cuda": (12, 2)}, "cuda-12.6"),
        ({"system": "Linux", "cuda": (11, 4), "capability": (3, 5)}, "cpu"),
        ({"system": "Linux", "cuda": (12, 4), "capability": (12, 0)}, "cpu"),
        ({"system": "Linux", "rocm": True}, "rocm"),
        ({"system": "Windows", "rocm": True}, "cpu"),
        ({"system": "Darwin"}, "package-index"),
        ({"system": "Windows"}, "cpu"),
    ],
)
def test_the_build_suits_the_machine(pure_package: Pure, machine: dict[str, Any], expected: str) -> None:
    builds = pure_package("backend.torch_builds")
    assert builds.choose_build(builds.Machine(**machine)).name == expected


def test_pips_lines_become_progress(pure_package: Pure) -> None:
    output = pure_package("backend.pip_output").PipOutput()
    assert output.read("Collecting torch<3,>=2.6\n").text == "looking for torch<3,>=2.6"
    told = output.read("  Downloading https://x.org/whl/torch-2.9.1%2Bcu126-cp313-cp313-linux_x86_64.whl (821.0 MB)\n")
    assert told.text == "downloading torch 2.9.1%2Bcu126"
    told = output.read("Progress 410500000 of 821000000\n")
    assert (told.text, told.share) == ("downloading torch 2.9.1%2Bcu126, 410 of 821 MB", 0.5)
    assert output.read("Progress 5 of 0\n").share is None
    assert output.read("Installing collected packages: a, b, c\n").text == "unpacking 3 packages"
    assert output.read("Successfully built nothing\n") is None


UNREACHED = """
import sys
print("WARNING: Retrying after connection broken: /simple/torch/")
print("Could not fetch URL https://pypi.org/simple/torch/: certificate verify failed - skipping")
print("ERROR: Could not find a version that satisfies the requirement torch (from versions: none)")
sys.exit("ERROR: No matching distribution found for torch")
"""


def test_an_index_that_was_not_reached_is_told_as_such(install: ModuleType, wheel: Path, tmp_path: Path) -> None:
    def plan(*_: Any, **__: Any) -> list[Any]:
        return [install.Step(title="PyTorch", command=(sys.executable, "-c", UNREACHED))]

    made = install.Installation(options(install, tmp_path / "home", wheel), planner=plan).start()
    with pytest.raises(install.BackendError, match="certificate verify failed") as caught:
        made.wait()
    assert "check the network" in caught.value.remedy


# ---- states


def in_use(environments: ModuleType, folder: Path, **others: Any) -> Any:
    """A home whose environment is the one of the tests, by a link."""
    home = environments.Home(folder)
    python = environments.Environment(folder / "env-1").python
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    home.switch(environments.Record(**{"name": "env-1", "version": VERSION, "protocol": 1, "torch": "cpu", **others}))
    return home


@POSIX
def test_states_of_a_home(environments: ModuleType, tmp_path: Path) -> None:
    home = in_use(environments, tmp_path / "a")
    assert home.status(VERSION).state == "ready"
    newer = home.status("0.2.0")
    assert (newer.state, newer.remedy) == ("outdated", "upgrade the backend")
    assert newer.python is not None
    home.current().python.unlink()
    assert home.status(VERSION).state == "broken"
    other = in_use(environments, tmp_path / "b", protocol=2).status(VERSION)
    assert (other.state, other.python) == ("outdated", None)
    assert "version 2 of the messages" in other.text


@pytest.mark.parametrize(
    "pointer",
    [
        b"",
        b"[]",
        b"{",
        b'{"name": "env-1"}',
        *(
            json.dumps({"name": name, "version": "1", "protocol": 1, "torch": "cpu"}).encode()
            for name in ("../elsewhere", "/usr", "env-1/../../x", "", "env-" + "x" * 99)
        ),
    ],
)
def test_a_pointer_that_names_no_environment_of_the_home_is_not_followed(
    environments: ModuleType, tmp_path: Path, pointer: bytes
) -> None:
    (tmp_path / "current.json").write_bytes(pointer)
    home = environments.Home(tmp_path)
    assert home.current() is None
    assert home.status(VERSION).state == "not-installed"


def test_a_chosen_environment_is_known_by_folder_and_by_interpreter(environments: ModuleType, tmp_path: Path) -> None:
    by_folder = environments.look_at(Path(sys.prefix))
    by_interpreter = environments.look_at(Path(sys.executable))
    assert by_folder.python.samefile(by_interpreter.python)
    assert environments.ask(by_interpreter.python).protocol == 1
    findings = environments.examine(by_folder.python)
    assert {"torch", "device", "Python"} <= {finding["subject"] for finding in findings}
    for nothing in (tmp_path, tmp_path / "absent"):
        assert environments.look_at(nothing).state == "broken"

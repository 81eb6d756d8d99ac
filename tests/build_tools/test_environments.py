"""Environments are whole and current, or made anew. Real ones, without packages."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from build_tools.environments import Environment, make, state
from build_tools.errors import BuildError
from build_tools.pythons import Python, find_python
from build_tools.specifications import BLENDERS, Specification, backend, blender, declared

THIS = sys.version_info[:2]
TINY = Specification(name="tiny", pythons=(THIS,), packages=(), check="import json")
ROOT = Path(__file__).resolve().parents[2]


def quiet(_: str) -> None:
    pass


def unasked(_: object) -> Python | None:
    raise AssertionError("no Python is to be looked for")


def test_a_life_of_an_environment(tmp_path: Path) -> None:
    assert state(TINY, parent=tmp_path) == "absent"
    environment = make(TINY, parent=tmp_path, say=quiet)
    assert state(TINY, parent=tmp_path) == "complete"
    prefix = subprocess.check_output([environment.python, "-c", "import sys; print(sys.prefix)"], text=True)
    assert Path(prefix.strip()).samefile(environment.folder)

    # Whole and current: nothing is looked for, nothing is touched.
    stamp = next(environment.folder.glob("*.json"))
    written = stamp.stat().st_mtime_ns
    assert make(TINY, parent=tmp_path, find=unasked, say=quiet) == environment
    assert stamp.stat().st_mtime_ns == written

    # Outdated: updated in place.
    guest = environment.folder / "guest"
    guest.touch()
    changed = replace(TINY, declared="another dependency")
    assert state(changed, parent=tmp_path) == "outdated"
    make(changed, parent=tmp_path, say=quiet)
    assert state(changed, parent=tmp_path) == "complete"
    assert state(TINY, parent=tmp_path) == "outdated"
    assert guest.exists()

    # A failed update leaves no stamp behind.
    broken = replace(TINY, check="import no_such_module_anywhere")
    with pytest.raises(BuildError, match="no_such_module_anywhere"):
        make(broken, parent=tmp_path, say=quiet)
    assert state(broken, parent=tmp_path) == state(changed, parent=tmp_path) == "half made"

    # Half made: made anew.
    said: list[str] = []
    make(TINY, parent=tmp_path, say=said.append)
    assert state(TINY, parent=tmp_path) == "complete"
    assert not guest.exists()
    assert any("made anew" in line for line in said)


def test_another_python_means_a_new_environment(tmp_path: Path) -> None:
    environment = make(TINY, parent=tmp_path, say=quiet)
    stamp = next(environment.folder.glob("*.json"))
    guest = environment.folder / "guest"
    guest.touch()
    stamp.write_text(json.dumps({"digest": "old", "python": "3.0.0"}), encoding="utf-8")
    make(TINY, parent=tmp_path, say=quiet)
    assert not guest.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null"])
def test_a_torn_stamp_is_no_stamp(tmp_path: Path, content: bytes) -> None:
    environment = Environment(tmp_path / "tiny")
    environment.python.parent.mkdir(parents=True)
    environment.python.touch()
    (environment.folder / "brushpass-environment.json").write_bytes(content)
    assert state(TINY, parent=tmp_path) == "half made"


def test_a_vanished_python_is_noticed(tmp_path: Path) -> None:
    environment = Environment(tmp_path / "tiny")
    environment.python.parent.mkdir(parents=True)
    environment.python.symlink_to(tmp_path / "removed")
    (environment.folder / "brushpass-environment.json").write_text(json.dumps({"digest": TINY.digest}), "utf-8")
    assert state(TINY, parent=tmp_path) == "half made"


def test_no_python_is_said_with_the_remedy(tmp_path: Path) -> None:
    wanted = replace(TINY, pythons=((3, 98), (3, 99)))

    def find(minors: Iterable[tuple[int, int]]) -> Python | None:
        return find_python(minors, search=[sys.executable])

    with pytest.raises(BuildError, match=r"no Python 3\.98 or 3\.99 .*install"):
        make(wanted, parent=tmp_path, find=find, say=quiet)
    assert state(wanted, parent=tmp_path) == "absent"


def test_what_pip_says_is_passed_on(tmp_path: Path) -> None:
    wanted = replace(TINY, packages=(str(tmp_path / "no-such-project"),))
    with pytest.raises(BuildError, match=r"pip for tiny failed .*no-such-project"):
        make(wanted, parent=tmp_path / "envs", say=quiet)
    assert state(wanted, parent=tmp_path / "envs") == "half made"


# ---- What they hold


def test_each_specification_has_its_own_digest() -> None:
    digests = [TINY.digest, backend().digest, *(blender(version).digest for version in BLENDERS)]
    assert len(set(digests)) == len(digests)
    assert backend().digest == backend().digest


def test_dependencies_count_and_settings_of_linters_do_not() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    kept = declared(text)
    for fragment in ("torch>=", "pytest>=", "nst_backend.cli.main", "setuptools>="):
        assert fragment in kept
    assert declared(text + "\n[tool.ruff.format]\nquote-style = 'double'\n") == kept
    assert declared(text.replace("# ", "# more ")) == kept
    assert declared(text.replace('"torch>=', '"torch>=9')) != kept


def test_torch_and_torchvision_are_chosen_together() -> None:
    # Two pip commands could pair builds that do not fit.
    assert sum("torch" in line for line in backend().declared.splitlines()) >= 2
    assert len([package for package in backend().packages if not package.startswith("-")]) == 1

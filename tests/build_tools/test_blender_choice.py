"""A Blender whose Python is missing is left out plainly, or an error where it is required."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from build_tools.blenders import REQUIRED, all_blenders, one_blender, required_versions, variable
from build_tools.errors import BuildError
from build_tools.specifications import BLENDERS
from nst_backend.contract.errors import UsageError


@pytest.fixture
def lonely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with the running Python alone."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PYENV_ROOT", raising=False)


@pytest.mark.usefixtures("lonely")
def test_a_required_blender_that_cannot_be_had_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = next(version for version, minor in BLENDERS.items() if minor != sys.version_info[:2])
    monkeypatch.setenv(REQUIRED, version)
    with pytest.raises(BuildError, match=f"for Blender {version}, which {REQUIRED} asks for: install"):
        all_blenders(lambda _: None, parent=tmp_path / "envs")
    assert not (tmp_path / "envs").exists()


def test_an_unknown_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REQUIRED, "4.5, 9.9")
    with pytest.raises(UsageError, match=r"'9\.9'.*4\.5 and 5\.2"):
        required_versions()
    with pytest.raises(UsageError, match="--blender"):
        one_blender("9.9", lambda _: None)


def test_the_list_may_be_empty_and_have_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REQUIRED, " 4.5 ,, 5.2")
    assert required_versions() == ("4.5", "5.2")
    monkeypatch.delenv(REQUIRED)
    assert required_versions() == ()


def test_the_variables_are_those_of_the_test_suite() -> None:
    assert [variable(version) for version in BLENDERS] == ["BRUSHPASS_BPY_45", "BRUSHPASS_BPY_52"]

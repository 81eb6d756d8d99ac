"""Names, shelves and versions on disk, without Blender."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some


@pytest.fixture(scope="module")
def versions(pure_package: Callable[[str], ModuleType]) -> Any:
    return pure_package("sequencer.versions")


@pytest.fixture(scope="module")
def errors(pure_package: Callable[[str], ModuleType]) -> Any:
    return pure_package("contract.errors")


@pytest.mark.parametrize("name", ["Szene", "Möve 12.mov", "日本語 シーン", "a_b-c"])
def test_a_harmless_name_stays(versions: Any, name: str) -> None:
    assert versions.safe_name(name) == name


@pytest.mark.parametrize(
    "name", ["../../etc", "a/b", "a\\b", "CON", "nul.txt", "..", ".", " ", "x.", "shot####", "x" * 300]
)
def test_a_harmful_name_becomes_one_plain_folder(versions: Any, name: str) -> None:
    safe = versions.safe_name(name)
    assert safe == Path(safe).name
    assert safe not in ("", ".", "..")
    assert len(safe.encode()) <= 110
    assert not set(safe) & set('<>:"/\\|?*#%')
    assert safe.split(".")[0].upper() not in ("CON", "NUL")
    assert safe[-1] not in ". "


@given(one=some.text(min_size=1, max_size=30), other=some.text(min_size=1, max_size=30))
def test_names_that_differ_get_folders_that_differ(versions: Any, one: str, other: str) -> None:
    safe = versions.safe_name(one)
    assert safe == os.path.basename(safe)
    assert (safe == versions.safe_name(other)) == (one == other)


def test_the_template_is_filled_beside_the_file(versions: Any, tmp_path: Path) -> None:
    template = versions.Template.parse(versions.DEFAULT_TEMPLATE)
    folder = template.folder(blend=str(tmp_path / "Schnitt.blend"), scene="Szene ä", strip="../<scene>")
    assert folder.parent == tmp_path / "brushpass" / "Szene ä"
    assert folder.name == versions.safe_name("../<scene>")
    assert versions.version_name(template.version, 7) == "v007"
    assert versions.version_name(template.version, 12345) == "v12345"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "//out/<strip>",
        "//out/v###",
        "out/<strip>/v###",
        "//<strip>/###/v##",
        "//<strip>/<shot>/v###",
        "//<strip>/con.###",
    ],
)
def test_a_template_that_cannot_work_is_refused(versions: Any, errors: Any, text: str) -> None:
    with pytest.raises(errors.UsageError) as refused:
        versions.Template.parse(text)
    assert refused.value.remedy


def test_a_file_that_was_never_saved_has_no_place(versions: Any, errors: Any) -> None:
    template = versions.Template.parse(versions.DEFAULT_TEMPLATE)
    with pytest.raises(errors.UsageError, match="save it first"):
        template.folder(blend="", scene="a", strip="b")


def test_a_shelf_belongs_to_one_strip(versions: Any, tmp_path: Path) -> None:
    first = versions.claim_shelf(tmp_path / "clip", "mark of one")
    second = versions.claim_shelf(tmp_path / "clip", "mark of another")
    assert first != second
    assert versions.claim_shelf(tmp_path / "clip", "mark of one") == first
    assert versions.claim_shelf(tmp_path / "clip", "mark of another") == second


def test_a_folder_of_someone_else_is_not_taken(versions: Any, tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    (tmp_path / "clip" / "holiday.jpg").write_bytes(b"mine")
    assert versions.claim_shelf(tmp_path / "clip", "mark") == tmp_path / "clip-2"


def test_versions_count_up_and_tell_what_they_are(versions: Any, tmp_path: Path) -> None:
    claimed = [versions.claim_version(tmp_path, "v###") for _ in range(3)]
    assert [number for number, _ in claimed] == [1, 2, 3]
    versions.describe_version(claimed[1][1], styled="styled.####.png", recipe={"version": 1})
    (claimed[1][1] / "styled.1001.png").write_bytes(b"12345")
    listed = versions.list_versions(tmp_path, "v###")
    assert [entry.number for entry in listed] == [1, 2, 3]
    assert (listed[1].styled, dict(listed[1].recipe)) == ("styled.####.png", {"version": 1})
    before = versions.size_of(tmp_path)
    freed = versions.delete_version(tmp_path, "v###", 2)
    assert freed > 5
    assert versions.size_of(tmp_path) == before - freed
    assert [entry.number for entry in versions.list_versions(tmp_path, "v###")] == [1, 3]
    assert versions.claim_version(tmp_path, "v###")[0] == 4


@pytest.mark.parametrize("told", ["", "[]", '{"styled": "../../other/secret.png", "recipe": 3}', "\x00"])
def test_a_spoilt_description_is_listed_and_points_nowhere(versions: Any, tmp_path: Path, told: str) -> None:
    _, folder = versions.claim_version(tmp_path, "v###")
    (folder / "version.json").write_text(told)
    (entry,) = versions.list_versions(tmp_path, "v###")
    assert os.path.basename(entry.styled) == entry.styled
    assert entry.recipe == {}


def test_only_a_version_of_brushpass_is_deleted(versions: Any, errors: Any, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "version.json").write_text("{}")
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    (shelf / "v001").symlink_to(precious, target_is_directory=True)
    (shelf / "v002").mkdir()
    (shelf / "v002" / "notes.txt").write_text("mine")
    for number in (1, 2, 3):
        with pytest.raises(errors.UsageError):
            versions.delete_version(shelf, "v###", number)
    assert (precious / "version.json").exists()
    assert (shelf / "v002" / "notes.txt").exists()


def test_links_inside_a_version_are_not_followed(versions: Any, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "film.mov").write_bytes(b"x" * 1000)
    shelf = tmp_path / "shelf"
    number, folder = versions.claim_version(shelf, "v###")
    (folder / "link").symlink_to(kept, target_is_directory=True)
    assert versions.delete_version(shelf, "v###", number) < 1000
    assert (kept / "film.mov").exists()

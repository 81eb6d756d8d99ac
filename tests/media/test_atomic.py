"""A file is whole or absent, and what went wrong is a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from nst_backend.contract.errors import NstError
from nst_backend.media.atomic import atomic_path, remove_leftovers, write_bytes_atomic


def test_content_and_replacement(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    for content in (b"first", b"second, longer"):
        write_bytes_atomic(target, content)
        assert target.read_bytes() == content
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_failure_keeps_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")

    def torn() -> None:
        with atomic_path(target) as temporary:
            temporary.write_bytes(b"half of the n")
            assert target.read_bytes() == b"old"
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        torn()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_temporary_file_keeps_folder_and_suffix(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "a.exr") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".exr"
        assert temporary.name.startswith(".")


KILLED = """
import contextlib, os, sys
from pathlib import Path
from nst_backend.media.atomic import atomic_path
with contextlib.ExitStack() as stack:
    for name in sys.argv[1:]:
        stack.enter_context(atomic_path(name)).write_bytes(b"half")
    os._exit(9)
"""


def test_what_killed_writers_left_goes_and_nothing_else(tmp_path: Path) -> None:
    longest = ["x" * 120 + f".{number:04d}.exr" for number in (1, 2)]
    names = ["a.0001.exr", "a.0002.exr", "a.0001.png", "plain", *longest]
    subprocess.run([sys.executable, "-c", KILLED, *(str(tmp_path / name) for name in names)])
    others = [".a.0001.part.exr", ".a.0001.12345678.exr", "a.0001.12345678.part.exr", ".a.0001.1234567g.part.exr"]
    for name in others:
        (tmp_path / name).write_bytes(b"mine")

    def left() -> int:
        return len(list(tmp_path.iterdir())) - len(others)

    assert left() == len(names)
    for gone, name in enumerate(names, 1):
        remove_leftovers(tmp_path, {name, "b.0001.exr"})
        assert left() == len(names) - gone, name
    subprocess.run([sys.executable, "-c", KILLED, *(str(tmp_path / name) for name in names)])
    remove_leftovers(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(others)
    remove_leftovers(tmp_path / "missing")


def test_mode_follows_the_umask(tmp_path: Path) -> None:
    if os.name != "posix":
        pytest.skip("modes are of POSIX")
    before = os.umask(0o022)
    try:
        write_bytes_atomic(tmp_path / "a", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("missing/a.bin", "folder does not exist"),
        ("file/a.bin", "a part of the path is a file"),
        ("folder", "in the way"),
    ],
)
def test_bad_places(tmp_path: Path, where: str, sentence: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(NstError, match=sentence) as caught:
        write_bytes_atomic(tmp_path / where, b"x")
    assert caught.value.remedy


@pytest.mark.skipif(os.name != "posix", reason="permissions are of POSIX")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # The superuser may write everywhere: be nobody for a moment.
    try:
        with pytest.raises(NstError, match="permission is denied"):
            write_bytes_atomic(folder / "a", b"x")
    finally:
        os.seteuid(user)
    assert not list(folder.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="file size limits are of POSIX")
@pytest.mark.parametrize("kind", ["bytes", "exr", "video"])
def test_a_disk_that_takes_no_more(tmp_path: Path, kind: str) -> None:
    """The kernel refuses the write midway; a child process, because the limit stays."""
    script = f"""
        import resource, signal, sys
        from pathlib import Path
        import numpy as np
        from nst_backend.contract.errors import NstError
        from nst_backend.media.atomic import write_bytes_atomic
        from nst_backend.media.exr import write_exr
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
        target = Path(sys.argv[1])
        noise = np.random.default_rng(0).random((160, 160, 3), np.float32)
        try:
            if {kind!r} == "bytes":
                write_bytes_atomic(target, bytes(100000))
            elif {kind!r} == "exr":
                write_exr(target, {{"R": noise[..., 0]}})
            else:
                from nst_backend.media.video import mux_video
                mux_video([noise] * 8, target, fps=24)
        except NstError as error:
            print(error.sentence())
            raise SystemExit(7)
    """
    target = tmp_path / ("a.mp4" if kind == "video" else "a.exr")
    root = Path(__file__).resolve().parents[2]
    child = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(target)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert child.returncode == 7, child.stderr
    assert "cannot be written" in child.stdout
    assert list(tmp_path.iterdir()) == []

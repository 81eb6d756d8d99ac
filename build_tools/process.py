"""Running other programs: their lines as they come, no silent hang, no orphan."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from .errors import BuildError
from .progress import format_duration

__all__ = ["call", "lines"]

_TAIL = 25
_GRACE = 5.0


def lines(
    command: Sequence[str | Path],
    *,
    name: str,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    stall: float = 900.0,
    log: Path | None = None,
) -> Iterator[str]:
    """Run ``command`` and yield what it prints, line by line, both streams as one.

    ``environment`` is added to this process's. Everything also goes to ``log``.
    Raises :class:`BuildError` with the end of the output when the program cannot
    start, ends with another code than 0 or prints nothing for ``stall`` seconds.
    The program ends when the generator is closed.
    """
    tail: deque[str] = deque(maxlen=_TAIL)
    with contextlib.ExitStack() as stack:
        record = stack.enter_context(log.open("w", encoding="utf-8")) if log is not None else None
        try:
            child = subprocess.Popen(
                [str(part) for part in command],
                cwd=cwd,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise BuildError(f"{name} did not start ({error.strerror})", remedy=f"check {command[0]}") from error
        stack.callback(_end, child)
        printed: queue.Queue[str | None] = queue.Queue()
        assert child.stdout is not None
        threading.Thread(target=_pump, args=(child.stdout, printed), daemon=True).start()
        while True:
            try:
                line = printed.get(timeout=stall)
            except queue.Empty:
                raise BuildError(
                    f"{name} said nothing for {format_duration(stall)} and was stopped", remedy=_advice(tail, log)
                ) from None
            if line is None:
                break
            tail.append(line)
            if record is not None:
                record.write(line + "\n")
                record.flush()
            yield line
        code = child.wait()
    if code != 0:
        raise BuildError(f"{name} failed with exit code {code}", remedy=_advice(tail, log))


def call(command: Sequence[str | Path], *, cwd: Path, environment: Mapping[str, str | None] | None = None) -> int:
    """Run ``command`` on this terminal and return its exit code.

    A variable that is None in ``environment`` is removed.
    """
    variables = dict(os.environ)
    for key, value in (environment or {}).items():
        if value is None:
            variables.pop(key, None)
        else:
            variables[key] = value
    child = subprocess.Popen([str(part) for part in command], cwd=cwd, env=variables)
    try:
        return child.wait()
    finally:
        _end(child)


def _pump(stream: IO[str], printed: queue.Queue[str | None]) -> None:
    with stream:
        for line in stream:
            printed.put(line.rstrip("\n"))
    printed.put(None)


def _end(child: subprocess.Popen[Any]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_GRACE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _advice(tail: deque[str], log: Path | None) -> str:
    """What is most likely the reason: the last error that was printed."""
    telling = [line.strip() for line in tail if "error" in line.lower()] or [
        line.strip() for line in tail if line.strip()
    ]
    said = f"it said: {telling[-1]}" if telling else "it printed nothing"
    return f"{said} (all of it is in {log})" if log is not None else said

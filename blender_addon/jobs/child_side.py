"""The far side of an isolating Blender: a spec is read, worked on, and told of in lines of JSON on stdout."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol, TypeVar

from ..contract.errors import ExitCode, InputError, NstError, UsageError, as_fault
from ..contract.messages import DoneEvent, ErrorEvent, ProgressEvent, ServiceEvent
from ..contract.wire import encode_message
from ..own_stdout import claim_stdout

__all__ = ["Speak", "Steps", "run_spec"]

Speak = Callable[[ServiceEvent], None]


class _Spec(Protocol):
    @property
    def job(self) -> str: ...


_AnySpec = TypeVar("_AnySpec", bound=_Spec)


def run_spec(
    arguments: list[str], load: Callable[[Path], _AnySpec], work: Callable[[_AnySpec, Speak], Mapping[str, Any]]
) -> int:
    """Do what a spec asks for and tell the summary, or the fault; the exit code is the contract's."""
    speak = _speaker()
    job = ""
    try:
        if len(arguments) != 1:
            raise UsageError("the isolating Blender takes one spec", remedy="give its path")
        spec = load(Path(arguments[0]))
        job = spec.job
        speak(DoneEvent(job=job, summary=dict(work(spec, speak))))
    except Exception as error:
        fault = as_fault(error)
        if fault is None:
            fault = _rendering_fault(error)
        if fault is None:
            raise
        speak(ErrorEvent(job=job, kind=fault.kind, problem=fault.problem, remedy=fault.remedy))
        return int(fault.exit_code)
    return int(ExitCode.DONE)


def _speaker() -> Speak:
    stream = claim_stdout()

    def speak(event: ServiceEvent) -> None:
        stream.write(encode_message(event))

    return speak


def _rendering_fault(error: Exception) -> NstError | None:
    """Blender reports a failed render or load as a RuntimeError that starts with ``Error``."""
    if isinstance(error, RuntimeError) and str(error).startswith("Error"):
        return InputError(str(error).removeprefix("Error:").strip().rstrip("."), remedy="render the scene to see why")
    return None


class Steps:
    """Tells of each step of a run: a matte, a frame of the plate."""

    def __init__(self, job: str, speak: Speak, *, total: int) -> None:
        self._job = job
        self._speak = speak
        self._total = total
        self._done = 0
        self._last = perf_counter()

    def step(self, stage: str, number: int) -> None:
        """One more, of the frame ``number``."""
        self._done += 1
        started, self._last = self._last, perf_counter()
        seconds = round(self._last - started, 4)
        self._speak(
            ProgressEvent(job=self._job, stage=stage, done=self._done, total=self._total, frame=number, seconds=seconds)
        )

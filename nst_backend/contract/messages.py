"""What a running job says and is told: the kinds of message, and the fields of each.

One closed set of kinds, shared by the command line, the service and the add-on.
A pipeline speaks to a :class:`Reporter`; between processes each message is one of
the classes below, written by :mod:`.wire` as one line of JSON.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, ClassVar, Protocol

from .codec import option
from .errors import CancelledByUser

__all__ = [
    "EVENTS",
    "PROTOCOL",
    "REQUESTS",
    "STEP_PARTS",
    "STUCK_EXIT",
    "CancelRequest",
    "CloseRequest",
    "DoneEvent",
    "ErrorEvent",
    "Event",
    "EventKind",
    "FrameEvent",
    "HelloRequest",
    "MattesRequest",
    "ObjectsRequest",
    "OpenRequest",
    "PreviewRequest",
    "ProgressEvent",
    "ReleaseRequest",
    "Reporter",
    "RequestKind",
    "RunRequest",
    "ServiceEvent",
    "ServiceRequest",
    "SilentReporter",
    "StepRequest",
    "WarningEvent",
    "stop_if_cancelled",
]

PROTOCOL = 1
"""Version of the messages. Both sides name theirs in ``hello`` and must agree."""
STUCK_EXIT = 75
"""Exit code of a service that ended itself because a stage made no progress; start it anew."""

STEP_PARTS = ("per_frame", "matte")
"""What a step can hand back beside its picture: the frame without the stabiliser, and the styled coverage."""

_JOB = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_FIRST_FRAME, _LAST_FRAME = -999_999_999, 999_999_999
LONGEST_TEXT = 32_768
"""Characters of a path, a name or a frame range."""


class EventKind(StrEnum):
    """Kinds of event, each with its fields."""

    PROGRESS = "progress"  # stage, done, total, frame, seconds
    FRAME = "frame"  # frame, path
    WARNING = "warning"  # problem, remedy
    ERROR = "error"  # kind, problem, remedy
    DONE = "done"  # summary


class RequestKind(StrEnum):
    """Kinds of request. Each request is answered by one ``done`` or one final ``error``."""

    HELLO = "hello"  # protocol version and capabilities; answered at once, always
    OPEN = "open"  # recipe and base folder make a job
    RUN = "run"  # the job's frames into its output, as `nst stylize` does
    STEP = "step"  # one frame in its order, pixels back: the compositor
    PREVIEW = "preview"  # one frame quickly; only the latest of a job counts
    OBJECTS = "objects"  # finds the objects of the job's plate, once for all recipes
    MATTES = "mattes"  # names of the Cryptomatte, the name at a pixel, a region's coverage
    CANCEL = "cancel"  # stops what a job is doing
    RELEASE = "release"  # frees networks and frames kept in memory
    CLOSE = "close"  # ends a job; without a job, the service


# ---- Inside a process


@dataclass(frozen=True)
class Event:
    """One thing that happened."""

    kind: EventKind
    data: Mapping[str, Any] = field(default_factory=dict)


class Reporter(Protocol):
    """Where events go; also asked, between steps, whether to stop."""

    def emit(self, event: Event) -> None: ...

    def cancelled(self) -> bool: ...


class SilentReporter:
    """Hears everything, says nothing, never stops the job; remembers warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def emit(self, event: Event) -> None:
        if event.kind is EventKind.WARNING:
            self.warnings.append(f"{event.data.get('problem', '')}: {event.data.get('remedy', '')}")

    def cancelled(self) -> bool:
        return False


def stop_if_cancelled(reporter: Reporter) -> None:
    """Raise :class:`CancelledByUser` where the reporter was told to stop."""
    if reporter.cancelled():
        raise CancelledByUser("cancelled", remedy="run it again to resume: finished frames are kept")


# ---- Between processes: requests


@dataclass(frozen=True, kw_only=True)
class ServiceRequest:
    """What every request carries. ``id`` is the client's, and comes back with every event that the request causes."""

    tag: ClassVar[RequestKind]
    needs_job: ClassVar[bool] = True

    id: int = option(help="the client's number of the request", minimum=0, maximum=2**53)
    job: str = option("", help="the client's name of the job")

    def __post_init__(self) -> None:
        if (self.job or self.needs_job) and not _JOB.fullmatch(self.job):
            raise ValueError("job must be 1 to 64 letters, digits or signs of '_.:-'")
        for name, value in vars(self).items():
            if isinstance(value, str) and len(value) > LONGEST_TEXT:
                raise ValueError(f"{name} is longer than {LONGEST_TEXT} characters")


@dataclass(frozen=True, kw_only=True)
class HelloRequest(ServiceRequest):
    """The first request; later it serves to ask whether the service lives."""

    tag: ClassVar[RequestKind] = RequestKind.HELLO
    needs_job: ClassVar[bool] = False

    protocol: int = option(help=f"the client's version of the messages, {PROTOCOL}", minimum=1)
    client: str = option("", help="who is calling, for the log")
    capabilities: tuple[str, ...] = field(default=(), metadata={"help": "what the client can do"})


@dataclass(frozen=True, kw_only=True)
class OpenRequest(ServiceRequest):
    """Make a job of a recipe.

    With ``live`` the plate's frames come one by one with ``step``, and the
    recipe's ``plate.path`` is not read.
    """

    tag: ClassVar[RequestKind] = RequestKind.OPEN

    recipe: Mapping[str, Any] = option(help="the recipe")
    base: str = option(help="the folder that its paths are relative to, an absolute path")
    live: bool = option(False, help="the plate comes with each step")

    def __post_init__(self) -> None:
        super().__post_init__()
        _absolute("base", self.base)


@dataclass(frozen=True, kw_only=True)
class RunRequest(ServiceRequest):
    """Style the job's frames into its output, resuming what is there."""

    tag: ClassVar[RequestKind] = RequestKind.RUN

    frames: str | None = option(None, help="a part of the shot, such as '1-8'; all of it")
    overwrite: bool = option(False, help="replace files that another job wrote")


@dataclass(frozen=True, kw_only=True)
class StepRequest(ServiceRequest):
    """Style one frame after the one before it, and hand back its pixels."""

    tag: ClassVar[RequestKind] = RequestKind.STEP

    frame: int = option(help="the frame", minimum=_FIRST_FRAME, maximum=_LAST_FRAME)
    plate: str | None = option(None, help="the frame's file, an absolute path, in a live job")
    reset: bool = option(False, help="forget the frames before")
    also: tuple[str, ...] = option((), help="what to hand back beside the picture: per_frame, matte")

    def __post_init__(self) -> None:
        super().__post_init__()
        unknown = set(self.also) - set(STEP_PARTS)
        if unknown:
            raise ValueError(f"also may name {' and '.join(STEP_PARTS)}, not {', '.join(sorted(unknown))}")
        if self.plate is not None:
            _absolute("plate", self.plate)


@dataclass(frozen=True, kw_only=True)
class PreviewRequest(ServiceRequest):
    """Style one frame for the screen."""

    tag: ClassVar[RequestKind] = RequestKind.PREVIEW

    frame: int = option(help="the frame", minimum=_FIRST_FRAME, maximum=_LAST_FRAME)
    size: str | None = option(None, help="WIDTHxHEIGHT or a percentage such as 50%; the recipe's size")
    quick: bool = option(True, help="as painted; false styles the frames before it too, as the film will be")


@dataclass(frozen=True, kw_only=True)
class ObjectsRequest(ServiceRequest):
    """Find the objects of the job's plate; those that were found before are told at once."""

    tag: ClassVar[RequestKind] = RequestKind.OBJECTS

    model: str = option(help="the network, as in the matte 'instances' of a recipe")


@dataclass(frozen=True, kw_only=True)
class MattesRequest(ServiceRequest):
    """Look at a frame's mattes: all names, the names at ``pixel``, or the coverage of ``region``."""

    tag: ClassVar[RequestKind] = RequestKind.MATTES

    frame: int | None = option(None, help="the frame; the first", minimum=_FIRST_FRAME, maximum=_LAST_FRAME)
    layer: str | None = option(None, help="one Cryptomatte layer, such as CryptoObject; all")
    objects: str | None = option(None, help="a network: the objects that it found, instead of the plate's Cryptomatte")
    pixel: tuple[int, ...] | None = option(None, help="column and row from the top left")
    region: str | None = option(None, help="a region of the recipe")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pixel is not None and len(self.pixel) != 2:
            raise ValueError("pixel must be [column, row]")
        if self.pixel is not None and self.region is not None:
            raise ValueError("give a pixel or a region, not both")


@dataclass(frozen=True, kw_only=True)
class CancelRequest(ServiceRequest):
    """Stop the job's requests that wait or run, or one of them."""

    tag: ClassVar[RequestKind] = RequestKind.CANCEL

    target: int | None = option(None, help="the id of one request; all of the job", minimum=0)


@dataclass(frozen=True, kw_only=True)
class ReleaseRequest(ServiceRequest):
    """Free networks and kept frames; jobs stay open and load again what they need."""

    tag: ClassVar[RequestKind] = RequestKind.RELEASE
    needs_job: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class CloseRequest(ServiceRequest):
    """End a job and remove its pixel files; without ``job``, end the service."""

    tag: ClassVar[RequestKind] = RequestKind.CLOSE
    needs_job: ClassVar[bool] = False


def _absolute(name: str, path: str) -> None:
    if not (PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()):
        raise ValueError(f"{name} must be an absolute path")


# ---- Between processes: events


@dataclass(frozen=True, kw_only=True)
class ServiceEvent:
    """What every event carries: the request and the job that it belongs to, where it belongs to one."""

    tag: ClassVar[EventKind]

    id: int | None = option(None, help="the request")
    job: str = option("", help="the job")


@dataclass(frozen=True, kw_only=True)
class ProgressEvent(ServiceEvent):
    """A step of a request was done."""

    tag: ClassVar[EventKind] = EventKind.PROGRESS

    stage: str = option(help="what is being done")
    done: int = option(help="steps done")
    total: int = option(help="steps in all")
    frame: int | None = option(None, help="the frame")
    seconds: float | None = option(None, help="that the frame took")


@dataclass(frozen=True, kw_only=True)
class FrameEvent(ServiceEvent):
    """A frame is there: a finished file of the output, or bare pixels where ``shape`` is given.

    Pixels are little-endian rows from the top, to be mapped read-only; they stay
    until the same kind of request is sent for this job again, or it is closed.
    """

    tag: ClassVar[EventKind] = EventKind.FRAME

    frame: int = option(help="the frame")
    path: str = option(help="the file")
    shape: tuple[int, ...] | None = option(None, help="height, width and, but for coverage, 4 channels RGBA")
    dtype: str | None = option(None, help="of the pixels, in numpy's words: <f4")
    space: str | None = option(None, help="'plate' (as the plate stores it), 'sRGB' (straight alpha) or 'coverage'")
    part: str | None = option(None, help="of what a step hands back: per_frame or matte; the picture itself")


@dataclass(frozen=True, kw_only=True)
class WarningEvent(ServiceEvent):
    """Something that the artist should know; the work goes on."""

    tag: ClassVar[EventKind] = EventKind.WARNING

    problem: str = option(help="what is wrong")
    remedy: str = option("", help="what to do")
    frame: int | None = option(None, help="the frame")


@dataclass(frozen=True, kw_only=True)
class ErrorEvent(ServiceEvent):
    """Something failed: the request, or where ``final`` is false one frame of it.

    ``kind``: ``usage``, ``input``, ``frames``, ``cancelled``, ``memory`` as in
    :mod:`.errors`; ``protocol`` for a message that cannot be understood,
    ``superseded`` for a preview that a newer one replaced, ``stuck`` for a stage
    without progress, after which the service ends, and ``defect`` for a fault of
    Brushpass, with the path of its log.
    """

    tag: ClassVar[EventKind] = EventKind.ERROR

    kind: str = option(help="the kind of fault")
    problem: str = option(help="what is wrong")
    remedy: str = option("", help="what to do")
    final: bool = option(True, help="whether it ends the request")
    frame: int | None = option(None, help="the frame that failed")
    stage: str | None = option(None, help="what was being done")
    log: str | None = option(None, help="the log file with the details")


@dataclass(frozen=True, kw_only=True)
class DoneEvent(ServiceEvent):
    """The request was fulfilled."""

    tag: ClassVar[EventKind] = EventKind.DONE

    summary: Mapping[str, Any] = option(help="what came of it")


REQUESTS: Mapping[RequestKind, type[ServiceRequest]] = {
    cls.tag: cls
    for cls in (
        HelloRequest,
        OpenRequest,
        RunRequest,
        StepRequest,
        PreviewRequest,
        ObjectsRequest,
        MattesRequest,
        CancelRequest,
        ReleaseRequest,
        CloseRequest,
    )
}
EVENTS: Mapping[EventKind, type[ServiceEvent]] = {
    cls.tag: cls for cls in (ProgressEvent, FrameEvent, WarningEvent, ErrorEvent, DoneEvent)
}

"""Messages as lines of JSON, strictly checked both ways.

``{"request": "step", "id": 7, "job": "shot", "frame": 12}`` and
``{"event": "done", "id": 7, "job": "shot", "summary": {...}}``: one object a line,
ASCII, so that no terminal, locale or pipe can change it. An event's fields that
are null are left out.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from .codec import decode, encode
from .errors import NstError, UsageError, nearest
from .messages import EVENTS, REQUESTS, EventKind, RequestKind, ServiceEvent, ServiceRequest

__all__ = ["LONGEST_LINE", "LineSplitter", "ProtocolError", "decode_event", "decode_request", "encode_message"]

LONGEST_LINE = 16 * 1024**2
"""Bytes of a message; a recipe file has the same limit."""
_Kind = TypeVar("_Kind", bound=StrEnum)


class ProtocolError(NstError):
    """A message that cannot be understood; ``id`` and ``job`` as far as they could be read."""

    kind = "protocol"

    def __init__(self, problem: str, *, remedy: str = "", id: int | None = None, job: str = "") -> None:
        super().__init__(problem, remedy=remedy)
        self.id = id
        self.job = job


def encode_message(message: ServiceRequest | ServiceEvent) -> bytes:
    """The line of a message, its line feed included.

    Raises :class:`ProtocolError` for one that is longer than a line may be.
    """
    fields = {name: value for name, value in _plain(message).items() if value is not None}
    word = "request" if isinstance(message, ServiceRequest) else "event"
    text = json.dumps({word: message.tag.value, **fields}, allow_nan=False, separators=(",", ":"))
    if len(text) >= LONGEST_LINE:
        raise ProtocolError(
            f"a message would be {len(text) >> 20} MiB long", remedy="ask for less", id=message.id, job=message.job
        )
    return text.encode("ascii") + b"\n"


def _plain(message: ServiceRequest | ServiceEvent) -> dict[str, Any]:
    return {field.name: encode(getattr(message, field.name)) for field in dataclasses.fields(message)}


def decode_request(line: bytes) -> ServiceRequest:
    """The request of a line.

    Raises :class:`ProtocolError` for anything that is not exactly one.
    """
    data = _object(line)
    kind = _kind(data, "request", RequestKind)
    return _typed(REQUESTS[kind], data, "request")


def decode_event(line: bytes) -> ServiceEvent:
    """The event of a line.

    Raises :class:`ProtocolError` for anything that is not exactly one.
    """
    data = _object(line)
    kind = _kind(data, "event", EventKind)
    return _typed(EVENTS[kind], data, "event")


_Message = TypeVar("_Message", ServiceRequest, ServiceEvent)


def _typed(cls: type[_Message], data: Mapping[str, Any], word: str) -> _Message:
    try:
        return decode(cls, {name: value for name, value in data.items() if name != word})
    except UsageError as error:
        _refuse(f"{data[word]}: {error.problem}", error.remedy, data)


def _object(line: bytes) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise ProtocolError("a message is too long", remedy=f"keep it below {LONGEST_LINE >> 20} MiB")
    try:
        data = json.loads(line.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("a line is not JSON", remedy="send one JSON object a line, in UTF-8") from error
    if not isinstance(data, dict):
        raise ProtocolError("a line is not a JSON object", remedy='send {"request": ..., "id": ..., ...}')
    return data


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _kind(data: Mapping[str, Any], word: str, kinds: type[_Kind]) -> _Kind:
    value = data.get(word)
    known = [kind.value for kind in kinds]
    if value is None:
        _refuse(f"a message has no {word!r}", f"name one of {', '.join(known)}", data)
    if value not in known:
        shown = repr(value)[:60]
        _refuse(f"{shown} is no {word} of this version", nearest(value, known) if isinstance(value, str) else "", data)
    return kinds(value)


def _refuse(problem: str, remedy: str, data: Mapping[str, Any]) -> NoReturn:
    number, job = data.get("id"), data.get("job")
    raise ProtocolError(
        problem,
        remedy=remedy,
        id=number if isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= 2**53 else None,
        job=job[:64] if isinstance(job, str) else "",
    )


class LineSplitter:
    """Bytes as they come from a pipe, to lines; never keeps more than one longest line."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self.longest = longest
        self._parts: list[bytes] = []
        self._length = 0

    def feed(self, data: bytes) -> Iterator[bytes | None]:
        """The lines that ``data`` completes, without their ends and without empty ones; None for one too long."""
        *ended, rest = data.split(b"\n")
        for piece in ended:
            self._keep(piece)
            whole = b"".join(self._parts) if self._length <= self.longest else None
            self._parts, self._length = [], 0
            if whole is None or whole.strip():
                yield whole
        self._keep(rest)

    def _keep(self, piece: bytes) -> None:
        self._length += len(piece)
        if self._length > self.longest:
            self._parts = []
        elif piece:
            self._parts.append(piece)

"""Messages as lines: every one there and back, nothing else accepted, no input a crash."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_backend.contract.codec import field_types
from nst_backend.contract.messages import (
    EVENTS,
    REQUESTS,
    STEP_PARTS,
    EventKind,
    RequestKind,
    ServiceEvent,
    ServiceRequest,
)
from nst_backend.contract.wire import (
    LONGEST_LINE,
    LineSplitter,
    ProtocolError,
    decode_event,
    decode_request,
    encode_message,
)

NUMBERS = st.integers(-999_999_999, 999_999_999)
SECONDS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | SECONDS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def values(name: str, annotation: Any) -> st.SearchStrategy[Any]:
    """Valid values of a field."""
    special = {
        "id": st.integers(0, 2**53),
        "job": st.from_regex(r"[A-Za-z0-9_.:-]{1,64}", fullmatch=True),
        "protocol": st.integers(1, 9),
        "target": st.integers(0, 2**53) | st.none(),
        "pixel": st.tuples(NUMBERS, NUMBERS),
        "base": st.sampled_from(["/shots/a", "C:\\shots"]),
        "plate": st.sampled_from(["/tmp/cache.exr", None]),
        "region": st.none(),
        "also": st.lists(st.sampled_from(STEP_PARTS), unique=True).map(tuple),
    }
    if name in special:
        return special[name]
    if isinstance(annotation, types.UnionType):
        return st.one_of([values("", kind) for kind in typing.get_args(annotation)])
    if typing.get_origin(annotation) is tuple:
        return st.lists(values("", typing.get_args(annotation)[0]), max_size=4).map(tuple)
    if typing.get_origin(annotation) is not None:
        return st.dictionaries(st.text(), JSON, max_size=4)
    text = st.text(st.characters(exclude_characters="\0"))
    return {int: NUMBERS, float: SECONDS, bool: st.booleans(), str: text, type(None): st.none()}[annotation]


def messages(cls: type) -> st.SearchStrategy[Any]:
    names = [field.name for field in dataclasses.fields(cls)]
    return st.fixed_dictionaries({name: values(name, field_types(cls)[name]) for name in names}).map(
        lambda fields: cls(**fields)
    )


@given(st.sampled_from(list(REQUESTS.values())).flatmap(messages))
def test_requests_come_back_as_they_went(request_: ServiceRequest) -> None:
    line = encode_message(request_)
    assert line.isascii()
    assert line.count(b"\n") == 1
    assert decode_request(line[:-1]) == request_


@given(st.sampled_from(list(EVENTS.values())).flatmap(messages))
def test_events_come_back_as_they_went(event: ServiceEvent) -> None:
    line = encode_message(event)
    assert line.isascii()
    assert line.count(b"\n") == 1
    assert decode_event(line[:-1]) == event


def test_every_kind_has_its_class() -> None:
    assert set(REQUESTS) == set(RequestKind)
    assert set(EVENTS) == set(EventKind)


def refusal(line: bytes) -> ProtocolError | None:
    try:
        decode_request(line)
    except ProtocolError as error:
        return error
    return None


@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_comes_is_a_request_or_a_protocol_error(line: bytes) -> None:
    error = refusal(line)
    assert error is None or (error.problem and error.kind == "protocol")


@given(st.sampled_from(list(RequestKind)), st.dictionaries(st.sampled_from(["id", "job", "frame", "pixel"]), JSON))
def test_wrong_fields_are_named_with_what_could_be_read(kind: RequestKind, fields: dict[str, Any]) -> None:
    error = refusal(json.dumps({"request": kind, **fields}).encode())
    if error is not None:
        assert error.problem.startswith(kind.value)
        assert error.id is None or error.id == fields["id"]
        assert error.job == "" or fields["job"].startswith(error.job)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"request": "preveiw", "id": 1, "job": "a", "frame": 1}', "'preview'"),
        ('{"request": "preview", "id": 1, "job": "a", "frames": 1}', "'frame'"),
        ('{"request": "preview", "id": 1, "job": "", "frame": 1}', "job must be"),
        ('{"request": "mattes", "id": 1, "job": "a", "pixel": [1]}', "[column, row]"),
        ('{"request": "mattes", "id": 1, "job": "a", "pixel": [1, 2], "region": "b"}', "not both"),
        ('{"request": "open", "id": 1, "job": "a", "recipe": {}, "base": "here"}', "absolute"),
        ('{"request": "step", "id": 1, "job": "a", "frame": 1, "plate": "here.exr"}', "absolute"),
        ('{"id": 1}', "no 'request'"),
    ],
)
def test_a_refusal_says_what_is_wrong(line: str, words: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode_request(line.encode())
    assert words in caught.value.sentence()
    assert caught.value.id == 1


def test_a_message_longer_than_a_line_is_not_written() -> None:
    with pytest.raises(ProtocolError):
        encode_message(EVENTS[EventKind.DONE](id=3, summary={"text": "x" * LONGEST_LINE}))


@given(st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b""))), st.lists(st.integers(1, 9)))
def test_lines_do_not_depend_on_how_the_pipe_cuts_them(lines: list[bytes], cuts: list[int]) -> None:
    data = b"".join(line + b"\n" for line in lines) + b"unfinished"
    splitter = LineSplitter(longest=8)
    found: list[bytes | None] = []
    for size in cuts:
        piece, data = data[:size], data[size:]
        found.extend(splitter.feed(piece))
    found.extend(splitter.feed(data))
    assert found == [None if len(line) > 8 else line for line in lines if line.strip() or len(line) > 8]

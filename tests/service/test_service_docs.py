"""The examples of docs/service.md are a session; here it takes place."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from protocol_client import Client
from service_shots import ROOT, serving, write_frame, write_plates

from nst_backend.contract.messages import EventKind, RequestKind
from nst_backend.contract.wire import decode_event, decode_request

# What differs from machine to machine.
FREE = {"path", "folder", "log", "pid", "version", "seconds", "seconds_per_frame", "device", "precision"}


def examples() -> list[dict[str, Any]]:
    text = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```jsonl\n(.*?)```", text, re.DOTALL)
    return [json.loads(line) for block in blocks for line in block.splitlines()]


def agrees(shown: Any, found: Any) -> bool:
    """Whether two messages have the same keys and, but for :data:`FREE`, the same values."""
    if isinstance(shown, dict) and isinstance(found, dict):
        same = shown.keys() == found.keys()
        return same and all(key in FREE or agrees(value, found[key]) for key, value in shown.items())
    if isinstance(shown, list) and isinstance(found, list):
        return len(shown) == len(found) and all(map(agrees, shown, found))
    if isinstance(shown, float) and isinstance(found, float):
        return bool(shown == pytest.approx(found, abs=1e-2))
    return bool(shown == found)


def test_every_kind_has_an_example_that_is_a_message() -> None:
    requests = [decode_request(json.dumps(line).encode()) for line in examples() if line.get("request", "fly") != "fly"]
    events = [decode_event(json.dumps(line).encode()) for line in examples() if "event" in line]
    assert {request.tag for request in requests} == set(RequestKind)
    assert {event.tag for event in events} == set(EventKind)


def test_the_session_of_the_documentation_takes_place(tmp_path: Path) -> None:
    shot = tmp_path / "shots" / "hero"
    write_plates(shot, 3)
    write_frame(shot / "cache.exr", 7)

    def placed(message: dict[str, Any]) -> dict[str, Any]:
        here = json.dumps(message).replace("/shots/hero", shot.as_posix())
        return dict(json.loads(here))

    with serving(tmp_path, greet=False) as client:
        shown = [placed(message) for message in examples()]
        for message in shown:
            if "request" in message:
                client.write(json.dumps(message).encode() + b"\n")
                client.answer(message["id"])
        assert client.wait() == 0
        for message in shown:
            if "event" in message:
                found = said(client, message)
                assert any(agrees(message, event) for event in found), (message, found)
        assert len(client.events) == len([message for message in shown if "event" in message])


def said(client: Client, message: dict[str, Any]) -> list[dict[str, Any]]:
    return client.of(message["id"], message["event"])

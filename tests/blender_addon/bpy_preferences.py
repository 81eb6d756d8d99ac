"""The preferences in a real Blender: what they mean, and that nothing starts by itself."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import bpy

MODULE = "bl_ext.user_default.brushpass"
LONG = 240.0


def run(task: str, *arguments: str) -> Any:
    """One of the functions below."""
    tasks = {
        "first": first_look,
        "relative": relative_path,
        "own": own_environment,
        "cache": cache,
        "file": open_file,
        "render": render,
    }
    return tasks[task](*arguments)


def parts() -> tuple[Any, Any]:
    """The preferences and the session."""
    return import_module(f"{MODULE}.preferences").preferences(), import_module(f"{MODULE}.session").session()


def settle(session: Any) -> None:
    """Do what the timer does, which runs in Blender's interface only."""
    deadline = time.monotonic() + LONG
    while session.tick():
        assert time.monotonic() < deadline, "it never ended"
        time.sleep(0.05)


def first_look() -> dict[str, Any]:
    """Of a fresh installation; what pressing Install comes to without online access."""
    chosen, session = parts()
    told = {"state": session.status.state, "home": str(chosen.home), "client": session.client.state}
    told["online"] = bpy.app.online_access
    assert bpy.ops.brushpass.install_backend() == {"FINISHED"}
    settle(session)
    told["fault"] = session.fault.sentence()
    return told


def relative_path() -> bool:
    """Whether a path relative to whatever file is open is passed over."""
    chosen, _ = parts()
    home = chosen.home
    chosen.home_path = "//private"
    return bool(chosen.home == home)


def own_environment(python: str) -> dict[str, Any]:
    """An environment of the artist's own: checked, started, freed, stopped, and left for another."""
    chosen, session = parts()
    chosen.source, chosen.environment_path = "own", python
    told: dict[str, Any] = {"state": session.status.state, "before": session.client.state}
    assert bpy.ops.brushpass.check_backend() == {"FINISHED"}
    settle(session)
    assert session.fault is None, session.fault
    told["device"] = [finding["text"] for finding in session.findings if finding["subject"] == "device"]
    told["styles"] = len(import_module(f"{MODULE}.settings.styles").catalogue())
    messages = import_module(f"{MODULE}.contract.messages")
    greeting = session.client.submit(messages.HelloRequest, protocol=1)
    told["version"] = greeting.result(LONG)["version"]
    told["pid"] = session.client.info.pid
    assert bpy.ops.brushpass.release_memory() == {"FINISHED"}
    chosen.environment_path = os.path.join(os.path.dirname(python), "no-such-python")
    settle(session)
    told["after"] = [session.status.state, session.client.state]
    refused = session.client.submit(messages.HelloRequest, protocol=1)
    told["refused"] = refused.answer.problem
    return told


def cache(folder: str) -> dict[str, Any]:
    """Measured and cleared; whatever else lies in the folder stays."""
    chosen, session = parts()
    chosen.cache_path = folder
    (chosen.cache / "strip").mkdir(parents=True)
    (chosen.cache / "strip" / "frame.exr").write_bytes(b"x" * 1000)
    bpy.ops.brushpass.measure_cache()
    settle(session)
    told = {"size": session.cache_size}
    assert bpy.ops.brushpass.clear_cache() == {"FINISHED"}
    told["left"] = sorted(path.name for path in Path(folder).iterdir())
    return told


def open_file(blend: str) -> dict[str, Any]:
    """A file with a strip of ours is opened; which processes and threads there are more afterwards."""
    _, session = parts()
    before = children()
    bpy.ops.wm.save_as_mainfile(filepath=blend)
    bpy.ops.wm.open_mainfile(filepath=blend)
    return {"client": session.client.state, "busy": session.busy, "new": sorted(children() - before)}


def children() -> set[str]:
    """Programs that this process started and that still run."""
    if not sys.platform.startswith("linux"):
        return set()
    listed = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(os.getpid())], capture_output=True, text=True)
    return {line.split()[1] for line in listed.stdout.splitlines() if line.split()[1] != "ps"}


def render(python: str) -> dict[str, Any]:
    """How often the backend's memory is freed by renders of Cycles, and what it answers."""
    chosen, session = parts()
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples = "CYCLES", 1
    scene.render.resolution_x = scene.render.resolution_y = 8
    freed: list[Any] = []
    release = session.client.release
    session.client.release = lambda: freed.append(release()) or freed[-1]

    def renders(device: str) -> int:
        scene.cycles.device = device
        before = len(freed)
        bpy.ops.render.render()
        return len(freed) - before

    told = {"stopped": renders("GPU")}
    chosen.source, chosen.environment_path = "own", python
    session.client.start()
    deadline = time.monotonic() + LONG
    while session.client.state != "ready":
        assert time.monotonic() < deadline, "it never started"
        time.sleep(0.05)
    told |= {"cpu": renders("CPU"), "gpu": renders("GPU")}
    told["answers"] = [dict(ticket.result(LONG)) for ticket in freed]
    session.client.stop()
    return told

"""The hands and eyes of somebody at Blender's window: pointer, keys and screenshots of an X screen."""

from __future__ import annotations

import subprocess
from pathlib import Path

__all__ = ["F12", "click", "hover", "key", "photograph", "pixels"]


# By its code: for the key's name xdotool presses Alt too, as for a switch of consoles.
F12 = "96"


def hover(x: int, y: int) -> None:
    """Move the pointer; pixels from the screen's upper left corner."""
    # Blender takes a widget to be under the pointer only once it saw the pointer move over it.
    _xdotool("mousemove", str(x - 3), str(y), "mousemove", str(x), str(y))


def click(x: int, y: int, *, times: int = 1) -> None:
    """Move there and press the left button."""
    hover(x, y)
    _xdotool("sleep", "0.3", "click", "--repeat", str(times), "--delay", "60", "1")


def key(*names: str) -> None:
    """Press keys one after another, by their X names: ``Escape``, ``ctrl+a``."""
    _xdotool("key", "--delay", "60", *names)


def photograph(picture: Path, crop: str) -> None:
    """Write a PNG of the screen, or of its part ``WxH+X+Y``, in 256 colours."""
    edit = ["-crop", crop, "+repage", "+dither", "-colors", "256"]
    subprocess.run(["import", "-window", "root", *edit, f"PNG8:{picture}"], check=True)


def pixels(crop: str) -> bytes:
    """The pixels of a part ``WxH+X+Y`` of the screen, to see whether it changed."""
    command = ["import", "-window", "root", "-crop", crop, "-depth", "8", "rgb:-"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def _xdotool(*words: str) -> None:
    subprocess.run(["xdotool", *words], check=True)

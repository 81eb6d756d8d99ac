"""Weights that others have published: looked for on this machine, else downloaded once, checked by their hash.

Only the constants of this program name what is fetched: no recipe, card or
checkpoint can. ``BRUSHPASS_OFFLINE=1`` keeps it from trying.
"""

from __future__ import annotations

import http.client
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import platformdirs
import torch

from ..contract.errors import InputError, NstError
from ..contract.messages import Event, EventKind, Reporter, stop_if_cancelled
from ..media.atomic import atomic_path, write_fault
from .files import file_sha256, is_plain_name

__all__ = ["OpenUrl", "PublishedFile", "fetch_published", "find_published", "torchvision_file", "weights_folders"]

OpenUrl = Callable[[str, float], AbstractContextManager[http.client.HTTPResponse]]
"""Opens a URL, with seconds to wait for each answer. Raises :class:`OSError` or ``http.client.HTTPException``."""

MAX_BYTES = 2 * 1024**3
CHUNK = 1 << 20
WAIT_SECONDS = 20.0


@dataclass(frozen=True, kw_only=True)
class PublishedFile:
    """A file of weights as its authors offer it.

    ``sha256``: the hash in hex, or the first digits of it that are known; empty where
    none was published. ``url`` is empty where only a person can fetch it, at ``page``.
    """

    name: str
    title: str
    url: str = ""
    page: str = ""
    sha256: str = ""
    size: int | None = None

    def __post_init__(self) -> None:
        if not is_plain_name(self.name):
            raise ValueError(f"{self.name!r} is not a plain file name")
        if self.url and not self.url.startswith("https://"):
            raise ValueError(f"{self.url!r} does not begin with https://")
        if self.url and not re.fullmatch(r"[0-9a-f]{8,64}", self.sha256):
            raise ValueError(f"{self.name} can be downloaded, but not checked: its hash is missing")

    def remedy(self, folder: Path) -> str:
        """What a person can do to have the file."""
        return f"fetch {self.name} from {self.page or self.url} and put it into {folder}"

    def is_at(self, path: Path) -> bool:
        """Whether ``path`` holds this file, as far as size and hash are known."""
        if not path.is_file() or (self.size is not None and path.stat().st_size != self.size):
            return False
        return not self.sha256 or file_sha256(path).startswith(self.sha256)


def torchvision_file(weights: Any, title: str) -> PublishedFile:
    """The file of an entry of torchvision's weight enumerations, whose names carry the first digits of their hash."""
    name = str(weights.url).rpartition("/")[2]
    digits = re.search(r"-([0-9a-f]{8,64})\.pth$", name)
    return PublishedFile(name=name, title=title, url=str(weights.url), sha256=digits[1] if digits else "")


def weights_folders() -> list[Path]:
    """Where weights are looked for: ``BRUSHPASS_WEIGHTS`` (several, separated as in PATH), the user's data folder.

    Downloads go into the last.
    """
    given = [Path(entry) for entry in os.environ.get("BRUSHPASS_WEIGHTS", "").split(os.pathsep) if entry]
    return [*given, Path(platformdirs.user_data_dir("brushpass", appauthor=False)) / "weights"]


def find_published(file: PublishedFile, folders: Sequence[Path] | None = None) -> Path | None:
    """The file on this machine, or None; torch hub's folder is looked through last.

    Raises :class:`InputError` where a file of that name is another one.
    """
    for folder in weights_folders() if folders is None else folders:
        path = folder / file.name
        if file.is_at(path):
            return path
        if path.is_file():
            raise InputError(f"{path} is damaged, or not {file.title}", remedy="remove it and try again")
    shared = Path(torch.hub.get_dir()) / "checkpoints" / file.name
    return shared if file.is_at(shared) else None


def fetch_published(
    file: PublishedFile,
    *,
    reporter: Reporter,
    given: Path | None = None,
    folders: Sequence[Path] | None = None,
    open_url: OpenUrl | None = None,
) -> Path:
    """The path of ``file``: what the user gave, what is on this machine, or a download, told in KiB.

    ``folders`` are looked through in order, and a download goes into the last; without
    them, those of :func:`weights_folders`. A file that the user gave is not compared.

    Raises :class:`InputError` with what to fetch, from where and where to put it,
    where the file is nowhere and cannot be downloaded, or is not what was published;
    :class:`CancelledByUser`; :class:`NstError` where it cannot be written.
    """
    if given is not None:
        if not given.is_file():
            raise InputError(f"{file.title} are not at {given}", remedy=file.remedy(given.parent))
        return given
    folders = weights_folders() if folders is None else folders
    found = find_published(file, folders)
    if found is not None:
        return found
    folder = folders[-1]
    missing = f"{file.title} ({file.name}) are not on this machine"
    if not file.url:
        raise InputError(f"{missing}, and can only be fetched by hand", remedy=file.remedy(folder))
    if os.environ.get("BRUSHPASS_OFFLINE", "") not in ("", "0"):
        raise InputError(f"{missing}, and BRUSHPASS_OFFLINE is set", remedy=file.remedy(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_fault(folder, error) from error
    path = folder / file.name
    with atomic_path(path) as temporary:
        with temporary.open("wb") as stream:
            _download(file, stream, folder, reporter, open_url or _open_url)
        if not file.is_at(temporary):
            raise InputError(f"what {file.url} sent is not {file.title}: its hash differs", remedy=file.remedy(folder))
    return path


def _download(file: PublishedFile, stream: IO[bytes], folder: Path, reporter: Reporter, open_url: OpenUrl) -> None:
    """Write what the server sends to ``stream``, whole or not at all."""

    def fault(reason: str) -> NstError:
        return InputError(f"{file.title} could not be downloaded, {reason}", remedy=file.remedy(folder))

    stop_if_cancelled(reporter)
    try:
        with open_url(file.url, WAIT_SECONDS) as response:
            length = response.headers.get("Content-Length", "")
            total = int(length) if length.isascii() and length.isdigit() else file.size
            done = told = 0
            _tell(reporter, 0, total)
            # What has come, not a full buffer: a slow server must not hold up a cancellation.
            while chunk := response.read1(CHUNK):
                stop_if_cancelled(reporter)
                done += len(chunk)
                if done > (file.size or MAX_BYTES):
                    raise fault("the server sends more than the file holds")
                _write(stream, chunk)
                if done - told >= CHUNK or done == total:
                    told = done
                    _tell(reporter, done, total)
    except urllib.error.HTTPError as error:
        raise fault(f"the server answers {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise fault(f"{reason or type(error).__name__}") from error
    if total is not None and done < total:
        raise fault(f"the connection ended after {done} of {total} bytes")


def _write(stream: IO[bytes], chunk: bytes) -> None:
    # A full disk is no fault of the server's.
    try:
        stream.write(chunk)
    except OSError as error:
        raise write_fault(stream.name, error) from error


def _tell(reporter: Reporter, done: int, total: int | None) -> None:
    data = {"stage": "download", "done": done >> 10, "total": max(done, total or 0) >> 10}
    reporter.emit(Event(EventKind.PROGRESS, data))


class _SecureRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirection that leaves https."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if not newurl.startswith("https://"):
            raise urllib.error.URLError("the server redirects to an insecure address")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open_url(url: str, seconds: float) -> AbstractContextManager[http.client.HTTPResponse]:
    response: http.client.HTTPResponse = urllib.request.build_opener(_SecureRedirects()).open(url, timeout=seconds)
    return response

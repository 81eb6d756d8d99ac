"""Published weights: found, downloaded from a real server on this machine, refused."""

from __future__ import annotations

import hashlib
import threading
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import torch
from torchvision.models.detection import MaskRCNN_ResNet50_FPN_V2_Weights
from torchvision.models.optical_flow import Raft_Small_Weights

from nst_backend.contract.errors import CancelledByUser, InputError
from nst_backend.contract.messages import Event, SilentReporter
from nst_backend.weights import published
from nst_backend.weights.published import PublishedFile, fetch_published, torchvision_file, weights_folders

DATA = bytes(range(256)) * 12_000  # 3 MB: several pieces
GOOD = PublishedFile(
    name="net.pth",
    title="the net's weights",
    url="https://weights.invalid/net.pth",
    sha256=hashlib.sha256(DATA).hexdigest()[:8],
)


class Server(ThreadingHTTPServer):
    """Serves ``body`` below ``/net.pth``; says it is ``length`` bytes long; redirects below ``/moved``."""

    daemon_threads = True
    body = DATA
    length: int | None = None
    asked = 0

    def open(self, url: str, seconds: float) -> Any:
        """In place of what opens https: the same path at this server."""
        path = url.removeprefix("https://weights.invalid")
        return urllib.request.urlopen(f"http://127.0.0.1:{self.server_port}{path}", timeout=seconds)


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked += 1
        if self.path != "/net.pth":
            self.send_error(404)
            return
        self.send_response(200)
        length = len(self.server.body) if self.server.length is None else self.server.length
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("BRUSHPASS_OFFLINE", raising=False)


class Listener(SilentReporter):
    """Keeps what was told; asks to stop after ``patience`` events."""

    def __init__(self, patience: int = 10**6) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.patience = patience

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def cancelled(self) -> bool:
        return len(self.events) >= self.patience


def fetch(folder: Path, open_url: Callable[[str, float], Any], file: PublishedFile = GOOD) -> Path:
    return fetch_published(file, reporter=SilentReporter(), folders=[folder], open_url=open_url)


def test_a_download_comes_whole_with_its_progress_and_only_once(tmp_path: Path, server: Server) -> None:
    listener = Listener()
    folders = [tmp_path / "shared", tmp_path / "own" / "weights"]
    path = fetch_published(GOOD, reporter=listener, folders=folders, open_url=server.open)
    assert path == folders[1] / "net.pth"
    assert path.read_bytes() == DATA
    assert {event.data["stage"] for event in listener.events} == {"download"}
    done = [event.data["done"] for event in listener.events]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, len(DATA) >> 10)
    assert {event.data["total"] for event in listener.events} == {len(DATA) >> 10}
    assert fetch_published(GOOD, reporter=listener, folders=folders, open_url=server.open) == path
    assert server.asked == 1


@pytest.mark.parametrize(
    ("body", "length", "sentence"),
    [
        (DATA[:-100], len(DATA), "the connection ended after"),
        (DATA[:-100], None, "its hash differs"),
        (DATA[:-1] + b"!", None, "its hash differs"),
    ],
)
def test_what_is_not_the_file_never_gets_its_name(
    tmp_path: Path, server: Server, body: bytes, length: int | None, sentence: str
) -> None:
    server.body, server.length = body, length
    with pytest.raises(InputError, match=sentence) as caught:
        fetch(tmp_path, server.open)
    assert f"fetch net.pth from {GOOD.url} and put it into {tmp_path}" in caught.value.sentence()
    assert not list(tmp_path.iterdir())


def test_more_than_the_known_size_is_not_taken(tmp_path: Path, server: Server) -> None:
    small = PublishedFile(name=GOOD.name, title="the net", url=GOOD.url, sha256=GOOD.sha256, size=1000)
    with pytest.raises(InputError, match="more than the file holds"):
        fetch(tmp_path, server.open, small)
    assert not list(tmp_path.iterdir())


def test_a_missing_page_and_a_refused_connection_say_what_to_do(tmp_path: Path, server: Server) -> None:
    gone = PublishedFile(name="gone.pth", title="the net", url="https://weights.invalid/gone.pth", sha256="0" * 8)
    with pytest.raises(InputError, match=r"404.*fetch gone\.pth from https://weights\.invalid/gone\.pth"):
        fetch(tmp_path, server.open, gone)

    def refused(url: str, seconds: float) -> Any:
        # Port 9 of this machine: nothing listens.
        return urllib.request.urlopen("http://127.0.0.1:9/", timeout=seconds)

    with pytest.raises(InputError, match=r"could not be downloaded.*fetch net\.pth"):
        fetch(tmp_path, refused)
    assert not list(tmp_path.iterdir())


def test_cancelling_stops_in_the_middle_and_leaves_nothing(tmp_path: Path, server: Server) -> None:
    listener = Listener(patience=2)
    with pytest.raises(CancelledByUser):
        fetch_published(GOOD, reporter=listener, folders=[tmp_path], open_url=server.open)
    assert 0 < listener.events[-1].data["done"] < len(DATA) >> 10
    assert not list(tmp_path.iterdir())


def test_offline_nothing_is_tried(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRUSHPASS_OFFLINE", "1")
    with pytest.raises(InputError, match=r"BRUSHPASS_OFFLINE is set: fetch net\.pth from https"):
        fetch(tmp_path, server.open)
    assert server.asked == 0
    (tmp_path / "net.pth").write_bytes(DATA)
    assert fetch(tmp_path, server.open) == tmp_path / "net.pth"


def test_files_at_hand_are_taken_in_their_order(tmp_path: Path, server: Server) -> None:
    hub = Path(torch.hub.get_dir()) / "checkpoints"
    hub.mkdir(parents=True)
    (hub / "net.pth").write_bytes(DATA[:-1])
    folder = tmp_path / "weights"
    assert fetch(folder, server.open) == folder / "net.pth", "a damaged file of torch hub's was taken"
    (hub / "net.pth").write_bytes(DATA)
    (folder / "net.pth").unlink()
    assert fetch(folder, server.open) == hub / "net.pth"
    (folder / "net.pth").write_bytes(b"something else")
    with pytest.raises(InputError, match=r"net\.pth is damaged, or not the net's weights"):
        fetch(folder, server.open)
    mine = tmp_path / "mine.safetensors"
    with pytest.raises(InputError, match="not at"):
        fetch_published(GOOD, reporter=SilentReporter(), given=mine)
    mine.touch()
    assert fetch_published(GOOD, reporter=SilentReporter(), given=mine) == mine


def test_what_only_a_person_can_fetch_names_the_page(tmp_path: Path, server: Server) -> None:
    manual = PublishedFile(name="hand.pth", title="the net", page="https://example.invalid/page")
    with pytest.raises(InputError, match=r"by hand: fetch hand\.pth from https://example\.invalid/page"):
        fetch(tmp_path, server.open, manual)


def test_folders_of_the_environment_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRUSHPASS_WEIGHTS", str(tmp_path))
    assert weights_folders()[0] == tmp_path
    assert weights_folders()[-1].name == "weights"
    assert len(weights_folders()) == 2


@pytest.mark.parametrize("url", ["http://a.invalid/x.pth", "file:///etc/passwd", "ftp://a.invalid/x.pth"])
def test_only_https_is_ever_asked(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        PublishedFile(name="x.pth", title="x", url=url, sha256="0" * 8)


def test_a_download_without_a_hash_and_a_name_with_a_path_are_refused() -> None:
    with pytest.raises(ValueError, match="hash"):
        PublishedFile(name="x.pth", title="x", url="https://a.invalid/x.pth")
    with pytest.raises(ValueError, match="plain"):
        PublishedFile(name="../x.pth", title="x")


@pytest.mark.parametrize("target", ["http://127.0.0.1:9/net.pth", "file:///etc/passwd"])
def test_a_redirection_away_from_https_is_not_followed(target: str) -> None:
    request = urllib.request.Request(GOOD.url)
    with pytest.raises(urllib.error.URLError, match="insecure"):
        published._SecureRedirects().redirect_request(request, None, 302, "Found", {}, target)
    followed = published._SecureRedirects().redirect_request(request, None, 302, "Found", {}, GOOD.url + "?2")
    assert followed.full_url == GOOD.url + "?2"


@pytest.mark.parametrize("weights", [MaskRCNN_ResNet50_FPN_V2_Weights.COCO_V1, Raft_Small_Weights.C_T_V2])
def test_torchvisions_files_carry_their_hash(weights: Any) -> None:
    file = torchvision_file(weights, "weights")
    assert file.url == weights.url
    assert file.name == weights.url.split("/")[-1]
    assert f"-{file.sha256}.pth" in file.url

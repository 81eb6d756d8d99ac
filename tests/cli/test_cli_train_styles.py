"""``nst train`` on a folder of paintings, as programs call it: titles, taken names, stopping with the caller."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from nst_process import PATIENCE, Nst, make_nst, sentence
from training.training_files import write_distilled, write_pictures

from nst_backend.contract.errors import ExitCode
from nst_backend.styles.card import read_card
from nst_backend.styles.library import StyleLibrary


@pytest.fixture
def nst(tmp_path: Path) -> Nst:
    """A style to join, a painting, photographs and a loss network."""
    made = make_nst(tmp_path)
    write_pictures(tmp_path / "photos")
    write_pictures(tmp_path / "harbour", count=1)
    (tmp_path / "harbour" / "photo0.png").rename(tmp_path / "harbour" / "harbour.png")
    write_distilled(tmp_path / "encoder.safetensors")
    return made


def words(*more: str, steps: int = 2) -> tuple[str, ...]:
    shared = ("--photos", "photos", "--loss-network", "encoder.safetensors", "--joins", "swirl", "-o", "styles")
    return ("train", "--paintings", "harbour", *shared, "--crop", "64", "--steps", str(steps), *more)


def test_people_read_the_title_and_the_artist(nst: Nst) -> None:
    told = ("--title", "harbour=The Harbour, Dusk", "--artist", "Hokusai", "--licence", "hers")
    result = nst(*words(*told))
    assert result.returncode == ExitCode.DONE, result.stderr
    style = StyleLibrary([nst.folder / "styles"]).find("harbour")
    assert (style.card.title, style.card.index) == ("The Harbour, Dusk", 1)
    assert (style.card.artwork.artist, style.card.artwork.licence) == ("Hokusai", "hers")
    assert style.load().config.styles == 2
    assert style.thumbnail is not None


def test_a_style_of_that_name_stays(nst: Nst) -> None:
    assert nst(*words()).returncode == ExitCode.DONE
    files = {path: path.read_bytes() for path in (nst.folder / "styles").iterdir()}
    # The same training again is not another style.
    assert nst(*words()).returncode == ExitCode.DONE
    refused = nst(*words("--run", "other", steps=3))
    assert refused.returncode == ExitCode.USAGE
    assert "a style 'harbour' is in styles: rename the painting" in sentence(refused)
    assert {path: path.read_bytes() for path in (nst.folder / "styles").iterdir()} == files


def test_a_network_of_that_name_stays(nst: Nst) -> None:
    (nst.folder / "styles" / "harbour.safetensors").write_bytes(b"somebody's")
    assert "a network 'harbour.safetensors' is in styles" in sentence(nst(*words()))
    assert (nst.folder / "styles" / "harbour.safetensors").read_bytes() == b"somebody's"


def test_it_stops_with_its_caller_and_goes_on(nst: Nst) -> None:
    command = nst.command(*words("--progress", "json", "--stop-with-caller", steps=4000))
    child = subprocess.Popen(
        command, cwd=nst.folder, env=nst.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    first = json.loads(child.stdout.readline())
    assert (first["event"], first["done"], first["total"]) == ("progress", 1, 4000)
    told, _ = child.communicate(timeout=PATIENCE)
    last = json.loads(told.splitlines()[-1])
    assert child.returncode == ExitCode.CANCELLED
    assert last["kind"] == "cancelled"
    assert (nst.folder / "harbour.training" / "state.pt").is_file()
    steps = [json.loads(line)["step"] for line in (nst.folder / "harbour.training" / "log.jsonl").open()]
    more = nst(*words("--progress", "json", "--until", str(steps[-1] + 2), steps=4000))
    assert more.returncode == ExitCode.DONE, more.stderr
    assert json.loads(more.stdout.splitlines()[0])["done"] == steps[-1] + 1
    assert read_card(nst.folder / "styles" / "harbour.style.json").extra["steps"] == steps[-1] + 2


def test_the_state_is_saved_where_the_caller_is_gone(nst: Nst) -> None:
    command = nst.command(*words("--progress", "json", "--stop-with-caller", steps=4000))
    with subprocess.Popen(
        command, cwd=nst.folder, env=nst.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        child.stdin.close()
        child.stdout.close()
        child.wait(PATIENCE)
    assert (nst.folder / "harbour.training" / "state.pt").is_file()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--title", "harbor=Harbour"), "--title is given for 'harbor', which is no painting: did you mean 'harbour'?"),
        (("--title", "harbour"), "--title is 'harbour': write NAME=TEXT"),
        (("--joins", "swril"), "no style is named 'swril': did you mean 'swirl'?"),
    ],
)
def test_what_cannot_be_is_one_sentence(nst: Nst, given: tuple[str, ...], said: str) -> None:
    result = nst(*words(*given))
    assert result.returncode == ExitCode.USAGE
    assert said in sentence(result)


def test_options_of_paintings_do_not_go_with_a_recipe(nst: Nst) -> None:
    result = nst("train", "recipe.json", "--paintings", "harbour", "--photos", "photos", "--artist", "Hokusai")
    assert "--artist does not go with a recipe" in sentence(result)


def test_the_loss_network_is_fetched_on_request_only(nst: Nst) -> None:
    command = ("train", "--paintings", "harbour", "--photos", "photos", "--joins", "swirl")
    assert "no loss network is given and this machine has no VGG-19" in sentence(nst(*command))
    offline = nst(*command, "--fetch-loss-network", BRUSHPASS_OFFLINE="1")
    assert offline.returncode == ExitCode.INPUT
    assert "vgg19-dcbb9e9d.pth" in sentence(offline)
    assert "fetch vgg19-dcbb9e9d.pth from https://download.pytorch.org" in sentence(offline)

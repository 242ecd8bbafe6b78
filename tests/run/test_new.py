"""`segments new`: a file that loads, never overwritten; a key outside the repository, made once, for its owner only."""

import stat
import subprocess
import sys
import time

import pytest

from lib.contracts import UserError
from lib.product import read_product
from lib.run.new import _key as make_key, new
from tests.propose.exports import write
from tests.run.conftest import Workspace


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A workspace with a shop's export, what the command said, and the seconds it took."""
    workspace = Workspace(tmp_path_factory.mktemp("new") / "space")
    write("shop", workspace.root / "data" / "shop")
    began = time.monotonic()
    told = run(workspace, "shop")
    return workspace, told, time.monotonic() - began


def run(workspace: Workspace, *arguments: str):
    """The command with its keys beside the workspace."""
    config = {"XDG_CONFIG_HOME": str(workspace.root.parent / "config")}
    return subprocess.run([sys.executable, "-m", "lib.run.commands", "new", *arguments], capture_output=True, text=True,
                          timeout=400, env=workspace.environment | config)


def key(workspace: Workspace, product: str):
    return workspace.root.parent / "config" / "segments" / f"{product}.key"


def test_it_writes_a_file_that_loads_and_says_what_is_next(done):
    workspace, told, seconds = done
    assert told.returncode == 0, told.stderr
    settings = read_product(workspace.root / "products" / "shop.yml")
    assert settings.sources["transactions"].path == "data/shop/bestellungen.csv" and settings.is_draft
    assert "segments check shop" in told.stdout and "data_protection.owner" in told.stdout
    assert len(told.stdout.splitlines()) < 40 and seconds < 60


def test_the_key_is_outside_and_for_its_owner_only(done):
    workspace, told, _ = done
    path = key(workspace, "shop")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and len(path.read_text().strip()) == 64
    assert path.read_text().strip() not in told.stdout + (workspace.root / "products" / "shop.yml").read_text()


def test_no_key_is_made_inside_the_repository(monkeypatch, tmp_path):
    monkeypatch.setattr("lib.run.new.ROOT", tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    with pytest.raises(UserError, match="inside the repository"):
        make_key("acme")
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten_unless_forced_and_the_key_stays(done):
    workspace, _, _ = done
    path, before = workspace.root / "products" / "shop.yml", key(workspace, "shop").read_text()
    path.write_text("mine\n")
    refused = run(workspace, "shop")
    assert refused.returncode == 2 and "--force" in refused.stderr and path.read_text() == "mine\n"
    assert run(workspace, "shop", "--force").returncode == 0
    assert path.read_text() != "mine\n" and key(workspace, "shop").read_text() == before


def test_without_files_it_says_where_they_go_and_which_help():
    with pytest.raises(UserError) as told:
        new("nothing-there")
    assert "data/nothing-there/" in str(told.value) and "orders or invoices" in str(told.value)


def test_files_without_activity_are_named_with_what_they_were_taken_for(done):
    workspace, _, _ = done
    folder = workspace.root / "data" / "shapes"
    folder.mkdir(parents=True)
    (folder / "colours.csv").write_text("colour,hex\nred,f00\nblue,00f\n")
    (folder / "broken.xlsx").write_bytes(b"no workbook")
    told = run(workspace, "shapes")
    assert told.returncode == 2 and "colours.csv" in told.stderr and "broken.xlsx" in told.stderr
    assert not (workspace.root / "products" / "shapes.yml").exists()


@pytest.mark.parametrize("product", ["../up", "Shop", "con", "work", "a b"])
def test_an_id_that_is_none_is_refused(product):
    with pytest.raises(UserError, match="no product id"):
        new(product)

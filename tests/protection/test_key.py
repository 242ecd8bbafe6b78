"""The key of pseudonyms: from outside the repository or not at all; the public one for published data only."""

import pytest

from lib import sources
from lib.contracts import Blocked, UserError
from lib.paths import ROOT, key_file
from lib.product import Product, load_product
from lib.sources import PUBLIC_KEY
from lib.sources.declared import pseudonym_key
from lib.sources.erased import erased_list, erased_marks

OWN = "0123456789abcdef" * 4


@pytest.fixture
def keyless(monkeypatch, tmp_path):
    """No key anywhere; a function that puts one into the product's own file."""
    for name in ("SEGMENTS_KEY", "SEGMENTS_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def put(text: str):
        path = key_file("acme")
        path.parent.mkdir(parents=True)
        path.write_text(text)

    return put


def test_no_key_is_a_stop_and_never_a_fallback(keyless, minimal):
    with pytest.raises(UserError, match="no key"):
        sources.rules(Product.model_validate(minimal | {"public_data": False}))


def test_the_products_own_file_is_found_and_the_environment_comes_first(keyless, monkeypatch, tmp_path):
    keyless(OWN + "\n")
    assert pseudonym_key("acme", False) == OWN.encode()
    (tmp_path / "other").write_text("f" * 64)
    monkeypatch.setenv("SEGMENTS_KEY_FILE", str(tmp_path / "other"))
    assert pseudonym_key("acme", False) == b"f" * 64
    monkeypatch.setenv("SEGMENTS_KEY", "e" * 64)
    assert pseudonym_key("acme", False) == b"e" * 64


@pytest.mark.parametrize("key, said", [(PUBLIC_KEY.decode(), "public sample key"), ("tooweak", "shorter than")])
def test_a_key_that_protects_nobody_is_refused(keyless, monkeypatch, key, said):
    monkeypatch.setenv("SEGMENTS_KEY", key)
    with pytest.raises(UserError, match=said):
        pseudonym_key("acme", False)
    monkeypatch.delenv("SEGMENTS_KEY")
    keyless(key)
    with pytest.raises(UserError, match=said) as refusal:
        pseudonym_key("acme", False)
    assert key not in str(refusal.value)


@pytest.mark.parametrize("place, said", [(str(ROOT / "README.md"), "inside the repository"),
                                         ("/no/such/key", "names no file")])
def test_a_key_in_the_repository_or_nowhere_is_refused(keyless, monkeypatch, place, said):
    monkeypatch.setenv("SEGMENTS_KEY_FILE", place)
    with pytest.raises(UserError, match=said):
        pseudonym_key("acme", False)


def test_only_what_is_declared_public_has_the_public_key(shipped_products):
    assert len(shipped_products) >= 3
    for product in shipped_products:
        assert load_product(product).public_data, "a shipped product is synthetic or published"
    assert pseudonym_key("acme", True) == PUBLIC_KEY


@pytest.mark.parametrize("content, said", [
    ('{"key_id": "00000000", "marks": ["a"], "rerun": []}', "another key"),
    ("{", "cannot be read"), ("[]", "cannot be read"),
    ('{"marks": []}', "cannot be read")])
def test_a_list_of_the_erased_that_cannot_be_used_blocks(monkeypatch, tmp_path, content, said):
    monkeypatch.setattr("lib.sources.erased.WORK", tmp_path)
    assert erased_marks("acme", "12345678") == frozenset()
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "erased.json").write_text(content)
    with pytest.raises(Blocked, match=said):
        erased_marks("acme", "12345678")


def test_a_list_with_nobody_in_it_asks_for_no_key(monkeypatch, tmp_path):
    monkeypatch.setattr("lib.sources.erased.WORK", tmp_path)
    assert erased_list("acme") == {"product": "acme", "key_id": "", "marks": [], "rerun": []}

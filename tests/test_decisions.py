"""What only a person can decide: blank means draft, two blanks stop a run, and nothing else is asked for."""

import pandas as pd
import pytest
import yaml

from lib import paths, product
from lib.contracts import UserError
from lib.product import Product, load_product
from lib.strategy.plan import withheld

PROTECTION = ("owner", "purpose", "lawful_basis")


def test_a_file_in_which_all_is_decided_is_no_draft(minimal):
    settings = Product.model_validate(minimal)
    assert settings.undecided == [] and not settings.is_draft


@pytest.mark.parametrize(("change", "key"), [
    *((lambda c, k=k: c["data_protection"].update({k: ""}), f"data_protection.{k}") for k in PROTECTION),
    (lambda c: c["data_protection"].update(retention_days=0), "data_protection.retention_days"),
    (lambda c: c.update(why_now=""), "why_now"), (lambda c: c.update(currency="XXX"), "currency"),
    (lambda c: c["icps"][1].update(state="draft"), "icps[1]")])
def test_one_blank_makes_a_draft_that_may_run(minimal, change, key):
    change(minimal)
    settings = Product.model_validate(minimal)
    assert [(d.key, d.blocks) for d in settings.undecided] == [(key, False)] and settings.is_draft


@pytest.mark.parametrize(("change", "key"), [
    (lambda c: c.update(as_of=""), "as_of"), (lambda c: c.update(as_of=None), "as_of"),
    (lambda c: c["sources"]["transactions"].update(dates=""), "sources.transactions.dates")])
def test_without_a_day_or_a_format_nothing_runs(minimal, change, key, tmp_path, monkeypatch):
    change(minimal)
    monkeypatch.setattr(product, "PRODUCTS", tmp_path)
    (tmp_path / "acme.yml").write_text(yaml.safe_dump(minimal), encoding="utf-8")
    with pytest.raises(UserError, match="not decided yet") as refused:
        load_product("acme")
    assert key in refused.value.what and "segments check acme" in refused.value.fix
    assert [d.key for d in load_product("acme", decided=False).undecided] == [key]


def test_jobs_and_pains_of_a_draft_are_asked_for(minimal):
    minimal["icps"][0] |= {"state": "draft", "jobs": ["get it done"], "pains": []}
    (decision,) = Product.model_validate(minimal).undecided
    assert "pains are blank" in decision.what and "jobs" not in decision.what


def test_a_draft_exports_no_audience(people):
    assert "drafts or open decisions" in withheld(people, draft=True)
    assert withheld(people, draft=False) == ""


@pytest.fixture
def people():
    return pd.DataFrame({"customer_key": ["a"]})


def test_the_key_is_kept_in_the_users_own_configuration(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert paths.key_file("acme") == tmp_path / "segments" / "acme.key"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert paths.key_file("acme").parts[-3:] == (".config", "segments", "acme.key")

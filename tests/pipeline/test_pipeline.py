"""The whole chain on products with known truth: found where planted, refused where hopeless, safe where hostile."""

import json
import os
import re
import shutil
import subprocess
import sys

import jsonschema
import pandas as pd
import pytest
import yaml
from sklearn.metrics import adjusted_rand_score

from lib.paths import ROOT
from lib.report.numbers import Format
from lib.report.safety import check_page
from lib.segments.far import far_out
from lib.segments.model import assign
from tests.pipeline.conftest import AS_OF, raw_identifiers
from tests.pipeline.outputs import artefacts, shown
from tests.protection.search import strings_of
from tests.report.page_reader import Page, code_like, unexplained, visible

SEGMENTED = ("meals", "teamflow", "meals-no-structure", "hostile")
PAGES = ("01", "02", "03", "04", "05", "06")


def test_each_product_ends_as_it_should(batch):
    states = {product: outcome["state"] for product, outcome in batch.outcomes.items()}
    assert states == {**dict.fromkeys(SEGMENTED, "published"), "meals-n60": "refused"}, batch.err[-3000:]
    assert batch.code == 3


@pytest.mark.parametrize("product", ["meals", "teamflow", "meals-no-structure", "meals-n60"])
def test_no_page_shows_what_reads_as_code(batch, product):
    """Where a figure comes from is said as the product file says it, whatever that is."""
    settings = yaml.safe_load((batch.root / "products" / f"{product}.yml").read_text(encoding="utf-8"))
    rows = [*settings.get("icps", []), *settings["strategy"].get("assumptions", [])]
    own = {row["source"] for row in rows}
    for page in sorted(batch.reports(product).glob("*.html")):
        texts = [text for text in visible(page.read_text(encoding="utf-8")) if text.strip() not in own]
        assert texts and not [(page.name, text) for text in texts if code_like(text)]


@pytest.mark.parametrize("product", SEGMENTED)
def test_a_whole_set_is_published(batch, product):
    folder = batch.reports(product)
    assert {p.name[:2] for p in folder.glob("0*.html")} == set(PAGES)
    assert {"report.html", "report.xlsx", "summary.json", "run.json"} <= {p.name for p in folder.iterdir()}
    assert f"{product}/" in (batch.root / "reports" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("product", "segments"), [("meals", 4), ("teamflow", 4)])
def test_the_planted_segments_are_found(batch, truth, product, segments):
    """Adjusted Rand index among members of the planted segments that the clusters hold."""
    found = batch.artefact(product, "assignments").set_index("customer_key")["segment"]
    planted = truth(product)
    planted = planted[~planted["segment"].isin(["once", "never", "outside"]) & (planted["left"] == "no")]["segment"]
    both = planted.to_frame("planted").join(found.rename("found"), how="inner")
    both = both[both["found"] != "outside"]
    assert len(both) >= 0.8 * len(planted)
    assert adjusted_rand_score(both["planted"], both["found"]) >= 0.8
    assert batch.summary(product)["structure_choice"]["k"] <= planted.nunique(), "more natural groups than were planted"
    assert both["planted"].nunique() == segments


@pytest.mark.parametrize("product", ["meals", "teamflow"])
def test_each_planted_segment_is_one_of_the_found_and_hardly_anything_else(batch, truth, product):
    """Recall and precision of every planted segment by itself: the index over all forgives a small one that is lost."""
    found = batch.artefact(product, "assignments").set_index("customer_key")["segment"]
    planted = truth(product)
    planted = planted[~planted["segment"].isin(["once", "never", "outside"]) & (planted["left"] == "no")]["segment"]
    both = planted.to_frame("planted").join(found.rename("found"), how="inner")
    counts = pd.crosstab(both["planted"], both["found"]).drop(columns="outside", errors="ignore")
    stands = counts.idxmax(axis=1)
    assert stands.is_unique, "two planted segments in one"
    hits = pd.Series({p: counts.loc[p, f] for p, f in stands.items()})
    recall, precision = hits / both["planted"].value_counts(), hits / stands.map(counts.sum())
    assert recall.min() >= 0.8 and precision.min() >= 0.8, (recall, precision)


@pytest.mark.parametrize(("product", "agreement"), [("meals", 0.8), ("teamflow", 0.7)])
def test_the_planted_user_types_are_found(batch, truth, product, agreement):
    """Types by the true rates of customers; ours count active days. Casual and Power are never taken for each other."""
    found = batch.artefact(product, "user_types").set_index("customer_key")["user_type"]
    both = truth(product, "user_types")["user_type"].to_frame("planted").join(found.rename("found"), how="inner")
    rated = both[both["found"].isin(["Casual", "Core", "Power"]) & both["planted"].isin(["Casual", "Core", "Power"])]
    assert len(rated) >= 0.8 * len(both) and (rated["planted"] == rated["found"]).mean() >= agreement
    apart = rated[(rated["planted"] != "Core") & (rated["found"] != "Core")]
    assert (apart["planted"] == apart["found"]).all() and apart["planted"].nunique() == 2


@pytest.mark.parametrize(("product", "dimension"), [("meals", "frequency"), ("teamflow", "breadth")])
def test_the_planted_dimension_leads_engagement(batch, product, dimension):
    table = batch.artefact(product, "engagement_framework").set_index("dimension")
    assert table.loc[dimension, "relevance"] == "Primary"


def test_groups_that_exist_are_called_natural_and_a_cloud_is_not(batch):
    claims = {product: batch.summary(product)["structure_choice"]["claim"] for product in SEGMENTED[:3]}
    assert claims["meals"] == claims["teamflow"] == "natural"
    assert claims["meals-no-structure"] != "natural"


def test_the_base_of_sixty_is_refused_with_the_number_needed(batch):
    summary = batch.summary("meals-n60")
    assert summary["verdict"] == "no-go"
    assert "not_measured" in summary["segments"]
    page = Page((batch.reports("meals-n60") / "report.html").read_text(encoding="utf-8")).root.text
    assert "not segmented" in page.lower()
    assert re.search(r"\d+ customers", " ".join(summary["needed"]))
    assert not list(batch.reports("meals-n60").glob("04*.html"))


def test_planted_effects_have_their_sign_and_targeting_is_never_uplift(batch):
    table = batch.artefact("meals", "uplift")
    voucher = table[(table["campaign"] == "voucher-2026") & (table["segment"] == "all")].set_index("outcome")
    assert voucher.loc["rate", "low"] > 0
    assert voucher["profit_high"].max() < 0
    winter = table[table["campaign"] == "winter-2025"]
    assert winter["uplift"].isna().all()


@pytest.mark.parametrize("product", [*SEGMENTED, "meals-n60"])
def test_every_number_of_the_report_is_in_its_summary(batch, product):
    summary = batch.summary(product)
    jsonschema.validate(summary, json.loads((ROOT / "docs/summary.schema.json").read_text()))
    html = (batch.reports(product) / "report.html").read_text(encoding="utf-8")
    assert not unexplained(html, summary, Format(summary["locale"], summary["currency"]))


@pytest.mark.parametrize("product", [*SEGMENTED, "meals-n60"])
def test_no_identifier_of_the_input_is_published(batch, product):
    ids = {i for i in raw_identifiers(batch.root / "data" / "sample" / product) if len(i) >= 5}
    assert len(ids) > 50
    spelt = re.compile(r"[A-Za-z0-9@._-]+")
    for path in sorted(batch.reports(product).iterdir()):
        text = re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "", strings_of(path))
        leaked = {word.strip(".-_") for word in spelt.findall(text)} & ids
        assert not leaked, f"{path.name}: {len(leaked)} identifiers"


@pytest.mark.parametrize("product", [*SEGMENTED, "meals-n60"])
def test_every_page_is_safe_and_light(batch, product):
    for path in sorted(batch.reports(product).glob("*.html")):
        html = path.read_text(encoding="utf-8")
        check_page(html)
        assert len(html.encode()) <= 1_500_000, path.name
        page = Page(html)
        assert len(page.of("h1")) == 1
        assert not page.of("script", "iframe", "form", "object", "base")
        assert all(len(image.attrs.get("alt", "")) > 20 for image in page.of("img"))


def test_the_ledger_balances_to_the_row_and_the_cent(batch):
    for product in SEGMENTED:
        ledger = batch.artefact(product, "ledger")
        for _, rows in ledger.groupby("source"):
            given, gone = rows[rows["state"] == "in"], rows[rows["state"] != "in"]
            assert given["rows"].sum() == gone["rows"].sum()
            assert given["amount"].fillna(0).sum() == gone["amount"].fillna(0).sum()


def test_without_the_evidence_files_every_human_cell_says_so(batch):
    """As a user would: survey, interviews and texts of this product were deleted, and it was run."""
    grid = batch.artefact("meals-no-structure", "grid")
    human = grid[grid["row"].isin(["pain points", "valued features", "CVP being utilised", "JTBD of the persona",
                                   "discovery"])]
    assert len(human) and (human["answer"] == "no evidence (0 sources)").all() and not human["evidence_ids"].any()
    assert batch.artefact("meals-no-structure", "validation")["verdict"].tolist() == ["validation pending"]
    summary = batch.summary("meals-no-structure")
    assert "not_measured" in summary["typing"]
    (page,) = batch.reports("meals-no-structure").glob("04*.html")
    text = page.read_text(encoding="utf-8")
    assert "no evidence (0 sources)" in text and "Validation pending" in text


@pytest.mark.parametrize(("product", "contrary", "honest", "unheard"), [
    ("meals", "quick", ("planners", "families"), "feasters"),
    ("teamflow", "specialists", ("platform", "projects"), "desks")])
def test_the_planted_contradiction_and_silence_come_out(batch, truth, product, contrary, honest, unheard):
    """One segment says the opposite of what it does, one was hardly heard; two say what they do."""
    found = batch.artefact(product, "assignments").set_index("customer_key")["segment"].rename("found")
    planted = truth(product)["segment"].to_frame("planted").join(found, how="inner")
    segment = planted[planted["found"] != "outside"].groupby("planted")["found"].agg(lambda s: s.mode()[0])
    checked = batch.artefact(product, "validation").set_index(["check", "group"])["verdict"]
    stated = "stated and observed frequency"
    assert checked[stated, segment[contrary]] == "contradicted"
    assert [checked[stated, segment[s]] for s in honest] == ["validated", "validated"]
    assert checked["coders and model", segment[unheard]] == "too few"


def test_respondents_who_are_no_customers_are_counted(batch):
    outside = batch.artefact("meals", "outside").set_index("reason")["n"]
    assert outside[outside.index.str.startswith("answered the survey")].sum() == 11


def test_few_questions_place_respondents_of_the_samples(batch):
    """The samples plant attitudes by segment, and words for how often."""
    for product in ("meals", "teamflow"):
        typing = batch.summary(product)["typing"]
        assert typing["gain_low"] > 0.1 and 1 <= len(typing["items"]) <= 6


def test_rules_and_names_can_be_read(batch):
    for product in SEGMENTED[:3]:
        segments = batch.artefact(product, "segments")
        assert segments["name"].is_unique and not segments["name"].str.contains(r"\d|[Cc]luster").any()
        assert segments["rule"].str.len().max() <= 200 and segments["rule"].str.count("; or ").max() <= 1


def test_everyone_is_somewhere(batch):
    for product in SEGMENTED:
        outside = batch.artefact(product, "outside")
        assigned = batch.artefact(product, "assignments")
        n = outside.groupby("state")["n"].sum()
        assert n["in segments"] + n.get("unassigned", 0) == len(assigned)
        sizes = assigned.loc[assigned["segment"] != "outside", "segment"].value_counts()
        assert batch.artefact(product, "segments").set_index("segment")["n"].to_dict() == sizes.to_dict()
        assert len(assigned) == batch.summary(product)["readiness"]["n_customers"]


def test_strategies_join_segments_one_to_one(batch):
    for product in SEGMENTED:
        segments = set(batch.artefact(product, "segments")["segment"])
        assert set(batch.artefact(product, "strategies")["segment"]) == segments
        assert set(batch.artefact(product, "targets")["segment"]) == segments


def test_audiences_hold_only_consenting_customers(batch):
    consents = batch.artefact("meals", "consents")
    allowed = {channel: set(rows["customer_key"]) for channel, rows in
               consents[consents["status"] == "granted"].groupby("channel")}
    marketing = set(consents[(consents["channel"] == "marketing") & (consents["status"] != "granted")]["customer_key"])
    files = sorted((batch.root / "data" / "work" / "meals" / "2026-06-30" / "audiences").glob("*.csv"))
    assert files
    for path in files:
        lines = path.read_bytes().decode("utf-8").split("\r\n")
        keys = {line.split(",")[0] for line in lines[1:] if line}
        channel = next(c for c in ("email", "push") if c in path.name)
        assert keys <= allowed.get(channel, allowed.get("marketing", set())), path.name
        assert not keys & marketing, path.name


def test_noise_is_mostly_people_planted_outside_every_segment(batch, truth):
    """Some 4 % of customers were planted far from every group; of those whom the model calls noise most are such."""
    features = batch.artefact("meals", "features")
    model = json.loads((batch.root / "data" / "work" / "meals" / AS_OF / "model.json").read_text(encoding="utf-8"))
    table = features.merge(assign(features, model), on="customer_key")
    noise = table.loc[far_out(table, model), "customer_key"]
    planted = truth("meals")["segment"]
    shares = [planted.reindex(keys).eq("outside").mean() for keys in (noise, table["customer_key"])]
    assert len(noise) >= 30 and shares[0] >= 0.5 and shares[1] <= 0.06


def test_figures_tables_and_artefacts_are_the_same_warm_and_cold(batch, tmp_path):
    """On the refused product: it has three notebooks only, and few customers."""
    product = "meals-n60"
    for name in ("notebooks", "products", f"data/sample/{product}"):
        shutil.copytree(batch.root / name, tmp_path / name)
    command = [sys.executable, "-m", "lib.run.commands", "run", product, "--cold"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"SEGMENTS_ROOT": str(tmp_path)}, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 3, done.stderr
    kernels = [json.loads((root / "reports" / product / AS_OF / "run.json").read_text())["kernels"]["warm"]
               for root in (batch.root, tmp_path)]
    assert kernels == [True, False]
    warm, cold = (root / "data/work" / product / AS_OF for root in (batch.root, tmp_path))
    assert artefacts(warm) == artefacts(cold) and len(artefacts(warm)) > 15
    books = sorted(p.name for p in (warm / "notebooks").iterdir())
    assert len(books) == 3
    for name in books:
        for number, (one, other) in enumerate(zip(shown(warm / "notebooks" / name), shown(cold / "notebooks" / name),
                                                  strict=True)):
            assert one == other, f"{name}, output {number}"
    assert sum("image/png" in output for name in books for output in shown(warm / "notebooks" / name)) >= 5

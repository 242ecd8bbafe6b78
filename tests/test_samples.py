"""The shipped samples: made again byte for byte, and every planted item found in the files by other means.

Nothing here uses lib's analysis: pandas, NumPy and scikit-learn read the files as anyone would.
"""

import gzip
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.linear_model import RidgeCV
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler

from lib.product import load_product, read_product

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
import make_sample  # noqa: E402

MEALS, TEAM = ROOT / "data/sample/meals", ROOT / "data/sample/teamflow"
FROM, TO = pd.Timestamp("2025-07-01"), pd.Timestamp("2026-07-01")  # the year up to the as-of day
LATENT = {
    "meals": ["planners", "quick", "feasters", "families"],
    "teamflow": ["platform", "specialists", "projects", "desks"],
}
VARIANTS = ["no-structure", "n60", "no-amounts", "no-voices", "one-period", "launch", "srm", "other-language"]


def truth(product: str, name: str) -> pd.DataFrame:
    return pd.read_csv(ROOT / "tests/truth" / product / f"truth_{name}.csv")


def parameter(product: str, name: str) -> str:
    return truth(product, "parameters").set_index("parameter")["value"][name]


def today(product: str) -> pd.Series:
    labels = truth(product, "segments")
    return labels[labels["period"] == "2026-06-30"].set_index("customer_id")["segment"]


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    """Meals: order lines that can be read, of known customers, each once."""
    lines = pd.read_csv(MEALS / "order_lines.csv").drop_duplicates()
    moment = pd.to_datetime(lines["ordered_at"].str.slice(0, 19), errors="coerce")
    amount = pd.to_numeric(lines["amount"], errors="coerce")
    return lines.assign(when=moment, amount=amount).dropna(subset=["when", "amount"])


@pytest.fixture(scope="module")
def use() -> dict[str, pd.DataFrame]:
    """Use by customer, day and feature as it is called, under one set of names."""
    called = pd.read_csv(MEALS / "feature_names.csv").set_index("code")["called"]
    named = pd.read_csv(TEAM / "modulnamen.csv", sep=";").set_index("Kennung")["Bezeichnung"]
    meals = pd.read_csv(MEALS / "events.csv.gz")
    team = pd.read_csv(TEAM / "nutzung_taeglich.csv.gz", sep=";")
    return {
        "meals": pd.DataFrame(
            {
                "customer": meals["customer_id"],
                "day": pd.to_datetime(meals["ts"]).dt.normalize(),
                "feature": meals["feature_id"].map(called),
                "value": meals["duration"],
            }
        ),
        "teamflow": pd.DataFrame(
            {
                "customer": team["Konto"],
                "day": pd.to_datetime(team["Tag"], format="%d.%m.%Y"),
                "feature": team["Modul"].map(named),
                "value": team["Anzahl"],
            }
        ),
    }


def habits(rows: pd.DataFrame, begin, end) -> pd.DataFrame:
    inside = rows[(rows["day"] >= begin) & (rows["day"] < end)].groupby("customer")
    days = inside["day"].nunique()
    return pd.DataFrame(
        {"breadth": inside["feature"].nunique(), "depth": inside["value"].sum() / days, "frequency": days}
    )


# --- made again ---------------------------------------------------------------------------------------------------


def make(*arguments: str) -> None:
    make_sample.main(list(arguments))


def contents(folder: Path) -> dict[str, bytes]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {
        str(p.relative_to(folder)): gzip.decompress(p.read_bytes()) if p.suffix == ".gz" else p.read_bytes()
        for p in files
    }


def test_the_committed_files_are_what_the_generator_makes(tmp_path):
    make("--out", str(tmp_path))
    for product in ("meals", "teamflow"):
        assert contents(tmp_path / "data/sample" / product) == contents(ROOT / "data/sample" / product)
        assert contents(tmp_path / "truth" / product) == contents(ROOT / "tests/truth" / product)


def test_another_seed_draws_other_customers(tmp_path):
    for seed in ("1", "2"):
        make("--out", str(tmp_path / seed), "--size", "ci", "--seed", seed, "--product", "meals")
    one, two = (contents(tmp_path / s / "data") for s in ("1", "2"))
    assert list(one) == list(two)
    assert one["sample/meals/customers.csv"] != two["sample/meals/customers.csv"]


def test_nothing_in_lib_or_notebooks_knows_the_truth_or_the_generator():
    for path in [*(ROOT / "lib").rglob("*.py"), *(ROOT / "notebooks").glob("*.ipynb")]:
        text = path.read_text(encoding="utf-8")
        for secret in ("truth_", "tests/truth", "make_sample", *LATENT["meals"], *LATENT["teamflow"]):
            # words that are ordinary English are secret only when quoted as a label
            assert (f'"{secret}"' if secret.isalpha() else secret) not in text, f"{path.name} mentions {secret}"


@pytest.mark.parametrize(
    ("path", "rows", "tolerance"),
    [
        (MEALS / "customers.csv", 3000, 0.01),
        (MEALS / "order_lines.csv", 40_000, 0.1),
        (MEALS / "events.csv.gz", 140_000, 0.15),
        (MEALS / "features.csv", 20, 0),
        (MEALS / "survey.csv", 450, 0),
        (MEALS / "interviews.csv", 24, 0),
        (MEALS / "feedback_text.csv", 1500, 0),
        (TEAM / "konten.csv", 420, 0.01),
        (TEAM / "nutzer.csv", 6500, 0.05),
        (TEAM / "rechnungen.csv", 7500, 0.2),
        (TEAM / "nutzung_taeglich.csv.gz", 120_000, 0.25),
        (TEAM / "module.csv", 30, 0),
        (TEAM / "chancen.csv", 900, 0),
        (TEAM / "tickets.csv", 3000, 0),
        (TEAM / "nps.csv", 500, 0),
        (TEAM / "interviews.csv", 18, 0),
        (TEAM / "zuteilung.csv", 420, 0),
    ],
)
def test_rows_are_about_as_many_as_announced(path, rows, tolerance):
    found = len(pd.read_csv(path, sep=";" if path.is_relative_to(TEAM) else ","))
    assert abs(found - rows) <= tolerance * rows


# --- planted items (1) to (11) ------------------------------------------------------------------------------------


@pytest.mark.parametrize("product", ["meals", "teamflow"])
def test_1_the_segments_are_far_enough_apart_for_fair_methods(product, use, orders):
    table = habits(use[product], FROM, TO)
    if product == "meals":
        year = orders[(orders["when"] >= FROM) & (orders["when"] < TO)].groupby("customer_id")
        table["basket"] = year["amount"].sum() / year["order_id"].nunique()
    table = table.join(today(product).rename("segment"))
    table = table[table["segment"].isin(LATENT[product])].dropna()
    points = StandardScaler().fit_transform(np.log(table.drop(columns="segment").clip(lower=0.5)))
    for labels in (
        KMeans(4, n_init=10, random_state=0).fit_predict(points),
        GaussianMixture(4, covariance_type="tied", n_init=5, random_state=0).fit_predict(points),
    ):
        assert adjusted_rand_score(table["segment"], labels) >= 0.85


@pytest.mark.parametrize("product", ["meals", "teamflow"])
def test_2_user_types_follow_the_stated_thresholds(product, use):
    settings = load_product(product)
    period, upper = (float(parameter(product, p)) for p in ("natural_period_days", "c2"))
    rows = use[product]
    window = rows[
        (rows["feature"] == settings.critical_event)
        & (rows["day"] > TO - pd.Timedelta(days=1 + 4 * period))
        & (rows["day"] < TO)
    ]
    rate = window.groupby("customer")["day"].nunique() / 4
    known = truth(product, "user_types").query("period == '2026-06-30'").set_index("customer_id")
    rate = rate.reindex(known.index).fillna(0)
    seen = np.select([rate < 1, rate < upper], ["Casual", "Core"], "Power")
    assert (seen == known["user_type"]).mean() >= 0.8
    declared = np.select(
        [known["per_natural_period"] < 1, known["per_natural_period"] < upper], ["Casual", "Core"], "Power"
    )
    assert (declared == known["user_type"]).all()
    assert set(known["user_type"]) == {"Casual", "Core", "Power"}


@pytest.mark.parametrize(("product", "days", "least"), [("meals", 28, 0.04), ("teamflow", 30, 0.15)])
def test_3_one_dimension_drives_the_next_period_and_the_others_are_decoys(product, days, least, use):
    rows, event = use[product], load_product(product).critical_event
    edges = [TO - pd.Timedelta(days=days * k) for k in (3, 2, 1, 0)]
    metrics = [np.log1p(habits(rows, a, b)) for a, b in zip(edges[:2], edges[1:3], strict=True)]
    done = [
        habits(rows[rows["feature"] == event], a, b)["frequency"] for a, b in zip(edges[1:3], edges[2:], strict=True)
    ]
    outcome = [np.log1p(y.reindex(x.index).fillna(0)) for x, y in zip(metrics, done, strict=True)]
    scale = StandardScaler().fit(metrics[0])
    model = RidgeCV().fit(scale.transform(metrics[0]), outcome[0])
    points = scale.transform(metrics[1])
    full, rng = model.score(points, outcome[1]), np.random.default_rng(0)
    loss = {}
    for j, name in enumerate(metrics[1]):
        shuffled = points.copy()
        shuffled[:, j] = rng.permutation(shuffled[:, j])
        loss[name] = full - model.score(shuffled, outcome[1])
    assert full >= least
    assert max(loss, key=loss.get) == parameter(product, "primary_dimension")
    correlation = metrics[1].corr().to_numpy()[np.triu_indices(3, 1)]
    assert np.abs(correlation).max() <= 0.75


@pytest.fixture(scope="module")
def campaign_results() -> pd.DataFrame:
    keys = ["campaign", "customer_id"]
    table = pd.read_csv(MEALS / "assignments.csv").merge(
        pd.read_csv(MEALS / "outcomes.csv"), on=keys, validate="one_to_one"
    )
    return table.merge(pd.read_csv(MEALS / "campaigns.csv"), on="campaign").join(
        today("meals").rename("segment"), on="customer_id"
    )


def rate_difference(table: pd.DataFrame) -> tuple[float, float]:
    """Difference of conversion, treated minus control, and its standard error."""
    by_arm = table.groupby("arm")["converted"].agg(["mean", "size"])
    error = np.sqrt((by_arm["mean"] * (1 - by_arm["mean"]) / by_arm["size"]).sum())
    return by_arm.loc["treated", "mean"] - by_arm.loc["control", "mean"], error


def test_4_effects_of_the_holdout_campaigns_are_positive_zero_and_negative(campaign_results):
    planted = truth("meals", "effects").set_index(["campaign", "segment"])["rate_uplift"]
    found = {}
    for (campaign, segment), table in campaign_results.groupby(["campaign", "segment"]):
        if len(table) >= 100 and table["arm"].nunique() == 2:
            found[campaign, segment], error = rate_difference(table)
            assert abs(found[campaign, segment] - planted[campaign, segment]) <= 3.5 * error
            if (campaign, segment) in (("nudge-2026", "planners"), ("nudge-2026", "quick")):
                assert abs(found[campaign, segment]) > 2.5 * error
    assert found["nudge-2026", "planners"] > 0.1 > -0.08 > found["nudge-2026", "quick"]
    assert planted["nudge-2026", "feasters"] == 0


def test_4_the_targeted_campaign_misleads_who_compares_naively(campaign_results):
    table = campaign_results[campaign_results["campaign"] == parameter("meals", "targeted_campaign")]
    assert set(table["randomised"]) == {"no"}
    by_arm = table.groupby("arm")[["spend", "spend_before"]].mean()
    naive, before = by_arm.loc["treated"] - by_arm.loc["control"]
    assert naive > 15 and before > 0.8 * naive  # the difference was there before
    drawn = (
        campaign_results[campaign_results["randomised"] == "yes"]
        .groupby(["campaign", "arm"])["spend_before"]
        .mean()
        .unstack()
    )
    assert ((drawn["treated"] / drawn["control"]).sub(1).abs() < 0.25).all()


def test_4_teamflow_is_drawn_by_account_and_underpowered():
    arms = pd.read_csv(TEAM / "zuteilung.csv", sep=";")
    assert arms["Konto"].is_unique and abs(arms["Gruppe"].value_counts().diff().iloc[1]) <= 1
    outcome = arms.merge(pd.read_csv(TEAM / "ergebnisse.csv", sep=";"), on=["Kampagne", "Konto"])
    outcome = outcome.assign(
        converted=outcome["Ausgebaut"] == "ja", arm=outcome["Gruppe"], segment=outcome["Konto"].map(today("teamflow"))
    )
    for segment, effect in truth("teamflow", "effects").set_index("segment")["rate_uplift"].items():
        if (members := outcome[outcome["segment"] == segment]).shape[0] >= 50:
            assert 2.8 * rate_difference(members)[1] > abs(effect)  # 80 % power would need a larger effect


@pytest.mark.parametrize("product", ["meals", "teamflow"])
def test_5_segments_migrate_and_go_stale_at_the_drift_date(product, use):
    labels = truth(product, "segments").pivot(index="customer_id", columns="period", values="segment")
    counted = labels.groupby(["2025-06-30", "2025-12-31"]).size()
    told = truth(product, "migration").query("period_before == '2025-06-30'").set_index(["before", "now"])["n"]
    assert counted.to_dict() == told.to_dict()
    drift = pd.Timestamp(parameter(product, "drift_date"))
    half = pd.Timedelta(days=90)
    spans = [(drift - 2 * half, drift - half), (drift - half, drift), (drift, drift + half)]
    depth = [habits(use[product], *span)["depth"] for span in spans]
    assert psi(depth[0], depth[1]) < 0.1
    assert psi(depth[1], depth[2]) > 0.25


def psi(before: pd.Series, now: pd.Series, bins: int = 10) -> float:
    edges = np.unique(np.quantile(before, np.linspace(0, 1, bins + 1)[1:-1]))
    shares = [
        (np.bincount(np.searchsorted(edges, x), minlength=len(edges) + 1) + 0.5) / (len(x) + 0.5 * (len(edges) + 1))
        for x in (before, now)
    ]
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


@pytest.mark.parametrize(
    ("product", "file", "key"),
    [("meals", MEALS / "feedback_text.csv", "text_id"), ("teamflow", TEAM / "tickets.csv", "Ticket")],
)
def test_6_every_text_has_a_theme_and_one_code_in_ten_is_wrong(product, file, key):
    texts = pd.read_csv(file, sep=None, engine="python")
    themes = truth(product, "themes").set_index("text_id").reindex(texts[key])
    assert themes.notna().all(axis=None)
    assert 0.07 < (themes["theme"] != themes["coded"]).mean() < 0.13
    assert 5 <= themes["theme"].nunique() <= 6


def test_7_one_segment_is_contradicted_and_one_is_hardly_heard():
    labels, types = (
        today("meals"),
        truth("meals", "user_types").query("period == '2026-06-30'").set_index("customer_id"),
    )
    heard = pd.read_csv(MEALS / "interviews.csv").assign(segment=lambda t: t["customer_id"].map(labels))
    denied = heard[heard["segment"] == parameter("meals", "contradicted_segment")]
    true_type = types["user_type"].reindex(denied["customer_id"]).to_numpy()
    assert len(denied) >= 10 and (denied["coder_1"] == "Casual").all() and (true_type != "Casual").mean() > 0.9
    survey = pd.read_csv(MEALS / "survey.csv").assign(segment=lambda t: t["customer_id"].map(labels))
    stated = survey[survey["segment"] == parameter("meals", "contradicted_segment")]["stated_frequency"]
    assert len(stated) >= 30 and stated.isin(["rarely", "monthly"]).mean() > 0.7
    voices = pd.concat([t["customer_id"] for t in (survey, heard, pd.read_csv(MEALS / "feedback_text.csv"))])
    assert (voices.map(labels) == parameter("meals", "unheard_segment")).sum() < 5
    others = voices.map(labels).value_counts()[["planners", "quick", "families"]]
    assert others.min() >= 30


def test_8_casual_users_answer_less():
    types = truth("meals", "user_types").query("period == '2026-06-30'").set_index("customer_id")["user_type"]
    answered = types.index.isin(pd.read_csv(MEALS / "survey.csv")["customer_id"])
    rate = pd.Series(answered, index=types.index).groupby(types).mean()
    assert rate["Casual"] < 0.5 * rate["Core"] < 0.5 * rate["Power"]


@pytest.mark.parametrize("product", ["meals", "teamflow"])
def test_9_one_in_twenty_five_fits_no_segment(product):
    assert abs((today(product) == "outside").mean() - 0.04) < 0.005


def test_10_the_dirt_is_there():
    told = truth("meals", "dirt").set_index("item")["n"]
    customers, lines = pd.read_csv(MEALS / "customers.csv"), pd.read_csv(MEALS / "order_lines.csv")
    known = set(customers["customer_id"])
    assert (~lines["customer_id"].isin(known)).sum() >= told["orphan rows"] >= 0.0025 * len(lines)
    copies = lines[lines.duplicated()]["order_id"].nunique()
    assert abs(copies / lines["order_id"].nunique() - 0.005) < 0.001 and copies >= told["duplicate orders"]
    assert (
        lines["ordered_at"].str.contains("Z$").sum() > 500
        and lines["ordered_at"].str.contains(r"[+]0[12]:00$").sum() > 500
    )
    assert pd.to_numeric(lines["amount"], errors="coerce").lt(0).sum() >= told["refund rows"] > 400
    assert pd.to_numeric(lines["amount"], errors="coerce").isna().sum() >= told["rows with a broken amount"] > 0
    assert abs(customers["birth_year"].isna().mean() - 0.08) < 0.02 and (customers["birth_year"] > 2010).sum() >= 5
    assert customers["customer_id"].str.startswith("TEST").sum() == told["test accounts"] == 4
    late = lines.merge(customers[["customer_id", "erased_at"]].dropna(), on="customer_id")
    assert (late["ordered_at"].str.slice(0, 10) > late["erased_at"]).sum() > 10
    without = set(customers.loc[customers["consent_analytics"] == "no", "customer_id"])
    assert lines["customer_id"].isin(without).sum() > 100
    assert (lines["ordered_at"].str.slice(0, 10) > "2026-06-30").sum() > 20
    events = pd.read_csv(MEALS / "events.csv.gz")
    machine = events[events["ts"].str.endswith("T03:00")].groupby("customer_id").size()
    assert (machine > 500).sum() == told["bot accounts"] == 3


def test_10_texts_carry_addresses_and_numbers_that_must_be_masked():
    texts = pd.read_csv(MEALS / "feedback_text.csv")["text"]
    assert texts.str.contains("@example.org").sum() >= 5 and texts.str.contains(r"\+49 30").sum() >= 5


def test_11_one_campaign_works_and_still_loses_money(campaign_results):
    table = campaign_results[campaign_results["campaign"] == parameter("meals", "losing_campaign")]
    uplift, error = rate_difference(table)
    assert uplift > 3 * error
    spend = table.groupby("arm")["spend"].mean()
    gain = (spend["treated"] - spend["control"]) * table["margin_rate"].iloc[0] - table["cost_per_contact"].iloc[0]
    assert gain < -2
    assert (truth("meals", "effects").query("campaign == 'voucher-2026'")["profit_per_treated"] < 0).all()


def test_revenue_is_as_uneven_and_one_time_buyers_as_many_as_in_real_shops(orders):
    spent = (
        orders[orders["customer_id"].str.match(r"C\d")]
        .groupby("customer_id")
        .agg(revenue=("amount", "sum"), days=("when", lambda w: w.dt.normalize().nunique()))
    )
    once = orders[(orders["amount"] > 0)].groupby("customer_id")["order_id"].nunique()
    assert 0.34 <= (once == 1).mean() <= 0.51
    top = spent["revenue"].sort_values(ascending=False)
    assert 0.6 <= top.head(len(top) // 5).sum() / top.sum() <= 0.85


# --- variants -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workspaces(tmp_path_factory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("variants")
    for variant in VARIANTS:
        make("--out", str(root / variant), "--variant", variant, "--size", "ci")
    return {variant: root / variant for variant in VARIANTS}


@pytest.mark.parametrize("product", ["meals", "teamflow"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_each_variant_brings_a_product_file_that_fits_its_files(variant, product, workspaces):
    settings = read_product(workspaces[variant] / "products" / f"{product}-{variant}.yml")
    for source in settings.sources.values():
        header = pd.read_csv(workspaces[variant] / source.path, sep=source.delimiter, nrows=0)
        assert set(source.columns.values()) <= set(header.columns)


def test_each_variant_misses_what_it_says(workspaces):
    def settings(variant):
        return read_product(workspaces[variant] / "products" / f"meals-{variant}.yml")

    def table(variant, name):
        return pd.read_csv(workspaces[variant] / "data/sample/meals" / name)

    assert len(table("n60", "customers.csv")) == 64  # four of them test accounts
    assert "amount" not in settings("no-amounts").sources["transactions"].columns
    assert not {"survey", "interviews", "texts"} & set(settings("no-voices").sources)
    assert pd.to_datetime(table("one-period", "events.csv.gz")["ts"]).min() >= pd.Timestamp("2026-06-01")
    assert settings("launch").stage == "new" and table("launch", "customers.csv")["signup_date"].min() >= "2026-04-01"
    arms = table("srm", "assignments.csv").query("campaign == 'nudge-2026'")["arm"].value_counts()
    assert arms["control"] < 0.85 * arms["treated"]
    assert settings("other-language").sources["transactions"].columns["amount"] == "montant"


def test_without_structure_the_habits_are_one_cloud(workspaces):
    rows = pd.read_csv(workspaces["no-structure"] / "data/sample/meals/events.csv.gz")
    rows = pd.DataFrame(
        {
            "customer": rows["customer_id"],
            "day": pd.to_datetime(rows["ts"]).dt.normalize(),
            "feature": rows["feature_id"],
            "value": rows["duration"],
        }
    )
    table = habits(rows, FROM, TO)
    points = StandardScaler().fit_transform(np.log(table[table["frequency"] > 5]))
    bic = [GaussianMixture(k, random_state=0, n_init=3).fit(points).bic(points) for k in (1, 4)]
    labels = today_of(workspaces["no-structure"]).reindex(table.index[table["frequency"] > 5])
    found = KMeans(4, n_init=10, random_state=0).fit_predict(points)
    assert adjusted_rand_score(labels, found) < 0.1
    assert bic[0] < bic[1]


def today_of(workspace: Path) -> pd.Series:
    labels = pd.read_csv(workspace / "truth/meals/truth_segments.csv")
    return labels[labels["period"] == "2026-06-30"].set_index("customer_id")["segment"]


@pytest.mark.parametrize(("features", "code", "names", "key", "called", "sep"), [
    (MEALS / "features.csv", "feature_id", MEALS / "feature_names.csv", "code", "called", ","),
    (TEAM / "module.csv", "Modul", TEAM / "modulnamen.csv", "Kennung", "Bezeichnung", ";")])
def test_every_feature_has_a_name_of_its_own(features, code, names, key, called, sep):
    """So that no picture shows a code: the product files look features up in these lists."""
    listed = pd.read_csv(names, sep=sep)
    assert sorted(listed[key]) == sorted(pd.read_csv(features, sep=sep)[code]) and listed[called].is_unique
    settings = load_product(features.parent.name)
    for source in ("events", "features"):
        assert settings.sources[source].lookups["feature"].path.endswith(names.name)
    assert settings.critical_event in set(listed[called])

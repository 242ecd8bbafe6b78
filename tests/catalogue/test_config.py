"""Row 103 of the bad-input catalogue: product files that would silently mean something else are refused."""

import pytest

from lib.contracts import UserError
from lib.product import read_product
from tests.catalogue.rows_config import BASE, CONFIG


@pytest.mark.parametrize("case", CONFIG, ids=[c.id for c in CONFIG])
def test_a_spoiled_product_file_is_refused_by_name(case, tmp_path):
    path = tmp_path / "acme.yml"
    path.write_text(case.content, encoding="utf-8")
    with pytest.raises(UserError) as refusal:
        read_product(path)
    screen = str(refusal.value)
    assert case.said in screen, screen
    assert "acme.yml" in refusal.value.where and refusal.value.fix
    assert len(screen) < 1200


def test_the_file_they_spoil_is_sound(tmp_path):
    path = tmp_path / "acme.yml"
    path.write_text(BASE, encoding="utf-8")
    assert read_product(path).data_protection.retention_days == 1095


def test_plain_numbers_and_words_are_read_as_they_are_written(tmp_path):
    path = tmp_path / "acme.yml"
    plain = 'public_data: false\nlocale: "NO"\nmonitor: {review_days: 30, max_age_days: 180}\n'
    path.write_text(BASE + plain + "costs: {collecting: 1e3, analysing: 0.5, margin_rate: 0.35}\n", encoding="utf-8")
    settings = read_product(path)
    assert (settings.locale, settings.public_data, settings.costs.analysing) == ("NO", False, 0.5)

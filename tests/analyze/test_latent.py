"""Latent classes: the number and the members that answers were drawn from are found again."""

import numpy as np
import pandas as pd
import pytest

from lib.analyze.structure import latent
from lib.analyze.structure.stability import adjusted_rand


def drawn(k: int, seed: int, n: int = 800, p: int = 10) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng([seed, k])
    agree, member = rng.choice([0.15, 0.85], size=(k, p)), rng.choice(k, n)
    answers = (rng.uniform(size=(n, p)) < agree[member]).astype(int)
    return pd.DataFrame(answers, columns=[f"i{j}" for j in range(p)]), member


@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_number_of_classes_is_recovered(k):
    items, member = drawn(k, seed=1)
    answers = latent.coded(items)
    tried, model = latent.choose(answers, 4, seed=1, draws=39)
    assert model.k == k and len(tried) == 4
    found = model.posterior(answers.patterns).argmax(1)[answers.row_of]
    assert adjusted_rand(member, found) > 0.6

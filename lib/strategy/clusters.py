"""What drawing whole accounts costs: people of one account resemble each other, so many people say less (B2B)."""

from __future__ import annotations

import pandas as pd

from lib.contracts import NotMeasured, measured

FEWEST = 20  # accounts: method.md §6


@measured
def clustering(people: pd.DataFrame) -> dict | NotMeasured:
    """{accounts, people, per_account, icc, design_effect, effective} of one number per person.

    ``people`` has customer_key (the account), user_key and value. `icc` is the ANOVA estimate of the intraclass
    correlation (Donner 1986), at least 0; the design effect is that of accounts of unequal size,
    1 + ((cv² + 1) m - 1) icc (Eldridge, Ashby and Kerry 2006); `effective` people would tell as much if they
    were drawn one by one. The tests themselves are judged on accounts, whose spread holds this effect already.
    """
    sizes = people.groupby("customer_key").size()
    n, k = len(people), len(sizes)
    if k < FEWEST or n <= k:
        return NotMeasured("too few accounts, or no account with two people, to see how alike people of an account are",
                           f"at least {FEWEST} accounts whose events name their users")
    values = people["value"].astype(float)
    means = values.groupby(people["customer_key"]).transform("mean")
    within = ((values - means) ** 2).sum() / (n - k)
    between = ((means - values.mean()) ** 2).sum() / (k - 1)
    typical = (n - (sizes**2).sum() / n) / (k - 1)
    total = between + (typical - 1) * within
    icc = max(0.0, float((between - within) / total)) if total > 0 else 0.0
    mean, spread = sizes.mean(), sizes.std(ddof=0) / sizes.mean()
    effect = 1 + ((spread**2 + 1) * mean - 1) * icc
    return {"accounts": k, "people": n, "per_account": float(mean), "icc": icc, "design_effect": float(effect),
            "effective": float(n / effect)}

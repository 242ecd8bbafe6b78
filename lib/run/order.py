"""What a worker is asked to do: the six steps, and one product's order."""

from __future__ import annotations

from dataclasses import dataclass, field

STEPS = ("01_identify_basis", "02_collect", "03_analyze", "04_create_segments", "05_strategy", "06_monitor")
GATED = STEPS[3:]  # not run after a no-go
STAKEHOLDER, ANALYST = VARIANTS = ("stakeholder", "analyst")  # for whom pages are made; the first is made always
CELL_TIMEOUT = 1200  # seconds
PRODUCT_TIMEOUT = 3600  # seconds


@dataclass(frozen=True)
class Order:
    """Product, as-of date ("" = as the file says), parameters by name, seconds that one cell may take, whether each
    kernel must be started the ordinary way, whether a run that was broken off is begun anew, the seconds to wait for
    another run of the product to end, first and last step (empty: all; what is done of a broken off run holds), and
    for whom pages are made."""

    product: str
    as_of: str = ""
    parameters: dict = field(default_factory=dict)
    cell_timeout: int = CELL_TIMEOUT
    cold: bool = False
    force: bool = False
    patience: int = 0
    steps: tuple[int, ...] = ()
    variant: str = STAKEHOLDER

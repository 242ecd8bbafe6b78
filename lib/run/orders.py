"""What a command asks to be run, checked before anything starts."""

from __future__ import annotations

import argparse
import datetime as dt

from lib.contracts import UserError
from lib.paths import NOTEBOOKS
from lib.product import Product, day_of, load_product, product_ids
from lib.run.order import STEPS, Order
from lib.run.outcome import PASSED_OVER, Outcome, as_stopped
from lib.run.packages import lacks, refuse_missing_packages


def orders_of(options: argparse.Namespace) -> tuple[list[Order], list[Outcome]]:
    """What to run, checked before anything starts; and what `--all` and `--due` leave out, with the cause: a mistake in
    one product file keeps no other product from running. Raises UserError for a mistake in the command, or in a product
    that it names."""
    everything = options.all or (options.due and not options.products)
    if bool(options.products) == everything:
        raise UserError("say which products to run, or --all", fix=f"one of: {', '.join(product_ids())}")
    wanted = list(dict.fromkeys(options.products)) or product_ids()
    settings, left_out = _loaded(wanted, options.as_of, named=not everything)
    days = dict.fromkeys(wanted, options.as_of)
    if options.due:
        days = _days_due(settings, fixed=bool(options.as_of))
        settings = [s for s in settings if s.id in days]
    lacking = {s.id: said for s in settings if (said := lacks(s))}
    if not everything:
        for s in settings:
            refuse_missing_packages(s)
    left_out += [Outcome(s.id, PASSED_OVER, lacking[s.id], as_of=str(s.as_of)) for s in settings if s.id in lacking]
    parameters = _parameters(options.parameter)
    for step in STEPS:
        if not (NOTEBOOKS / f"{step}.ipynb").is_file():
            raise UserError(f"the notebook {step}.ipynb is missing", where=str(NOTEBOOKS))
    orders = [Order(s.id, days[s.id], parameters, options.cell_timeout, options.cold, options.force,
                    steps=options.steps, variant=options.variant) for s in settings if s.id not in lacking]
    return orders, left_out


def ready(orders: list[Order], *, named: bool) -> tuple[list[Order], list[Outcome]]:
    """The orders that may start, and the outcomes of those that may not: of products that were named, or for what
    concerns all, UserError or Stopped is raised."""
    from lib.run.mirror import refresh_each
    from lib.run.preflight import fit, preflight

    refresh_each(o.product for o in orders)
    good, unfit = (orders, []) if named else fit(orders)
    preflight([load_product(o.product, as_of=o.as_of) for o in good])
    return good, unfit


def _loaded(products: list[str], as_of: str, *, named: bool) -> tuple[list[Product], list[Outcome]]:
    """The products, and an outcome for each whose file has a mistake; of products that were named that is raised."""
    if as_of:
        day_of(as_of)
    settings, mistakes = [], []
    for product in products:
        try:
            settings.append(load_product(product, as_of=as_of))
        except UserError as error:
            if named:
                raise
            stopped = as_stopped(error)
            mistakes.append(Outcome(product, stopped.state, stopped.cause, stopped.fix))
    return settings, mistakes


def _days_due(settings: list[Product], *, fixed: bool) -> dict[str, str]:
    """Of the products that are due the as-of date to run them for."""
    from lib.run.due import due_for  # imports the query engine, which takes its time
    from lib.run.mirror import refresh_each

    refresh_each(s.id for s in settings)
    found = [due_for(s, dt.date.today(), fixed=fixed) for s in settings]
    return {due.product: due.run_for for due in found if due.reasons}


def _parameters(given: list[str]) -> dict:
    """`-p name=value` in the types that the notebooks declare. UserError for a name that none declares."""
    if not given:
        return {}
    from lib.run.notebook import declared, typed  # imports papermill, which takes its time

    pairs = {}
    for name, sign, value in (text.partition("=") for text in given):
        if not sign or name in pairs:
            raise UserError(f"parameter {name[:60]!r} is given {'twice' if sign else 'without a value'}",
                            fix="-p NAME=VALUE, once a name")
        pairs[name] = value
    known = {name: kind for step in STEPS for name, kind in declared(NOTEBOOKS / f"{step}.ipynb").items()}
    for own in ("product", "as_of"):
        known.pop(own, None)  # have options of their own
    return typed(pairs, known)

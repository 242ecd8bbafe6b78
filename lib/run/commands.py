"""What `segments` understands. Errors are one screen: what, where, how to fix; a traceback only with --debug."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
from contextlib import suppress
from dataclasses import replace

from lib.contracts import Blocked, UserError
from lib.product import day_of, load_product, product_ids, product_path
from lib.run.options import parser
from lib.run.order import Order
from lib.run.orders import orders_of, ready
from lib.run.outcome import BLOCKED, EXIT_CODES, FAILED, INTERRUPTED, MISTAKE, Outcome, Stopped, as_stopped, exit_code
from lib.run.packages import refuse_missing_packages
from lib.run.signals import interruptible

USAGE = EXIT_CODES[MISTAKE]


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit code."""
    commands = {f.__name__: f for f in (run, due, new, check, erase, score, audience, purge)}
    options = parser().parse_args(arguments)
    try:
        with interruptible():
            return commands[options.command](options)
    except KeyboardInterrupt:
        _say("stopped by a signal")
        return EXIT_CODES[INTERRUPTED]
    except (UserError, Stopped) as error:
        if options.debug:
            raise
        return _told(error)


def run(options: argparse.Namespace) -> int:
    """`segments run`: the products one after the other or side by side, the portfolio, the table."""
    orders, left_out = orders_of(options)
    if options.due and not orders and not left_out:
        sys.stdout.write("[]\n" if options.json else "nothing is due\n")
        return 0
    from lib.run.folder import newest_report
    from lib.run.mirror import refresh_each
    from lib.run.portfolio import Watched  # imports what draws and writes pages: for a sound order
    from lib.run.progress import table

    try:
        orders, unfit = ready(orders, named=bool(options.products))
    except (UserError, Stopped) as error:
        if options.json:
            stopped = as_stopped(error)
            _write([Outcome(o.product, stopped.state, stopped.cause, stopped.fix, o.as_of) for o in orders])
        raise
    show = Watched()
    try:
        outcomes = _there(orders, options, show) if options.cluster else _here(orders, options, show)
    finally:
        show.close()
    with suppress(Stopped):  # its products said so already
        refresh_each(o.product for o in orders)
    outcomes = [o if o.report else replace(o, report=newest_report(o.product)) for o in
                outcomes + unfit + left_out]
    _write(outcomes if options.json else table(outcomes))
    paged = _paged(outcomes)
    return exit_code(outcomes) or paged


def _write(said: list[Outcome] | str) -> None:
    """The outcomes for machines, or the table for people; at once, whatever comes after it."""
    text = said if isinstance(said, str) else json.dumps([o.as_dict() for o in said], indent=1)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _paged(outcomes: list[Outcome]) -> int:
    """The page over all products as the batch left them. What keeps it from being written is said: never instead of how
    the products ended."""
    from lib.run.portfolio import finish

    try:
        finish(outcomes)
    except (UserError, Stopped) as error:
        return _told(error)
    return 0


def _told(error: UserError | Stopped) -> int:
    """Say what ended a command, and give its exit code."""
    if isinstance(error, Stopped):
        _say("\n".join(part for part in (error.cause, error.fix and f"  fix:   {error.fix}") if part))
        return EXIT_CODES[error.state]
    _say(str(error))
    return EXIT_CODES[BLOCKED] if isinstance(error, Blocked) else USAGE


def _here(orders: list[Order], options: argparse.Namespace, show) -> list[Outcome]:
    from lib.run import supervisor
    from lib.run.watch import limits

    jobs = max(1, min(options.jobs or os.cpu_count() or 1, len(orders)))
    return supervisor.run(orders, jobs=jobs, show=show, limits=limits(options.timeout, options.memory, jobs))


def _there(orders: list[Order], options: argparse.Namespace, show) -> list[Outcome]:
    try:
        from lib.run import cluster
    except ModuleNotFoundError:
        raise UserError("--cluster needs Dask, which is not installed", fix="make cluster") from None
    return cluster.run(orders, options.cluster, jobs=options.jobs, show=show, seconds=options.timeout,
                       gigabytes=options.memory)


def due(options: argparse.Namespace) -> int:
    """`segments due`: which products should be run now, and why."""
    from lib.run.due import due_of
    from lib.run.mirror import refresh_each

    for product in options.products:
        load_product(product, as_of=options.as_of)  # a mistake in what was asked for ends the command
    if options.as_of:
        day_of(options.as_of)
    products = options.products or product_ids()
    refresh_each(products)
    found = [due_of(product, options.as_of, dt.date.today()) for product in products]
    text = json.dumps([d.as_dict() for d in found], indent=1) if options.json else "\n".join(d.text() for d in found)
    sys.stdout.write(text + "\n")
    return 0


def check(options: argparse.Namespace) -> int:
    """`segments check`: read, clean and protect the sources; say what a data owner must fix, worst first."""
    from lib.run.check import check as checked
    from lib.run.findings import worst

    found = []
    for product in options.products:
        settings = load_product(product, as_of=options.as_of, decided=False)
        refuse_missing_packages(settings)
        found.append(checked(settings))
        if not options.json:
            sys.stdout.write(found[-1].text() + "\n")
    if options.json:
        sys.stdout.write(json.dumps([f.as_dict() for f in found], indent=1) + "\n")
    return worst(found)


def new(options: argparse.Namespace) -> int:
    """`segments new`: propose a product file from the files in data/<id>/, and make its key."""
    from lib.run.new import new as propose_new

    sys.stdout.write(propose_new(options.product, force=options.force) + "\n")
    return 0


def erase(options: argparse.Namespace) -> int:
    """`segments erase`: people who asked for it leave every artefact of a product, and stay out."""
    from lib.run.erase import erase as forget, read_ids
    from lib.run.mirror import refresh, share

    settings = load_product(options.product, decided=False)
    if options.ids == "-" and sys.stdin.isatty():
        _say("one id a line, then Ctrl-D:")
    refresh([options.product])
    done = forget(settings, read_ids(options.ids), kind="user" if options.users else "customer", dry=options.dry_run)
    sys.stdout.write(done.text() + "\n")
    if not options.dry_run:
        share(options.product)
    if done.withdrawn and not options.dry_run:
        from lib.run.portfolio import write_portfolio

        write_portfolio()
    return EXIT_CODES[FAILED] if done.other_keys else 0


def score(options: argparse.Namespace) -> int:
    """`segments score`: a saved model applied to a table of customers, by the exported SQL."""
    from lib.run.mirror import refresh, share_register
    from lib.run.score import score as place
    from lib.sources.handed import Handed

    settings = load_product(options.product, as_of=options.as_of, decided=False)
    refresh([options.product])
    table, to = Handed(options.place, options.table), Handed(options.to, options.to_table, "--to")
    done = place(settings, table, to, key=options.key, as_of=options.as_of, replace=options.replace,
                 dry=options.dry_run)
    sys.stdout.write((json.dumps(done.as_dict(), indent=1, ensure_ascii=False) if options.json else done.text()) + "\n")
    if not options.dry_run:
        share_register(options.product)
    return 0


def audience(options: argparse.Namespace) -> int:
    """`segments audience`: the audiences of a plan with the product's own ids, for those who send."""
    from lib.run.audience import audience as hand_over
    from lib.run.mirror import refresh, share_register

    settings = load_product(options.product, as_of=options.as_of, decided=False)
    refresh([options.product])
    done = hand_over(settings, as_of=options.as_of, segment=options.segment, channel=options.channel, to=options.to,
                     replace=options.replace, dry=options.dry_run)
    sys.stdout.write((json.dumps(done.as_dict(), indent=1, ensure_ascii=False) if options.json else done.text()) + "\n")
    if not options.dry_run:
        share_register(options.product)
    return 0


def purge(options: argparse.Namespace) -> int:
    """`segments purge`: what has expired is deleted."""
    from lib.run.mirror import refresh, share
    from lib.run.purge import products_with_artefacts, purge as delete

    refresh(options.products or product_ids())
    known = products_with_artefacts()
    if bool(options.products) == options.all:
        raise UserError("say which products to purge, or --all", fix=f"one of: {', '.join(known) or 'none has any'}")
    for product in options.products:
        if product not in known:
            product_path(product)  # a product, if one without artefacts
    for product in [p for p in known if options.all or p in options.products]:
        sys.stdout.write(delete(product, options.on or dt.date.today(), dry=options.dry_run).text() + "\n")
        if not options.dry_run:
            share(product)
    return 0


def _say(text: str) -> None:
    sys.stderr.write(text.rstrip() + "\n")


if __name__ == "__main__":
    sys.exit(main())

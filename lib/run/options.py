"""What may be said on the command line of `segments`."""

from __future__ import annotations

import argparse
import datetime as dt

from lib.run.order import CELL_TIMEOUT, PRODUCT_TIMEOUT, STAKEHOLDER, STEPS, VARIANTS

EXITS = """exit codes: 0 all published; 1 a product failed; 2 a mistake in the command, a product file or an input;
3 refused: the base cannot carry segments, and a report says so; 4 blocked by data protection: a declared record
of consent is missing, empty, stale or of nobody; 5 another run of the product is going on;
75 disk or memory ran out; 130 interrupted"""


def parser() -> argparse.ArgumentParser:
    """The command line; `options.command` is the name of the command."""
    top = argparse.ArgumentParser(prog="segments", description="Customer segmentation in six notebooks.",
                                  epilog=EXITS, formatter_class=argparse.RawDescriptionHelpFormatter)
    debug = argparse.ArgumentParser(add_help=False)
    debug.add_argument("--debug", action="store_true", help="show the traceback of an error")
    shared = argparse.ArgumentParser(add_help=False, parents=[debug])
    shared.add_argument("--as-of", default="", metavar="DATE", help="last day that counts, YYYY-MM-DD")
    commands = top.add_subparsers(required=True, metavar="command", dest="command")
    _run(commands.add_parser("run", parents=[shared], help="run products and publish their reports"))
    _new(commands.add_parser("new", parents=[debug], help="propose a product file from the files in data/ID/"))
    _due(commands.add_parser("due", parents=[shared], help="say which products should be run now, and why"))
    _check(commands.add_parser("check", parents=[shared], help="say what must be fixed in products' files and data"))
    _score(commands.add_parser("score", parents=[debug], help="place the customers of a table by a saved model"))
    _audience(commands.add_parser("audience", parents=[debug], help="hand a plan's audiences over with your own ids"))
    _erase(commands.add_parser("erase", parents=[debug], help="take people out of everything a product has"))
    _purge(commands.add_parser("purge", parents=[debug], help="delete what has outlived its retention"))
    return top


def _run(command: argparse.ArgumentParser) -> None:
    command.add_argument("products", nargs="*", metavar="ID", help="products to run")
    command.add_argument("--all", action="store_true", help="every product that has a file")
    command.add_argument("--due", action="store_true",
                         help="of these, those whose review or whose data say so, a review for its own day")
    command.add_argument("--jobs", type=_positive, metavar="N",
                         help="products at the same time (default: processors; on a cluster as many as fit)")
    command.add_argument("--cluster", default="", metavar="ADDRESS",
                         help="run on the workers of a Dask cluster, such as tcp://scheduler:8786 (make cluster)")
    command.add_argument("-p", "--parameter", action="append", default=[], metavar="NAME=VALUE",
                         help="a notebook's parameter, for this run")
    command.add_argument("--cell-timeout", type=_positive, default=CELL_TIMEOUT, metavar="SECONDS",
                         help="longest that a cell may take (default: %(default)s)")
    command.add_argument("--timeout", type=_positive, default=PRODUCT_TIMEOUT, metavar="SECONDS",
                         help="longest that a product may take (default: %(default)s)")
    command.add_argument("--memory", type=_gigabytes, metavar="GB",
                         help="most memory of a product, all its processes together (default: an equal share of what "
                              "is free)")
    command.add_argument("--steps", type=_steps, default=(), metavar="FROM-TO",
                         help="run these only, such as 1-3, and keep what they made: the next run of the day goes on "
                              "or repeats some, such as 3-6. Nothing is published before step 6")
    command.add_argument("--variant", choices=VARIANTS, default=STAKEHOLDER,
                         help="analyst: beside the usual pages, a second set with the code folded in, parameters, "
                              "versions, durations and unrounded numbers, which begins at analyst.html "
                              "(default: %(default)s)")
    command.add_argument("--force", action="store_true",
                         help="begin anew: do not go on with a run of the same product, data and code that broke off")
    command.add_argument("--json", action="store_true", help="the outcomes as JSON on standard output")
    command.add_argument("--cold", action="store_true",
                         help="start each notebook's kernel anew instead of forking it from a process that has "
                              "imported the libraries: slower, with the same results")


def _new(command: argparse.ArgumentParser) -> None:
    command.add_argument("product", metavar="ID", help="id of the new product")
    command.add_argument("--force", action="store_true", help="replace an existing product file")


def _check(command: argparse.ArgumentParser) -> None:
    command.add_argument("products", nargs="+", metavar="ID", help="products to check")
    command.add_argument("--json", action="store_true", help="the findings as JSON on standard output")


def _due(command: argparse.ArgumentParser) -> None:
    command.add_argument("products", nargs="*", metavar="ID", help="products to look at (default: all)")
    command.add_argument("--json", action="store_true", help="the answer as JSON on standard output")


def _score(command: argparse.ArgumentParser) -> None:
    command.add_argument("product", metavar="ID", help="product whose model is applied")
    command.add_argument("place", metavar="TABLE", help="features of customers: a .parquet or .csv file, or "
                                                        "duckdb:///file, postgresql://user@host/name or pyspark://")
    command.add_argument("--as-of", default="", metavar="DATE", help="the model of that day (default: the newest)")
    command.add_argument("--table", default="", metavar="NAME", help="table of that database")
    command.add_argument("--key", default="customer_key", metavar="COLUMN", help="column of ids (default: %(default)s)")
    command.add_argument("--to", required=True, metavar="PLACE", help="file or URL to write to: customer level")
    command.add_argument("--to-table", default="segments", metavar="NAME",
                         help="table to write in a database (default: %(default)s)")
    command.add_argument("--replace", action="store_true", help="replace what stands there")
    command.add_argument("--json", action="store_true", help="what was done as JSON on standard output")
    command.add_argument("--dry-run", action="store_true", help="place everybody, write nothing")


def _audience(command: argparse.ArgumentParser) -> None:
    command.add_argument("product", metavar="ID", help="product whose plan is carried out")
    command.add_argument("--as-of", default="", metavar="DATE", help="the plan of that day (default: the newest)")
    command.add_argument("--segment", default="", metavar="KEY", help="this segment only (default: all)")
    command.add_argument("--channel", default="", metavar="NAME", help="this channel only (default: all)")
    command.add_argument("--to", default="", metavar="FOLDER",
                         help="folder to write to (default: data/outbox/ID/CAMPAIGN, ignored by git)")
    command.add_argument("--replace", action="store_true", help="make files anew that stand there already")
    command.add_argument("--json", action="store_true", help="what was done as JSON on standard output")
    command.add_argument("--dry-run", action="store_true", help="look at consent and count, write nothing")


def _erase(command: argparse.ArgumentParser) -> None:
    command.add_argument("product", metavar="ID", help="product")
    command.add_argument("--ids", default="-", metavar="FILE",
                         help="file of the ids, one a line, or - for standard input (default); never as an argument")
    command.add_argument("--users", action="store_true", help="the ids are of users inside accounts")
    command.add_argument("--dry-run", action="store_true", help="only say what would be done")


def _purge(command: argparse.ArgumentParser) -> None:
    command.add_argument("products", nargs="*", metavar="ID", help="products to purge")
    command.add_argument("--all", action="store_true", help="every product that has artefacts")
    command.add_argument("--on", type=_day, metavar="DATE", help="as if it were that day, YYYY-MM-DD (default: today)")
    command.add_argument("--dry-run", action="store_true", help="only say what would be deleted")


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a day is written YYYY-MM-DD") from None


def _gigabytes(text: str) -> float:
    if not 0 < (number := float(text)) < 1e6:
        raise argparse.ArgumentTypeError("gigabytes, more than 0")
    return number


def _steps(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    wanted = tuple(int(part) if part.isdecimal() else 0 for part in (first, last or first))
    if not 1 <= wanted[0] <= wanted[1] <= len(STEPS):
        raise argparse.ArgumentTypeError(f"one step or two, 1 to {len(STEPS)}, such as 3 or 1-3")
    return wanted


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number

"""Make the sample products and their truth tables: the same seed gives the same bytes.

    python scripts/make_sample.py                          data/sample/<id>/ and tests/truth/<id>/, as committed
    python scripts/make_sample.py --out DIR --size ci      a smaller set, elsewhere
    python scripts/make_sample.py --out DIR --variant n60  one thing missing or broken

With --out, DIR becomes a workspace (SEGMENTS_ROOT=DIR): data/sample/<id>/ the files, products/<id>.yml the product file
(<id>-<variant>.yml for a variant) and the playbook; the truth goes to truth/<id>/.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import yaml
from sample import files, meals, teamflow, variants
from sample.draw import SEED, SIZES, Plan

ROOT = Path(__file__).resolve().parent.parent
PRODUCTS = {"meals": (meals, {}), "teamflow": (teamflow, {"sep": ";", "decimal": ","})}


def make(product: str, size: str, variant: str, seed: int):
    """The shipped tables and the truth tables of one product."""
    module, _ = PRODUCTS[product]
    customers = 60 if variant == "n60" else module.CUSTOMERS[size]
    shipped, truth = module.make(Plan(customers, seed, variant))
    return variants.apply(variant, shipped), truth


def write(product: str, shipped: dict, truth: dict, variant: str, out: Path | None) -> None:
    """Where the repository has them; or below `out`, with a product file that points there."""
    style = PRODUCTS[product][1]
    if out is None:
        files.write(shipped, ROOT / "data" / "sample" / product, **style)
        files.write(truth, ROOT / "tests" / "truth" / product)
        return
    files.write(shipped, out / "data" / "sample" / product, **style)
    files.write(truth, out / "truth" / product)
    (out / "products").mkdir(exist_ok=True)
    settings = yaml.safe_load((ROOT / "products" / f"{product}.yml").read_text(encoding="utf-8"))
    changed = variants.product(settings, variant, shipped)
    (out / "products" / f"{changed['id']}.yml").write_text(
        yaml.safe_dump(changed, sort_keys=False, allow_unicode=True), encoding="utf-8"
    )
    for playbook in (ROOT / "products").glob("playbook*.yml"):
        shutil.copy(playbook, out / "products")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--product", choices=[*PRODUCTS, "all"], default="all")
    parser.add_argument("--size", choices=SIZES, default="demo")
    parser.add_argument("--variant", choices=list(variants.VARIANTS), default="")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args(arguments)
    if chosen.out is None and (chosen.variant or chosen.size != "demo" or chosen.seed != SEED):
        parser.error("another size, seed or variant needs --out: the committed sample stays as it is")
    for product in PRODUCTS if chosen.product == "all" else [chosen.product]:
        shipped, truth = make(product, chosen.size, chosen.variant, chosen.seed)
        write(product, shipped, truth, chosen.variant, chosen.out)
        print(f"{product}: {', '.join(f'{name} {len(table):,}' for name, table in shipped.items())}")


if __name__ == "__main__":
    main()

"""The reference of the product file, printed from the model that validates it: docs/product-file.md.

    python -m lib.reference > docs/product-file.md
"""

from __future__ import annotations

import sys
import typing

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from lib.contracts import INPUTS
from lib.product import Product

INTRO = """# The product file

One file a product, `products/<id>.yml`. It says what a product *is*; what a run varies (`--as-of`, a seed) is a
parameter of the notebooks. Every key is below; an unknown key is refused with the nearest valid one.
This page is printed from the model that validates the file.
"""
SOURCES = """
## Sources and their columns

`sources.<table>.columns` maps each name below to the header of your file. Names in **bold** must be mapped when
the table is given. Either `transactions` or `events` is required; everything else is optional, and the report
says what each missing table would have allowed.
"""


def reference() -> str:
    """The whole page as Markdown."""
    parts = [INTRO, *(_section(title, model) for title, model in _sections("", Product)), SOURCES]
    parts += [_source(name) for name in INPUTS]
    return "\n".join(parts).rstrip() + "\n"


def _sections(prefix: str, model: type[BaseModel]) -> list[tuple[str, type[BaseModel]]]:
    """The model and every model below it, with the key under which it stands."""
    found = [(prefix or "Top level", model)]
    for name, field in model.model_fields.items():
        for inner, many in _models(field.annotation):
            found += _sections(f"{prefix}.{name}{many}".lstrip("."), inner)
    return found


def _models(annotation, many: str = "") -> list[tuple[type[BaseModel], str]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [(annotation, many)]
    suffix = {list: "[]", dict: ".<name>"}.get(typing.get_origin(annotation), many)
    return [m for arg in typing.get_args(annotation) for m in _models(arg, suffix)]


def _section(title: str, model: type[BaseModel]) -> str:
    rows = [f"| `{name}` | {_type(field.annotation)} | {_default(field)} | {field.description or ''} |"
            for name, field in model.model_fields.items()]
    return "\n".join([f"\n## {title}\n", (model.__doc__ or "").strip().split("\n")[0], "",
                      "| key | type | default | meaning |", "|---|---|---|---|", *rows])


def _type(annotation) -> str:
    if _models(annotation):
        return "section, see below"
    if typing.get_origin(annotation) is typing.Annotated:
        return _type(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) is typing.Literal:
        return " \\| ".join(f"`{v}`" if v else "empty" for v in typing.get_args(annotation))
    if typing.get_origin(annotation) in (list, dict, tuple):
        inner = ", ".join(_type(a) for a in typing.get_args(annotation))
        return f"{typing.get_origin(annotation).__name__} of {inner}"
    named = [a for a in typing.get_args(annotation) if a is not type(None)]
    if named:
        return f"{_type(named[0])} or empty"
    return {"str": "text", "int": "whole number", "float": "number", "bool": "true or false",
            "date": "date"}.get(getattr(annotation, "__name__", ""), "text")


def _default(field) -> str:
    if field.is_required():
        return "**required**"
    value = field.default
    if value is PydanticUndefined or value is None or isinstance(value, BaseModel) or value in ("", [], {}):
        return "empty"
    return f"`{value}`"


def _source(name: str) -> str:
    table = INPUTS[name]
    rows = [f"| {'**' + c.name + '**' if c.required else c.name} | {c.dtype} | {c.unit} | {c.meaning} |"
            for c in table.columns]
    more = f"\nFurther columns: {table.open_columns}." if table.open_columns else ""
    return "\n".join([f"\n### {name}: one row per {table.one_row_per}\n", "| name | type | unit | meaning |",
                      "|---|---|---|---|", *rows, more])


if __name__ == "__main__":
    sys.stdout.write(reference())

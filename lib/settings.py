"""Settings files: YAML read safely and validated by a model; every fault named with its nearest valid key.

Refuses what is silent elsewhere: duplicate keys, aliases, unknown keys, sheer size.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from lib.contracts import UserError
from lib.paths import ROOT

Model = TypeVar("Model", bound=BaseModel)
BOOL, INT, FLOAT, MERGE = (f"tag:yaml.org,2002:{kind}" for kind in ("bool", "int", "float", "merge"))
PLAIN = re.compile(r"true|false|[-+]?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
LARGEST_FILE = 1_000_000  # a settings file is prose and values; anything larger is a mistake


def read_settings(path: Path, model: type[Model]) -> Model:
    """The validated content of a settings file. Raises UserError naming file, key and fault."""
    content = read_yaml(path)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        faults = [_fault(f, model) for f in error.errors()]
        raise UserError("\n".join(["the settings have faults", *(f"  - {f}" for f in faults)]),
                        where=relative(path), fix="docs/product-file.md lists every key") from None


def read_yaml(path: Path) -> dict:
    """A YAML mapping, read safely. Raises UserError."""
    if not path.is_file():
        raise UserError("there is no such file", where=relative(path), fix="put it there, or correct its path")
    if path.stat().st_size > LARGEST_FILE:
        raise UserError("the file is too large for settings", where=relative(path), fix="settings only, no data")
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _StrictLoader)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: no such day, or no UTF-8
        said = "nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())[:300]
        raise UserError(f"not readable as YAML: {said}", where=relative(path), fix="docs/product-file.md") from None
    if not isinstance(content, dict):
        raise UserError("the file must hold keys and values", where=relative(path), fix="docs/product-file.md")
    return content


def relative(path: Path) -> str:
    """The path as a reader knows it: from the repository's root, else the bare name."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def nearest(word: str, valid: Iterable[str]) -> str:
    """`; did you mean ...?` when a valid word is close, else nothing."""
    near = difflib.get_close_matches(word, list(valid), 1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


class _StrictLoader(yaml.SafeLoader):
    """Safe YAML that also refuses what is silent elsewhere: duplicate keys, aliases, merges, and words and numbers that
    YAML reads as something else (`NO` as false, `012` as 10, `1:30` as 90)."""

    def compose_node(self, parent, index):
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError(f"line {self.peek_event().start_mark.line + 1}: aliases are not allowed")
        return super().compose_node(parent, index)

    def construct_mapping(self, node, deep=False):
        seen = []
        for key_node, _ in node.value:
            line = key_node.start_mark.line + 1
            if key_node.tag == MERGE:
                raise yaml.YAMLError(f"line {line}: merges (<<) are not allowed")
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.YAMLError(f"line {line}: key {key!r} occurs twice")
            seen.append(key)
        return super().construct_mapping(node, deep)

    def construct_plainly(self, node):
        """A truth value or a number, when it is written as one."""
        if not PLAIN.fullmatch(node.value):
            text = node.value[:40]
            raise yaml.YAMLError(f"line {node.start_mark.line + 1}: {text!r} would be read as {self._as_read(node)}: "
                                 f'write "{text}" in quotes if it is a text, else a plain number, true or false')
        return self._as_read(node)

    def _as_read(self, node):
        return {BOOL: self.construct_yaml_bool, INT: self.construct_yaml_int}.get(
            node.tag, self.construct_yaml_float)(node)


for _tag in (BOOL, INT, FLOAT):
    _StrictLoader.add_constructor(_tag, _StrictLoader.construct_plainly)


def _fault(error: dict, model: type[BaseModel]) -> str:
    location = [str(part) for part in error["loc"]]
    key = ".".join(location)
    if error["type"] == "extra_forbidden":
        return f"{key}: unknown key{nearest(location[-1], _fields(location[:-1], model))}"
    if error["type"] == "missing":
        return f"{key}: this key is missing"
    return f"{key}: {error['msg'].removeprefix('Value error, ')}"


def _fields(location: list[str], model: type[BaseModel]) -> list[str]:
    """The valid keys at a place of the product file, found by walking the model."""
    for part in location:
        if part.isdigit() or part not in model.model_fields:
            continue
        model = next((m for m in _models(model.model_fields[part].annotation)), model)
    return list(model.model_fields)


def _models(annotation) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for arg in getattr(annotation, "__args__", ()) for m in _models(arg)]

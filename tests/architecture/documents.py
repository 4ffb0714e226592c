"""Checks that everything the documents name exists: paths, links, commands, settings, message types, modules.

Run by `make check`: `python -m tests.architecture.documents`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from registry import ROOT, SERVICES

_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
_CODE = re.compile(r"`([^`\n]+)`")
_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"[\w.-]*(?:/[\w.-]+)+/?|[\w-]+\.(?:py|md|toml|lock|sh|conf|yaml|json|html|js|css)")
_MAKE = re.compile(r"\bmake ([a-z][a-z-]+)")
_MANAGE = re.compile(r"manage\.py ([a-z_]+)")
_SETTING = re.compile(r"^([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=.*)?$")
_MESSAGE = re.compile(r"[a-z]+(?:_[a-z]+)*\.[a-z]+(?:_[a-z]+)*(?:\.v\d+)?")
_MODULE = re.compile(rf"(?:chassis|testkit|{'|'.join(SERVICES)})(?:\.\w+)+")
#: Created by a run, so absent in a checkout.
_MADE = re.compile(r"^(?:var|data|log|keys|run|static|media|gateway|test-engines|engines|secrets\.env)(?:/|$)|^~|^/")
#: Documents about the past, which mention old names.
_HISTORY = re.compile(r"(^|/)CHANGELOG\.md$|^docs/adr/")


@dataclass(frozen=True)
class Document:
    path: str
    text: str

    @property
    def folder(self) -> Path:
        return (ROOT / self.path).parent

    @property
    def project(self) -> str:
        """Return the folder of the service or tool that it describes; empty if it is about all of them."""
        first, _, rest = self.path.partition("/")
        return "" if first == "docs" or not rest else f"{first}/"

    @property
    def prose(self) -> str:
        return _BLOCK.sub("", self.text)

    @property
    def spans(self) -> list[str]:
        """Yield the texts between backticks."""
        return _CODE.findall(self.prose)


Check = Callable[[Document], Iterator[str]]


def links_lead_somewhere(document: Document) -> Iterator[str]:
    for target in _LINK.findall(document.text):
        if "://" not in target and not target.startswith("mailto:") and not (document.folder / target).exists():
            yield target


def paths_exist(document: Document) -> Iterator[str]:
    for span in document.spans:
        if _PATH.fullmatch(span) and "/" in span and not span.startswith("/") and not _known_path(document, span):
            yield span


def files_exist(document: Document) -> Iterator[str]:
    for span in document.spans:
        if _PATH.fullmatch(span) and "/" not in span and span not in _file_names(document.project):
            yield span


def make_targets_exist(document: Document) -> Iterator[str]:
    for target in _MAKE.findall("\n".join([*document.spans, *_BLOCK.findall(document.text)])):
        if target not in _make_targets():
            yield f"make {target}"


def manage_commands_exist(document: Document) -> Iterator[str]:
    for command in _MANAGE.findall(document.text):
        if command not in _manage_commands():
            yield f"manage.py {command}"


def settings_exist(document: Document) -> Iterator[str]:
    for span in document.spans:
        found = _SETTING.match(span)
        if found and not {found[1], found[1].removesuffix("_FILE")} & _code_words():
            yield found[1]


def message_types_exist(document: Document) -> Iterator[str]:
    """Yield message types, in full (`order.placed.v1`) or without the version, that do not exist."""
    known = _message_types()
    subjects = {type_.partition(".")[0] for type_ in known}
    for span in document.spans:
        if _MESSAGE.fullmatch(span) and span.partition(".")[0] in subjects and not _is_field(span):
            if span not in known and f"{span}.v1" not in known:
                yield span


def modules_exist(document: Document) -> Iterator[str]:
    for span in document.spans:
        if _MODULE.fullmatch(span) and not _is_module(span) and span.partition(".")[2] not in _permissions():
            yield span


CHECKS: tuple[Check, ...] = (
    links_lead_somewhere,
    paths_exist,
    files_exist,
    make_targets_exist,
    manage_commands_exist,
    settings_exist,
    message_types_exist,
    modules_exist,
)


def documents() -> list[Document]:
    kept = [path for path in _tracked() if path.endswith(".md") and not _HISTORY.search(path)]
    return [Document(path, (ROOT / path).read_text()) for path in kept]


def wrong(document: Document) -> list[str]:
    return [f"{document.path}: {check.__name__}: {found}" for check in CHECKS for found in check(document)]


def main() -> int:
    found = [line for document in documents() for line in wrong(document)]
    print("\n".join(found))
    return 1 if found else 0


def _known_path(document: Document, span: str) -> bool:
    """Return whether it exists below the root, a project, the document's folder or one of its children."""
    children = [child for child in document.folder.iterdir() if child.is_dir()]
    tried = [ROOT, document.folder, *children, *_project_folders()]
    made = _MADE.match(span.removeprefix("../"))
    return bool(made) or any((base / span).exists() for base in tried) or _is_other(span)


def _is_other(span: str) -> bool:
    """Return whether it is something other than a path: a content type, an npm package, a repository, a route."""
    first = span.partition("/")[0]
    return not (ROOT / first).exists() and not any((folder / first).exists() for folder in _project_folders())


@cache
def _project_folders() -> list[Path]:
    return [child for child in ROOT.iterdir() if child.is_dir() and not child.name.startswith(".")]


@cache
def _tracked() -> tuple[str, ...]:
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return tuple(path for path in listed if (ROOT / path).exists())


@cache
def _file_names(project: str) -> frozenset[str]:
    """Return the names of files in a project or at the top, and of those that a run creates."""
    made = {"engines.json", "nginx.conf", "upstreams.conf", "secrets.env", "definitions.json"}
    return frozenset(Path(path).name for path in _tracked() if path.startswith(project) or "/" not in path) | made


@cache
def _make_targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@cache
def _manage_commands() -> frozenset[str]:
    django = {"migrate", "collectstatic", "createsuperuser", "check", "shell", "makemigrations"}
    return django | {Path(path).stem for path in _tracked() if "/management/commands/" in path}


@cache
def _code_words() -> frozenset[str]:
    kinds = (".py", ".example", ".sh", ".toml", ".conf", ".template", "Makefile", ".ci/run", "logrotate")
    texts = (
        (ROOT / path).read_text(errors="ignore")
        for path in _tracked()
        if path.endswith(kinds) and not path.startswith("tests/architecture")
    )
    return frozenset(word for text in texts for word in re.findall(r"\b[A-Z][A-Z0-9_]+\b", text))


@cache
def _permissions() -> frozenset[str]:
    models = ((ROOT / path).read_text() for path in _tracked() if "/models" in path and path.endswith(".py"))
    return frozenset(name for text in models for name in re.findall(r'\("(\w+)", "', text))


@cache
def _message_types() -> frozenset[str]:
    return frozenset(path.stem for path in (ROOT / "docs" / "events").rglob("*.json"))


def _is_field(span: str) -> bool:
    """Return whether it is a file or a field, which look like message types (`order.py`, `user.email`)."""
    return span.endswith((".py", ".js", ".id", ".email", ".md", ".toml"))


def _is_module(span: str) -> bool:
    """Return whether it is a module, or a name that a module defines."""
    package, *rest = span.split(".")
    bases = [folder / package for folder in _project_folders() if (folder / package).is_dir()]
    return any(_reaches(base, rest) for base in bases)


def _reaches(base: Path, rest: list[str]) -> bool:
    for depth, name in enumerate(rest):
        if (base / name).is_dir():
            base /= name
            continue
        module = base / f"{name}.py"
        if module.exists():
            return all(re.search(rf"\b{word}\b", module.read_text()) for word in rest[depth + 1 :])
        opening = base / "__init__.py"
        return opening.exists() and all(re.search(rf"\b{word}\b", opening.read_text()) for word in rest[depth:])
    return True


if __name__ == "__main__":
    sys.exit(main())

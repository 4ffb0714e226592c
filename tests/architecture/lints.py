"""House rules that no linter has. Each is a function that yields the lines of a file that violate it."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from registry import ROOT, SERVICES

MONEY = re.compile(r"amount|price|total|refund|captured|balance")


@dataclass(frozen=True)
class Source:
    """A file of the product (not a test), by its path below the root."""

    path: str
    tree: ast.Module

    @property
    def service(self) -> str | None:
        return next((each.name for each in SERVICES.values() if self.path.startswith(f"{each.folder}/")), None)

    @property
    def in_domain(self) -> bool:
        return self.service is not None and "/domain/" in self.path


Rule = Callable[[Source], Iterator[int]]


def atomic_only_in_the_chassis_helper(source: Source) -> Iterator[int]:
    """`transaction.atomic` silently does nothing on MongoDB; use chassis.transactions.transactional."""
    if source.path == "chassis/chassis/transactions.py":
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.db"):
            if node.module == "django.db.transaction" or any(name.name == "transaction" for name in node.names):
                yield node.lineno
        elif isinstance(node, ast.Attribute) and node.attr == "atomic":
            yield node.lineno


def tasks_are_sent_only_by_relay_and_beat(source: Source) -> Iterator[int]:
    """A task sent from elsewhere is lost when the transaction or the process fails; record a message."""
    if source.path == "chassis/chassis/broker.py":
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in {"apply_async", "delay", "send_task"}:
            yield node.lineno


def no_clock_in_the_domain(source: Source) -> Iterator[int]:
    """`now` is an argument."""
    if not source.in_domain:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
            if (name, node.func.attr) in {
                ("datetime", "now"),
                ("datetime", "utcnow"),
                ("date", "today"),
                ("timezone", "now"),
                ("time", "time"),
                ("time", "monotonic"),
            }:
                yield node.lineno


def no_float_near_money(source: Source) -> Iterator[int]:
    """Amounts are integers of minor units: no float() of one, no FloatField, no true division."""
    if source.service is None and not source.path.endswith("money.py"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
            if any(MONEY.search(ast.unparse(argument)) for argument in node.args):
                yield node.lineno
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            if MONEY.search(ast.unparse(node)):
                yield node.lineno
        elif isinstance(node, ast.Attribute) and node.attr == "FloatField":
            yield node.lineno
        elif isinstance(node, ast.AnnAssign) and MONEY.search(ast.unparse(node.target)):
            if "float" in ast.unparse(node.annotation):
                yield node.lineno


def no_hundred_near_money(source: Source) -> Iterator[int]:
    """Not every currency has two decimals: use `str(Money)`, `Money.parse` or `exponent`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv | ast.Mod | ast.Mult | ast.Div):
            sides = (node.left, node.right)
            by_hundred = any(isinstance(side, ast.Constant) and side.value == 100 for side in sides)
            if by_hundred and re.search(rf"{MONEY.pattern}|minor|cents|\bsum", ast.unparse(node).lower()):
                yield node.lineno


def no_model_of_another_service(source: Source) -> Iterator[int]:
    """Tables belong to one service: no `get_model` of another's."""
    if source.service is None:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("get_model"):
            labels = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if any(label.partition(".")[0] in SERVICES.keys() - {source.service} for label in labels):
                yield node.lineno


def admin_actions_name_their_permission(source: Source) -> Iterator[int]:
    """Django offers an action without `permissions` to everyone who may view the list."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if ast.unparse(called) not in {"action", "admin.action"}:
                continue
            keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
            named = [ast.unparse(keyword.value) for keyword in keywords if keyword.arg == "permissions"]
            if not named or not re.search(r"\w", named[0]) or re.search(r"""['".]view['"_]""", named[0]):
                yield decorator.lineno


RULES: tuple[Rule, ...] = (
    atomic_only_in_the_chassis_helper,
    tasks_are_sent_only_by_relay_and_beat,
    no_clock_in_the_domain,
    no_float_near_money,
    no_hundred_near_money,
    no_model_of_another_service,
    admin_actions_name_their_permission,
)


def parse(path: str, text: str) -> Source:
    return Source(path, ast.parse(text))


def product_files() -> list[Source]:
    """Return every tracked or new Python file of the product, without tests and migrations."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    kept = [p for p in listed if not re.search(r"(^|/)(tests|migrations|mongo_migrations|testkit)/", p)]
    return [parse(path, (ROOT / path).read_text()) for path in kept if (ROOT / path).exists()]


def broken(rule: Rule, sources: list[Source]) -> list[str]:
    return [f"{source.path}:{line}" for source in sources for line in rule(source)]

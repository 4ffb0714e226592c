"""Files of products: looked at as a whole, then imported product by product, so that no order waits for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F

from chassis.core.errors import DomainError
from chassis.jobs.retention import forget
from chassis.transactions import transactional
from products.commands.catalogue import put_product
from products.commands.stock import count_stock
from products.domain.catalogue import ProductDraft, ProductNotValid
from products.domain.importing import ImportedProduct, losses, merged, read_csv, refused
from products.models import Category, ImportStatus, ProductImport, StockItem, Variant
from products.repository import catalogue

#: So many products are imported while somebody waits for the answer; more, in the background.
AT_ONCE = 50
_BATCH = 500
#: Of a file that empties the shop, these are enough to see it.
_MOST_SHOWN = 200


@dataclass(slots=True)
class Plan:
    """What a file would do: how many products are new or change, and what is not sold or shown any more."""

    products: int = 0
    new: int = 0
    changed: int = 0
    losses: list[str] = field(default_factory=list)


def planned_import(products: Sequence[ImportedProduct]) -> Plan:
    """Compare the file with the catalogue and the stock. Raises ImportRefused, which names every bad line."""
    plan, problems = Plan(products=len(products)), []
    categories = set(Category.objects.values_list("slug", flat=True))
    for batch in _batches(products):
        known = catalogue.drafts_of([one.slug for one in batch])
        problems += _problems_of_skus(batch)
        for one in batch:
            try:
                draft = merged(one, known.get(one.slug))
            except ProductNotValid as error:
                problems.append(f"line {one.line}: {error.message}")
                continue
            if draft.category not in categories:
                problems.append(f"line {one.line}, category: there is no {draft.category!r}")
            _add_to(plan, known.get(one.slug), draft)
    if problems:
        raise refused(problems)
    return plan


def add_import(*, file_name: str, text: str, actor: str, now: datetime) -> ProductImport:
    """Take a file in. It waits for a person when something would not be sold or shown any more.

    A small one is imported at once. Raises ImportRefused; then nothing is kept of it.
    """
    products = read_csv(text)
    plan = planned_import(products)
    row = ProductImport.objects.create(
        file_name=file_name[:200],
        content=text,
        actor=actor,
        status=ImportStatus.WAITING if plan.losses else ImportStatus.RUNNING,
        products=len(products),
        losses=plan.losses[:_MOST_SHOWN],
        created_at=now,
    )
    if row.status == ImportStatus.RUNNING and len(products) <= AT_ONCE:
        _run(row, now=now, limit=AT_ONCE)
        row.refresh_from_db()
    return row


def confirm_import(*, import_id: UUID, confirmed: bool, now: datetime) -> bool:
    """Begin with a file that waits, or discard it; False when it does not wait any more."""
    waiting = ProductImport.objects.filter(id=import_id, status=ImportStatus.WAITING)
    if confirmed:
        return bool(waiting.update(status=ImportStatus.RUNNING))
    return bool(waiting.update(status=ImportStatus.DISCARDED, content="", finished_at=now))


def run_imports(*, now: datetime, limit: int = 300) -> int:
    """Go on with the oldest file, so many products; how many. A run that was ended goes on where it was."""
    row = ProductImport.objects.filter(status=ImportStatus.RUNNING).order_by("created_at").first()
    return _run(row, now=now, limit=limit) if row else 0


def import_product(asked: ImportedProduct, *, actor: str, now: datetime) -> bool:
    """Put one product, then its counted units; whether it was new or changed. Again, it changes nothing.

    Two transactions: an order locks the stock first and the product then, and must not meet the opposite.
    Raises what `put_product` and `count_stock` raise.
    """
    draft = merged(asked, catalogue.drafts_of([asked.slug]).get(asked.slug))
    _, changed = put_product(draft, now=now)
    if asked.counts:
        count_stock(units=asked.counts, note="Import", actor=actor, now=now)
    return changed


def forget_imports(*, now: datetime) -> int:
    """Delete old files, and those that nobody has confirmed in that time; how many."""
    return forget(ProductImport.objects.filter(created_at__lt=now - timedelta(days=settings.IMPORTS_KEPT_DAYS)))


def _run(row: ProductImport, *, now: datetime, limit: int) -> int:
    products = read_csv(row.content)
    here = products[row.done : row.done + limit]
    for position, one in enumerate(here, row.done):
        changed, problems = False, []
        try:
            changed = import_product(one, actor=row.actor, now=now)
        except DomainError as error:  # changed since the file was looked at; its neighbors go on
            problems = [f"line {one.line}: {error.message}"]
        if not _advance(row.id, position, changed=changed, problems=problems):
            return position - row.done
    if row.done + len(here) >= len(products):
        running = ProductImport.objects.filter(id=row.id, status=ImportStatus.RUNNING)
        running.update(status=ImportStatus.DONE, content="", finished_at=now)
    return len(here)


@transactional
def _advance(import_id: UUID, position: int, *, changed: bool, problems: list[str]) -> bool:
    """Note that the product at this position is done; False when somebody else has."""
    row = ProductImport.objects.select_for_update().filter(id=import_id, done=position).first()
    if row is None:
        return False
    row.problems = [*row.problems, *problems][:_MOST_SHOWN]
    row.done, row.changed = F("done") + 1, F("changed") + (1 if changed else 0)
    row.save(update_fields=["problems", "done", "changed"])
    return True


def _problems_of_skus(batch: Sequence[ImportedProduct]) -> Iterator[str]:
    """SKUs that other products have, and counts that are below what is held for orders."""
    lines = {one.sku: (one, product.slug) for product in batch for one in product.variants}
    owners = Variant.objects.filter(sku__in=list(lines)).values_list("sku", "product__slug")
    others = {sku: slug for sku, slug in owners if slug != lines[sku][1]}
    for sku, slug in others.items():
        yield f"line {lines[sku][0].line}, sku: {sku} is a variant of another product, {slug}"
    counted = [sku for sku, (one, _) in lines.items() if one.count is not None]
    for item in StockItem.objects.filter(sku__in=counted):
        line, held = lines[item.sku][0], item.reserved + item.allocated
        if line.count is not None and line.count < held:
            yield f"line {line.line}, stock: {held} units of {item.sku} are held for orders"


def _add_to(plan: Plan, known: ProductDraft | None, draft: ProductDraft) -> None:
    if known is None:
        plan.new += 1
    elif known != draft:
        plan.changed += 1
        plan.losses += losses(known, draft)


def _batches(products: Sequence[ImportedProduct]) -> Iterator[Sequence[ImportedProduct]]:
    for start in range(0, len(products), _BATCH):
        yield products[start : start + _BATCH]

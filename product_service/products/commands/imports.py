"""Imports of product files: checked as a whole, then imported a few products at a time, so that no order waits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F
from more_itertools import chunked

from chassis.core.errors import DomainError
from chassis.jobs.retention import forget
from chassis.transactions import transactional
from products.commands.catalog import put_products
from products.commands.stock import count_stock
from products.domain.catalog import ProductDraft, ProductNotValid
from products.domain.product_file import ImportedProduct, losses, merged, read_csv, refused
from products.models import Category, ImportStatus, ProductImport, StockItem, Variant
from products.repository import catalog

#: Up to this many products are imported during the request; more of them in the background.
AT_ONCE = 50
_BATCH = 500
#: Products of one transaction: it is over before an order notices.
_AT_A_TIME = 25
#: Products of one run, some ten seconds of work: each run reads the whole file.
_OF_ONE_RUN = 5_000
#: Stored losses and problems of a file.
_MOST_SHOWN = 200


@dataclass(slots=True)
class Plan:
    """The effect of a file: the number of new and changed products, and what would no longer be sold or shown."""

    products: int = 0
    new: int = 0
    changed: int = 0
    losses: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Imported:
    """The number of new and changed products, and what was refused."""

    changed: int = 0
    problems: list[str] = field(default_factory=list)


def plan_import(products: Sequence[ImportedProduct]) -> Plan:
    """Return the effect of the file on catalog and stock. Raises ImportRefused, which names each bad line."""
    plan = Plan(products=len(products))
    problems: list[str] = []
    categories = set(Category.objects.values_list("slug", flat=True))
    for batch in chunked(products, _BATCH):
        known = catalog.drafts_of([one.slug for one in batch])
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
    """Store a file and import a small one at once. It waits for confirmation if something would be lost.

    Raises ImportRefused, and then stores nothing.
    """
    products = read_csv(text)
    plan = plan_import(products)
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
    """Start a waiting import or discard it; return False if it is no longer waiting."""
    waiting = ProductImport.objects.filter(id=import_id, status=ImportStatus.WAITING)
    if confirmed:
        return bool(waiting.update(status=ImportStatus.RUNNING))
    return bool(waiting.update(status=ImportStatus.DISCARDED, content="", finished_at=now))


def run_imports(*, now: datetime, limit: int = _OF_ONE_RUN) -> int:
    """Import the next `limit` products of the oldest running file, and return their number."""
    row = ProductImport.objects.filter(status=ImportStatus.RUNNING).order_by("created_at").first()
    return _run(row, now=now, limit=limit) if row else 0


def import_products(asked: Sequence[ImportedProduct], *, actor: str, now: datetime) -> Imported:
    """Import products, then their counted units; repeating changes nothing. Those with problems keep back no others.

    Two transactions: orders lock the stock before the product, so one in the opposite order could deadlock.
    """
    known = catalog.drafts_of([one.slug for one in asked])
    done = Imported()
    try:
        drafts = [merged(one, known.get(one.slug)) for one in asked]
        done.changed = sum(changed for _, changed in put_products(drafts, now=now))
        count_stock(units=_counts(asked), note="Import", actor=actor, now=now)
    except DomainError as error:  # the catalog has changed since the check
        if len(asked) == 1:
            return Imported(done.changed, [f"line {asked[0].line}: {error.message}"])
        for one in asked:
            alone = import_products([one], actor=actor, now=now)
            done.changed += alone.changed
            done.problems += alone.problems
    return done


def forget_imports(*, now: datetime) -> int:
    """Delete old imports, confirmed or not, and return their number."""
    return forget(ProductImport.objects.filter(created_at__lt=now - timedelta(days=settings.IMPORTS_KEPT_DAYS)))


def _run(row: ProductImport, *, now: datetime, limit: int) -> int:
    products = read_csv(row.content)
    here = products[row.done : row.done + limit]
    for start in range(0, len(here), _AT_A_TIME):
        some = here[start : start + _AT_A_TIME]
        imported = import_products(some, actor=row.actor, now=now)
        if not _advance(row.id, row.done + start, len(some), imported):
            return start
    if row.done + len(here) >= len(products):
        running = ProductImport.objects.filter(id=row.id, status=ImportStatus.RUNNING)
        running.update(status=ImportStatus.DONE, content="", finished_at=now)
    return len(here)


@transactional
def _advance(import_id: UUID, position: int, count: int, imported: Imported) -> bool:
    """Record that the products from this position are done; return False if another run has recorded it."""
    row = ProductImport.objects.select_for_update().filter(id=import_id, done=position).first()
    if row is None:
        return False
    row.problems = [*row.problems, *imported.problems][:_MOST_SHOWN]
    row.done, row.changed = F("done") + count, F("changed") + imported.changed
    row.save(update_fields=["problems", "done", "changed"])
    return True


def _counts(products: Sequence[ImportedProduct]) -> dict[str, int]:
    """Return the counted units by SKU."""
    return {sku: units for one in products for sku, units in one.counts.items()}


def _problems_of_skus(batch: Sequence[ImportedProduct]) -> Iterator[str]:
    """Yield the SKUs that belong to other products, and counts below the units held for orders."""
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

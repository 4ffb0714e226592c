"""What changes: one transaction each; the rule is in the domain, the message in the outbox."""

from products.commands.catalogue import (
    announce_catalogue,
    announce_product,
    category_edited,
    put_category,
    put_product,
    record_rating,
    set_active,
)
from products.commands.imports import (
    add_import,
    confirm_import,
    forget_imports,
    import_product,
    planned_import,
    run_imports,
)
from products.commands.ledger import (
    LedgerMismatch,
    check_ledger,
    check_recent_ledger,
    mend_stock,
)
from products.commands.purchases import forget_customer, learn_from_order, unlearn_order, unlearn_return
from products.commands.stock import (
    adjust_stock,
    allocate_stock,
    count_stock,
    dispatch_stock,
    expire_reservations,
    release_stock,
    reserve_stock,
    restock_return,
)

__all__ = [
    "LedgerMismatch",
    "add_import",
    "adjust_stock",
    "allocate_stock",
    "announce_catalogue",
    "announce_product",
    "category_edited",
    "check_ledger",
    "check_recent_ledger",
    "confirm_import",
    "count_stock",
    "dispatch_stock",
    "expire_reservations",
    "forget_customer",
    "forget_imports",
    "import_product",
    "learn_from_order",
    "mend_stock",
    "planned_import",
    "put_category",
    "put_product",
    "record_rating",
    "release_stock",
    "reserve_stock",
    "restock_return",
    "run_imports",
    "set_active",
    "unlearn_order",
    "unlearn_return",
]

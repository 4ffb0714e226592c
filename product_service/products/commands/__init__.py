"""What changes: one transaction each; the rule is in the domain, the message in the outbox."""

from products.commands.catalogue import (
    announce_catalogue,
    announce_product,
    category_edited,
    import_products,
    put_category,
    put_product,
    record_rating,
    set_active,
)
from products.commands.purchases import forget_customer, learn_from_order, unlearn_order, unlearn_return
from products.commands.stock import (
    LedgerMismatch,
    adjust_stock,
    allocate_stock,
    check_ledger,
    count_stock,
    dispatch_stock,
    expire_reservations,
    release_stock,
    reserve_stock,
    restock_return,
)

__all__ = [
    "LedgerMismatch",
    "adjust_stock",
    "allocate_stock",
    "announce_catalogue",
    "announce_product",
    "category_edited",
    "check_ledger",
    "count_stock",
    "dispatch_stock",
    "expire_reservations",
    "forget_customer",
    "import_products",
    "learn_from_order",
    "put_category",
    "put_product",
    "record_rating",
    "release_stock",
    "reserve_stock",
    "restock_return",
    "set_active",
    "unlearn_order",
    "unlearn_return",
]

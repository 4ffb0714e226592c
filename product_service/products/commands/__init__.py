"""The commands of this service: keyword-only functions, one transaction each."""

from products.commands.catalog import (
    announce_catalog,
    announce_product,
    announce_products,
    put_category,
    put_product,
    put_products,
    record_rating,
    set_active,
)
from products.commands.imports import (
    add_import,
    confirm_import,
    forget_imports,
    import_products,
    plan_import,
    run_imports,
)
from products.commands.ledger import (
    LedgerMismatch,
    check_ledger,
    check_recent_ledger,
    mend_stock,
)
from products.commands.purchases import (
    forget_customer,
    record_canceled_order,
    record_confirmed_order,
    record_refunded_return,
)
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

"""Tables, constraints, indexes. No rules."""

from products.models.catalog import Category, Product, SearchEntry, SearchWord, Variant
from products.models.imports import ImportStatus, ProductImport
from products.models.purchases import BoughtTogether, ConfirmedOrder, ForgottenCustomer, Purchase
from products.models.stock import (
    LOW,
    LedgerBalance,
    Reservation,
    ReservationLine,
    Restock,
    StockItem,
    StockMovement,
    StockRepair,
)

__all__ = [
    "LOW",
    "BoughtTogether",
    "Category",
    "ConfirmedOrder",
    "ForgottenCustomer",
    "ImportStatus",
    "LedgerBalance",
    "Product",
    "ProductImport",
    "Purchase",
    "Reservation",
    "ReservationLine",
    "Restock",
    "SearchEntry",
    "SearchWord",
    "StockItem",
    "StockMovement",
    "StockRepair",
    "Variant",
]

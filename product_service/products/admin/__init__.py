"""The admin of the catalog and its stock. Every change goes through a command."""

from products.admin import catalog, imports, stock

__all__ = ["catalog", "imports", "stock"]

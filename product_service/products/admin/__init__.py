"""The admin of the catalog and its stock. Every change goes through a command."""

from products.admin import catalogue, imports, stock

__all__ = ["catalogue", "imports", "stock"]

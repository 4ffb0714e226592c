"""Staff: the catalogue and its stock. Every change goes through a command, so that it is told and recorded."""

from products.admin import catalogue, imports, stock

__all__ = ["catalogue", "imports", "stock"]

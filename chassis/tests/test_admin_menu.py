"""The admin's menu has links to the services that the environment names."""

from __future__ import annotations

from chassis.core.env import Env
from chassis.settings import unfold


def links(**source: str) -> list[tuple[str, str]]:
    return [(entry["title"], entry["link"]) for entry in unfold(Env(source), "orders")["SITE_DROPDOWN"]]


def test_without_a_list_the_menu_has_this_service_alone():
    assert links() == [("Orders", "/admin/orders/")]


def test_the_menu_has_the_services_of_the_list_in_their_order():
    assert links(ADMIN_SERVICES="users,orders") == [("Users", "/admin/users/"), ("Orders", "/admin/orders/")]

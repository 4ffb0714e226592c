"""What staff do in the admins, through the gateway."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from run.system import System

from tests.journeys.test_tokens import sign_in

PASSWORD = "open-sesame-staff"
ORDERS = "/admin/orders/orders/order/"
REFUNDS = "/admin/payments/payments/refund/"


@contextmanager
def at_desk(system: System, who: str, page: str) -> Iterator[httpx.Client]:
    """Return the browser of a member of staff who has signed in at this page."""
    with httpx.Client(base_url=system.url("", staff=True), timeout=20) as browser:
        sign_in(browser, f"{who}@souk.example", PASSWORD, page)
        yield browser


def send(browser: httpx.Client, page: str, **form: str) -> httpx.Response:
    """Send the form of the page, which leads on when it is accepted."""
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(page).text)
    assert token is not None
    data = {**form, "csrfmiddlewaretoken": token[1]}
    answer = browser.post(page, data=data, headers={"Referer": str(browser.base_url)})
    assert answer.status_code == 302, answer.text
    return answer


def act(system: System, who: str, page: str, action: str, row: str, **form: str) -> None:
    """Use an action of a list on one row."""
    with at_desk(system, who, page) as browser:
        send(browser, page, action=action, _selected_action=row, index="0", **form)

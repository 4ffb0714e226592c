"""A chaos run: orders while everything is killed in turn, then the comparison."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import httpx
from run.shopper import new_shopper, until
from run.system import System

from tests.books import books
from tests.chaos import agreement
from tests.chaos.customers import Told, play, stories, wait_for_the_end
from tests.chaos.harm import Harm

#: Orders for each round of kills.
ORDERS_A_ROUND = 200
_CUSTOMERS = 4
_AT_ONCE = 8
_UNITS_AN_ORDER = 3
#: Seconds for messages in transit when all orders have ended.
_REST = 120.0


@dataclass(frozen=True)
class Outcome:
    killed: Counter[str]
    stories: Counter[str]
    findings: list[agreement.Finding]

    @property
    def good(self) -> bool:
        return not any(wrong for _, _, wrong in self.findings)


def chaos(system: System, orders: int, *, seed: int = 1, tell: Callable[[str, int, int], None]) -> Outcome:
    """Run it; `tell(what, done, of)` receives the progress."""
    customers = [new_shopper(system.url(""), system.service_url("sandbox", "")) for _ in range(_CUSTOMERS)]
    for customer in customers:
        customer.variants()  # read the catalog while every service is up
    skus = list(customers[0].variants())[:4]
    for sku in skus:
        system.set_stock(sku, _UNITS_AN_ORDER * orders)  # enough stock for all orders
    before = agreement.stock(system)
    harm = Harm(system)
    victims = harm.victims() * max(1, orders // ORDERS_A_ROUND)
    pace = _Pace(orders, len(victims))

    def one(number: int, story: str) -> Told:
        chance, shopper = random.Random(seed * 1_000_000 + number), customers[number % _CUSTOMERS]
        sku, quantity = chance.choice(skus), chance.randint(1, _UNITS_AN_ORDER)
        pace.wait_for_harm(number)
        try:
            order_id = play(shopper, story, sku, quantity)
            told = wait_for_the_end(shopper, order_id, story, sku, quantity)
        except Exception as error:
            tell(f"a customer gives up ({story}): {error}", number, orders)
            raise
        tell("orders ended", pace.one_more_ended(), orders)
        return told

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        running = [pool.submit(one, number, story) for number, story in enumerate(stories(orders, seed))]
        try:
            for number, victim in enumerate(victims, start=1):
                pace.wait_for_orders(number)
                harm.one(victim)
                tell(f"killed {victim}", number, len(victims))
                pace.go_on(number)
            told = [each.result() for each in running]
        except BaseException as error:
            tell(f"ends early: {error!r}", number, len(victims))
            pool.shutdown(wait=False, cancel_futures=True)  # customers who have not started do not start
            raise
        finally:
            pace.go_on(len(victims))
    tell("waiting until nothing is on its way", orders, orders)
    _wait_for_rest(system, told)
    found = agreement.findings(told, before, agreement.Databases(system), partial(books, system))
    return Outcome(harm.killed, Counter(order.story for order in told), list(found))


class _Pace:
    """Spreads the kills evenly over the orders, on slow and fast machines."""

    def __init__(self, orders: int, harms: int) -> None:
        self._orders_a_harm = orders / harms
        self._begun = self._ended = self._harms = 0
        self._changed = threading.Condition()

    def wait_for_harm(self, order: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: order <= (self._harms + 1) * self._orders_a_harm)
            self._begun += 1
            self._changed.notify_all()

    def wait_for_orders(self, harm: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._begun >= (harm - 1) * self._orders_a_harm)

    def go_on(self, harms: int) -> None:
        with self._changed:
            self._harms = harms
            self._changed.notify_all()

    def one_more_ended(self) -> int:
        with self._changed:
            self._ended += 1
            return self._ended


def _wait_for_rest(system: System, told: list[Told]) -> None:
    def rests() -> bool:
        waiting = sum(_metric(system, name, "souk_outbox_unsent") for name in system.settings.services)
        arrived = not waiting and _mails_wanted(told) <= _mails_come(system, told)
        return arrived and not agreement.open_mails(system)

    try:
        until(rests, seconds=_REST, what="rest")
    except AssertionError:
        return  # the findings name whatever did not finish


def _mails_wanted(told: list[Told]) -> int:
    return sum(len(agreement.mails_about(order)) for order in told)


def _mails_come(system: System, told: list[Told]) -> int:
    mine = {order.email for order in told}
    words = {word for many in agreement.MAILS.values() for word in many}
    subjects = [mail["subject"].lower() for mail in books(system, "mailbox")["mails"] if mail["to"] in mine]
    return sum(any(word in subject for word in words) for subject in subjects)


def _metric(system: System, service: str, name: str) -> float:
    text = httpx.get(system.service_url(service, "/metrics"), timeout=10).text
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(f"{name} "))

"""The house rules hold, and each fails on a planted violation."""

from __future__ import annotations

import pytest

from tests.architecture import lints

PLANTED = {
    lints.atomic_only_in_the_chassis_helper: [
        ("order_service/orders/commands.py", "from django.db import transaction\n"),
        ("order_service/orders/commands.py", "from django.db.transaction import atomic\n"),
        ("order_service/orders/commands.py", "import django.db.transaction as t\nwith t.atomic(): pass\n"),
    ],
    lints.tasks_are_sent_only_by_relay_and_beat: [
        ("order_service/orders/commands.py", "charge.delay(order_id)\n"),
        ("chassis/chassis/inbox/receiver.py", "receive.apply_async([envelope])\n"),
        ("payment_service/payments/tasks.py", "app.send_task('orders.cancel')\n"),
    ],
    lints.no_clock_in_the_domain: [
        ("order_service/orders/domain/order.py", "expires = datetime.now(UTC)\n"),
        ("order_service/orders/domain/order.py", "expires = timezone.now()\n"),
        ("review_service/reviews/domain/rules.py", "import time\nstarted = time.time()\n"),
    ],
    lints.no_float_near_money: [
        ("order_service/orders/domain/pricing.py", "tax = subtotal.amount / 6\n"),
        ("order_service/orders/domain/pricing.py", "x = float(line.price)\n"),
        ("payment_service/payments/models.py", "x = models.FloatField()\n"),
        ("payment_service/payments/models.py", "total: float = 0\n"),
    ],
    lints.no_hundred_near_money: [
        ("payment_service/payments/admin.py", "amount = int(cleaned['sum'] * 100)\n"),
        ("local/run/demo.py", "text = f'{price // 100}.{price % 100:02d}'\n"),
        ("order_service/orders/domain/customer_texts.py", "euros = 100 * refunded\n"),
    ],
    lints.no_model_of_another_service: [
        ("review_service/reviews/queries.py", "Order = apps.get_model('orders', 'Order')\n"),
        ("review_service/reviews/queries.py", "Order = apps.get_model('orders.Order')\n"),
    ],
    lints.admin_actions_name_their_permission: [
        (
            "order_service/orders/admin.py",
            "class A:\n    @admin.action(description='Cancel')\n    def cancel(self): ...\n",
        ),
        ("order_service/orders/admin.py", "@action\ndef cancel(self): ...\n"),
        ("chassis/chassis/inbox/admin.py", "@admin.action(permissions=[])\ndef replay(self): ...\n"),
        ("payment_service/payments/admin.py", "@action(permissions=['view'])\ndef refund(self): ...\n"),
        (
            "payment_service/payments/admin.py",
            "@action(permissions=['payments.view_payment'])\ndef refund(self): ...\n",
        ),
    ],
}


@pytest.mark.parametrize("rule", lints.RULES, ids=lambda rule: rule.__name__)
def test_the_rule_holds(rule):
    sources = lints.product_files()
    assert len(sources) > 100
    assert lints.broken(rule, sources) == [], rule.__doc__


@pytest.mark.parametrize("rule", lints.RULES, ids=lambda rule: rule.__name__)
def test_the_rule_bites(rule):
    assert PLANTED[rule], "a rule that nobody has seen fail"
    for path, text in PLANTED[rule]:
        assert lints.broken(rule, [lints.parse(path, text)]), text


def test_the_rules_leave_good_code_alone():
    good = lints.parse(
        "order_service/orders/domain/pricing.py",
        "def tax(subtotal: Money) -> Money:\n    return subtotal.share(20, 120)\n",
    )
    action = lints.parse("order_service/orders/admin.py", "@admin.action(permissions=['steer'])\ndef resume(): ...\n")
    assert [rule for rule in lints.RULES if lints.broken(rule, [good, action])] == []

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from tests.factories import NOON, a_category, a_product, a_variant, stock_of

from products import commands
from products.models import Category, Product, StockMovement

pytestmark = pytest.mark.django_db

CSV = """slug,name,category,sku,options,price,weight_grams,stock
blue-lamp,Blue Lamp,lamps,BL-S,size=S,19.99,400,5
blue-lamp,Blue Lamp,lamps,BL-L,size=L;color=blue,24.50,600,
red-lamp,Red Lamp,lamps,RL,,9,100,2
"""


def form_of(product, **changes):
    """Return the form that a browser posts for this product."""
    data = {"name": product.name, "category": str(product.category_id), "description": product.description}
    data |= {"image_url": product.image_url, "active": "on" if product.active else ""}
    variants = list(product.variants.all())
    data |= {"variants-TOTAL_FORMS": len(variants), "variants-INITIAL_FORMS": len(variants)}
    for number, one in enumerate(variants):
        fields = {"id": one.id, "product": product.id, "sku": one.sku, "name": one.name, "options": "{}"}
        fields |= {
            "price_amount": one.price_amount,
            "weight_grams": one.weight_grams,
            "active": "on",
            "position": number,
        }
        data |= {f"variants-{number}-{name}": value for name, value in fields.items()}
    return data | changes


def change_url(product):
    return reverse("admin:products_product_change", args=[product.id])


def test_a_price_that_staff_change_is_told_and_shown_at_once(staff, outbox):
    product = a_product()
    outbox.clear()
    answer = staff().post(change_url(product), form_of(product, **{"variants-0-price_amount": 2750}))
    assert answer.status_code == 302, answer.context["errors"]
    assert outbox.one("product.changed.v1")["variants"][0]["price"]["amount"] == 2750
    assert Product.objects.get(id=product.id).price_from == 2750


def test_an_open_form_does_not_put_back_what_the_system_changed_meanwhile(staff, deliver):
    product = a_product()
    posted = form_of(product, name="Renamed")
    deliver("rating.changed.v1", {"product_id": product.id, "count": 3, "average_hundredths": 400})
    commands.adjust_stock(units={"BRASS-LAMP": 4}, note="Delivered", actor="t", now=NOON)
    staff().post(change_url(product), posted)
    changed = Product.objects.get(id=product.id)
    assert (changed.name, changed.rating_count, changed.in_stock) == ("Renamed", 3, True)


def test_a_price_of_nothing_is_refused_beside_the_field(staff, outbox):
    product = a_product()
    outbox.clear()
    answer = staff().post(change_url(product), form_of(product, **{"variants-0-price_amount": 0}))
    assert answer.status_code == 200
    assert outbox.types() == []


@pytest.mark.parametrize(
    ("field", "written"),
    [("image_url", "javascript:alert(1)"), ("image_url", "//evil.example/x.png"), ("name", "\u202e"), ("name", "...")],
)
def test_a_field_that_breaks_its_rule_is_refused_by_the_form(staff, outbox, field, written):
    product = a_product()
    outbox.clear()
    answer = staff().post(change_url(product), form_of(product, **{field: written}))
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert outbox.types() == []


def test_a_product_is_made_with_its_variants(staff, outbox):
    category = a_category()
    data = {
        "name": "New",
        "slug": "new",
        "category": str(category.id),
        "description": "",
        "image_url": "",
        "active": "on",
    }
    data |= {"variants-TOTAL_FORMS": 1, "variants-INITIAL_FORMS": 0, "variants-0-sku": "NEW-1", "variants-0-name": ""}
    data |= {"variants-0-options": '{"color": "red"}', "variants-0-price_amount": 100, "variants-0-weight_grams": 1}
    data |= {"variants-0-active": "on", "variants-0-position": 0}
    answer = staff().post(reverse("admin:products_product_add"), data)
    assert answer.status_code == 302, answer.context["errors"]
    assert outbox.one("product.changed.v1")["variants"][0]["options"] == {"color": "red"}
    assert stock_of("NEW-1") == (0, 0)


def test_deactivate_is_an_action_of_staff_and_is_attributed(staff, outbox):
    product = a_product()
    outbox.clear()
    data = {"action": "deactivate", "_selected_action": [str(product.id)]}
    staff().post(reverse("admin:products_product_changelist"), data)
    assert outbox.one("product.changed.v1")["active"] is False
    from django.contrib.admin.models import LogEntry

    assert LogEntry.objects.get().change_message == "deactivated"


def test_stock_is_corrected_with_a_reason_and_a_name(staff):
    product = a_product(units=2)
    url = reverse("admin:products_stockitem_change", args=[product.variants.get().pk])
    assert staff().get(url).status_code == 200
    staff().post(url, {"delta": 10, "note": "Delivery 12"})
    assert stock_of("BRASS-LAMP") == (12, 0)
    assert StockMovement.objects.latest("id").actor == "staff@souk.test"
    assert staff().post(url, {"delta": -13, "note": "Stolen"}).status_code == 200
    assert staff().post(url, {"delta": 3, "note": ""}).status_code == 200
    assert stock_of("BRASS-LAMP") == (12, 0)


def test_support_may_look_and_not_touch(staff):
    call_command("migrate", verbosity=0)
    product = a_product(units=2)
    browser = staff(superuser=False, groups=["support"])
    assert browser.get(change_url(product)).status_code == 200
    assert browser.post(change_url(product), form_of(product, name="Hacked")).status_code == 403
    assert browser.get(reverse("admin:products_product_import_csv")).status_code in {302, 403}
    assert Product.objects.get(id=product.id).name == "Brass Lamp"


def test_a_category_is_made_and_moved(staff):
    a_category("home")
    browser = staff()
    browser.post(reverse("admin:products_category_add"), {"name": "Rugs", "slug": "rugs", "position": 0})
    rugs, home = Category.objects.get(slug="rugs"), Category.objects.get(slug="home")
    url = reverse("admin:products_category_change", args=[rugs.id])
    assert browser.post(url, {"name": "Rugs", "parent": str(home.id), "position": 1}).status_code == 302
    assert Category.objects.get(slug="rugs").path == "home/rugs/"
    url = reverse("admin:products_category_change", args=[home.id])
    assert browser.post(url, {"name": "Home", "parent": str(rugs.id), "position": 0}).status_code == 200


def test_a_file_of_products_is_imported_in_the_admin(staff, outbox):
    a_category()
    url = reverse("admin:products_product_import_csv")
    browser = staff()
    assert browser.get(url).status_code == 200
    answer = browser.post(url, {"file": SimpleUploadedFile("p.csv", CSV.encode())})
    assert answer.status_code == 302, answer.content
    assert (stock_of("BL-S"), stock_of("BL-L"), stock_of("RL")) == ((5, 0), (0, 0), (2, 0))
    assert len(outbox.data("product.changed.v1")) == 2
    outbox.clear()
    browser.post(url, {"file": SimpleUploadedFile("p.csv", CSV.encode())})
    assert (outbox.types(), stock_of("BL-S")) == ([], (5, 0))


def test_a_file_with_mistakes_imports_nothing_and_names_the_lines(staff, tmp_path):
    a_category()
    wrong = CSV.replace("24.50", "24,50").replace("9,100,2", "9,heavy,2")
    answer = staff().post(
        reverse("admin:products_product_import_csv"), {"file": SimpleUploadedFile("p.csv", wrong.encode())}
    )
    assert b"line 3" in answer.content
    assert b"line 4" in answer.content
    file = tmp_path / "p.csv"
    for text, problem in (
        (CSV.replace("lamps", "nowhere"), "nowhere"),
        ("a,b\n1,2\n", "Columns missing"),
        (CSV.replace("RL,", "BL-S,"), "BL-S"),
    ):
        file.write_text(text)
        with pytest.raises(CommandError, match=problem):
            call_command("import_products", file)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(CommandError):
        call_command("import_products", file)
    assert not Product.objects.exists()


def test_commands_of_the_command_line(tmp_path, capsys, outbox):
    a_category()
    file = tmp_path / "p.csv"
    file.write_text(CSV)
    call_command("import_products", file, check=True)
    assert not Product.objects.exists()
    call_command("import_products", file)
    call_command("check_stock")
    outbox.clear()
    call_command("announce_catalog")
    assert len(outbox.data("product.changed.v1")) == 2
    assert "Counters and ledger agree" in capsys.readouterr().out


def test_counted_stock_below_what_is_held_is_refused_with_the_whole_file(tmp_path):
    from uuid import uuid4

    a_product("held", units=3, variants=[a_variant("BL-S")])
    commands.reserve_stock(order_id=uuid4(), lines=[("BL-S", 3)], hold_seconds=60, now=NOON)
    file = tmp_path / "p.csv"
    file.write_text(CSV.replace("blue-lamp", "held").replace(",5\n", ",2\n"))
    with pytest.raises(CommandError, match="BL-S"):
        call_command("import_products", file)
    assert not Product.objects.filter(slug="red-lamp").exists()

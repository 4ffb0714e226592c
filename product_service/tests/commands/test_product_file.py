from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.factories import NOON, a_category, a_product, a_variant, all_units_of, stock_of

from products import commands
from products.domain.product_file import ImportRefused, read_csv, text_of
from products.models import Product, ProductImport, Variant

pytestmark = pytest.mark.django_db

FULL = """slug,name,category,description,image_url,active,sku,variant,options,price,weight_grams,stock
blue-lamp,Blue Lamp,lamps,Shines.,/media/blue.svg,yes,BL-S,Small,size=S,19.99,400,5
blue-lamp,,,,,,BL-L,Large,size=L;color=blue,24.50,600,
"""
PRICES = "slug,sku,price\nblue-lamp,BL-S,29.99\nblue-lamp,BL-L,34.50\n"


@pytest.fixture(autouse=True)
def lamps():
    a_category()
    add(FULL)


def add(text, **given):
    return commands.add_import(file_name="p.csv", text=text, actor="ann@souk.test", now=NOON, **given)


def run_all(limit=300):
    while commands.run_imports(now=NOON, limit=limit):
        pass


def product():
    return Product.objects.values("name", "description", "image_url", "active").get(slug="blue-lamp")


def variants(*columns):
    return list(Variant.objects.order_by("sku").values_list("sku", *columns))


def test_a_column_that_the_file_does_not_have_leaves_what_is_known():
    before, names = product(), variants("name", "options", "weight_grams", "active")
    add(PRICES)
    assert variants("price_amount") == [("BL-L", 3450), ("BL-S", 2999)]
    assert (product(), variants("name", "options", "weight_grams", "active")) == (before, names)
    assert stock_of("BL-S") == (5, 0)


def test_a_price_list_puts_nothing_back_on_sale():
    commands.set_active(product_ids=[Product.objects.get().id], active=False, now=NOON)
    Variant.objects.filter(sku="BL-L").update(active=False)
    add(PRICES)
    assert (product()["active"], variants("active")) == (False, [("BL-L", False), ("BL-S", True)])


@pytest.mark.parametrize(
    ("text", "loss"),
    [
        ("slug,sku,price\nblue-lamp,BL-S,29.99\n", "BL-L would no longer be sold"),
        ("slug,sku,description\nblue-lamp,BL-S,\nblue-lamp,BL-L,\n", "loses its description"),
        ("slug,sku,image_url\nblue-lamp,BL-S,\nblue-lamp,BL-L,\n", "loses its image_url"),
        ("slug,sku,active\nblue-lamp,BL-S,no\nblue-lamp,BL-L,\n", "blue-lamp: would no longer be sold"),
        ("slug,sku,options\nblue-lamp,BL-S,\nblue-lamp,BL-L,size=L\n", "BL-S loses its options"),
        ("slug,sku,variant\nblue-lamp,BL-S,\nblue-lamp,BL-L,Large\n", "BL-S loses its variant"),
        ("slug,sku,variant_active\nblue-lamp,BL-S,off\nblue-lamp,BL-L,on\n", "BL-S would no longer be sold"),
    ],
)
def test_an_import_names_the_data_that_would_be_lost_and_waits_for_a_person(text, loss, tmp_path, capsys):
    before, all_before = product(), variants("name", "options", "active")
    row = add(text)
    run_all()
    assert (row.status, loss in row.losses[0]) == ("waiting", True)
    file = tmp_path / "p.csv"
    file.write_text(text)
    call_command("import_products", file, check=True)
    assert loss in capsys.readouterr().out
    with pytest.raises(CommandError, match="--confirm"):
        call_command("import_products", file)
    assert (product(), variants("name", "options", "active")) == (before, all_before)
    assert commands.confirm_import(import_id=row.id, confirmed=True, now=NOON)
    run_all()
    assert (product(), variants("name", "options", "active")) != (before, all_before)
    assert ProductImport.objects.get(id=row.id).status == "done"
    assert not commands.confirm_import(import_id=row.id, confirmed=True, now=NOON)


@pytest.mark.parametrize("word", ["ja", "x", "2", "wahr", "maybe"])
def test_a_word_that_is_neither_yes_nor_no_is_refused_with_its_line_and_column(word):
    with pytest.raises(ImportRefused, match=f"line 2, active: '{word}'"):
        read_csv(f"slug,sku,active\nblue-lamp,BL-S,{word}\n")


@pytest.mark.parametrize("word", ["true", "1", "YES", "on", "false", "0", "No", "off"])
def test_the_usual_words_for_yes_and_no_are_read(word):
    (found,) = read_csv(f"slug,sku,active\nblue-lamp,BL-S,{word}\n")
    assert found.values["active"] is (word.casefold() in {"true", "1", "yes", "on"})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("slug,sku,price\nnew,NEW,1\n", "line 2: new is new and needs name, category"),
        ("slug,name,category,sku\nnew,New,lamps,NEW\n", "line 2: NEW is new and needs price, weight_grams"),
        ("slug,sku,category\nblue-lamp,BL-S,nowhere\nblue-lamp,BL-L,\n", "line 2, category: .*nowhere"),
        ("slug,name,category,sku,price,weight_grams\nnew,New,lamps,BL-S,1,1\n", "line 2, sku: BL-S .* blue-lamp"),
        ("slug,sku,stock\nblue-lamp,BL-S,1\nblue-lamp,BL-L,\n", "line 2, stock: 2 units of BL-S are held"),
        ("slug,sku,price\nblue-lamp,BL-S,1\nblue-lamp,BL-S,2\n", "line 3, sku: BL-S is also in line 2"),
        ("slug,sku,name\nblue-lamp,BL-S,One\nblue-lamp,BL-L,Two\n", "line 3, name: differs from line 2"),
        ("slug,sku,price\nblue-lamp,BL-S,cheap\nblue-lamp,BL-L,2\n", "line 2, price"),
        ("slug,sku,options\nblue-lamp,BL-S,red\nblue-lamp,BL-L,\n", "line 2, options"),
        ("slug,sku,stock\nblue-lamp,BL-S,²\nblue-lamp,BL-L,\n", "line 2, stock"),
        ("slug,sku,slug\nblue-lamp,BL-S,x\n", "twice: .'slug'"),
        ("slug,sku,price\nsearch,NEW,1\n", "search"),
        ("slug,sku,image_url\nblue-lamp,BL-S,javascript:alert(1)\nblue-lamp,BL-L,\n", "image_url"),
        ('slug,sku,price\nblue-lamp,"BL-S,1\n', "line"),
        ("slug,sku,name\nblue-lamp,BL-S,\x00\n", "zero bytes"),
    ],
)
def test_a_file_with_a_mistake_is_refused_as_a_whole_and_the_check_says_the_same(text, problem, tmp_path):
    commands.reserve_stock(order_id=uuid4(), lines=[("BL-S", 2)], hold_seconds=60, now=NOON)
    with pytest.raises(ImportRefused, match=problem):
        add(text)
    file = tmp_path / "p.csv"
    file.write_text(text)
    with pytest.raises(CommandError, match=problem):
        call_command("import_products", file, check=True)
    assert (Product.objects.count(), ProductImport.objects.count()) == (1, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_written_by_excel_are_read(encoding):
    text = "slug;sku;name\r\nblue-lamp;BL-S;Blaue Schönheit\r\nblue-lamp;BL-L;\r\n"
    add(text_of(text.encode(encoding)))
    assert product()["name"] == "Blaue Schönheit"


def many(count):
    lines = [f"lamp-{n},Lamp {n},lamps,LMP-{n},5.00,100,{n}" for n in range(count)]
    return "\n".join(["slug,name,category,sku,price,weight_grams,stock", *lines]) + "\n"


def test_a_big_file_is_imported_whole_in_the_background_and_goes_on_where_it_was():
    row = add(many(130))
    assert (row.status, Product.objects.count()) == ("running", 1)
    assert commands.run_imports(now=NOON, limit=60) == 60
    assert ProductImport.objects.get(id=row.id).done == 60
    run_all(limit=60)
    row.refresh_from_db()
    assert (row.status, row.done, row.changed, row.content) == ("done", 130, 130, "")
    assert Product.objects.count() == 131
    assert stock_of("LMP-129") == (129, 0)


def test_a_run_imports_thousands_of_products_because_each_run_reads_the_whole_file():
    add(many(600))
    assert commands.run_imports(now=NOON) == 600


def test_a_line_refused_during_the_import_is_noted_and_stops_no_other():
    row = add(many(60))
    a_product("thief", variants=[a_variant("LMP-7")])
    run_all()
    row.refresh_from_db()
    assert (row.status, row.changed, len(row.problems)) == ("done", 59, 1)
    assert row.problems[0].startswith("line 9: LMP-7")


def test_a_file_of_more_than_five_megabytes_is_not_cut():
    text = many(3) + "x,X,lamps,X-LAST,5.00,100,1234567\n"
    header, *lines = text.splitlines()
    padding = "p" * 4000
    long = [f"{header},description", *(f"{line},{padding}" for line in lines)]
    long[-1:-1] = [f"pad-{n},P,lamps,PAD-{n},5.00,100,0,{padding}" for n in range(1300)]
    text = "\n".join(long)
    assert len(text) > 5_000_000
    row = add(text)
    assert row.products == 1304
    assert read_csv(ProductImport.objects.get(id=row.id).content)[-1].counts == {"X-LAST": 1234567}


def test_a_product_is_locked_for_its_own_transaction_and_not_while_its_stock_is():
    """Orders lock the stock first and then the product."""
    (asked, *_) = read_csv(FULL.replace("Shines.", "Shines well.").replace(",5\n", ",8\n"))
    with CaptureQueriesContext(connection) as captured:
        commands.import_products([asked], actor="ann", now=NOON)
    statements = [one["sql"] for one in captured.captured_queries]
    puts = next(n for n, sql in enumerate(statements) if "UPDATE" in sql and "description" in sql)
    counts = next(n for n, sql in enumerate(statements) if "UPDATE" in sql and "products_stockitem" in sql)
    assert any(sql.startswith(("COMMIT", "RELEASE")) for sql in statements[puts:counts])
    assert all_units_of("BL-S") == (8, 0, 0)


def test_staff_see_what_would_be_lost_and_confirm_or_discard_it(staff):
    browser, before = staff(), variants("active")
    url = reverse("admin:products_product_import_csv")
    lossy = SimpleUploadedFile("p.csv", b"slug,sku,price\nblue-lamp,BL-S,29.99\n")
    page = browser.post(url, {"file": lossy}, follow=True)
    assert b"BL-L would no longer be sold" in page.content
    row = ProductImport.objects.get(status="waiting")
    assert variants("active") == before
    browser.post(reverse("admin:products_productimport_discard", args=[row.id]), {"_form_submitted": "on"})
    row.refresh_from_db()
    assert (row.status, row.content) == ("discarded", "")
    nothing = reverse("admin:products_productimport_start", args=[uuid4()])
    assert browser.post(nothing, {"_form_submitted": "on"}).status_code in {302, 404}


def test_staff_without_the_permission_to_import_confirm_nothing(staff):
    call_command("migrate", verbosity=0)
    row = add("slug,sku,price\nblue-lamp,BL-S,29.99\n")
    browser = staff(superuser=False, groups=["support"])
    for action in ("start", "discard"):
        url = reverse(f"admin:products_productimport_{action}", args=[row.id])
        answer = browser.post(url, {"_form_submitted": "on"})
        assert answer.status_code in {302, 403}
    row.refresh_from_db()
    assert row.status == "waiting"


def test_imports_are_forgotten_after_a_year():
    assert commands.forget_imports(now=NOON + timedelta(days=364)) == 0
    assert commands.forget_imports(now=NOON + timedelta(days=366)) == 1

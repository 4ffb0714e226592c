import xml.etree.ElementTree as ElementTree

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from tests.factories import NOON

from products import commands
from products.domain.catalog import checked
from products.management.commands.load_demo import FOLDER, draft_of, read_catalog
from products.models import Product, StockItem
from products.repository.stock import discrepancies


def test_the_catalog_is_a_shop():
    categories, products = read_catalog(FOLDER)
    leaves = {one["slug"] for one in categories} - {one.get("parent") for one in categories}
    assert len(products) >= 64
    assert len(leaves) >= 14
    assert {one["category"] for one in products} == leaves
    drafts = [checked(draft_of(one, "/media/")) for one in products]
    skus = [variant.sku for draft in drafts for variant in draft.variants]
    assert len(set(skus)) == len(skus)
    assert all(len(draft.description) > 80 for draft in drafts)


def test_every_product_has_its_picture_and_no_picture_is_left_over():
    _, products = read_catalog(FOLDER)
    pictures = {path.stem: path for path in (FOLDER / "pictures").glob("*.svg")}
    assert set(pictures) == {draft_of(one, "/media/").slug for one in products}
    for path in pictures.values():
        ElementTree.parse(path)


@pytest.mark.django_db
def test_loading_the_demo_twice_changes_nothing(tmp_path, settings, outbox):
    settings.MEDIA_ROOT = str(tmp_path)
    call_command("load_demo")
    outbox.clear()
    stock = StockItem.objects.order_by("sku").first()
    commands.adjust_stock(units={stock.sku: -1}, note="Broken", actor="ann", now=NOON)
    call_command("load_demo")
    assert outbox.types() == []
    assert StockItem.objects.get(pk=stock.pk).on_hand == stock.on_hand - 1
    assert discrepancies() == []
    for slug, url in Product.objects.values_list("slug", "image_url"):
        assert url == f"/media/products/{slug}.svg"
        assert (tmp_path / "products" / f"{slug}.svg").is_file()
    assert len(Client().get("/api/v1/products/?page_size=100").json()["results"]) == 70


@pytest.mark.django_db
def test_without_demo_data_nothing_is_loaded_and_the_reason_is_given(tmp_path):
    with pytest.raises(CommandError, match="No demo catalog"):
        call_command("load_demo", folder=tmp_path)
    assert not Product.objects.exists()

import xml.etree.ElementTree as ElementTree

import pytest
from django.core.management import call_command
from django.test import Client
from tests.factories import NOON

from products import commands
from products.demo.drawing import SHAPES, draw
from products.demo.drawing.canvas import MOTIFS
from products.demo.drawing.palettes import PALETTES
from products.demo.loading import catalogue, draft_of
from products.domain.catalogue import checked
from products.models import Product, StockItem
from products.repository.stock import discrepancies


def test_the_catalogue_is_a_shop():
    categories, products = catalogue()
    leaves = {one["slug"] for one in categories} - {one.get("parent") for one in categories}
    assert len(products) >= 64
    assert len(leaves) >= 14
    assert {one["category"] for one in products} == leaves
    drafts = [checked(draft_of(one, "/media/")) for one in products]
    skus = [variant.sku for draft in drafts for variant in draft.variants]
    assert len(set(skus)) == len(skus)
    assert all(len(draft.description) > 80 for draft in drafts)


def test_every_shape_is_used_and_the_same_words_draw_the_same_picture():
    _, products = catalogue()
    assert {one["picture"][0] for one in products} == set(SHAPES)
    assert {one["picture"][1] for one in products} <= set(PALETTES)
    for shape, motif in zip(SHAPES, list(MOTIFS) * 6, strict=False):
        words = {"name": "A & <b>", "slug": "a", "shape": shape, "palette": "cobalt", "motif": motif}
        assert draw(**words) == draw(**words)
        ElementTree.fromstring(draw(**words))


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

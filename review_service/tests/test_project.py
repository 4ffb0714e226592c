"""The checks that every Souk project must pass."""

import pytest

from reviews.domain.review import Rejection
from testkit.project import *  # noqa: F403


@pytest.fixture
def who_may():
    moderators = {"operations", "support"}
    rejections = {f"{model}.reject_{reason}": moderators for model in ("review", "report") for reason in Rejection}
    return {
        **rejections,
        "review.approve": moderators,
        "review.approve_this": moderators,
        "review.reject_this": moderators,
        "report.keep": moderators,
        "indextask.try_again": {"operations"},
        "indextask.give_up": {"operations"},
        "failedmessage.replay": {"operations"},
        "failedmessage.forget": {"operations"},
    }


@pytest.fixture
def records():
    return {
        "reviews.customer": "one row a customer; empty after the account was deleted",
        "reviews.product": "a copy of the catalog",
        "reviews.purchase": "what makes an author a verified buyer",
        "reviews.review": "shown as long as the product",
        "reviews.rating": "one row a product",
        "reviews.ratingrepair": "there should be none: for whoever looks for the cause",
        "reviews.vote": "a customer votes once on a review",
        "reviews.report": "a customer reports a review once",
        "reviews.indextask": "goes when the index has the review",
    }


@pytest.fixture
def row_values():
    return {"reviews.ratingrepair": {}}


@pytest.fixture
def unmeasured():
    return {"job.recount_ratings"}

"""What every Souk project must pass."""

import pytest

from chassis.testing.project import *  # noqa: F403
from reviews.domain.review import Rejection


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
        "failedmessage.replay": {"operations"},
        "failedmessage.forget": {"operations"},
    }

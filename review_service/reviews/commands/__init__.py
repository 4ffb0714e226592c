"""What this service can be told to do: keyword-only functions, one transaction each."""

from reviews.commands.copies import (
    forget_customer,
    record_purchases,
    remember_customer,
    remember_product,
    take_back_purchases,
)
from reviews.commands.indexing import heal_search, index_due_reviews, rebuild_search
from reviews.commands.moderating import (
    approve_review,
    reject_review,
    reply_to_review,
    report_review,
)
from reviews.commands.recounting import recount_ratings
from reviews.commands.voting import take_back_vote, vote_on_review
from reviews.commands.writing import edit_review, submit_review, withdraw_review

__all__ = [
    "approve_review",
    "edit_review",
    "forget_customer",
    "heal_search",
    "index_due_reviews",
    "rebuild_search",
    "record_purchases",
    "recount_ratings",
    "reject_review",
    "remember_customer",
    "remember_product",
    "reply_to_review",
    "report_review",
    "submit_review",
    "take_back_purchases",
    "take_back_vote",
    "vote_on_review",
    "withdraw_review",
]

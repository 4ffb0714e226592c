"""The commands of this service: keyword-only functions, one transaction each."""

from reviews.commands.customers import forget_customer, record_customer
from reviews.commands.moderation import (
    approve_review,
    reject_review,
    reply_to_review,
    report_review,
)
from reviews.commands.products import record_product
from reviews.commands.purchases import record_purchases, take_back_purchases
from reviews.commands.ratings import recount_ratings
from reviews.commands.submissions import edit_review, submit_review, withdraw_review
from reviews.commands.votes import take_back_vote, vote_on_review

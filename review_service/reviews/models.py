"""Tables, constraints and indexes. The rules are in `domain/`.

Customer and Product are local copies, updated by messages; a row may exist without a name before its first message.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from chassis.choices import choices
from chassis.work.models import WorkItem
from reviews.domain.review import Rejection, ReportReason, Status


class Customer(models.Model):
    """A customer. Only the public form of the name is stored."""

    id = models.UUIDField(primary_key=True, editable=False)
    public_name = models.CharField(max_length=60, blank=True, default="")
    version = models.BigIntegerField(default=0, help_text="Of the last message about the name.")
    deleted_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.public_name or str(self.id)


class Product(models.Model):
    id = models.UUIDField(primary_key=True, editable=False)
    name = models.CharField(max_length=255, blank=True, default="")
    slug = models.CharField(max_length=255, blank=True, default="")
    version = models.BigIntegerField(default=0, help_text="Of the last message about the product.")

    class Meta:
        indexes = [models.Index(fields=["name"], name="product_name")]

    def __str__(self) -> str:
        return self.name or str(self.id)


class Purchase(models.Model):
    """Units delivered to a customer, less those canceled or returned. A review has a foreign key to one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, help_text="Empty: account deleted.")
    product = models.ForeignKey(Product, models.PROTECT)
    order_id = models.UUIDField(null=True, blank=True)
    delivered_at = models.DateTimeField(
        null=True, blank=True, help_text="Empty: canceled or returned before the delivery was known."
    )
    units = models.PositiveIntegerField(default=1, help_text="Delivered.")
    taken_back = models.JSONField(default=dict, blank=True, help_text="Units by return, or by the canceled order.")
    kept = models.BooleanField(default=True, help_text="Not all units were canceled or returned.")

    class Meta:
        indexes = [models.Index(fields=["delivered_at"], name="purchase_delivered")]
        constraints = [models.UniqueConstraint(fields=["customer", "product", "order_id"], name="purchase_once")]

    def __str__(self) -> str:
        return f"{self.product_id} in order {self.order_id}"


class Review(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, help_text="Empty: account deleted.")
    product = models.ForeignKey(Product, models.PROTECT, db_index=False)
    purchase = models.ForeignKey(Purchase, models.PROTECT, help_text="The purchase that verifies the author.")
    stars = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120, blank=True)
    text = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=choices(Status))
    findings = models.JSONField(default=list, help_text="Findings of the moderation rules.")
    score = models.PositiveIntegerField(default=0, help_text="Points of the findings; from 50 on it waits for staff.")
    rejection = models.CharField(max_length=20, blank=True, default="", choices=choices(Rejection))
    vetted = models.BooleanField(default=False, help_text="Staff have approved exactly this text.")
    verified = models.BooleanField(default=True, help_text="The author has kept what was bought.")
    open_reports = models.PositiveIntegerField(default=0)
    buyers_reports = models.PositiveIntegerField(default=0, help_text="The open reports of verified buyers.")
    reply = models.TextField(blank=True, default="", max_length=2000, help_text="The shop's answer, shown below.")
    replied_at = models.DateTimeField(null=True, blank=True)
    helpful_yes = models.PositiveIntegerField(default=0)
    helpful_no = models.PositiveIntegerField(default=0)
    helpfulness = models.IntegerField(default=0, help_text="Yes minus no.")
    version = models.PositiveIntegerField(default=1, help_text="Grows with each change of text or state.")
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "product"], name="one_review_per_customer"),
            models.CheckConstraint(condition=Q(stars__gte=1, stars__lte=5), name="review_stars_1_to_5"),
            models.CheckConstraint(
                condition=~Q(status="published") | Q(published_at__isnull=False), name="published_has_a_time"
            ),
            models.CheckConstraint(
                condition=Q(helpfulness=F("helpful_yes") - F("helpful_no")), name="helpfulness_is_the_difference"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="review_created"),
            models.Index(fields=["product", "status", "-published_at", "-id"], name="review_newest"),
            models.Index(fields=["product", "status", "-helpfulness", "-id"], name="review_helpful"),
            models.Index(fields=["product", "status", "stars", "id"], name="review_stars"),
            models.Index(fields=["status", "-published_at", "-id"], name="review_all_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.stars}★ {self.title}"


class Rating(models.Model):
    """The rating of a product from its published reviews; changed in the transaction that changes a review."""

    product = models.OneToOneField(Product, models.PROTECT, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    stars_total = models.PositiveIntegerField(default=0)
    stars_1 = models.PositiveIntegerField(default=0)
    stars_2 = models.PositiveIntegerField(default=0)
    stars_3 = models.PositiveIntegerField(default=0)
    stars_4 = models.PositiveIntegerField(default=0)
    stars_5 = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["changed_at"], name="rating_changed")]
        constraints = [
            models.CheckConstraint(
                condition=Q(count=F("stars_1") + F("stars_2") + F("stars_3") + F("stars_4") + F("stars_5")),
                name="rating_counts_agree",
            ),
            models.CheckConstraint(
                condition=Q(
                    stars_total=F("stars_1") + F("stars_2") * 2 + F("stars_3") * 3 + F("stars_4") * 4 + F("stars_5") * 5
                ),
                name="rating_totals_agree",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} reviews"


class RatingRepair(models.Model):
    """A rating that the recount found wrong. Each one has a cause to be found."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, models.PROTECT)
    was = models.JSONField(help_text="The stored histogram.")
    counted = models.JSONField(help_text="The histogram of the published reviews.")
    found_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.product_id} at {self.found_at}"


class Vote(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    review = models.ForeignKey(Review, models.CASCADE)
    voter_id = models.UUIDField(null=True, blank=True, db_index=True, help_text="Empty: account deleted.")
    helpful = models.BooleanField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "voter_id"], name="one_vote_per_customer")]

    def __str__(self) -> str:
        return "helpful" if self.helpful else "not helpful"


class Report(models.Model):
    """A report of a review by a customer. Open until staff approve or reject the review."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    review = models.ForeignKey(Review, models.CASCADE)
    reporter_id = models.UUIDField(null=True, blank=True, db_index=True, help_text="Empty: account deleted.")
    reason = models.CharField(max_length=20, choices=choices(ReportReason))
    note = models.CharField(max_length=500, blank=True, default="")
    by_buyer = models.BooleanField(default=False, help_text="The reporter had bought something here, and kept it.")
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "reporter_id"], name="one_report_per_customer")]
        indexes = [
            models.Index(fields=["created_at"], name="report_created"),
            models.Index(fields=["settled_at", "created_at"], name="report_queue"),
        ]

    def __str__(self) -> str:
        return self.reason


class IndexTask(WorkItem):
    """A review to be sent to Elasticsearch. Written only if Elasticsearch is used, and deleted when it is done."""

    review_id = models.UUIDField(primary_key=True, editable=False)
    version = models.PositiveIntegerField(help_text="Of the review that must be in the index at least.")

    class Meta(WorkItem.Meta):
        indexes = [*WorkItem.Meta.indexes, models.Index(fields=["due_at"], name="index_task_next")]
        verbose_name = "index task"
        permissions = [("give_up_indextask", "Can give up an index task")]

    def __str__(self) -> str:
        return f"{self.review_id} version {self.version}"

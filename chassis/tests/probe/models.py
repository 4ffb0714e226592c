from django.db import models


class Effect(models.Model):
    """What a handler did. `name` is not unique: a second effect must be visible."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=100, db_index=True)
    at = models.DateTimeField(auto_now_add=True)

"""`@idempotent` for POST methods of DRF views.

A short transaction claims the key. The command and the stored response are then one transaction, so that a crash
leaves both or neither. A failed request is not stored: the next one with the same key is executed again.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError
from django.db.models import Q
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from chassis.core.errors import DomainError, Kind
from chassis.http.refusals import raises
from chassis.idempotency.models import IdempotencyKey
from chassis.transactions import transactional

#: A claim is valid this long when its process has died.
CLAIM = timedelta(seconds=30)
LONGEST_KEY = 128

View = Callable[..., Response]


class IdempotencyKeyReused(DomainError):
    """This Idempotency-Key was used for another request; take a new one."""

    code = "idempotency_key_reused"


class RequestStillRunning(DomainError):
    """A request with this Idempotency-Key is still running; ask again in a moment."""

    code, kind = "request_still_running", Kind.CONFLICT


class _ClaimLost(Exception):
    """Another request took over the key; the transaction is rolled back."""


def idempotent(view: View) -> View:
    """Require the header and an authenticated caller. 400: missing; 422: another body; 409: still running."""

    @raises(IdempotencyKeyReused, RequestStillRunning)
    @functools.wraps(view)
    def post(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        if not key or len(key) > LONGEST_KEY or not key.isprintable():
            detail = f"Send an Idempotency-Key header: 1 to {LONGEST_KEY} printable characters, new for each request."
            raise exceptions.ValidationError({"Idempotency-Key": [detail]}, code="idempotency_key_missing")
        caller = str(request.user.pk)
        row, claim = _claim(caller, key, _fingerprint(request))
        if row.status is not None:
            return _stored(row)
        try:
            return _carry_out(row.id, claim, view, self, request, *args, **kwargs)
        except _ClaimLost:
            raise RequestStillRunning from None
        except BaseException:
            IdempotencyKey.objects.filter(id=row.id, claim=claim, status=None).delete()
            raise

    return post


@transactional
def _claim(caller: str, key: str, fingerprint: str) -> tuple[IdempotencyKey, UUID]:
    now, claim = timezone.now(), uuid4()
    row = IdempotencyKey.objects.filter(caller=caller, key=key).first()
    if row is None:
        row = IdempotencyKey(
            caller=caller, key=key, fingerprint=fingerprint, claim=claim, claimed_until=now + CLAIM, created_at=now
        )
        try:
            row.save(force_insert=True)
        except IntegrityError:
            raise RequestStillRunning from None
        return row, claim
    if row.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    if row.status is None:
        # Later than any valid claim: a clock was ahead.
        over = Q(claimed_until__lte=now) | Q(claimed_until__gt=now + 2 * CLAIM)
        mine = IdempotencyKey.objects.filter(over, id=row.id, status=None)
        if not mine.update(claim=claim, claimed_until=now + CLAIM):
            raise RequestStillRunning
    return row, claim


@transactional
def _carry_out(row_id: UUID, claim: UUID, view: View, *args: Any, **kwargs: Any) -> Response:
    response = view(*args, **kwargs)
    finished = IdempotencyKey.objects.filter(id=row_id, claim=claim, status=None).update(
        status=response.status_code,
        body=json.dumps(response.data, cls=JSONEncoder),
        location=response.headers.get("Location", ""),
    )
    if not finished:
        raise _ClaimLost
    return response


def _stored(row: IdempotencyKey) -> Response:
    response = Response(json.loads(row.body), status=row.status)
    response["Idempotency-Replayed"] = "true"
    if row.location:
        response["Location"] = row.location
    return response


def _fingerprint(request: Request) -> str:
    body = json.dumps(request.data, sort_keys=True, cls=JSONEncoder)
    return hashlib.sha256(f"{request.method} {request.path}\n{body}".encode()).hexdigest()

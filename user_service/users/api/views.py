"""The signed-in customer's own account; the public keys."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chassis.http.api import Pages, cacheable, conditional, or_404, parsed
from chassis.http.authentication import client_ip
from chassis.http.refusals import raises
from users import queries
from users.api import serializers as shapes
from users.api.auth_views import PublicView
from users.api.permissions import InLiveSession, customer
from users.commands import addresses, exports, profile, revocation
from users.domain.accounts import StaffAccountNotDeletable, WrongPassword
from users.domain.addresses import DefaultAddressNeeded, TooManyAddresses
from users.domain.personal_data import ExportExpired, ExportNotReady, TooManyExports
from users.domain.sessions import EndReason
from users.domain.throttling import TooManyAttempts
from users.providers.keys import ring


class CustomerView(APIView):
    permission_classes = (InLiveSession,)


def private(response: Response) -> Response:
    """Forbid caching of the response."""
    response["Cache-Control"] = "private, no-store"
    return response


class Me(CustomerView):
    """Your account."""

    @extend_schema(tags=["account"], responses=shapes.AccountOutput)
    def get(self, request: Request) -> Response:
        return Response(shapes.AccountOutput(or_404(queries.account(customer(request).id))).data)

    @extend_schema(tags=["account"], request=shapes.ProfileInput, responses=shapes.AccountOutput)
    def patch(self, request: Request) -> Response:
        user = profile.change_profile(user_id=customer(request).id, **parsed(shapes.ProfileInput, request))
        return Response(shapes.AccountOutput(user).data)

    @extend_schema(
        tags=["account"],
        request=shapes.DeleteAccountInput,
        responses={204: None},
        summary="Delete your account and forget the person.",
    )
    @raises(WrongPassword, TooManyAttempts, StaffAccountNotDeletable)
    def delete(self, request: Request) -> Response:
        asked = parsed(shapes.DeleteAccountInput, request)
        profile.delete_own_account(user_id=customer(request).id, client=client_ip(request), now=timezone.now(), **asked)
        return Response(status=204)


class Addresses(CustomerView):
    """Your addresses, at most 20."""

    @extend_schema(tags=["account"], operation_id="addresses_list", responses=shapes.AddressOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(shapes.AddressOutput(queries.addresses(customer(request).id), many=True).data)

    @extend_schema(tags=["account"], request=shapes.AddressInput, responses={201: shapes.AddressOutput})
    @raises(TooManyAddresses)
    def post(self, request: Request) -> Response:
        asked = parsed(shapes.AddressInput, request)
        address_id = addresses.add_address(user_id=customer(request).id, now=timezone.now(), **asked)
        found = queries.address(user_id=customer(request).id, address_id=address_id)
        return Response(shapes.AddressOutput(found).data, status=201)


class OneAddress(CustomerView):
    """One of your addresses."""

    @extend_schema(tags=["account"], responses=shapes.AddressOutput)
    def get(self, request: Request, address_id: UUID) -> Response:
        found = or_404(queries.address(user_id=customer(request).id, address_id=address_id))
        return Response(shapes.AddressOutput(found).data)

    @extend_schema(tags=["account"], request=shapes.AddressInput, responses=shapes.AddressOutput)
    @raises(DefaultAddressNeeded)
    def patch(self, request: Request, address_id: UUID) -> Response:
        before = or_404(queries.address(user_id=customer(request).id, address_id=address_id))
        asked = parsed(shapes.AddressInput, request, instance=before)
        or_404(addresses.change_address(user_id=customer(request).id, address_id=address_id, **asked) or None)
        return self.get(request, address_id)

    @extend_schema(tags=["account"], responses={204: None})
    def delete(self, request: Request, address_id: UUID) -> Response:
        or_404(addresses.delete_address(user_id=customer(request).id, address_id=address_id) or None)
        return Response(status=204)


class SessionPages(Pages):
    ordering = ("-last_used_at", "-id")


class Sessions(CustomerView):
    """Where you are signed in."""

    @extend_schema(tags=["account"], operation_id="sessions_list", responses=shapes.SessionOutput(many=True))
    def get(self, request: Request) -> Response:
        pages = SessionPages()
        found = queries.sessions(user_id=customer(request).id, now=timezone.now())
        rows = pages.paginate_queryset(found, request, view=self) or []
        for row in rows:
            row["current"] = str(row["id"]) == customer(request).session_id
        return pages.get_paginated_response(shapes.SessionOutput(rows, many=True).data)


class OneSession(CustomerView):
    """One of your sessions."""

    @extend_schema(tags=["account"], responses={204: None}, summary="Sign this device out.")
    def delete(self, request: Request, session_id: UUID) -> Response:
        ended = revocation.end_session(
            session_id=session_id, user_id=customer(request).id, reason=EndReason.REVOKED, now=timezone.now()
        )
        or_404(ended or None)
        return Response(status=204)


class Exports(CustomerView):
    """Copies of all data that the shop keeps of you."""

    @extend_schema(tags=["account"], operation_id="exports_list", responses=shapes.ExportOutput(many=True))
    def get(self, request: Request) -> Response:
        found = queries.exports(customer(request).id, now=timezone.now())
        return private(Response(shapes.ExportOutput(found, many=True).data))

    @extend_schema(
        tags=["account"],
        request=None,
        responses={202: shapes.ExportOutput},
        summary="Ask for a copy of all your data. It is gathered from all services, and kept for a week.",
    )
    @raises(TooManyExports)
    def post(self, request: Request) -> Response:
        export = exports.request_export(user_id=customer(request).id, now=timezone.now())
        response = Response(shapes.ExportOutput(export).data, status=202)
        response["Location"] = f"/api/v1/users/me/exports/{export.id}/"
        return private(response)


class OneExport(CustomerView):
    """One of your exports: whether it can be downloaded."""

    @extend_schema(tags=["account"], responses=shapes.ExportOutput)
    def get(self, request: Request, export_id: UUID) -> Response:
        found = queries.exports(customer(request).id, now=timezone.now()).filter(id=export_id).first()
        return private(Response(shapes.ExportOutput(or_404(found)).data))


class ExportDownload(CustomerView):
    """One of your exports, as JSON: rows by section, by service."""

    @extend_schema(tags=["account"], responses=OpenApiTypes.OBJECT)
    @raises(ExportNotReady, ExportExpired)
    def get(self, request: Request, export_id: UUID) -> Response:
        found = or_404(queries.exports(customer(request).id, now=timezone.now()).filter(id=export_id).first())
        response = Response(exports.opened_export(export=found))
        response["Content-Disposition"] = f'attachment; filename="souk-data-{found.requested_at:%Y-%m-%d}.json"'
        return private(response)


class Jwks(PublicView):
    """The public keys of access tokens and staff cookies (RFC 7517)."""

    @extend_schema(tags=["auth"], responses=shapes.JwksOutput)
    def get(self, request: Request) -> Response:
        keys = ring().published()
        return conditional(request, cacheable(Response({"keys": keys}), seconds=60), keys)

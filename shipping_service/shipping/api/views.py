from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiRequest, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chassis.http.api import cacheable, conditional, or_404, parsed
from chassis.http.authentication import BearerAuthentication, IsCustomer
from chassis.http.refusals import raises
from chassis.jwt import Identity
from shipping import commands, queries, work
from shipping.api.filters import ShipmentFilter
from shipping.api.serializers import (
    KeysOutput,
    OptionOutput,
    QuoteInput,
    ShipmentDetailOutput,
    ShipmentOutput,
)
from shipping.domain.quote import Request as QuoteRequest
from shipping.domain.rates import DestinationNotServed, ParcelTooHeavy, ProductNotKnown, WeightMissing
from shipping.models import Shipment
from shipping.providers.port import WebhookNotReadable, WebhookNotTrusted
from shipping.repository import signing_keys

TAG = ["shipping"]


def caller(request: Request) -> UUID:
    """Return the customer's id; IsCustomer guarantees that there is one."""
    assert isinstance(request.user, Identity)
    return request.user.id


class Quotes(APIView):
    """Signed quotes of every service for these lines and this destination."""

    permission_classes = [IsCustomer]

    @extend_schema(
        tags=TAG, summary="Request shipping quotes", request=QuoteInput, responses={200: OptionOutput(many=True)}
    )
    @raises(DestinationNotServed, ParcelTooHeavy, ProductNotKnown, WeightMissing)
    def post(self, request: Request) -> Response:
        asked = parsed(QuoteInput, request)
        quantities: dict[str, int] = {}
        for line in asked["lines"]:
            quantities[line["sku"]] = quantities.get(line["sku"], 0) + line["quantity"]
        wanted = QuoteRequest(customer_id=caller(request), quantities=quantities, **asked["address"])
        options = commands.issue_quotes(request=wanted, now=timezone.now())
        return Response(OptionOutput(options, many=True).data)  # type: ignore[arg-type]


class QuoteKeys(APIView):
    """The public keys that verify quotes (JWKS)."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(tags=TAG, summary="Public keys of the quotes", responses=KeysOutput, auth=[])
    def get(self, request: Request) -> Response:
        keys = signing_keys.public_keys()
        return conditional(request, cacheable(Response({"keys": keys}), seconds=60), keys)


@extend_schema_view(get=extend_schema(tags=TAG, summary="My shipments, newest first"))
class Shipments(ListAPIView[Shipment]):
    """The shipments of a customer, returns included."""

    permission_classes = [IsCustomer]
    serializer_class = ShipmentOutput
    filterset_class = ShipmentFilter
    queryset = Shipment.objects.none()

    def get_queryset(self):  # type: ignore[no-untyped-def]
        if not isinstance(self.request.user, Identity):  # drf-spectacular asks without a caller
            return self.queryset
        return queries.shipments_of(self.request.user.pk)


class ShipmentDetail(APIView):
    """One shipment with its tracking events."""

    permission_classes = [IsCustomer]

    @extend_schema(tags=TAG, summary="A shipment and its timeline", responses=ShipmentDetailOutput)
    def get(self, request: Request, shipment_id: UUID) -> Response:
        found = queries.shipment_with_timeline(shipment_id, customer_id=caller(request))
        return Response(ShipmentDetailOutput(or_404(found)).data)


class ReturnLabel(APIView):
    """The label of a return, for its sender or with the signed link that was mailed."""

    authentication_classes = [BearerAuthentication]
    permission_classes = [AllowAny]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[JSONRenderer, str]:
        """Ignore what the client accepts: the label has its own media type, and problems are JSON."""
        return JSONRenderer(), JSONRenderer.media_type

    @extend_schema(
        tags=TAG,
        summary="The label of a return",
        parameters=[OpenApiParameter("signature", str, description="From `label_url`; then no sign-in is needed.")],
        responses={(200, "image/svg+xml"): OpenApiTypes.STR},
        auth=[{}, {"bearer": []}],  # type: ignore[list-item]
    )
    def get(self, request: Request, shipment_id: UUID) -> HttpResponse:
        customer_id = request.user.pk if isinstance(request.user, Identity) else None
        signature = request.query_params.get("signature", "")
        label = or_404(queries.return_label(shipment_id, customer_id=customer_id, signature=signature))
        answer = HttpResponse(bytes(label.document), content_type=label.media_type)
        # A document from another company under our origin: it may be shown, and nothing in it may run.
        answer["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
        answer["Cache-Control"] = "private, no-store"
        return answer


class CarrierWebhooks(APIView):
    """Webhooks of the carrier: verified by their signature, stored, and processed after the answer."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        tags=TAG,
        summary="A carrier's webhook",
        request=OpenApiRequest(OpenApiTypes.OBJECT),
        responses={202: OpenApiResponse(description="Stored, or already known.")},
        auth=[],
    )
    @raises(WebhookNotTrusted, WebhookNotReadable)
    def post(self, request: Request, carrier: str) -> Response:
        if carrier != settings.CARRIER_PROVIDER:  # no other carrier is in use
            raise NotFound("Not found.", code="not_found")
        work.accept_webhook(provider=carrier, headers=request.headers, body=request.body, now=timezone.now())
        return Response(status=202)

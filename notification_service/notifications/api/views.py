"""Notifications, preferences, devices and socket tickets of a customer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chassis.http.api import or_404, parsed
from chassis.http.authentication import IsCustomer
from chassis.http.refusals import raises
from chassis.jwt import Identity
from notifications import queries
from notifications.api.filters import NotificationFilter
from notifications.api.serializers import (
    CountOutput,
    DeviceInput,
    DeviceOutput,
    NotificationOutput,
    PreferencesInput,
    PreferencesOutput,
    TicketOutput,
)
from notifications.commands import devices, notifications, preferences, tickets
from notifications.commands.devices import TooManyDevices
from notifications.domain.preferences import PreferenceNotChangeable, PreferenceUnknown, overview
from notifications.models import Notification

TAGS = ["notifications"]


def customer(request: Request) -> Identity:
    """Return the caller of a view that IsCustomer guards."""
    assert isinstance(request.user, Identity)
    return request.user


class Notifications(ListAPIView[Notification]):
    """Your notifications, newest first."""

    permission_classes = [IsCustomer]
    serializer_class = NotificationOutput
    filterset_class = NotificationFilter
    queryset = Notification.objects.none()

    def get_queryset(self) -> Any:
        return (
            queries.notifications_of(customer(self.request).id) if self.request.user.is_authenticated else self.queryset
        )

    @extend_schema(tags=TAGS, summary="Your notifications")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class NotificationDetail(APIView):
    permission_classes = [IsCustomer]

    @extend_schema(tags=TAGS, summary="One notification", responses=NotificationOutput)
    def get(self, request: Request, notification_id: UUID) -> Response:
        found = or_404(queries.notifications_of(customer(request).id).filter(id=notification_id).first())
        return Response(NotificationOutput(found).data)


class ReadNotification(APIView):
    permission_classes = [IsCustomer]

    @extend_schema(tags=TAGS, summary="Mark one notification as read", request=None, responses=NotificationOutput)
    def post(self, request: Request, notification_id: UUID) -> Response:
        found = notifications.mark_read(
            user_id=customer(request).id, notification_id=notification_id, now=timezone.now()
        )
        return Response(NotificationOutput(found).data)


class ReadAll(APIView):
    permission_classes = [IsCustomer]

    @extend_schema(
        tags=TAGS,
        operation_id="notifications_read_all",
        summary="Mark all as read; return the number that were unread",
        request=None,
        responses=CountOutput,
    )
    def post(self, request: Request) -> Response:
        return Response({"count": notifications.mark_all_read(user_id=customer(request).id, now=timezone.now())})


class Unread(APIView):
    permission_classes = [IsCustomer]

    @extend_schema(tags=TAGS, summary="The number of unread notifications", responses=CountOutput)
    def get(self, request: Request) -> Response:
        return Response({"count": queries.unread_count(customer(request).id)})


class Preferences(APIView):
    permission_classes = [IsCustomer]

    @extend_schema(tags=TAGS, summary="Your preferences", responses=PreferencesOutput)
    def get(self, request: Request) -> Response:
        return Response(_preferences(customer(request).id))

    @extend_schema(tags=TAGS, summary="Change your preferences", request=PreferencesInput, responses=PreferencesOutput)
    @raises(PreferenceUnknown, PreferenceNotChangeable)
    def put(self, request: Request) -> Response:
        given = PreferencesInput(data=request.data)
        given.is_valid(raise_exception=True)
        preferences.choose_preferences(user_id=customer(request).id, now=timezone.now(), **given.arguments())
        return Response(_preferences(customer(request).id))


class Devices(APIView):
    permission_classes = [IsCustomer]

    @extend_schema(tags=TAGS, summary="Your devices that take push messages", responses=DeviceOutput(many=True))
    def get(self, request: Request) -> Response:
        return Response(DeviceOutput(queries.devices_of(customer(request).id), many=True).data)

    @extend_schema(
        tags=TAGS,
        summary="Register a device; 200 when it was known",
        request=DeviceInput,
        responses={201: DeviceOutput, 200: DeviceOutput},
    )
    @raises(TooManyDevices)
    def post(self, request: Request) -> Response:
        asked = parsed(DeviceInput, request)
        device, created = devices.register_device(user_id=customer(request).id, now=timezone.now(), **asked)
        return Response(DeviceOutput(device).data, status=201 if created else 200)


class DeviceDetail(APIView):
    permission_classes = [IsCustomer]

    @extend_schema(tags=TAGS, summary="Send no more push messages to a device", responses={204: None})
    def delete(self, request: Request, device_id: UUID) -> Response:
        devices.remove_device(user_id=customer(request).id, device_id=device_id)
        return Response(status=204)


class Tickets(APIView):
    """A ticket for /ws/: opens one socket, once, within 30 seconds."""

    permission_classes = [IsCustomer]

    @extend_schema(tags=TAGS, summary="A ticket for the socket", request=None, responses={201: TicketOutput})
    def post(self, request: Request) -> Response:
        ticket, expires_at = tickets.issue_ticket(
            user_id=customer(request).id, session_id=customer(request).session_id, now=timezone.now()
        )
        answer = Response(TicketOutput({"ticket": ticket, "expires_at": expires_at}).data, status=201)
        answer["Cache-Control"] = "no-store"
        return answer


def _preferences(user_id: UUID) -> dict[str, Any]:
    rows = overview(queries.choices(user_id))
    names = ("category", "medium", "enabled", "changeable")
    shown = {
        "choices": [dict(zip(names, row, strict=True)) for row in rows],
        "quiet_hours": queries.quiet_hours(user_id),
        "time_zone": queries.time_zone(user_id),
    }
    return dict(PreferencesOutput(shown).data)

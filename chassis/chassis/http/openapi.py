"""Extensions of drf-spectacular: authentication schemes, errors, DELETE with a body, and thread safety."""

from __future__ import annotations

import threading
from itertools import groupby
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework.permissions import SAFE_METHODS

from chassis.http import refusals
from chassis.http.api import CURSOR
from chassis.staff.middleware import COOKIE


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "chassis.http.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class StaffScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "chassis.http.authentication.StaffAuthentication"
    name = "staff"

    def get_security_definition(self, auto_schema: object) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": COOKIE}


class Schema(AutoSchema):
    """Documents the errors of each operation, and the body of a DELETE from `@extend_schema(request=...)`."""

    def get_request_serializer(self) -> Any:
        return None if self.method == "DELETE" else super().get_request_serializer()

    def _get_request_body(self, direction: str = "request") -> Any:
        if self.method != "DELETE" or self.get_request_serializer() is None:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        self.method = "POST"
        try:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = "DELETE"

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)  # type: ignore[arg-type]
        self._component(ResolvedComponent.SCHEMA, refusals.SCHEMA_NAME, refusals.SCHEMA)
        found = refusals.refusals(
            self.view,
            self.method,
            path=self.path,
            has_body=self.method not in SAFE_METHODS and self.get_request_serializer() is not None,
            is_paged=any(one["name"] == CURSOR for one in self._get_parameters()),
        )
        for status, same in groupby(found, key=lambda each: each.status):
            alike = list(same)
            name = f"{status}.{'.'.join(each.code for each in alike)}"
            responses[str(status)] = self._component(ResolvedComponent.RESPONSE, name, refusals.response(alike))
        return responses

    def _component(self, kind: str, name: str, content: dict[str, Any]) -> dict[str, Any]:
        """Keep a part of the document under its name, once, and return the reference to it."""
        component = ResolvedComponent(name=name, type=kind, schema=content, object=name)  # type: ignore[no-untyped-call]
        self.registry.register_on_missing(component)
        return component.ref


class Generator(SchemaGenerator):
    """Generates one document at a time: the first use of drf-spectacular is not thread-safe."""

    _alone = threading.Lock()

    def get_schema(self, *args: Any, **kwargs: Any) -> Any:
        with self._alone:
            return super().get_schema(*args, **kwargs)  # type: ignore[no-untyped-call]

"""Extensions of drf-spectacular: authentication schemes, DELETE with a body, and thread safety."""

from __future__ import annotations

import threading
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

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
    """Documents the body of a DELETE from `@extend_schema(request=...)`, which drf-spectacular omits."""

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


class Generator(SchemaGenerator):
    """Generates one document at a time: the first use of drf-spectacular is not thread-safe."""

    _alone = threading.Lock()

    def get_schema(self, *args: Any, **kwargs: Any) -> Any:
        with self._alone:
            return super().get_schema(*args, **kwargs)  # type: ignore[no-untyped-call]

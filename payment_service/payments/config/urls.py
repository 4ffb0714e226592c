from django.contrib import admin
from django.urls import include, path

from chassis.urls import chassis_urls

urlpatterns = [
    *chassis_urls("payments"),
    path("api/v1/", include("payments.api.urls")),
    path("admin/payments/", admin.site.urls),
]

handler400 = "chassis.problems.bad_request"
handler404 = "chassis.problems.not_found"
handler500 = "chassis.problems.server_error"

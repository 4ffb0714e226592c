from django.contrib import admin
from django.urls import include, path

from chassis.urls import chassis_urls

urlpatterns = [
    *chassis_urls("orders"),
    path("api/v1/", include("orders.api.urls")),
    path("admin/orders/", admin.site.urls),
]

handler400 = "chassis.problems.bad_request"
handler404 = "chassis.problems.not_found"
handler500 = "chassis.problems.server_error"

from django.contrib import admin
from django.urls import include, path

from chassis.http.urls import chassis_urls

urlpatterns = [
    *chassis_urls("orders"),
    path("api/v1/", include("orders.api.urls")),
    path("admin/orders/", admin.site.urls),
]

handler400 = "chassis.http.problems.bad_request"
handler404 = "chassis.http.problems.not_found"
handler500 = "chassis.http.problems.server_error"

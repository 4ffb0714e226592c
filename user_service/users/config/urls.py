from django.contrib import admin
from django.urls import include, path

from chassis.http.urls import chassis_urls
from users.api.views import Jwks

urlpatterns = [
    *chassis_urls("users"),
    path(".well-known/jwks.json", Jwks.as_view()),
    path("api/v1/", include("users.api.urls")),
    path("admin/users/", admin.site.urls),
]

handler400 = "chassis.http.problems.bad_request"
handler404 = "chassis.http.problems.not_found"
handler500 = "chassis.http.problems.server_error"

from django.urls import path

from users.api import auth_views, views

urlpatterns = [
    path("auth/register/", auth_views.Register.as_view()),
    path("auth/verify/", auth_views.Verify.as_view()),
    path("auth/verify/resend/", auth_views.ResendVerification.as_view()),
    path("auth/token/", auth_views.ObtainToken.as_view()),
    path("auth/refresh/", auth_views.RefreshToken.as_view()),
    path("auth/logout/", auth_views.SignOut.as_view()),
    path("auth/logout-all/", auth_views.SignOutEverywhere.as_view()),
    path("auth/password/change/", auth_views.ChangePassword.as_view()),
    path("auth/password/reset/", auth_views.RequestPasswordReset.as_view()),
    path("auth/password/reset/confirm/", auth_views.ConfirmPasswordReset.as_view()),
    path("users/me/", views.Me.as_view()),
    path("users/me/addresses/", views.Addresses.as_view()),
    path("users/me/addresses/<uuid:address_id>/", views.OneAddress.as_view()),
    path("users/me/exports/", views.Exports.as_view()),
    path("users/me/exports/<uuid:export_id>/", views.OneExport.as_view()),
    path("users/me/exports/<uuid:export_id>/download/", views.ExportDownload.as_view()),
    path("users/me/sessions/", views.Sessions.as_view()),
    path("users/me/sessions/<uuid:session_id>/", views.OneSession.as_view()),
]

from django.urls import URLPattern, path

from payments.api import saved_methods, views

urlpatterns: list[URLPattern] = [
    path("payment-methods/", views.PaymentMethods.as_view()),
    path("payment-methods/saved/", saved_methods.SavedMethods.as_view()),
    path("payment-methods/saved/<str:method_id>/", saved_methods.OneSavedMethod.as_view()),
    path("payments/", views.Payments.as_view()),
    path("payments/<uuid:payment_id>/", views.OnePayment.as_view()),
    path("payments/<uuid:payment_id>/client-secret/", views.ClientSecret.as_view()),
    path("refunds/", views.Refunds.as_view()),
    path("refunds/<uuid:refund_id>/", views.OneRefund.as_view()),
    path("payment-webhooks/<slug:provider>/", views.PaymentWebhooks.as_view()),
]

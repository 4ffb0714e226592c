from django.urls import path

from shipping.api import views

urlpatterns = [
    path("shipping/quotes/", views.Quotes.as_view(), name="quotes"),
    path("shipping/jwks.json", views.QuoteKeys.as_view(), name="quote-keys"),
    path("shipments/", views.Shipments.as_view(), name="shipments"),
    path("shipments/<uuid:shipment_id>/", views.ShipmentDetail.as_view(), name="shipment"),
    path("shipments/<uuid:shipment_id>/label/", views.ReturnLabel.as_view(), name="shipment-label"),
    path("carrier-webhooks/<slug:carrier>/", views.CarrierWebhooks.as_view(), name="carrier-webhooks"),
]

from django.urls import URLPattern, path

from orders.api import cart, views

urlpatterns: list[URLPattern] = [
    path("cart/", cart.Cart.as_view()),
    path("cart/lines/", cart.CartLines.as_view()),
    path("cart/lines/<str:sku>/", cart.OneCartLine.as_view()),
    path("orders/", views.Orders.as_view()),
    path("orders/<uuid:order_id>/", views.OneOrder.as_view()),
    path("orders/<uuid:order_id>/timeline/", views.OrderTimeline.as_view()),
    path("orders/<uuid:order_id>/cancel/", views.CancelOrder.as_view()),
    path("orders/<uuid:order_id>/payment/", views.PayOrder.as_view()),
    path("returns/", views.Returns.as_view()),
    path("returns/<uuid:return_id>/", views.OneReturn.as_view()),
]

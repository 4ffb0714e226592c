from django.urls import URLPattern, path

from products.api import views

urlpatterns: list[URLPattern] = [
    path("products/", views.ProductList.as_view()),
    path("products/search/", views.ProductSearch.as_view()),
    path("products/<str:key>/", views.ProductDetail.as_view()),
    path("products/<str:key>/related/", views.RelatedProducts.as_view()),
    path("categories/", views.Categories.as_view()),
    path("recommendations/", views.Recommendations.as_view()),
]

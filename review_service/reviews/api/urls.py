from django.urls import path

from reviews.api import views

urlpatterns = [
    path("reviews/", views.Reviews.as_view()),
    path("reviews/mine/", views.MyReviews.as_view()),
    path("reviews/search/", views.SearchReviews.as_view()),
    path("reviews/<uuid:review_id>/", views.ReviewDetail.as_view()),
    path("reviews/<uuid:review_id>/vote/", views.ReviewVote.as_view()),
    path("reviews/<uuid:review_id>/report/", views.ReviewReport.as_view()),
    path("ratings/<uuid:product_id>/", views.ProductRating.as_view()),
]

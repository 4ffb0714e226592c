from django.urls import path

from notifications.api import views
from notifications.api.unsubscription import Unsubscribe

urlpatterns = [
    path("notifications/", views.Notifications.as_view()),
    path("notifications/unread/", views.Unread.as_view()),
    path("notifications/read/", views.ReadAll.as_view()),
    path("notifications/<uuid:notification_id>/", views.NotificationDetail.as_view()),
    path("notifications/<uuid:notification_id>/read/", views.ReadNotification.as_view()),
    path("notification-preferences/", views.Preferences.as_view()),
    path("notification-preferences/unsubscribe/", Unsubscribe.as_view()),
    path("devices/", views.Devices.as_view()),
    path("devices/<uuid:device_id>/", views.DeviceDetail.as_view()),
    path("ws-tickets/", views.Tickets.as_view()),
]

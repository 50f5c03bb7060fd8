"""Where everything is. Exact paths: Twilio loses what it posted when it is redirected."""

from django.contrib import admin
from django.urls import include, path

handler403 = "calls.desk.refusals.forbidden"
handler404 = "calls.desk.refusals.not_found"

urlpatterns = [
    path("", include("calls.desk.urls")),
    path("twilio/", include("calls.flows.urls")),
    path("admin/", admin.site.urls),
]

"""The supervisors' doors."""

from django.contrib.auth import views as auth
from django.urls import path

from calls.desk import health, pages, views
from calls.desk.sign_in import SignIn

urlpatterns = [
    path("", views.desk, name="desk"),
    path("desk/board/", views.board, name="board"),
    path("calls/<uuid:pk>/", pages.call_page, name="call"),
    path("calls/<uuid:pk>/verify/", views.verify, name="verify"),  # no verb: it only asks
    path("calls/<uuid:pk>/<slug:verb>/plan/", views.plan, name="plan"),
    path("calls/<uuid:pk>/<slug:verb>/", pages.wish, name="wish"),
    path("sign-in/", SignIn.as_view(), name="sign-in"),
    path("sign-out/", auth.LogoutView.as_view(), name="sign-out"),
    path("healthz/", health.healthz, name="healthz"),
    path("readyz/", health.readyz, name="readyz"),
]

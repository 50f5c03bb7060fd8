"""The supervisors' doors."""

from django.contrib.auth import views as auth
from django.urls import path

from calls.desk import agent, alarms, bulk, caller, drills, figures, health, me, named, notes, pages, queues, views
from calls.desk.board import board
from calls.desk.limits import limits
from calls.desk.said import words
from calls.desk.sign_in import SignIn

urlpatterns = [
    path("", views.desk, name="desk"),
    path("desk/board/", board, name="board"),
    path("desk/figures/", figures.now, name="figures"),
    path("wallboard/", figures.wallboard, name="wallboard"),
    path("wallboard/now/", figures.wallboard_now, name="wallboard-now"),
    path("wallboard/<slug:token>/", figures.linked_wallboard, name="wallboard-link"),
    path("wallboard/<slug:token>/now/", figures.linked_wallboard_now, name="wallboard-link-now"),
    path("desk/limits/", limits, name="limits"),
    path("desk/views/", named.views, name="views"),
    path("desk/views/<int:pk>/", named.change, name="view-change"),
    path("desk/views/<int:pk>/delete/", named.delete, name="view-delete"),
    path("calls/", pages.plain, name="plain"),
    path("calls/<uuid:pk>/", pages.call_page, name="call"),
    path("calls/<uuid:pk>/verify/", views.verify, name="verify"),  # no verb: it only asks
    path("calls/<uuid:pk>/verbs/", views.verbs, name="verbs"),
    path("calls/<uuid:pk>/reveal/", caller.reveal, name="reveal"),  # nor are these
    path("calls/<uuid:pk>/earlier/", caller.earlier, name="earlier"),
    path("calls/<uuid:pk>/notes/", notes.note, name="notes"),
    path("calls/<uuid:pk>/tags/", notes.tags, name="tags"),
    path("calls/<uuid:pk>/<slug:verb>/plan/", views.plan, name="plan"),
    path("calls/<uuid:pk>/<slug:verb>/", pages.wish, name="wish"),
    path("queues/", queues.index, name="queues"),
    path("queues/<int:pk>/", queues.page, name="queue"),
    path("bulk/<uuid:pk>/", bulk.page, name="bulk"),
    path("bulk/<uuid:pk>/stop/", bulk.stop, name="bulk-stop"),
    path("bulk/now/", bulk.now, name="bulk-now"),
    path("bulk/<slug:verb>/plan/", bulk.plan, name="bulk-plan"),
    path("bulk/<slug:verb>/", bulk.door, name="bulk-start"),
    path("me/", me.page, name="me"),
    path("me/tour/", me.toured, name="tour"),
    path("drills/", drills.page, name="drills"),
    path("drills/now/", drills.now, name="drill-now"),
    path("agent/", agent.page, name="agent"),
    path("agent/now/", agent.now, name="agent-now"),
    path("agent/state/", agent.choose, name="agent-state"),
    path("agent/note/", agent.note, name="agent-note"),
    path("agent/help/", agent.ask_for_help, name="agent-help"),
    path("desk/help/", agent.help_wanted, name="help"),
    path("desk/help/<int:pk>/done/", agent.help_done, name="help-done"),
    path("desk/alarms/", alarms.now, name="alarms"),
    path("alarms/<int:pk>/ack/", alarms.ack, name="alarm-ack"),
    path("alarms/<int:pk>/snooze/", alarms.snooze, name="alarm-snooze"),
    path("words/", words, name="words"),
    path("sign-in/", SignIn.as_view(), name="sign-in"),
    path("sign-out/", auth.LogoutView.as_view(), name="sign-out"),
    path("healthz/", health.healthz, name="healthz"),
    path("readyz/", health.readyz, name="readyz"),
]

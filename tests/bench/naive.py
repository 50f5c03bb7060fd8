"""The app that tutorials write: Django and Channels in one file. What we measure ourselves against; nothing uses it.

A synchronous view under ASGI: the SDK's validator, `get_or_create`, `save`, and `group_send` for every event.
"""

import json
import os

import django
import environ
from asgiref.sync import async_to_sync
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application

GROUP = "calls"
REDIS = os.environ.get("REDIS_URL")
# socket_timeout: channels_redis 4.3 with redis-py 8 drops idle sockets after 5 s otherwise.
LAYER = {
    "BACKEND": "channels_redis.core.RedisChannelLayer",
    "CONFIG": {"hosts": [{"address": REDIS, "socket_timeout": None}]},
}
BOARD = """<!doctype html><title>Calls</title><table>
{% for call in calls %}<tr id="{{ call.sid }}"><td>{{ call.from_number }}</td><td>{{ call.to_number }}</td>
<td>{{ call.status }}</td><td>{{ call.parent_sid }}</td><td>{{ call.started_at|date:"H:i:s" }}</td></tr>
{% endfor %}</table>"""

if not settings.configured:
    settings.configure(
        SECRET_KEY="naive",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        DATABASES={"default": environ.Env().db_url("DATABASE_URL")},
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "channels",
        ],
        MIDDLEWARE=[  # what `startproject` gives
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", {"board.html": BOARD})]},
            }
        ],
        CHANNEL_LAYERS={"default": LAYER if REDIS else {"BACKEND": "channels.layers.InMemoryChannelLayer"}},
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()

from django.db import connection, models  # noqa: E402
from django.http import HttpResponse, HttpResponseForbidden  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from twilio.request_validator import RequestValidator  # noqa: E402


class Call(models.Model):  # noqa: DJ008
    sid = models.CharField(max_length=34, unique=True)
    parent_sid = models.CharField(max_length=34, blank=True)
    from_number = models.CharField(max_length=50)
    to_number = models.CharField(max_length=50)
    status = models.CharField(max_length=20)
    started_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "naive"


class Event(models.Model):  # noqa: DJ008
    call = models.ForeignKey(Call, models.CASCADE)
    received_at = models.DateTimeField(auto_now_add=True)
    body = models.JSONField()

    class Meta:
        app_label = "naive"


@csrf_exempt
def status(request):
    validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
    signature = request.headers.get("X-Twilio-Signature", "")
    if not validator.validate(request.build_absolute_uri(), request.POST, signature):
        return HttpResponseForbidden()
    call, _ = Call.objects.get_or_create(
        sid=request.POST["CallSid"],
        defaults={
            "parent_sid": request.POST.get("ParentCallSid", ""),
            "from_number": request.POST["From"],
            "to_number": request.POST["To"],
        },
    )
    Event.objects.create(call=call, body=request.POST.dict())
    call.status = request.POST["CallStatus"]
    call.save()
    told = {"sid": call.sid, "status": call.status, "from": call.from_number, "to": call.to_number}
    async_to_sync(get_channel_layer().group_send)(GROUP, {"type": "call.updated", "call": told})
    return HttpResponse(status=204)


def board(request):
    live = Call.objects.exclude(status="completed").order_by("-started_at")
    return render(request, "board.html", {"calls": live})


urlpatterns = [path("twilio/status/", status), path("", board)]


class Desk(AsyncWebsocketConsumer):
    async def connect(self):
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def call_updated(self, event):
        await self.send(json.dumps(event["call"]))


def make_tables():
    with connection.schema_editor() as editor:
        editor.create_model(Call)
        editor.create_model(Event)


http = get_asgi_application()
sockets = URLRouter([path("ws/desk/", Desk.as_asgi())])
application = ProtocolTypeRouter({"http": http, "websocket": sockets})

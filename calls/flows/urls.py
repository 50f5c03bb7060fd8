"""Twilio's doors."""

from django.urls import path

from calls.flows import audio, inbound, wishes
from calls.intake import doors

urlpatterns = [
    path("voice/", inbound.voice, name="twilio-voice"),
    path("dial/", inbound.dial, name="twilio-dial"),
    path("twiml/<str:signed>/", wishes.document, name="twilio-twiml"),
    path("audio/<str:signed>/", audio.recording, name="twilio-audio"),
    path("status/", doors.status, name="twilio-status"),
    path("conference/", doors.conference, name="twilio-conference"),
    path("recording/", doors.recording, name="twilio-recording"),
]

"""Twilio's doors."""

from django.urls import path

from calls.flows import audio, inbound, queue, sounds, wishes
from calls.intake import doors

urlpatterns = [
    path("voice/", inbound.voice, name="twilio-voice"),
    path("dial/", inbound.dial, name="twilio-dial"),
    path("queue/wait/", queue.wait, name="twilio-wait"),
    path("twiml/<str:signed>/", wishes.document, name="twilio-twiml"),
    path("sound/<str:signed>/", sounds.sound, name="twilio-sound"),
    path("audio/<str:signed>/", audio.recording, name="twilio-audio"),
    path("status/", doors.status, name="twilio-status"),
    path("conference/", doors.conference, name="twilio-conference"),
    path("recording/", doors.recording, name="twilio-recording"),
    path("transcription/", doors.transcription, name="twilio-transcription"),
    path("stream/", doors.stream, name="twilio-stream"),
]

"""The recording of an announcement, as Twilio gets it: at an address that only we can make."""

import pytest
from django.core.files.base import ContentFile
from django.core.signing import Signer

from calls.control.verbs.announce import audio_address
from calls.models import Announcement

SOUND = b"RIFF....WAVE"


@pytest.fixture
def announcement(rows, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    made = Announcement(name="Recording notice", seconds=3)
    made.audio.save("notice.wav", ContentFile(SOUND))
    return made


def path(announcement, settings):
    return audio_address(announcement.pk).removeprefix(settings.PUBLIC_URL)


@pytest.mark.parametrize(("name", "kind"), [("notice.wav", "audio/wav"), ("notice.mp3", "audio/mpeg")])
def test_twilio_gets_the_recording_without_signing_in(client, announcement, settings, name, kind):
    announcement.audio.save(name, ContentFile(SOUND))
    answer = client.get(path(announcement, settings))
    assert (answer.status_code, answer.content) == (200, SOUND)
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Cache-Control"] == "private, max-age=300"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not answer.cookies
    head = client.head(path(announcement, settings))
    assert (head.status_code, head.content, head.headers["Content-Length"]) == (200, b"", str(len(SOUND)))


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_it_is_only_fetched(client, announcement, settings, method):
    assert getattr(client, method)(path(announcement, settings)).status_code == 405


def test_nobody_finds_a_recording_by_trying(client, announcement, settings):
    pk, good = announcement.pk, path(announcement, settings).split("/")[-2]
    signature = good.partition("~")[2]
    made_for_something_else = [Signer(salt=salt, sep="~").sign(str(pk)) for salt in ("calls.twiml", "", "calls.audio2")]
    ours_without_sense = [
        Signer(salt="calls.audio", sep="~").sign(value) for value in ("", "x", "-1", "0", "9" * 30, "1.0")
    ]
    for tried in [
        str(pk), f"{pk}~", f"{pk}~{signature[:-1]}", f"{pk + 1}~{signature}", f"{pk}~{signature}~", signature, "~",
        f"{pk}:x", "..%2f..%2fmanage.py", "announcements%2fnotice.wav", f"%2e%2e~{signature}", f"{pk}%00~{signature}",
        f"+{good}", f" {good}", *made_for_something_else, *ours_without_sense,
    ]:  # fmt: skip
        answer = client.get(f"/twilio/audio/{tried}/")
        assert (answer.status_code, SOUND in answer.content) == (404, False), tried


@pytest.mark.parametrize("name", ["../../secret.wav", "/etc/passwd.wav", "a/b/../../../c.wav"])
def test_whatever_a_file_was_called_it_lies_in_its_folder(announcement, tmp_path, name):
    try:
        announcement.audio.save(name, ContentFile(SOUND))
    except Exception as error:
        assert type(error).__name__ == "SuspiciousFileOperation"
    assert {file.parent for file in tmp_path.rglob("*.wav")} == {tmp_path / "media" / "announcements"}


def test_an_announcement_that_is_spoken_or_gone_has_no_recording(client, announcement, settings):
    spoken, address = Announcement.objects.create(name="Spoken", text="Hello."), path(announcement, settings)
    assert client.get(path(spoken, settings)).status_code == 404
    announcement.delete()
    assert client.get(address).status_code == 404


def test_a_file_that_is_lost_is_said_in_the_log(client, announcement, settings, caplog):
    announcement.audio.storage.delete(announcement.audio.name)
    assert client.get(path(announcement, settings)).status_code == 404
    assert "A recording of the library is not on disk" in caplog.text

"""The sound of a recording: as long as it was, and silent. Source: https://www.twilio.com/docs/voice/api/recording"""

import io
import wave

from ..errors import Refused
from ..exchange import Exchange
from ..web import Response

RATE, LONGEST = 8000, 60


def media(exchange: Exchange, path: str, rest: str) -> Response:
    """Recordings/RE…, with .wav or .mp3 behind it or nothing; at most a minute, all of it wave."""
    kind, _, name = rest.partition("/")
    sid = name.removesuffix(".wav").removesuffix(".mp3")
    recording = exchange.recordings.get(sid)
    if kind != "Recordings" or recording is None or recording.status != "completed":
        raise Refused(20404, path)
    seconds = min(recording.duration or 0, LONGEST)
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(recording.plan.channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(bytes(2 * RATE * recording.plan.channels * seconds))
    return Response(200, sound.getvalue(), {"Content-Type": "audio/x-wav"})

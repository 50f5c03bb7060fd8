"""A recording of the library, as Twilio gets it when it comes to <Play> (twilio.com/docs/voice/twiml/play).

No page of Twilio's says that what is fetched to be played is signed, and its proxies keep such files and ask again by
themselves (help.twilio.com: cache behavior of audio files). So the address is the key: only we can make it, and what
it names is a row, not a path.
"""

import logging

from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from calls.control.verbs.announce import audio as signer
from calls.models import Announcement

KINDS = {"mp3": "audio/mpeg", "wav": "audio/wav"}
KEPT = 5 * 60  # seconds; when it is replaced, the old one may still be heard for so long
log = logging.getLogger(__name__)


@login_not_required
@require_safe
def recording(request: HttpRequest, signed: str) -> HttpResponse:
    try:
        audio = Announcement.objects.get(pk=int(signer.unsign(signed))).audio
        content = audio.read()
    except (BadSignature, ValueError, Announcement.DoesNotExist) as error:
        raise Http404 from error
    except OSError as error:
        log.error("A recording of the library is not on disk: %s", error)
        raise Http404 from error
    kind = KINDS[str(audio.name).rpartition(".")[2].lower()]
    told = {"Content-Type": kind, "Content-Length": str(len(content)), "Cache-Control": f"private, max-age={KEPT}"}
    return HttpResponse(content, headers=told)

"""What callers hear, as TwiML. Pure: everything comes in as an argument and leaves through the SDK's builder."""

import re
from urllib.parse import urlencode

from twilio.twiml.voice_response import Connect, Dial, VoiceResponse

# Asked of Twilio with every address: try again three times, also on a server error (twilio.com/docs/usage/webhooks/
# webhooks-connection-overrides). What follows # is neither sent nor signed.
OVERRIDE = "#rc=3&rp=ct,rt,5xx"
# The builder escapes markup but lets through what no XML parser accepts, and an unreadable document (error 12100)
# ends the call.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LONGEST_SPOKEN = 1_000  # characters
LONGEST_INLINE = 4_000  # characters of a document that is sent with a request (32018)
CHARACTERS_A_SECOND = 13
LONGEST_CALL = 4 * 60 * 60  # seconds, on every leg that is dialled: what nobody ends must end by itself
ROOM_EVENTS = "start end join leave mute hold modify announcement"
PROGRESS = "initiated ringing answered completed"


def absolute(public_url: str, path: str, **query: object) -> str:
    """An address of ours as Twilio is given it: public, with what belongs into the signature, and the override."""
    return public_url + path + ("?" + urlencode(query) if query else "") + OVERRIDE


def plain(text: str) -> str:
    """Without what no XML parser accepts: for all that people or rows say. Addresses made by `absolute` are plain."""
    return NOT_XML.sub("", text)


def spoken(text: str) -> str:
    return plain(text)[:LONGEST_SPOKEN]


def greeting(text: str, *, then: str) -> str:
    response = VoiceResponse()
    response.say(spoken(text))
    response.redirect(then)
    return str(response)


def ring(contact: str, *, action: str, status: str, seconds: int, caller_id: str = "") -> str:
    """Ring one party; what comes after is asked at `action`. `contact` is client:, sip: or +E164; `caller_id` what it
    sees, if the caller's own address is none that a telephone can show (13214)."""
    response, contact = VoiceResponse(), plain(contact)
    dial = Dial(action=action, timeout=seconds, time_limit=LONGEST_CALL, caller_id=plain(caller_id) or None)
    progress = {"status_callback": status, "status_callback_event": PROGRESS}
    if contact.startswith("client:"):
        dial.client(contact.removeprefix("client:"), **progress)
    elif contact.startswith("sip:"):
        dial.sip(contact, **progress)
    else:
        dial.number(contact, **progress)
    response.append(dial)
    return str(response)


def with_bot(url: str, *, action: str) -> str:
    """The caller talks with an AI agent at this wss:// url; what comes after is asked at `action`
    (twilio.com/docs/voice/twiml/connect/conversationrelay)."""
    response = VoiceResponse()
    connect = Connect(action=action)
    connect.conversation_relay(url=plain(url))
    response.append(connect)
    return str(response)


def enter_room(room: str, *, action: str, wait: str, events: str, label: str = "caller", starts: bool = False) -> str:
    """The caller goes into a room that begins with whoever is called there (or at once, if it `starts`), and ends with
    the caller (twilio.com/docs/voice/twiml/conference); `wait` is heard until then ("": nothing), `events` is told who
    comes and goes."""
    response = VoiceResponse()
    dial = Dial(action=action, time_limit=LONGEST_CALL)
    dial.conference(
        plain(room),
        start_conference_on_enter=starts,
        end_conference_on_exit=True,
        beep="false",
        participant_label=plain(label),
        wait_url=wait,
        wait_method="POST",
        status_callback=events,
        status_callback_event=ROOM_EVENTS,
    )
    response.append(dial)
    return str(response)


def waiting(*texts: str, language: str = "", play: str = "", pause: int = 0, then: str) -> str:
    """One turn of what is heard while waiting in a room: only words, sounds and silence may be (13238)."""
    response = VoiceResponse()
    for text in texts:
        response.say(spoken(text), language=language or None)
    if play:
        response.play(plain(play))
    if pause:
        response.pause(length=pause)
    response.redirect(then)
    return str(response)


def go_on(url: str, *, method: str = "POST") -> str:
    """Hand over to another document. GET drops what was posted, so ours are asked by POST."""
    response = VoiceResponse()
    response.redirect(plain(url), method=None if method == "POST" else method)
    return str(response)


def announcement(text: str, *, language: str, voice: str = "", then: str) -> str:
    """Something is said, and the leg goes on at `then` (twilio.com/docs/voice/twiml/say)."""
    response = VoiceResponse()
    response.say(spoken(text), language=language, voice=voice or None)
    response.redirect(then)
    return str(response)


def recording(url: str, *, then: str) -> str:
    """A recording is played, and the leg goes on at `then` (twilio.com/docs/voice/twiml/play)."""
    response = VoiceResponse()
    response.play(plain(url))
    response.redirect(then)
    return str(response)


def looped(url: str) -> str:
    """A recording, over and over (twilio.com/docs/voice/twiml/play#loop)."""
    response = VoiceResponse()
    response.play(plain(url), loop=0)
    return str(response)


def repeated(text: str, *, language: str, voice: str = "") -> str:
    """Words, over and over (twilio.com/docs/voice/twiml/say#loop)."""
    response = VoiceResponse()
    response.say(spoken(text), language=language, voice=voice or None, loop=0)
    return str(response)


def silence() -> str:
    response = VoiceResponse()
    response.pause(length=1)
    return str(response)


def please_hold(then: str, *, seconds: int) -> str:
    """Silence, and then `then` is asked: for whoever must not be hung up while we do not know better."""
    response = VoiceResponse()
    response.pause(length=seconds)
    response.redirect(then)
    return str(response)


def hang_up() -> str:
    response = VoiceResponse()
    response.hangup()
    return str(response)


def goodbye(text: str) -> str:
    response = VoiceResponse()
    response.say(spoken(text))
    response.hangup()
    return str(response)


def how_long(text: str) -> int:
    """About how many seconds it takes to say this."""
    return len(spoken(text)) // CHARACTERS_A_SECOND + 2

"""/IncomingPhoneNumbers. Source: https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource"""

import re

from ..calls import Number
from ..chance import new_sid
from ..errors import Refused
from ..exchange import Exchange
from ..web import Response
from .form import Form
from .pages import page
from .shapes import account_path, number_json

NUMBER = re.compile(r"\+[1-9]\d{6,14}")
URLS = {"VoiceUrl": "voice_url", "VoiceFallbackUrl": "voice_fallback_url", "StatusCallback": "status_callback"}
METHODS = {
    "VoiceMethod": "voice_method",
    "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallbackMethod": "status_callback_method",
}

OTHERS = {"FriendlyName": "friendly_name", "VoiceApplicationSid": "voice_application_sid", "TrunkSid": "trunk_sid"}


def index(exchange: Exchange, form: Form) -> Response:
    def wanted(number: Number) -> bool:
        return form.get("PhoneNumber") in number.phone_number and form.get("FriendlyName") in ("", number.friendly_name)

    path, newest_first = f"{account_path(exchange)}/IncomingPhoneNumbers.json", reversed(exchange.numbers.values())
    key, shape = "incoming_phone_numbers", lambda one: number_json(exchange, one)
    return Response(200, page(path, key, form, newest_first, wanted, lambda one: one.sid, shape))


def create(exchange: Exchange, form: Form) -> Response:
    """Buys a number; here any number is for sale."""
    phone_number = form.get("PhoneNumber")
    if not NUMBER.fullmatch(phone_number) or exchange.number(phone_number) is not None:
        raise Refused(21421, phone_number)
    now = exchange.clock.now()
    number = Number(phone_number, sid=new_sid("PN", exchange.chance.dice("number", phone_number)), created_at=now)
    exchange.numbers[number.sid] = number
    return Response(201, update(exchange, number, form).content)


def delete(exchange: Exchange, number: Number) -> Response:
    del exchange.numbers[number.sid]
    return Response(204)


def fetch(exchange: Exchange, number: Number) -> Response:
    return Response(200, number_json(exchange, number))


def update(exchange: Exchange, number: Number, form: Form) -> Response:
    new = {attribute: form.url(name) for name, attribute in URLS.items() if form.has(name)}
    new |= {attribute: form.method(name) for name, attribute in METHODS.items() if form.has(name)}
    new |= {attribute: form.get(name) for name, attribute in OTHERS.items() if form.has(name)}
    if form.has("VoiceCallerIdLookup"):
        number.voice_caller_id_lookup = form.flag("VoiceCallerIdLookup")
    for attribute, value in new.items():
        setattr(number, attribute, value)
    number.updated_at = exchange.clock.now()
    return Response(200, number_json(exchange, number))

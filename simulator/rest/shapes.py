"""Resources as JSON, field by field as Twilio's OpenAPI description has them (github.com/twilio/twilio-oai)."""

import math

from ..calls import Call, Number
from ..clock import rfc2822
from ..conferences import Conference, Seat
from ..exchange import Exchange

PRICE_OF_A_MINUTE = {"inbound": 0.0085}
VERSION = "2010-04-01"
CALL_PARTS = {
    "notifications": "Notifications",
    "recordings": "Recordings",
    "payments": "Payments",
    "events": "Events",
    "siprec": "Siprec",
    "streams": "Streams",
    "transcriptions": "Transcriptions",
    "user_defined_message_subscriptions": "UserDefinedMessageSubscriptions",
    "user_defined_messages": "UserDefinedMessages",
}
ACCOUNT_PARTS = {
    "applications": "Applications",
    "calls": "Calls",
    "conferences": "Conferences",
    "incoming_phone_numbers": "IncomingPhoneNumbers",
    "notifications": "Notifications",
    "queues": "Queues",
    "recordings": "Recordings",
}


def account_path(exchange: Exchange) -> str:
    return f"/{VERSION}/Accounts/{exchange.settings.account_sid}"


def call_json(exchange: Exchange, call: Call) -> dict[str, object]:
    path = f"{account_path(exchange)}/Calls/{call.sid}"
    return {
        "sid": call.sid,
        "account_sid": exchange.settings.account_sid,
        "api_version": VERSION,
        "parent_call_sid": call.parent.sid if call.parent else None,
        "to": call.to,
        "to_formatted": formatted(call.to),
        "from": call.from_,
        "from_formatted": formatted(call.from_),
        "phone_number_sid": call.number.sid if call.number else None,
        "status": call.rest_status,
        "direction": call.direction,
        "answered_by": call.answered_by,
        "start_time": rfc2822(call.started_at),
        "end_time": rfc2822(call.ended_at),
        "duration": None if call.duration is None else str(call.duration),
        "date_created": rfc2822(call.created_at),
        "date_updated": rfc2822(call.updated_at or call.created_at),
        "price": _price(exchange, call),
        "price_unit": "USD",
        "forwarded_from": call.forwarded_from or None,
        "group_sid": None,
        "caller_name": call.caller_name or None,
        "queue_time": str(round(call.queue_seconds * 1000)),
        "trunk_sid": None,
        "uri": f"{path}.json",
        "subresource_uris": {name: f"{path}/{part}.json" for name, part in CALL_PARTS.items()},
    }


def conference_json(exchange: Exchange, conference: Conference) -> dict[str, object]:
    path = f"{account_path(exchange)}/Conferences/{conference.sid}"
    return {
        "sid": conference.sid,
        "account_sid": exchange.settings.account_sid,
        "friendly_name": conference.name,
        "status": conference.status,
        "region": "us1",
        "api_version": VERSION,
        "date_created": rfc2822(conference.created_at),
        "date_updated": rfc2822(conference.updated_at or conference.created_at),
        "reason_conference_ended": conference.reason_ended,
        "call_sid_ending_conference": conference.ended_by.sid if conference.ended_by else None,
        "uri": f"{path}.json",
        "subresource_uris": {"participants": f"{path}/Participants.json", "recordings": f"{path}/Recordings.json"},
    }


def participant_json(exchange: Exchange, seat: Seat) -> dict[str, object]:
    conference = seat.conference
    return {
        "account_sid": exchange.settings.account_sid,
        "call_sid": seat.call.sid,
        "label": seat.label or None,
        "call_sid_to_coach": seat.coached_sid,
        "coaching": seat.coaching,
        "conference_sid": conference.sid,
        "date_created": rfc2822(seat.created_at),
        "date_updated": rfc2822(seat.updated_at or seat.created_at),
        "end_conference_on_exit": seat.ends,
        "muted": seat.muted,
        "hold": seat.hold,
        "start_conference_on_enter": seat.starts,
        "status": seat.status,
        "queue_time": str(round(seat.call.queue_seconds * 1000)),
        "uri": f"{account_path(exchange)}/Conferences/{conference.sid}/Participants/{seat.call.sid}.json",
    }


def number_json(exchange: Exchange, number: Number) -> dict[str, object]:
    return {
        "sid": number.sid,
        "account_sid": exchange.settings.account_sid,
        "api_version": VERSION,
        "friendly_name": number.friendly_name or formatted(number.phone_number),
        "phone_number": number.phone_number,
        "voice_url": number.voice_url,
        "voice_method": number.voice_method,
        "voice_fallback_url": number.voice_fallback_url,
        "voice_fallback_method": number.voice_fallback_method,
        "voice_application_sid": number.voice_application_sid,
        "voice_caller_id_lookup": number.voice_caller_id_lookup,
        "voice_receive_mode": "voice",
        "status_callback": number.status_callback,
        "status_callback_method": number.status_callback_method,
        "sms_url": "",
        "sms_method": "POST",
        "sms_fallback_url": "",
        "sms_fallback_method": "POST",
        "sms_application_sid": "",
        "capabilities": {"voice": True, "sms": False, "mms": False, "fax": False},
        "address_requirements": "none",
        "address_sid": None,
        "identity_sid": None,
        "bundle_sid": None,
        "trunk_sid": number.trunk_sid or None,
        "emergency_status": "Inactive",
        "emergency_address_sid": None,
        "emergency_address_status": "unregistered",
        "beta": False,
        "origin": "twilio",
        "status": "in-use",
        "type": "local",
        "date_created": rfc2822(number.created_at),
        "date_updated": rfc2822(number.updated_at),
        "uri": f"{account_path(exchange)}/IncomingPhoneNumbers/{number.sid}.json",
    }


def account_json(exchange: Exchange) -> dict[str, object]:
    return {
        "sid": exchange.settings.account_sid,
        "auth_token": exchange.settings.auth_token,
        "friendly_name": "Simulated account",
        "status": "active",
        "type": "Full",
        "owner_account_sid": exchange.settings.account_sid,
        "date_created": None,
        "date_updated": None,
        "subresource_uris": {name: f"{account_path(exchange)}/{part}.json" for name, part in ACCOUNT_PARTS.items()},
        "uri": f"{account_path(exchange)}.json",
    }


def _price(exchange: Exchange, call: Call) -> str | None:
    """Negative, for the connection alone, a minute begun counts whole; known only some minutes after the end.

    Source: https://www.twilio.com/docs/voice/api/call-resource (price). What a minute costs here is made up.
    """
    if call.ended_at is None:
        return None
    if (exchange.clock.now() - call.ended_at).total_seconds() < exchange.settings.timing.price_known:
        return None
    minutes = math.ceil((call.duration or 0) / 60)
    return f"-{minutes * PRICE_OF_A_MINUTE.get(call.direction, 0.014):.5f}"


def formatted(address: str) -> str:
    if address.startswith("+1") and len(address) == 12:
        return f"({address[2:5]}) {address[5:8]}-{address[8:]}"
    return address

"""/Calls/{call}/Events: every request made to the application for a call, and what it answered.

Source: https://www.twilio.com/docs/voice/api/call-event-resource
"""

from ..calls import Call
from ..clock import rfc2822
from ..exchange import Exchange
from ..post import Webhook
from ..web import Response
from .form import Form
from .pages import page
from .shapes import account_path


def index(exchange: Exchange, call: Call, form: Form) -> Response:
    path = f"{account_path(exchange)}/Calls/{call.sid}/Events.json"
    newest_first = reversed([webhook for webhook in exchange.post.log if webhook.subject == call.sid])
    shape = page(path, "events", form, newest_first, lambda one: True, lambda one: one.token, event_json)
    return Response(200, shape)


def event_json(webhook: Webhook) -> dict[str, object]:
    last = webhook.attempts[-1] if webhook.attempts else {}
    return {
        "request": {
            "method": webhook.method,
            "url": webhook.url,
            # As the API spells them: call_sid, not CallSid.
            "parameters": {_snake(name): value for name, value in webhook.params},
        },
        "response": {
            "response_code": last.get("status"),
            "request_duration": last.get("milliseconds"),
            "content_type": webhook.content_type or None,
            "response_body": webhook.answer or None,
            "date_created": rfc2822(webhook.at),
        },
    }


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")

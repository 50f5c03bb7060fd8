"""/Notifications, the account's and a call's: what the debugger has to say.

Source: https://www.twilio.com/docs/usage/monitor-alert (log: 0 is an error, 1 a warning)
"""

from datetime import datetime

from ..calls import Call
from ..clock import rfc2822
from ..errors import WARNINGS, Refused, meaning
from ..exchange import Exchange
from ..post import Webhook
from ..web import Response
from .dates import fits
from .form import Form
from .pages import page
from .shapes import VERSION, account_path

Note = dict[str, object]


def index(exchange: Exchange, call: Call | None, form: Form) -> Response:
    def wanted(note: Note) -> bool:
        return (
            (call is None or note["subject"] == call.sid)
            and form.get("Log") in ("", _log(note))
            and fits(form, "MessageDate", _at(note))
        )

    path = f"{_place(exchange, call)}/Notifications.json"
    asked = {_bare(webhook.url): webhook for webhook in exchange.post.log}
    key, shape = "notifications", lambda note: notification_json(exchange, call, note, asked.get(_bare(note["url"])))
    return Response(200, page(path, key, form, reversed(exchange.notes), wanted, lambda note: note["sid"], shape))


def fetch(exchange: Exchange, call: Call | None, sid: str, path: str) -> Response:
    note = next((note for note in exchange.notes if note["sid"] == sid), None)
    if note is None or (call is not None and note["subject"] != call.sid):
        raise Refused(20404, path)
    webhook = next((one for one in reversed(exchange.post.log) if _bare(one.url) == _bare(note["url"])), None)
    whole = {
        "request_variables": "&".join(f"{name}={value}" for name, value in webhook.params) if webhook else "",
        "response_headers": "",
        "response_body": webhook.answer if webhook else "",
    }
    return Response(200, notification_json(exchange, call, note, webhook) | whole)


def notification_json(exchange: Exchange, call: Call | None, note: Note, webhook: Webhook | None) -> dict[str, object]:
    at, subject = rfc2822(_at(note)), str(note["subject"])
    return {
        "sid": note["sid"],
        "account_sid": exchange.settings.account_sid,
        "api_version": VERSION,
        "call_sid": subject if subject.startswith("CA") else None,
        "date_created": at,
        "date_updated": at,
        "error_code": str(note["code"]),
        "log": _log(note),
        "message_date": at,
        "message_text": ": ".join(filter(None, (meaning(int(str(note["code"]))), str(note["detail"])))),
        "more_info": f"https://www.twilio.com/docs/errors/{note['code']}",
        "request_method": webhook.method if webhook else "POST",
        "request_url": note["url"] or None,
        "uri": f"{_place(exchange, call)}/Notifications/{note['sid']}.json",
    }


def _bare(url: object) -> str:
    # The debugger's URLs come without what stands behind the #.
    return str(url).partition("#")[0]


def _log(note: Note) -> str:
    return "1" if note["code"] in WARNINGS else "0"


def _at(note: Note) -> datetime:
    return datetime.fromisoformat(str(note["at"]))


def _place(exchange: Exchange, call: Call | None) -> str:
    return f"{account_path(exchange)}/Calls/{call.sid}" if call else account_path(exchange)

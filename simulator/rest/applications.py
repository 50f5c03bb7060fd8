"""/Applications. Source: https://www.twilio.com/docs/usage/api/applications"""

from ..calls import Application
from ..chance import new_sid
from ..clock import rfc2822
from ..exchange import Exchange
from ..web import Response
from .form import Form
from .numbers import METHODS, URLS
from .pages import page
from .shapes import VERSION, account_path


def index(exchange: Exchange, form: Form) -> Response:
    def wanted(one: Application) -> bool:
        return form.get("FriendlyName") in ("", one.friendly_name)

    path, newest_first = f"{account_path(exchange)}/Applications.json", reversed(exchange.applications.values())
    sid, shape = lambda one: one.sid, lambda one: application_json(exchange, one)
    return Response(200, page(path, "applications", form, newest_first, wanted, sid, shape))


def create(exchange: Exchange, form: Form) -> Response:
    sid, now = new_sid("AP", exchange.chance.dice("application", exchange.count("application"))), exchange.clock.now()
    application = Application(sid, form.get("FriendlyName"), now, now)
    _set(application, form)
    exchange.applications[sid] = application
    return Response(201, application_json(exchange, application))


def fetch(exchange: Exchange, application: Application) -> Response:
    return Response(200, application_json(exchange, application))


def update(exchange: Exchange, application: Application, form: Form) -> Response:
    _set(application, form)
    application.updated_at = exchange.clock.now()
    return Response(200, application_json(exchange, application))


def delete(exchange: Exchange, application: Application) -> Response:
    del exchange.applications[application.sid]
    return Response(204)


def application_json(exchange: Exchange, application: Application) -> dict[str, object]:
    return {
        "sid": application.sid,
        "account_sid": exchange.settings.account_sid,
        "api_version": VERSION,
        "friendly_name": application.friendly_name,
        "voice_url": application.voice_url or None,
        "voice_method": application.voice_method,
        "voice_fallback_url": application.voice_fallback_url or None,
        "voice_fallback_method": application.voice_fallback_method,
        "voice_caller_id_lookup": False,
        "status_callback": application.status_callback or None,
        "status_callback_method": application.status_callback_method,
        "sms_url": None,
        "sms_method": "POST",
        "sms_fallback_url": None,
        "sms_fallback_method": "POST",
        "sms_status_callback": None,
        "message_status_callback": None,
        "public_application_connect_enabled": False,
        "date_created": rfc2822(application.created_at),
        "date_updated": rfc2822(application.updated_at),
        "uri": f"{account_path(exchange)}/Applications/{application.sid}.json",
    }


def _set(application: Application, form: Form) -> None:
    new = {attribute: form.url(name) for name, attribute in URLS.items() if form.has(name)}
    new |= {attribute: form.method(name) for name, attribute in METHODS.items() if form.has(name)}
    if form.has("FriendlyName"):
        new["friendly_name"] = form.get("FriendlyName")
    for attribute, value in new.items():
        setattr(application, attribute, value)

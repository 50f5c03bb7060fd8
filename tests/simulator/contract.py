"""Twilio's own description of its API, and what of an answer does not fit it.

The description (twilio-oai, api_v2010) is not ours to ship: it is looked for beside the repository.
"""

import json
import re
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any

DESCRIPTION = Path(__file__).resolve().parents[2].parent / "shared" / "twilio" / "twilio_api_v2010.json"
ACCOUNT = "/2010-04-01/Accounts/{AccountSid}/"
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict, "array": list}

# What the description's own examples hold, against its schemas.
EMPTY = {"reason_conference_ended": None, "sms_application_sid": "", "voice_application_sid": "", "trunk_sid": ""}


@cache
def operations() -> dict[tuple[str, str], dict[str, Any]]:
    """By method and path: ("POST", "Calls/*/Recordings")."""
    return {
        (method.upper(), _pattern(path)): operation
        for path, methods in _description()["paths"].items()
        if path.startswith(ACCOUNT)
        for method, operation in methods.items()
        if method in ("get", "post", "delete")
    }


def account() -> dict[str, Any]:
    """To fetch the account itself, which is no part of one."""
    return _description()["paths"][ACCOUNT.replace("AccountSid}/", "Sid}.json")]["get"]


def parameters(operation: dict[str, Any]) -> set[str]:
    """Those of the query and of the form."""
    form = operation.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {})
    query = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
    return query | set(form.get("schema", {}).get("properties", {}))


def wrong_with(operation: dict[str, Any], status: int, body: Any) -> list[str]:
    """What of an answer the operation does not know, in words; nothing if all is well."""
    answer = operation["responses"].get(str(status))
    if answer is None:
        return [f"the status {status} is not one of {', '.join(operation['responses'])}"]
    content = answer.get("content", {}).get("application/json")
    if content is None:
        return [] if body is None else ["there should be no body"]
    return _wrong(content["schema"], body, "")


@cache
def _description() -> dict[str, Any]:
    return json.loads(DESCRIPTION.read_text())


def _pattern(path: str) -> str:
    return re.sub(r"{[^}]*}", "*", path.removeprefix(ACCOUNT).removesuffix(".json"))


def _wrong(schema: dict[str, Any], value: Any, where: str) -> list[str]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _wrong(_description()["components"]["schemas"][name], value, where)
    if value is None:
        return [] if schema.get("nullable") else [f"{where} must not be null"]
    if (kind := schema.get("type")) is None:
        return []
    if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return [f"{where} is {value!r}, no {kind}"]
    if kind == "object":
        return _wrong_object(schema, value, where)
    if kind == "array":
        return [words for place, one in enumerate(value) for words in _wrong(schema["items"], one, f"{where}[{place}]")]
    return [f"{where} is {value!r}: {words}" for words in _wrong_plain(schema, value)]


def _wrong_object(schema: dict[str, Any], value: dict[str, Any], where: str) -> list[str]:
    """Stricter than a schema is: what is described has to be there, and nothing else."""
    if "properties" not in schema:
        return []
    known = schema["properties"]
    wrong = [f"{where}.{name} is missing" for name in known if name not in value]
    wrong += [f"{where}.{name} is not known" for name in value if name not in known]
    both = [name for name in known if name in value and EMPTY.get(name, ...) != value[name]]
    return wrong + [words for name in both for words in _wrong(known[name], value[name], f"{where}.{name}")]


def _wrong_plain(schema: dict[str, Any], value: Any) -> list[str]:
    wrong = []
    if "enum" in schema and value not in schema["enum"]:
        wrong.append(f"not one of {', '.join(map(str, schema['enum']))}")
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            wrong.append(f"does not match {schema['pattern']}")
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            wrong.append("too short or too long")
        if schema.get("format") == "date-time-rfc-2822" and not _is_date(value):
            wrong.append("no RFC 2822 date")
    return wrong


def _is_date(text: str) -> bool:
    try:
        return parsedate_to_datetime(text).utcoffset() is not None
    except ValueError:
        return False

"""Defects at the doors: who is let in, and what a browser or a header is believed."""

from tests.mutants.mutant import Edit, Mutant, mutant

SIGNATURE, CONSUMERS = "calls/twilio/signature.py", "calls/live/consumers.py"
ANY_HOST = """\
    from urllib.parse import urlsplit

    from django.http.request import validate_host

    return origin is not None and validate_host(urlsplit(origin).hostname or "", ["*"])
"""

DOORS = (
    Mutant(
        "the host of the signed address comes from the request",
        (
            Edit(SIGNATURE, '    remote: str = ""\n', '    remote: str = ""\n    host: str = ""\n'),
            Edit(
                SIGNATURE,
                "        body=request.read(MAX_BODY + 1),\n",
                '        body=request.read(MAX_BODY + 1),\n        host=request.META.get("HTTP_HOST", ""),\n',
            ),
            Edit(
                SIGNATURE,
                "url=signed_url(settings.PUBLIC_URL, knock.path, knock.query),",
                'url=signed_url(f"http://{knock.host}" if knock.host else settings.PUBLIC_URL, knock.path, '
                "knock.query),",
            ),
        ),
        ("tests/twilio/test_signature.py",),
    ),
    Mutant(
        "a missing signature is a 500",
        (
            Edit(
                SIGNATURE, 'request.headers.get("X-Twilio-Signature", "")', 'request.headers.get("X-Twilio-Signature")'
            ),
            Edit(
                SIGNATURE,
                "except Exception:  # whatever a stranger makes of a request, it is not Twilio's",
                "except ValueError:",
            ),
            Edit(
                SIGNATURE,
                '    except Exception:\n        log.exception("A request at %s could not be judged", door)',
                '    except ValueError:\n        log.exception("A request at %s could not be judged", door)',
            ),
        ),
        ("tests/twilio/test_signature.py", "tests/intake/test_doors.py"),
    ),
    mutant(
        "AllowedHosts and *, instead of whole origins",
        CONSUMERS,
        "    return origin is not None and origin.lower() in"
        ' {allowed.rstrip("/").lower() for allowed in settings.DESK_ORIGINS}\n',
        ANY_HOST,
        "tests/live/test_handshake.py",
    ),
    mutant(
        "who resumes is not asked for the rights that the page has",
        CONSUMERS,
        "if rights != desk.rights.digest and not await self._agree(desk, rights):",
        "if False:",
        "tests/live/test_handshake.py",
    ),
    mutant(
        "rights are read when the socket opens, and never again",
        "calls/live/tail.py",
        "self.hub.regard(desk, found.get(desk.session_key))",
        "pass",
        "tests/live/test_rights.py",
    ),
)

"""The page on which a person plays caller and agent: plain files, nothing of anybody else's, nothing inline."""

from pathlib import Path

from ..web import Response

FOLDER = Path(__file__).parent
KINDS = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
PAGE = {file.name: KINDS[file.suffix] for file in FOLDER.iterdir() if file.suffix in KINDS}
FRESH = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page_file(name: str) -> Response:
    headers = {
        "Content-Type": PAGE[name],
        "Content-Security-Policy": POLICY,
        "Referrer-Policy": "no-referrer",
        **FRESH,
    }
    return Response(200, (FOLDER / name).read_bytes(), headers)

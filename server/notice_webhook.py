"""A notice to a web address: signed JSON by POST."""

import hashlib
import hmac
import json
from urllib.parse import urlsplit

import httpx

from server.notice_texts import link_to, text_of
from storage.attempts import Message
from storage.core import InvalidValue
from storage.notice_settings import NoticeSettings, check_url
from storage.notices import Notice

SIGNATURE = "X-Fieldmark-Signature"
_PATIENCE_S = 10.0


def send(notice: Notice, settings: NoticeSettings, language: str | None, address: str) -> Message | None:
    """Post the notice to the settings' URL → why that failed, None if it was taken (a status of 2xx)."""
    host = urlsplit(settings.url).hostname or ""
    body = body_of(notice, language, address)
    headers = {"Content-Type": "application/json", "User-Agent": "Fieldmark", SIGNATURE: sign(settings.secret, body)}
    try:
        check_url(settings.url)
        # A redirect could lead where the person who entered the address may not send. What is answered is not read.
        with httpx.stream("POST", settings.url, content=body, headers=headers, timeout=_PATIENCE_S, follow_redirects=False) as response:
            status = response.status_code
    except (httpx.HTTPError, httpx.InvalidURL, InvalidValue, ValueError) as error:
        return Message(template="{host} cannot be reached: {error}", values={"host": host, "error": str(error)[:200]})
    if 200 <= status < 300:
        return None
    return Message(template="{host} answered with status {status}; only 200 to 299 count as taken", values={"host": host, "status": status})


def body_of(notice: Notice, language: str | None, address: str) -> bytes:
    """The JSON that is sent; ``id`` tells one that is sent twice."""
    return json.dumps(
        {
            "id": notice.id,
            "code": notice.code,
            "at": notice.at.isoformat(),
            "subject": notice.subject,
            "text": text_of(notice, language),
            "template": notice.message.template,
            "values": notice.message.values,
            "url": link_to(notice, address),
            "project": notice.project,
            "process": notice.process,
            "machine": notice.machine,
            "model": notice.model,
        },
        ensure_ascii=False,
    ).encode()


def sign(secret: str, body: bytes) -> str:
    """HMAC-SHA256 of the body by the account's secret, as the header carries it."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()

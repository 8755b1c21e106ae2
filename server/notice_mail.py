"""A notice by e-mail."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime

from server.notice_texts import link_to, said, text_of
from storage.attempts import Message
from storage.notices import Notice
from storage.settings import SmtpSettings

_PATIENCE_S = 20.0


def send(message: EmailMessage, smtp: SmtpSettings) -> Message | None:
    """Hand the e-mail to the mail server → why it did not take it, None if it did."""
    try:
        with _connect(smtp) as server:
            if smtp.user:
                server.login(smtp.user, smtp.password or "")
            server.send_message(message)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        # Cut: a server may say anything, and the person reads it in the inbox.
        values = {"host": smtp.host, "error": str(error)[:200]}
        return Message(template="The mail server {host} did not take it: {error}", values=values)
    return None


def compose(notice: Notice, to: str, sender: str, language: str | None, address: str) -> EmailMessage:
    """The notice as a plain text e-mail in this language."""
    message, text = EmailMessage(), text_of(notice, language)
    # A name may hold no line break, and the header refuses one; a reason may.
    message["Subject"] = " ".join(f"Fieldmark: {notice.subject}: {said(notice.message, language)}".split())
    message["From"], message["To"] = sender, to
    message["Date"] = format_datetime(notice.at)
    # The same for a second try, by which mail programs know the copy.
    message["Message-ID"] = f"<{notice.id}@{sender.rpartition('@')[2].strip('>') or 'fieldmark'}>"
    message["Auto-Submitted"] = "auto-generated"  # so that no absence note answers
    foot = said(Message(template="You chose in Fieldmark to be told by e-mail; the bell there has the settings."), language)
    message.set_content(f"{notice.subject}\n\n{text}\n\n{link_to(notice, address)}\n\n-- \n{foot}\n")
    return message


def _connect(smtp: SmtpSettings) -> smtplib.SMTP:
    if smtp.tls == "implicit":
        return smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=_PATIENCE_S, context=ssl.create_default_context())
    server = smtplib.SMTP(smtp.host, smtp.port, timeout=_PATIENCE_S)
    if smtp.tls == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except (smtplib.SMTPException, OSError):
            server.close()  # else the connection lives until the garbage collector comes
            raise
    return server

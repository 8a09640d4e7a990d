"""Mail over SMTP: text and HTML in one, the same Message-ID at every try, one thread per alert.

4xx (greylisting), a server that is away or hangs: try again; 5xx: refused. Where some recipients are refused and others
not, the mail is sent and the remark names those refused.
"""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from pathlib import Path

from alerts.delivery.channels.contract import Channel, Message
from alerts.delivery.channels.mail.render import render
from alerts.delivery.channels.mail.settings import MailSettings
from core.errors import ChannelUnavailable, ConfigError, Refused
from core.settings import Settings
from core.times import from_ms

_LONG_LINE = 250
"""Holds a whole subject (render.py cuts them); a header's line may have 998 characters."""


class MailChannel(Channel):
    """One SMTP server with its recipients."""

    def __init__(self, options: MailSettings, settings: Settings) -> None:
        self.name = options.name
        self._options = options
        self._password = _password(options, settings)
        self._domain = _address(options.sender, f"delivery.mail {options.name}: sender").partition("@")[2]
        for recipient in options.recipients:
            _address(recipient, f"delivery.mail {options.name}: recipients")

    def send(self, message: Message, now_ms: int) -> str:
        """Send the message. Returns the refused recipients, empty if none. Raises ChannelUnavailable or Refused."""
        mail = compose(message, self._options.sender, self._options.recipients, self._domain, now_ms)
        try:
            server = self._connect()
            try:
                refused = server.send_message(mail)
            except BaseException:
                server.close()
                raise
            _quit(server)
        except smtplib.SMTPRecipientsRefused as error:
            self._raise(*next(iter(error.recipients.values()), (550, b"all recipients refused")), error)
        except smtplib.SMTPResponseException as error:
            self._raise(error.smtp_code, error.smtp_error, error)
        except smtplib.SMTPNotSupportedError as error:
            raise Refused(f"{self._options.host}: {error}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise ChannelUnavailable(f"{self._where}: {_short(error)}") from error
        else:
            return "refused: " + ", ".join(sorted(refused)) if refused else ""
        raise AssertionError("unreachable")

    def check(self) -> str:
        """Return why the server cannot be used (no connection, wrong password), empty if it can."""
        try:
            with self._connect() as server:
                server.noop()
        except (smtplib.SMTPException, OSError) as error:
            return f"{self._where}: {_short(error)}"
        return ""

    @property
    def _where(self) -> str:
        return f"{self._options.host}:{self._options.port}"

    def _connect(self) -> smtplib.SMTP:
        options, seconds = self._options, self._options.timeout / 1000
        if options.tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                options.host, options.port, timeout=seconds, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(options.host, options.port, timeout=seconds)
        try:
            if options.tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            if options.username:
                server.login(options.username, self._password or "")
        except BaseException:
            server.close()
            raise
        return server

    def _raise(self, code: int, answer: bytes | str, error: Exception) -> None:
        words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
        text = f"{self._where}: SMTP {code} {' '.join(words.split())[:300]}"
        # A wrong password is an error of the settings, not of the message: it waits, and the channel counts as failing.
        if 500 <= code < 600 and not isinstance(error, smtplib.SMTPAuthenticationError):
            raise Refused(text) from error
        raise ChannelUnavailable(text) from error


def compose(message: Message, sender: str, recipients: list[str], domain: str, now_ms: int) -> EmailMessage:
    """Return the mail: the same id at every attempt; all mails of one incident refer to one root and make a thread."""
    rendered = render(message)
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["Subject"] = rendered.subject
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Date"] = format_datetime(from_ms(now_ms))
    mail["Message-ID"] = f"<{message.id}@{domain}>"
    if message.content.alert:
        root = f"<alert.{message.content.incident or message.content.alert}@{domain}>"
        mail["In-Reply-To"] = root
        mail["References"] = root
    mail["List-Id"] = f"Newsquake alerts <{message.content.desk}.newsquake.{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if message.content.severity in ("high", "critical") and message.content.event != "resolved":
        mail["Importance"] = "high"
    mail.set_content(rendered.text, cte="quoted-printable")
    mail.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    if (rendered.subject + sender + mail["To"]).isascii():
        # A long subject would begin on the line below its name: valid, and missed by filters for "Subject: [high]".
        # Not before the bodies are in: their lines must stay short. Encoded words, too, must stay short.
        mail.policy = SMTP_POLICY.clone(max_line_length=_LONG_LINE)
    return mail


def _quit(server: smtplib.SMTP) -> None:
    """End the session; the mail was taken, so a server that fails now changes nothing."""
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()


def _address(text: str, where: str) -> str:
    address = parseaddr(text)[1]
    if "@" not in address or not address.isascii() or any(char.isspace() for char in address):
        raise ConfigError(f"{where}: expected a mail address, got {text!r}")
    return address


def _password(options: MailSettings, settings: Settings) -> str | None:
    if not options.password_file:
        return options.password
    path = settings.path(options.password_file)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"delivery.mail {options.name}: password_file {path}: {error}") from error


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]

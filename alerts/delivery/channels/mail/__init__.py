"""Mail over SMTP."""

from __future__ import annotations

from alerts.delivery.channels.contract import ChannelKind
from alerts.delivery.channels.mail.channel import MailChannel
from alerts.delivery.channels.mail.settings import MailSettings

KIND = ChannelKind(
    name="mail",
    section="mail",
    settings=MailSettings,
    open=MailChannel,
    healthy="the server accepts the login",
    remedy="check host, port, tls, username and password",
    example="""\
  mail: []
  # mail:
  #   - name: risk                   # the name that rules route to
  #     host: smtp.example.com
  #     port: 587
  #     tls: starttls                # none, starttls, tls
  #     username: newsquake
  #     password_file: smtp-password # or password, better in the environment
  #     sender: Newsquake <newsquake@example.com>
  #     recipients: [risk@example.com, compliance@example.com]
  #     timeout: 20s
""",
)

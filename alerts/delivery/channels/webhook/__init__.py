"""Signed HTTP requests to a receiver of the user's own."""

from __future__ import annotations

from alerts.delivery.channels.contract import ChannelKind
from alerts.delivery.channels.webhook.channel import WebhookChannel
from alerts.delivery.channels.webhook.settings import WebhookSettings

KIND = ChannelKind(
    name="webhook",
    section="webhooks",
    settings=WebhookSettings,
    open=WebhookChannel,
    healthy="may be called",
    remedy="check the URL and the network",
    example="""\
  webhooks: []
  # webhooks:                        # signed as Standard Webhooks 1.0 says
  #   - name: desk-bot
  #     url: https://hooks.example.com/newsquake
  #     secret_file: webhook-secret  # make one: newsquake deliveries secret; two, by a space, while rotating
  #     # secret: whsec_…              better in that file
  #     allow_private_addresses: []  # hosts or networks inside that may be called
  #     timeout: 20s
""",
)

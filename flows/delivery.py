"""Deliver notices 送达通知: what is due, one task per person and channel."""

import asyncio
from datetime import timedelta

from prefect import flow, task

from flows.context import channel_key, engine, now, private_hosts
from models import NoticeChannel
from models.engine import reading, writing
from models.errors import InvalidInput
from notifications import channels, notices, reach
from notifications.channel_address import ChannelKind, ChannelUnusable, address_for
from settings import settings


@flow(name="deliver-notices")
async def deliver_notices() -> int:
    """Send every notice that is due; the number of deliveries tried."""
    due = claim()
    await asyncio.gather(*(deliver(delivery) for delivery in due))
    return len(due)


async def deliver_notices_untracked() -> int:
    due = claim()
    await asyncio.gather(*(asyncio.to_thread(hand_over, delivery) for delivery in due))
    return len(due)


@task(task_run_name="{delivery.channel_id}", persist_result=False)
async def deliver(delivery: notices.Delivery) -> None:
    """Hand over one delivery and settle its rows; killed in between, it is sent again after its lease."""
    await asyncio.to_thread(hand_over, delivery)


def claim() -> list[notices.Delivery]:
    with writing(engine()) as session, session.begin():
        return notices.claim(session, at=now(), lease=timedelta(seconds=settings().lease_seconds))


def hand_over(delivery: notices.Delivery) -> None:
    from notifications.sending import send  # noqa: PLC0415  # Apprise loads slowly and only senders need it

    try:
        address = _address(delivery)
    except (ChannelUnusable, InvalidInput) as unusable:
        _settle(delivery, ok=False, error=str(unusable), permanent=True)
        return
    sent = send(address, subject=delivery.words.subject, body=delivery.words.body)
    _settle(delivery, ok=sent.ok, error=sent.detail, permanent=sent.permanent)


def _address(delivery: notices.Delivery) -> str:
    with reading(engine()) as session:
        channel = session.get(NoticeChannel, delivery.channel_id)
        person = reach.contact(session, [delivery.person_id]).get(delivery.person_id)
    if channel is None or not channel.enabled or person is None:
        raise ChannelUnusable("渠道已停用或人员不存在")
    config = channels.config_of(channel, channel_key())
    return address_for(ChannelKind(channel.kind), config, person, private_hosts())


def _settle(delivery: notices.Delivery, *, ok: bool, error: str, permanent: bool) -> None:
    with writing(engine()) as session, session.begin():
        if ok:
            notices.settle_sent(session, delivery, at=now())
        else:
            notices.settle_failed(session, delivery, at=now(), error=error, permanent=permanent)

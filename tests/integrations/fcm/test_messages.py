"""What FCM is sent, in a size that it takes."""

import json
import time
from dataclasses import replace
from hashlib import sha256

import pytest

from domain.push import Fate, Pushed, PushService
from tests.integrations.fcm.conftest import DEVICE, PUSH, SENT
from tests.integrations.fcm_server import MOST_BYTES, PROJECT, FcmServer


async def test_a_push_is_sent_as_documented(server: FcmServer, fcm: PushService) -> None:
    assert await fcm.send(PUSH) == SENT
    (asked,) = server.asked
    assert (asked.method, asked.url.path) == ("POST", f"/v1/projects/{PROJECT}/messages:send")
    (message,) = server.sent_to(DEVICE)
    assert message == {
        "token": DEVICE,
        "notification": {"title": "새 리뷰", "body": "누군가 리뷰를 남겼습니다."},
        "data": {"contentId": "12"},
        "android": {"priority": "HIGH", "ttl": "86400s", "notification": {"tag": "review:7"}},
        "apns": {
            "headers": {
                "apns-collapse-id": "review:7",
                "apns-expiration": message["apns"]["headers"]["apns-expiration"],
            },
            "payload": {"aps": {"sound": "default"}},
        },
        "webpush": {
            "headers": {"Topic": message["webpush"]["headers"]["Topic"], "TTL": "86400"},
            "notification": {"tag": "review:7"},
        },
    }
    a_day_from_now = time.time() + 86_400
    assert abs(int(message["apns"]["headers"]["apns-expiration"]) - a_day_from_now) < 600


async def test_one_event_has_one_name_that_each_platform_takes(server: FcmServer, fcm: PushService) -> None:
    events = ["a" * 64, "a" * 65, "a" * 66, "content added 7", "콘텐츠 7", "a\nb", ""]
    for event in (*events, *events):
        assert await fcm.send(replace(PUSH, event=event)) == SENT
    tags = [message["apns"]["headers"]["apns-collapse-id"] for message in server.messages]
    topics = [message["webpush"]["headers"]["Topic"] for message in server.messages]
    for names in (tags, topics):
        assert names[: len(events)] == names[len(events) :]
        assert len(set(names)) == len(events)
    assert tags[:2] == ["a" * 64, sha256(b"a" * 65).hexdigest()]
    assert {len(topic) for topic in topics} == {32}


LONG = {
    "Korean": ("가나다 " * 75, "라" * 10_000, "라" * 500),
    "emoji": ("👩‍👩‍👧‍👦" * 50, "🎬" * 10_000, "🎬" * 500),
    "one letter, then emoji": ("x" + "🎬" * 300, "x" + "🎬" * 10_000, "x" + "🎬" * 499),
    "what JSON escapes": ('"\\' * 150, '"\\' * 5_000, '"\\' * 250),
    "control characters": ("\x01" * 300, "\x01" * 9_000 + "body", "body"),
    "lines": ("\n" * 300, "a\n" * 5_000, ("a\n" * 250).strip()),
    "halves of pairs": ("\ud83c" * 300, "\ud83c\udfac" * 9_000 + "body", "body"),
    "nothing": ("", "", ""),
}


@pytest.mark.parametrize("case", LONG)
async def test_a_long_push_is_cut_between_characters(server: FcmServer, fcm: PushService, case: str) -> None:
    title, body, expected = LONG[case]
    assert await fcm.send(replace(PUSH, title=title, body=body)) == SENT
    (message,) = server.messages
    assert len(message["notification"]["title"]) <= 200
    assert message["notification"]["body"] == expected


@pytest.mark.parametrize("more", range(5))
async def test_a_body_gives_way_to_much_data(server: FcmServer, fcm: PushService, more: int) -> None:
    data = {"url": "x" * (1200 + more)}
    assert await fcm.send(replace(PUSH, title="🎬" * 300, body="🎬" * 10_000, data=data)) == SENT
    (message,) = server.messages
    body, size = message["notification"]["body"], len(json.dumps(message, ensure_ascii=False).encode())
    assert message["data"] == data
    assert set(body) == {"🎬"}
    assert len(body) < 500
    assert MOST_BYTES - 400 < size < MOST_BYTES


async def test_data_alone_that_is_too_much_is_refused(server: FcmServer, fcm: PushService) -> None:
    pushed = await fcm.send(replace(PUSH, data={"url": "x" * 5000}))
    assert pushed == Pushed(Fate.REFUSED, "FCM refuses it (400).")
    assert server.messages == []

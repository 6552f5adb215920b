"""What hostile tokens claim: by name, what is changed in the claims of a good one. All of them are signed well."""

import json
import time
from typing import Any

GONE: Any = object()
Claims = dict[str, Any]
EVIL = "http://evil.example"


def named(claim: str, values: list[Any], **beside: Any) -> dict[str, Claims]:
    return {f"{claim} {_shown(value)}": {**beside, claim: value} for value in values}


def _shown(value: Any) -> str:
    return "missing" if value is GONE else repr(value)[:24]


def everywhere(issuer: str) -> dict[str, Claims]:
    """For every trusted issuer."""
    now = int(time.time())
    ends = [GONE, None, now - 10, now - 86400, now - 6.5, 0, -1, -now, "soon", "", [], [now + 600], {}, True, False]
    ends += [str(now + 600), f"{now + 600} ", "٩٩٩٩٩٩٩٩٩٩", 10**12, 10**18, 10**30, (now + 600) * 1000]
    begins: list[Any] = [None, now + 3600, now + 60.5, 10**12, 10**30, -1, -0.5]
    begins += ["x", "", "0", str(now), [], [0], {}, True, False]
    issuers = [GONE, None, "", EVIL, f"{issuer}/", f"{issuer} ", f" {issuer}", f"{issuer}\0", f"{issuer}.evil.example"]
    issuers += [f"{issuer}#", f"{issuer}?", issuer[:-1], issuer.title(), [issuer], [issuer, EVIL], {"x": 1}, 5, True]
    subjects = [GONE, None, "", 5, 1.5, ["1"], [], {"x": 1}, True, False, "x" * 256, "1" * 5000]
    subjects += ["a\0b", "1\n", "1\r\nX: y", "\x7f", "1\u200b", "\u202e1", "\ud800", "1\u2028"]
    return {
        **named("exp", ends),
        **named("nbf", begins),
        **named("iat", begins),
        **named("iss", issuers),
        **named("sub", subjects),
        "iat and nbf to come": {"iat": now + 600, "nbf": now + 600, "exp": now + 1200},
        "iat behind exp": {"iat": now + 900},
    }


def abroad() -> dict[str, Claims]:
    """For another issuer, whose tokens must name "spa" in `aud` or `azp`. That of the good one is in `azp`."""
    now = int(time.time())
    kinds: list[Any] = ["ID", "Refresh", "Offline", "Logout", "id", "bearer", "BEARER", "Bearer ", "DPoP", "JWT"]
    kinds += ["", None, 5, True, ["Bearer"], {"Bearer": 1}]
    emails: list[Any] = [GONE, None, "", 5, 0, True, False, ["ada@example.com"], [], {}, {"ada@example.com": 1}]
    verified = [GONE, False, None, "true", "True", "false", "yes", "1", "", 1, 1.0, 0, 2, [], [True], {}, {"": True}]
    audiences = [GONE, None, "", "account", "Spa", "SPA", "spa ", " spa", "spa2", "sp", "spa,account", "marquee", "*"]
    audiences += [["account"], [], [["spa"]], ["Spa", "spa "], {"spa": 1}, {"0": "spa"}, 5, [5, None], [{}], True]
    only_in_id_tokens = {"at_hash": "MTIzNDU2Nzg5MDEyMzQ1Ng", "c_hash": "LDktKdoQak3Pk0cnXxCltA", "s_hash": "x"}
    logout: Claims = {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}
    return {
        **named("typ", kinds),
        **named(
            "email", [*emails, "ada@example.com\0", "ada\0@example.com", "ada@example.com\n", "\ud800@example.com"]
        ),
        **named("email_verified", verified),
        **named("aud", audiences, azp="other"),
        **named("azp", [GONE, None, "", "Spa", "spa ", "marquee", ["spa"], {"spa": 1}, 5, True]),
        **named("iat", [0, 0.0]),
        "aud of another, no azp": {"aud": "account", "azp": GONE},
        "an ID token": {"typ": "ID", "aud": "spa", "nonce": "n", "auth_time": now, **only_in_id_tokens},
        "an ID token that does not say so": {"typ": GONE, "aud": "spa", **only_in_id_tokens},
        "an ID token with a nonce alone": {"typ": GONE, "aud": "spa", "nonce": "n"},
        **{f"an ID token by {name}": {name: value} for name, value in only_in_id_tokens.items()},
        "a refresh token": {"typ": "Refresh", "aud": "spa", "exp": now + 1800},
        "an offline token": {"typ": "Offline", "aud": "spa", "exp": now + 10**6},
        "a logout token": {"typ": "Logout", **logout},
        "a logout token that does not say so": {"typ": GONE, **logout},
        "neither e-mail nor whether it is verified": {"email": GONE, "email_verified": GONE},
        "a session of ours": {"iss": "marquee", "aud": "marquee", "sub": "1", "sid": 1},
        "nobody": dict.fromkeys(("sub", "email", "email_verified"), GONE),
        "a service account": {"email": GONE, "email_verified": GONE, "preferred_username": "service-account-spa"},
        "a roundabout e-mail": {"email": GONE, "preferred_username": "ada@example.com", "upn": "ada@example.com"},
        "an e-mail among others": {"email": GONE, "emails": ["ada@example.com"]},
    }


def at_home() -> dict[str, Claims]:
    """For our own tokens, which name a session of ours."""
    sessions = [GONE, None, 0, -1, "9", "", True, False, 9.0, 1.5, 2**63, 10**30, [9], {"x": 9}]
    subjects = ["ada", "7 ", "+7", "-7", "7.0", "1e3", "７", "٧", "²", "7\0", "9" * 19, str(2**63), "0x7", "1_0"]
    audiences = [GONE, None, "", "Marquee", "marquee ", ["marquee"], ["marquee", "other"], {"marquee": 1}, "other", 5]
    return {
        **named("sid", sessions),
        **named("sub", subjects),
        **named("aud", audiences),
        "another issuer's": {"typ": "Bearer", "email": "ada@example.com", "email_verified": True, "sid": GONE},
    }


# Claims that a JSON encoder would not write: name and value as they stand there.
RAW = {
    "exp": ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "9" * 5000, "9" * 400, "1e-400", "0x7fffffff", "01e10"],
    "nbf": ["NaN", "1e400", "-Infinity", "-0.1e-5"],
    "iat": ["Infinity", "NaN", "1e309"],
    "sub": ["NaN", "'1'", "1e400", '"1', '"1\n"', '"\\x31"'],
    "other": ["NaN", "Infinity", "undefined", "'x'", "01", "+1", ".5", "tru", '{"a": 1, "a": 2}', '"\\ud83"'],
}


def doubled(claims: Claims) -> dict[str, Any]:
    """What is said first of a claim that is named twice, the good value last."""
    firsts: Claims = {
        "sub": "2",
        "exp": int(time.time()) + 10**6,
        "iss": EVIL,
        "nbf": 0,
        "iat": 1,
        "sid": 1,
        "aud": "x",
    }
    firsts |= {"email": "eve@example.com", "email_verified": False, "azp": "other", "typ": "ID"}
    return {name: first for name, first in firsts.items() if name in claims}


def payloads(claims: Claims) -> dict[str, bytes]:
    """What a token may hold instead of an object in JSON and UTF-8."""
    text = json.dumps(claims)
    return {
        "a list": json.dumps([claims]).encode(),
        "a string": json.dumps(text).encode(),
        "null": b"null",
        "a number": b"5",
        "an empty object": b"{}",
        "too deep": text[:-1].encode() + b', "deep": ' + b"[" * 2900 + b"}",
        "UTF-16": text.encode("utf-16"),
        "UTF-16 without a mark": text.encode("utf-16-le"),
        "UTF-32": text.encode("utf-32"),
        "a byte order mark": b"\xef\xbb\xbf" + text.encode(),
        "half": text[: len(text) // 2].encode(),
        "two objects": (text + text).encode(),
        "something behind": (text + ";").encode(),
        "NUL behind": (text + "\0").encode(),
        "a comma at the end": text[:-1].encode() + b",}",
        "a comment": text[:-1].encode() + b" /* x */}",
        "single quotes": text.replace('"', "'").encode(),
        "names without quotes": text.replace('"exp"', "exp").encode(),
        "not UTF-8": text[:-1].encode() + b', "name": "\xff\xfe"}',
        "overlong UTF-8": text[:-1].encode() + b', "name": "\xc0\xae"}',
        "a surrogate in UTF-8": text[:-1].encode() + b', "name": "\xed\xa0\x80"}',
        "a form": b"sub=1&iss=marquee&exp=9999999999",
        "XML": b"<claims><sub>1</sub></claims>",
    }

"""Service accounts of Google: what Marquee takes for one, and that none is quoted where it is refused."""

import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from integrations.fcm import ServiceAccount
from tests.integrations.fcm.conftest import assert_silent
from tests.integrations.fcm_server import EMAIL, PROJECT, FcmServer, private_key
from tests.integrations.hostile_tokens import rsa_key


def test_a_service_account_is_read_from_json_or_a_file(server: FcmServer, tmp_path: Path) -> None:
    place = tmp_path / "key.json"
    place.write_text(server.setting)
    # Three ways in which environments spoil line breaks, or do not.
    for given in (str(place), server.setting, f"\n{server.setting}", server.setting.replace("\\n", "\n")):
        account = ServiceAccount.read(given)
        assert (account.project_id, account.email) == (PROJECT, EMAIL)
        assert account.token_uri == f"{server.url}/token"
        assert_silent(server, repr(account))
    assert ServiceAccount.read(server.setting.replace("\\n", "\\\\n")).project_id == PROJECT


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


BAD_KEYS: dict[str, Callable[[], str]] = {
    "cut": lambda: private_key()[:300],
    "public": lambda: (
        rsa_key(EMAIL).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    ),
    "elliptic": lambda: pem(ec.generate_private_key(ec.SECP256R1())),
    "short": lambda: pem(rsa.generate_private_key(65537, 1024)),  # noqa: S505
    "none": lambda: "",
}


@pytest.mark.parametrize("case", BAD_KEYS)
def test_a_service_account_without_a_key_is_refused(server: FcmServer, case: str) -> None:
    bad = BAD_KEYS[case]()
    message = refused(server, json.dumps(server.service_account | {"private_key": bad}))
    assert message == "FCM_SERVICE_ACCOUNT has a private_key that is no RSA key in PEM of 2048 bits or more."


@pytest.mark.parametrize("field", ["project_id", "client_email", "private_key", "token_uri"])
@pytest.mark.parametrize("value", [..., None, 5, ["x"]], ids=str)
def test_a_service_account_lacks_nothing(server: FcmServer, field: str, value: Any) -> None:
    changed = {name: kept for name, kept in (server.service_account | {field: value}).items() if kept is not ...}
    assert refused(server, json.dumps(changed)) == f"FCM_SERVICE_ACCOUNT lacks or has wrong: {field}."


def test_an_address_that_is_none_is_refused(server: FcmServer) -> None:
    wrong = {"token_uri": "file:///etc/passwd", "project_id": "../other", "client_email": "nobody"}
    message = refused(server, json.dumps(server.service_account | wrong))
    assert message == "FCM_SERVICE_ACCOUNT lacks or has wrong: client_email, project_id, token_uri."


@pytest.mark.parametrize("given", ["", "{", "{}x", "/nowhere/key.json", "x" * 5000, "a\0b", "/", '{"a":' * 99_999])
def test_what_is_no_json_and_no_file_is_refused(server: FcmServer, given: str) -> None:
    assert refused(server, given) == "FCM_SERVICE_ACCOUNT is no JSON, nor the path of a file with it."


def refused(server: FcmServer, given: str) -> str:
    with pytest.raises(ValueError, match=r"^FCM_SERVICE_ACCOUNT ") as caught:
        ServiceAccount.read(given)
    assert_silent(server, "".join(traceback.format_exception(caught.value)))
    assert len(given) < 20 or given not in str(caught.value)
    return str(caught.value)

"""The issuer's key, kept in a file, and the tokens that it signs."""

import json
import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

NAME = "https://issuer.example/drill"
KID, UNKNOWN = "known", "unknown"


def make(path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    path.touch(0o600)
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))


def published(path: Path) -> dict[str, Any]:
    """What the issuer answers: one key, of which everybody may know the public half."""
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    entry = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return {"keys": [{"kty": "RSA", "n": entry["n"], "e": entry["e"], "kid": KID, "alg": "RS256", "use": "sig"}]}


def token(path: Path, email: str, kid: str = KID) -> str:
    """Good for an hour."""
    now = int(time.time())
    claims = {"iss": NAME, "sub": email, "typ": "Bearer", "iat": now, "nbf": now, "exp": now + 3600}
    claims |= {"email": email, "email_verified": True, "sid": f"{email} at the issuer"}
    return jwt.encode(claims, path.read_bytes(), "RS256", {"kid": kid})

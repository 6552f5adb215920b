"""CloudFront with a key pair: addresses that end (canned policy, RSA with SHA-1, as it asks for)."""

from datetime import datetime

from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from integrations.cdn import PlainCdn


class CloudFront:
    """Speaks domain.media.Cdn."""

    signs = True

    def __init__(self, domain: str, key_pair_id: str, private_key_pem: str) -> None:
        """Raises ValueError where the key is no RSA key in PEM, without a password."""
        self._plain = PlainCdn(domain)
        self._key = _rsa_key(private_key_pem)
        self._signer = CloudFrontSigner(key_pair_id, self._sign)

    def address(self, key: str, until: datetime) -> str:
        return str(self._signer.generate_presigned_url(self._plain.address(key, until), date_less_than=until))

    def _sign(self, policy: bytes) -> bytes:
        return self._key.sign(policy, PKCS1v15(), SHA1())  # noqa: S303 what CloudFront reads


def _rsa_key(pem: str) -> RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("no RSA key")
    return key

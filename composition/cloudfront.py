"""Signed addresses of CloudFront, where settings name a key pair."""

from domain.media import Cdn
from integrations.cloudfront import CloudFront
from settings import Settings


def cloudfront(settings: Settings) -> Cdn:
    assert settings.cloudfront_domain
    assert settings.cloudfront_key_pair_id
    return CloudFront(settings.cloudfront_domain, settings.cloudfront_key_pair_id, settings.cloudfront_pem())

"""Objects in S3, where settings name a bucket."""

from integrations.s3 import S3Store
from integrations.s3_client import S3Client
from settings import Settings


def s3(settings: Settings) -> S3Store:
    """Used while its `running` is entered."""
    assert settings.s3_bucket_name
    client = S3Client(settings.s3_region, settings.s3_endpoint_url, settings.s3_style, settings.s3_public_url)
    return S3Store(client, settings.s3_bucket_name)

"""A CDN in front of the bucket, by addresses that anybody may read."""

from datetime import datetime
from urllib.parse import quote


class PlainCdn:
    """Speaks domain.media.Cdn."""

    signs = False

    def __init__(self, domain: str) -> None:
        self._domain = domain

    def address(self, key: str, until: datetime) -> str:
        return f"https://{self._domain}/{quote(key)}"

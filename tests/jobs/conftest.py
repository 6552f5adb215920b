"""The same server and world as the API's tests."""

from tests.api.conftest import api, base_url, client, home, marquee, password_hash, world  # noqa: F401

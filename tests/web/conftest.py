"""The same server and the same world as the tests of the API have."""

from tests.api.conftest import api, base_url, client, home, marquee, password_hash, world  # noqa: F401

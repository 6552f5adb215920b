"""The same server and world as the API's tests."""

from tests.api.conftest import api, base_url, client, home, marquee, password_hash, tmdb_for_all, world  # noqa: F401

"""What every server of the speed benchmark is started with, and the tokens of those who ask."""

from datetime import timedelta
from pathlib import Path

from benchmarks.data import Size
from composition import Marquee
from integrations.tokens import JwtAccessTokens
from settings import Settings

# Of the odd people, who have watched more than a page: enough that nobody meets themselves.
PEOPLE = 1000
METRICS_TOKEN = "for-benchmarks-only"  # noqa: S105
_PLENTY = 2_000_000_000


def environment(dsn: str, folder: Path) -> dict[str, str]:
    """All is on as in production: the limits too, where they are high enough for one address to ask so much."""
    return {
        "ENVIRONMENT": "production",
        "HOST": "127.0.0.1",
        "PORT": "0",
        "DATABASE_URL": dsn,
        "DATABASE_POOL_SIZE": "16",
        "MARQUEE_HOME": str(folder),
        "SESSION_SECRET": "for benchmarks only, and as long as it has to be",
        "METRICS_TOKEN": METRICS_TOKEN,
        "RATE_LIMIT_PER_ADDRESS": str(_PLENTY),
        "RATE_LIMIT_PER_PERSON": str(_PLENTY),
        # A worker has them, in production.
        "JOBS_IN_SERVER": "false",
    }


def settings(dsn: str, folder: Path) -> Settings:
    given = {name.lower(): value for name, value in environment(dsn, folder).items()}
    return Settings(_env_file=None, **given)  # type: ignore[arg-type]


async def signed_in(marquee: Marquee, size: Size) -> dict[int, str]:
    """An access token for each person who asks, as our own issuer makes them."""
    issue = JwtAccessTokens(marquee.settings.issuer, marquee.signing_keys, marquee.own_keys, []).issue
    people = size.can_sign_in()[:PEOPLE]
    return {user_id: issue(user_id, session_id, timedelta(days=1))[0] for user_id, session_id in people}

"""What ends here ends at Keycloak too: D3 of FEATURES, A7 of GUARD."""

import pytest

from tests.api.conftest import Api
from tests.keycloak.conftest import PASSWORD, RunningKeycloak
from tests.keycloak.test_ways_in import CHANGE, NEW, VIEWER, ask, house, register

__all__ = ["house"]


async def test_a_new_password_counts_there_and_ends_everything_everywhere(
    house: Api, keycloak: RunningKeycloak, email: str
) -> None:
    made = await register(house, email)
    theirs = await keycloak.tokens(email, PASSWORD)
    assert (await house.data(VIEWER, theirs["access_token"]))["viewer"]
    mine = made["tokens"]["accessToken"]
    wrong = await ask(house, CHANGE, mine, currentPassword="wrong", newPassword=NEW)
    assert wrong["code"] == "BAD_CREDENTIALS"
    changed = await ask(house, CHANGE, mine, currentPassword=PASSWORD, newPassword=NEW)
    assert (await house.data(VIEWER, changed["tokens"]["accessToken"]))["viewer"]["email"] == email
    for token in (mine, theirs["access_token"]):
        assert (await house.ask(VIEWER, token)).codes == ["UNAUTHENTICATED"]
    assert (await keycloak.refresh(theirs["refresh_token"])).status_code == 400
    assert (await keycloak.grant(email, PASSWORD)).json()["error"] == "invalid_grant"
    assert (await keycloak.grant(email, NEW)).status_code == 200


async def test_signing_out_everywhere_is_told_to_keycloak(house: Api, keycloak: RunningKeycloak, email: str) -> None:
    await register(house, email)
    theirs = await keycloak.tokens(email, PASSWORD)
    assert (await house.data("mutation { revokeAllSessions }", theirs["access_token"])) == {"revokeAllSessions": 2}
    assert (await house.ask(VIEWER, theirs["access_token"])).codes == ["UNAUTHENTICATED"]
    assert (await keycloak.refresh(theirs["refresh_token"])).status_code == 400


@pytest.mark.parametrize("by", ["logout", "revokeSession"])
async def test_one_session_that_ends_here_ends_there(
    house: Api, keycloak: RunningKeycloak, email: str, by: str
) -> None:
    made = await register(house, email)
    theirs, others = await keycloak.tokens(email, PASSWORD), await keycloak.tokens(email, PASSWORD)
    for tokens in (theirs, others):
        await house.data(VIEWER, tokens["access_token"])
    listed = await house.data("{ viewer { sessions { id current } } }", theirs["access_token"])
    (session,) = [one["id"] for one in listed["viewer"]["sessions"] if one["current"]]
    if by == "logout":
        await house.data("mutation { logout }", theirs["access_token"])
    else:
        revoke = "mutation ($id: ID!) { revokeSession(input: {id: $id}) { __typename } }"
        await house.data(revoke, made["tokens"]["accessToken"], id=session)
    assert (await keycloak.refresh(theirs["refresh_token"])).status_code == 400
    assert (await keycloak.refresh(others["refresh_token"])).status_code == 200

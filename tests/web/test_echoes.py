"""What was given never comes back: it may have been a password in the wrong place. D4 of FEATURES, G10 of GUARD."""

from typing import Any

import pytest

from tests.api.conftest import Api, World

GIVEN = "MY-PASSWORD"
CHANGE = "mutation ($i: ChangePasswordInput!) { changePassword(input: $i) { __typename } }"
LOGIN = "mutation ($i: LoginInput!) { login(input: $i) { __typename } }"
REFRESH = "mutation ($i: RefreshSessionInput!) { refreshSession(input: $i) { __typename } }"
PROFILE = "mutation ($i: UpdateProfileInput!) { updateProfile(input: $i) { __typename } }"
BY_VARIABLE: list[tuple[str, Any, str]] = [
    (CHANGE, {"currentPassword": GIVEN}, "newPassword"),
    (LOGIN, {"email": "a@example.com", "password": GIVEN, "pasword": GIVEN}, "pasword"),
    (LOGIN, {"email": "a@example.com", "password": [GIVEN]}, "password"),
    (LOGIN, {"email": "a@example.com", "password": {"is": GIVEN}}, "password"),
    (LOGIN, {"email": "a@example.com", "password": GIVEN, "useCookie": GIVEN}, "useCookie"),
    (LOGIN, GIVEN, "LoginInput"),
    (LOGIN, [GIVEN], "LoginInput"),
    (REFRESH, {"refreshToken": GIVEN, "token": GIVEN}, "token"),
    (PROFILE, {"birthday": GIVEN}, "birthday"),
    (PROFILE, {"birthday": GIVEN * 6000}, "birthday"),
]
IN_THE_DOCUMENT = [
    f'mutation {{ login(input: {{email: "a", password: ["{GIVEN}"]}}) {{ __typename }} }}',
    f'mutation {{ login(input: {{email: "a", password: {{is: "{GIVEN}"}}}}) {{ __typename }} }}',
    f'mutation {{ login(input: {{email: "a", pasword: "{GIVEN}"}}) {{ __typename }} }}',
    f'mutation {{ login(input: "{GIVEN}") {{ __typename }} }}',
    f'mutation {{ updateProfile(input: {{birthday: "{GIVEN}"}}) {{ __typename }} }}',
]


@pytest.mark.parametrize(("query", "given", "named"), BY_VARIABLE)
async def test_a_variable_that_does_not_fit_is_named_and_not_quoted(
    api: Api, world: World, query: str, given: Any, named: str
) -> None:
    answer = await api.ask(query, await world.person(), i=given)
    assert answer.codes == ["GRAPHQL_VALIDATION_FAILED"]
    assert GIVEN not in answer.response.text
    assert named in answer.body["errors"][0]["message"]
    assert len(answer.response.content) < 2000


@pytest.mark.parametrize("query", IN_THE_DOCUMENT)
async def test_a_literal_that_does_not_fit_is_not_quoted(api: Api, world: World, query: str) -> None:
    answer = await api.ask(query, await world.person())
    assert set(answer.codes) == {"GRAPHQL_VALIDATION_FAILED"}
    assert GIVEN not in answer.response.text

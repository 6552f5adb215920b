"""Accounts at a real Keycloak."""
import time
from domain.accounts import Accounts, NewAccount
import httpx2
from tests.keycloak.conftest import PASSWORD, RunningKeycloak

async def test_speed(accounts: Accounts, keycloak: RunningKeycloak, admin: httpx2.AsyncClient) -> None:
    for n in range(5):
        t=time.monotonic(); s=await accounts.create(NewAccount(f"s{n}@example.com", PASSWORD,None,None)); print("create",time.monotonic()-t)
        t=time.monotonic(); await accounts.sign_in(f"s{n}@example.com", PASSWORD); print("sign in",time.monotonic()-t)
        t=time.monotonic(); await accounts.set_password(s, PASSWORD); print("set",time.monotonic()-t)
        t=time.monotonic(); await accounts.delete(s); print("del",time.monotonic()-t)

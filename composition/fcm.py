"""Pushing by Firebase Cloud Messaging, where settings name an account for it."""

import httpx2

from domain.push import PushService
from integrations.fcm import Fcm, ServiceAccount
from settings import Settings


def fcm(settings: Settings, http: httpx2.AsyncClient) -> PushService:
    """Raises SystemExit for an account that cannot be used, before anything is served."""
    assert settings.fcm_service_account
    try:
        account = ServiceAccount.read(settings.fcm_service_account)
    except ValueError as error:
        raise SystemExit(f"The settings cannot be used:\n  {error}") from None
    return Fcm(client=http, service_account=account, url=settings.fcm_url)

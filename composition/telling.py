"""What people are told of, and how it reaches their devices."""

import httpx2

import domain.devices
import domain.news
import domain.notifications
import persistence.devices
import persistence.news
import persistence.notifications
import persistence.push
from composition.including import included
from domain.allowance import Allowance
from domain.corporations import CorporationStore
from domain.outbox import PUSH, PUSH_TO_MANY
from domain.ports import Signals
from domain.push import PushService
from jobs.clock import Job
from jobs.news import FanOutNews
from jobs.outbox import Relay
from jobs.plans import ExpirePlans, WarnOfPlanEnds
from jobs.push import TRIES, PushNotifications, skip
from persistence.database import Database
from persistence.outbox import Outbox
from settings import Settings


class Telling:
    """`http` asks the push service."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        signals: Signals,
        http: httpx2.AsyncClient,
        allowance: Allowance,
    ) -> None:
        self._database = database
        self._push_service: PushService | None = None
        if settings.fcm_service_account:
            self._push_service = included("fcm").fcm(settings, http)
        self.notification_store = persistence.notifications.Notifications(database)
        self.device_store = persistence.devices.Devices(database)
        self.push_store = persistence.push.Pushes(database)
        self._news_store = persistence.news.News()
        self.notifications = domain.notifications.Notifications(database, self.notification_store, signals)
        self.devices = domain.devices.Devices(database, self.device_store, allowance)
        self.news = domain.news.News(self._news_store, self.notifications)

    def jobs(self, corporations: CorporationStore) -> list[Job]:
        tell = PushNotifications(self.push_store, self._push_service) if self._push_service else skip
        outbox = Outbox(self._database)
        return [
            Job("expire plans", 60, ExpirePlans(self._database, corporations, self.news)),
            Job("warn of plan ends", 600, WarnOfPlanEnds(self._database, corporations, self.news)),
            Job("fan out news", 1, FanOutNews(self._database, self._news_store, self.news)),
            Job("push", 1, Relay(outbox, PUSH, tell, TRIES)),
            Job("push to many", 1, Relay(outbox, PUSH_TO_MANY, tell, TRIES)),
        ]

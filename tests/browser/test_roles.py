"""The catalogue in GraphiQL, as each of the three roles meets it: issue 3's members, managers and administrators."""

import os

import pytest

from jobs import demonstration
from tests.browser.conftest import Window

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("heavy")]


async def look(window: Window, name: str) -> None:
    """A picture for whoever wants to see it: SCREENSHOTS names the folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        await window.page.screenshot(path=f"{folder}/{name}.png")


async def test_a_member_reviews_once_and_sees_the_mean(window: Window, email: str) -> None:
    await window.sign_in(email)
    first = (await window.run("Review"))["data"]
    assert first["likeContent"]["likedByViewer"]
    about = first["createReview"]["content"]
    assert about["reviews"]["nodes"][0]["rating"] == 9
    assert about["averageRating"] > 0
    await look(window, "member-review")
    again = (await window.run("Review"))["data"]["createReview"]
    assert again["code"] == "ALREADY_EXISTS"
    assert (await window.run("People"))["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    await look(window, "member-people")


async def test_a_manager_adds_deletes_sees_the_trash_and_restores(window: Window) -> None:
    await window.sign_in("manager@example.com", demonstration.PASSWORD)
    chosen = {"id": (await window.run("AddContent"))["data"]["createContent"]["id"]}
    deleted = (await window.run("Delete", chosen))["data"]["deleteContent"]
    newest = deleted["corporation"]["contents"]["nodes"][0]
    assert newest == {**chosen, "title": "My First Film", "deletedAt": deleted["deletedAt"]}
    await look(window, "manager-trash")
    assert (await window.run("Restore", chosen))["data"]["restoreContent"]["deletedAt"] is None
    assert (await window.run("Delete", chosen))["data"]["deleteContent"]["deletedAt"]


async def test_an_admin_sees_everybody_and_every_company(window: Window) -> None:
    await window.sign_in("admin@example.com", demonstration.PASSWORD)
    found = (await window.run("People"))["data"]
    await look(window, "admin-people")
    assert "member@example.com" in [person["email"] for person in found["users"]["nodes"]]
    assert {one["name"]: one["plan"] for one in found["corporations"]["nodes"]}["Small Lantern Films"] == "FREE"

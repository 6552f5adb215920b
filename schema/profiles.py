"""What people say of themselves."""

from datetime import date

import strawberry

from domain.users import Gender
from schema.present import given, union
from schema.shared import Refusal
from schema.users import Viewer

ViewerResult = union("ViewerResult", Viewer, Refusal, "The signed-in person as they are now, or why not.")


@strawberry.input(description="What changes of a profile; what is left out stays.")
class UpdateProfileInput:
    display_name: str | None = given("The name to show, at most 100 characters; it cannot be null.", optional=True)
    first_name: str | None = given("The given name.", optional=True)
    last_name: str | None = given("The family name.", optional=True)
    birthday: date | None = given("A day from 1900-01-01 up to today.", optional=True)
    gender: Gender | None = given("The gender.", optional=True)
    region_code: str | None = given("The region, such as KR.", optional=True)
    email: str | None = given(
        "For somebody who came in without an e-mail address; it cannot be changed.", optional=True
    )

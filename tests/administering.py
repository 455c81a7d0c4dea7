"""Several administrators and officials at their browsers, each with the administration's pages before them."""

from sqlmodel import Session

from browsing import Browser, Page
from models.engine import writing
from models.permissions import Role
from office_api import PASSWORD, Caller, sign_in
from serving import with_pages
from story import Story
from town import NOON, add_person

SOURCE = "镇安委办〔2026〕9号"


def browsers(story: Story) -> dict[str, Browser]:
    """Everybody's browser; a second and a third administrator have come, so set-up mode is over."""
    with writing(story.engine) as session, session.begin():
        for key, name in (("second_admin", "系统管理员乙"), ("third_admin", "系统管理员丙")):
            _join(session, story, key, name)
    story.go_to(story.at)
    app = with_pages(story.client.app)  # pyright: ignore[reportArgumentType]  # the FastAPI application
    return {key: Browser(app).signed_in(caller.token) for key, caller in story.people.items()}


def _join(session: Session, story: Story, key: str, name: str) -> None:
    add_person(session, story.town, key, name, Role.AD, None, None, NOON)
    story.people[key] = Caller(story.client, sign_in(session, story.town, key))


def proof(browser: Browser) -> dict[str, str]:
    """The password, where the form asks for it anew."""
    return {"password": PASSWORD} if any("password" in form.names for form in browser.page.forms) else {}


def filled_in(browser: Browser, path: str, *, press: str = "", **answers: str) -> Page:
    """Open the form at this address, fill it in and send it."""
    browser.open(path)
    return browser.send(path, press=press, **answers, **proof(browser))


def approve(browser: Browser, proposal: Page, **answers: str) -> Page:
    """Another person opens the proposal this page shows and approves it."""
    path = str(proposal.answer.url.path)
    browser.open(path)
    return filled_in(browser, f"{path}/approval", **answers)

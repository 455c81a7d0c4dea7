"""A round through all the pages: everybody follows every link, and forms are answered rightly, wrongly and too late."""

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from administering import approve, browsers, filled_in, proof
from api.app import make_app
from browsing import Browser, every_link, submitted
from busy_office import make_busy
from models.engine import writing
from models.tables import WORK_ITEM
from office_api import PASSWORD
from services.keys import finance_token
from serving import with_pages
from signing_in import App
from story import OfficeOn, Story
from tip_off import WORDS
from visiting import ASK, FOLLOWED, TAKEN, answered, code_on, following, reward_for
from web.cookies import LANGUAGE
from witness import Answer, Witness

WHO = ("clerk", "officer", "head", "leader", "principal", "villager", "auditor", "admin")
"""Somebody of each role that has pages; a district unit has none."""
ASIDE = ("/public", "/finance")
"""Where no link of the office leads."""
_NUMBER = re.compile(r"ZY-\d{4}-\d{4}")
AGAIN, OBJECTION = f"{WORDS}，又冒了一次", "还在冒烟，就在北墙"
QUESTION, DAY = "磁选装置何时到货？", "2027年1月1日 元旦"
SOURCE = {"source": "镇安委办〔2026〕9号"}


class Round:
    """Everybody at a browser of their own, in one language; `kept`: all that was answered."""

    def __init__(self, story: Story, language: str = "zh"):
        self.story, self.language = story, language
        self.kept: list[Answer] = []
        self.people = {who: self._browser(who).signed_in(story.people[who].token) for who in browsers(story)}

    def guest(self, *, app: Any = None) -> Browser:
        """Somebody who is not signed in."""
        return self._browser("", app)

    def _browser(self, who: str, app: Any = None) -> Browser:
        program: Any = app or self.story.client.app
        found = Browser(Witness(with_pages(program), who, self.kept))
        found.client.cookies.set(LANGUAGE, self.language, domain="hazard.test", path="/")
        return found


def whole_round(story: Story, language: str = "zh") -> list[Answer]:
    """Every page there is, for whoever it is."""
    make_busy(story)
    found = Round(story, language)
    for part in (at_the_door, own_account, public, identity, links, decisions, reports, inbox, office_papers, rules,
                 auditing, lending, errors):  # fmt: skip
        part(found)
    return found.kept


def links(found: Round) -> None:
    for who in WHO:
        every_link(found.people[who], "/", *ASIDE)
    found.people["district"].open("/")
    every_link(found.guest(), "/public", "/finance", "/sign-in", "/first-password")
    found.guest().open("/interface/show_hazard")


def at_the_door(found: Round) -> None:
    """A token and a password that are wrong, too many of them, a sign-in that is not finished, an answer of a provider nobody asked."""
    guest = found.guest()
    guest.open("/first-password")
    guest.send("/first-password", one_time="nothing", password=PASSWORD, again=PASSWORD)
    guest.open("/sign-in?next=/inbox")
    for _ in range(6):
        guest.send("/sign-in", login="villager", password="Wrong-Horse-7788")
    strict = found.story.office.settings.model_copy(update={"second_factor": "officers"})
    half_in = found.guest(app=make_app(OfficeOn(strict, found.story.engine, found.story.office.present)))
    half_in.open("/sign-in")
    half_in.send("/sign-in", login="second-officer", password=PASSWORD)
    linked = found.story.office.settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:9"})
    back = found.guest(app=make_app(OfficeOn(linked, found.story.engine, found.story.office.present)))
    back.open("/sign-in/provider/return?state=nobody-s")


def own_account(found: Round) -> None:
    browser = found.people["other_officer"]
    browser.open("/account/second-factor")
    shown = browser.send("/account/second-factor")
    app = App(next(href for href in shown.hrefs if href.startswith("otpauth:")))
    browser.send("/account/second-factor/confirmation", code="000000")
    browser.send("/account/second-factor/confirmation", code=app.code(found.story.at))
    browser.open("/account/second-factor")
    browser.send("/account/second-factor/removal", code="000000")
    browser.open("/account/password")
    browser.send("/account/password", password="Wrong-Horse-7788", chosen=PASSWORD, again=PASSWORD)
    browser.open("/account")
    browser.send("/account/quiet-hours", **{"from": "21:30", "until": "6点"})
    browser.open("/verification")
    browser.send("/verification", password="Wrong-Horse-7788")


def decisions(found: Round) -> None:
    """Each form sent as it stands; one checked, overtaken, stale, and one that asks who it is."""
    forms = {answer.kind: answer for answer in found.kept if answer.route.endswith("/decisions/{resource}")}
    for form in forms.values():
        browser = found.people[form.who]
        if browser.open(form.path).status == 200:
            browser.send(form.path)
    story, clerk, officer = found.story, found.people["clerk"], found.people["officer"]
    overtaken = f"/hazards/{story.report().no}/decisions/acceptance"
    filled_in(clerk, overtaken, verifying_unit="YJB")
    submitted(found.people["second_clerk"], overtaken, verifying_unit="JFB")
    clerk.send(f"{overtaken}/taken")
    case = story.report().carry_to("WORK")
    question = f"/hazards/{case.no}/decisions/progress-question"
    filled_in(officer, question, question=QUESTION)
    submitted(found.people["head"], f"/hazards/{case.no}/decisions/action", work="清理积尘", owner="班组长",
              due_on=str((story.at + timedelta(days=20)).date()))  # fmt: skip
    officer.send(f"{question}/taken")
    clerk.open(f"/hazards/{story.report().carry_to('GATE').no}/decisions/closure")
    story.office.present[0] += timedelta(minutes=25)
    story.go_to(story.at)


def reports(found: Round) -> None:
    officer, enterprise = found.people["officer"], {"enterprise": "91500118MA5TEST001", "sector": "工贸/粉尘涉爆"}
    filled_in(officer, "/report")
    when = f"{found.story.at:%Y-%m-%dT%H:%M}"
    filled_in(officer, "/report", **enterprise, channel="INSPECTION", discovered_at=when, place="某某村1组造粒车间",
              description="造粒设备前无铁石去除装置，积尘严重", no_evidence_reason="随后补传")  # fmt: skip
    officer.open("/report/ZY-2026-0001")


def inbox(found: Round) -> None:
    head, leader = found.people["head"], found.people["leader"]
    for who in WHO:
        browser = found.people[who]
        for path in [
            one.path
            for one in found.kept
            if one.who == who and one.route.endswith(("/answer", "/follow-up", "/instruction"))
        ]:
            browser.open(path)
            browser.send(path, **({"on": "明天"} if path.endswith("/follow-up") else {}))
    page = head.open("/inbox")
    items = [action.split("/")[2] for action in page.elsewhere if action.endswith("/claim")]
    head.send("/inbox/claims", item=[*items, "0" * 26])
    head.open("/inbox")
    head.send("/inbox/assignments", person="")
    leader.open("/inbox?view=followed")


def public(found: Round) -> None:
    """The questions answered wrongly and rightly, the report handed in, followed, added to, rewarded and paid."""
    story, guest = found.story, found.guest()
    guest.open(ASK)
    guest.send(ASK, description="短")
    answered(guest, by_name=True)
    done = guest.send(TAKEN)
    code, no = code_on(done), _NUMBER.findall(done.text)[0]
    following(guest, "WRONG-1")
    following(guest, code)
    guest.send(f"{FOLLOWED}/message", message="")
    guest.send(f"{FOLLOWED}/addition", addition="现在又冒烟了")
    guest.open(f"{FOLLOWED}/erasure")
    reward_for(story, no)
    guest.open(FOLLOWED)
    token = guest.send(f"{FOLLOWED}/reward-token").html.partition('id="reward">')[2].partition("<")[0]
    window = found.guest()
    window.open("/finance")
    window.send("/finance", finance_token="wrong", reward_token=token)
    window.send("/finance", finance_token=finance_token(story.office.settings.key_dir), reward_token=token)
    window.send("/finance/paid")
    found.guest().open(f"{FOLLOWED}/erasure")


def identity(found: Round) -> None:
    """What the office does with a report by the public, up to the name of who made it; one of them objects."""
    story, clerk, leader = found.story, found.people["clerk"], found.people["leader"]
    guest = found.guest()
    answered(guest, by_name=True, description=AGAIN)
    done = guest.send(TAKEN)
    no = _NUMBER.findall(done.text)[0]
    for who, code in (("clerk", "refusal-request"), ("second_clerk", "refusal-grant")):
        answers: dict[str, Any] = {"ground": "NO_PLACE", "reason": "地点不明"} if who == "clerk" else {}
        submitted(found.people[who], f"/hazards/{no}/decisions/{code}", **answers)
    following(guest, code_on(done))
    guest.send(f"{FOLLOWED}/objection", objection=OBJECTION)
    paths = sorted(href for href in clerk.open(f"/hazards/{no}/reports").hrefs if href.startswith("/reports/"))
    for path in paths:
        clerk.open(path)
    unsealing = next(path for path in paths if path.endswith("/unsealing"))
    filled_in(clerk, unsealing, ground="REWARD", reason="核实奖励发放")
    approval = next(href for href in leader.open("/unsealings").hrefs if href.endswith("/approval"))
    filled_in(leader, approval)
    clerk.open(next(href for href in clerk.open("/unsealings").hrefs if href.endswith("/identity")))
    story.post("leader", f"/hazards/{no}/instructions", {"words": "请应急办报告", "unit": "YJB"})


def office_papers(found: Round) -> None:
    """Every form of the administration sent empty; some filled in, put before a second person, and answered."""
    admin, clerk, other = (found.people[who] for who in ("admin", "clerk", "second_admin"))
    for browser in (admin, clerk):
        for path in _forms_of(found, browser):
            browser.open(path)
            browser.send(path.partition("?")[0], **proof(browser))
    filled_in(admin, "/admin/accounts/new", name="新人甲", login="newcomer")
    person = f"/admin/people/{found.story.town.persons['villager'].id}"
    granted = filled_in(admin, f"{person}/grant", role="DO", unit="YJB")
    path = str(granted.answer.url.path)
    admin.open(f"{path}/withdrawal")
    other.open(f"{path}/approval")
    other.open(f"{path}/refusal")
    filled_in(other, f"{path}/refusal", reason="人选未定")
    channel = filled_in(admin, "/admin/channels/new/webhook", name="镇里的接口", config__url="http://127.0.0.1:9/in")
    approve(other, channel)
    listed = admin.open("/admin/channels")
    admin.send(next(form.action for form in listed.forms if form.action.endswith("/test")))
    clerk.open("/admin/deliveries?state=dead")


def _forms_of(found: Round, browser: Browser) -> list[str]:
    """Pages of the administration that hold a form which goes back to them."""
    mine = {
        one.kind: one for one in found.kept if found.people.get(one.who) is browser and one.path.startswith("/admin/")
    }
    return [one.path for one in mine.values() if f'method="post" action="{one.path}"'.encode() in one.body]


def rules(found: Round) -> None:
    """A limit, a level and a year revised, tried out, proposed; a standard and the words of a notice."""
    clerk, other = found.people["clerk"], found.people["second_clerk"]
    found.story.report()
    clerk.open("/admin/rules/revision?keys=triage")
    clerk.send("/admin/rules/revision", triage__number="3", **SOURCE)
    proposal = clerk.send("/admin/rules/revision/taken")
    other.open(f"{proposal.answer.url.path}/approval")
    clerk.open("/admin/ladder/revision/committee")
    clerk.send("/admin/ladder/revision/committee", level_1__offset="1", **SOURCE)
    clerk.open("/admin/calendar/revision/2027")
    clerk.send("/admin/calendar/revision/2027", rest=DAY, **SOURCE)
    filled_in(clerk, "/admin/standards/new", title="判定标准", doc_no="第99号", effective_on="2027-01-01",
              clauses="GM-99.1|工贸/粉尘涉爆|未设置泄爆装置", verified="yes", **SOURCE)  # fmt: skip
    clerk.open("/admin/templates/triage")
    clerk.send("/admin/templates/triage", press="预览", body="请受理 {{ hazard_no }}，{{ notice_no }}。")
    other.open("/admin/proposals?view=all")


def lending(found: Round) -> None:
    """The clerk lends what they may do to a colleague for a week; a head names a deputy and is away."""
    story, clerk = found.story, found.people["clerk"]
    week = {
        "from_on": str(story.at.date()),
        "until_on": str((story.at + timedelta(days=5)).date()),
        "reason": "外出学习",
    }
    story.post("clerk", "/delegations", {"delegate": story.town.actors["second_clerk"].person_id, **week})
    lent = [href for href in clerk.open("/account").hrefs if href.startswith("/account/delegations/")]
    clerk.open(next(href for href in lent if not href.endswith("/new")))
    head, deputies, people = found.people["head"], "/account/deputies/YJB", story.town.persons
    filled_in(head, f"{deputies}/naming", person=people["second_officer"].id)
    filled_in(head, f"{deputies}/absence", person=people["head"].id, **week)
    head.open("/account/deputies")


def auditing(found: Round) -> None:
    found.people["auditor"].open("/audit/verification")


def errors(found: Round) -> None:
    """What nobody may, what is not there, what is too large, what cannot be read, and what breaks in the program."""
    clerk, admin = found.people["clerk"], found.people["admin"]
    for path in (
        "/nowhere",
        "/hazards/ZY-2026-9999",
        "/inbox?cursor=nonsense",
        "/hazards?channel=NONE",
        "/report/taken",
    ):
        clerk.open(path)
    admin.open("/report")
    found.guest().open("/nowhere")
    found.guest().open("/public/nowhere")
    clerk.client.post("/report", headers={"Content-Length": str(1 << 30)})
    clerk.open("/inbox")
    clerk.page.form("/sign-out").values["token"] = ["0" * 32]
    clerk.send("/sign-out")
    with writing(found.story.engine) as session, session.begin():
        session.execute(
            update(WORK_ITEM).where(WORK_ITEM.c.is_move, WORK_ITEM.c.closed_at.is_(None)).values(kind="NONSENSE")
        )
    clerk.open("/inbox")

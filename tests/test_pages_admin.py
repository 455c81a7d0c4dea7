"""管理 as pages: units, enterprises, persons, roles and accounts, by administrators who need one another's word."""

from datetime import timedelta

import pytest

from administering import approve, browsers, filled_in
from browsing import Browser
from models import LoginSession
from office_api import PASSWORD
from signing_in import change
from story import Story
from town import Town

CODE = "91500118MA5TEST001"
NEWCOMER = {"name": "新人甲", "login": "newcomer"}


@pytest.fixture
def people(story: Story) -> dict[str, Browser]:
    return browsers(story)


def test_a_unit_is_registered_once(people: dict[str, Browser]):
    listed = filled_in(
        people["clerk"], "/admin/units/new", unit__code="CUN2", unit__name="另一村", unit__kind="VILLAGE"
    )

    assert listed.status == 200, listed.text
    assert listed.sees("单位已登记。", "CUN2", "另一村", "村（社区）")
    again = filled_in(people["admin"], "/admin/units/new", unit__code="CUN2", unit__name="又一村", unit__kind="VILLAGE")
    assert again.status == 422
    assert "#unit.code" in again.hrefs


def test_an_enterprise_is_registered_and_found_by_its_name(people: dict[str, Browser]):
    listed = filled_in(people["clerk"], "/admin/enterprises/new", credit_code="91500118MA5UTEST2X", name="某木制品厂",
                       address="某某村2组", sector="工贸/粉尘涉爆", village="CUN1")  # fmt: skip

    assert listed.sees("企业已登记。", "某木制品厂")
    found = people["clerk"].open("/admin/enterprises?text=颗粒")
    assert found.sees("某生物颗粒有限公司", "企业主要负责人甲")
    assert not found.sees("某木制品厂")


def test_an_enterprise_s_principals_are_chosen_from_its_own_people(people: dict[str, Browser], town: Town):
    path = f"/admin/enterprises/{CODE}/principals"
    controller = town.persons["controller"].id

    done = filled_in(people["clerk"], path, principal=controller, actual_controller=controller)

    assert done.sees("主要负责人和实际控制人已登记。")
    assert "企业主要负责人甲" not in done.text
    stranger = filled_in(people["clerk"], path, principal=town.persons["officer"].id, actual_controller=controller)
    assert (stranger.status, stranger.sees("该人员不属于这家企业。")) == (422, True)


def test_somebody_new_gets_an_account_and_sets_their_password_by_the_token_shown_once(people: dict[str, Browser]):
    shown = filled_in(people["admin"], "/admin/accounts/new", **NEWCOMER)
    token = shown.html.partition('<span class="secret">')[2].partition("<")[0]

    assert shown.sees("本页关闭后不能再看到", "newcomer")
    assert token
    assert token not in people["admin"].open("/admin/accounts").html

    theirs = Browser(people["admin"].client.app)
    theirs.open("/first-password")
    answer = theirs.send("/first-password", one_time=token, password=PASSWORD, again=PASSWORD)
    assert answer.status == 200


def test_the_token_of_a_form_sent_twice_is_shown_once(people: dict[str, Browser]):
    admin = people["admin"]
    form = admin.open("/admin/accounts/new").form("/admin/accounts/new")
    sent = {**form.values, **NEWCOMER}
    first = admin.client.post("/admin/accounts/new", data=sent)

    second = admin.client.post("/admin/accounts/new", data=sent)

    assert 'class="secret"' in first.text
    assert 'class="secret"' not in second.text
    assert second.status_code == 200


def of_newcomer(people: dict[str, Browser]) -> str:
    """The address of a newly invited person's page."""
    shown = filled_in(people["admin"], "/admin/accounts/new", **NEWCOMER)
    return shown.links["已转交，继续"]


def test_a_role_is_proposed_by_one_administrator_and_held_when_another_approves(people: dict[str, Browser]):
    person = of_newcomer(people)
    proposal = filled_in(people["admin"], f"{person}/grant", role="DO", unit="YJB")
    assert proposal.sees("已提出。", "新人甲", "待批")
    assert people["admin"].open(person).sees("还没有角色")

    done = approve(people["second_admin"], proposal, reason="人事文件齐备")

    assert done.sees("已批准并生效。", "人事文件齐备", "系统管理员乙")
    assert people["admin"].open(person).sees("部门经办人", "应急办")


def test_a_role_is_withdrawn_the_same_way(people: dict[str, Browser], town: Town):
    path = f"/admin/people/{town.persons['officer'].id}"
    people["admin"].open(path)
    proposal = people["admin"].send(f"{path}/withdrawal")
    assert proposal.sees("撤销角色", "应急办经办人甲")

    approve(people["second_admin"], proposal)

    assert people["admin"].open(path).sees("还没有角色")


def test_nobody_proposes_a_role_for_themselves(people: dict[str, Browser], town: Town):
    page = filled_in(people["admin"], f"/admin/people/{town.persons['admin'].id}/grant", role="AU", unit="SJ")

    assert (page.status, page.sees("不能办理涉及本人的角色事项。")) == (403, True)


def test_a_proposal_is_refused_with_its_reason_or_taken_back(people: dict[str, Browser]):
    person = of_newcomer(people)
    refused, withdrawn = (
        filled_in(people["admin"], f"{person}/grant", role=role, unit=unit).answer.url.path
        for role, unit in (("DO", "YJB"), ("DH", "JFB"))
    )

    assert filled_in(people["second_admin"], f"{refused}/refusal", reason="没有任职文件").sees(
        "未予批准。", "没有任职文件"
    )
    assert filled_in(people["second_admin"], f"{refused}/refusal", reason="").status == 422
    assert filled_in(people["admin"], f"{withdrawn}/withdrawal", reason="填错单位").sees("已撤回。", "填错单位")
    assert people["auditor"].open("/admin/proposals").sees("没有待批事项。")
    assert people["auditor"].open("/admin/proposals?view=all").sees("未批准", "已撤回")


def test_persons_are_found_by_name_with_what_they_hold(people: dict[str, Browser]):
    page = people["admin"].open("/admin/people?text=经发办")

    assert page.sees("经发办经办人甲", "部门经办人（经发办）", "经发办负责人甲")
    assert not page.sees("应急办经办人甲")


def test_an_account_is_disabled_and_enabled_again(people: dict[str, Browser]):
    admin = people["admin"]
    path = admin.open("/admin/accounts").links["officer"]
    admin.open(path)

    page = admin.send(f"{path}/disabling")

    assert page.sees("账号已停用，其会话已全部结束。", "已停用")
    assert people["officer"].open("/inbox").sees("登录名", "密码")
    assert admin.send(f"{path}/enabling").sees("账号已启用。", "使用中")


def test_a_reset_voids_what_was_and_shows_a_token_once(people: dict[str, Browser]):
    admin = people["admin"]
    path = admin.open("/admin/accounts").links["officer"]
    admin.open(path)

    page = admin.send(f"{path}/reset")

    assert page.sees("一次性令牌", "officer", "当面或电话转交本人", "30 分钟，只能用一次")
    assert admin.open(path).sees("尚未设置密码")
    assert people["officer"].open("/inbox").sees("登录名")


def test_somebody_s_sessions_are_ended_everywhere(people: dict[str, Browser]):
    admin = people["admin"]
    path = admin.open("/admin/accounts").links["officer"]
    admin.open(path)

    assert admin.send(f"{path}/sessions/end").sees("该账号的会话已全部结束。", "使用中")
    assert people["officer"].open("/inbox").sees("登录名")


def test_one_s_own_account_is_another_administrator_s_matter(people: dict[str, Browser]):
    admin = people["admin"]
    page = admin.open(admin.open("/admin/accounts").links["admin"])

    assert page.sees("这是您自己的账号，须由另一名系统管理员管理。")
    assert not any("/admin/accounts" in form.action for form in page.forms)


def test_an_account_is_managed_by_whoever_gave_the_password_lately(people: dict[str, Browser], story: Story):
    admin = people["admin"]
    path = admin.open("/admin/accounts").links["officer"]
    change(story.engine, LoginSession, verified_at=story.at - timedelta(minutes=31))

    asked = admin.open(path)

    assert asked.sees("请再次证明是您本人")
    assert admin.send("/verification", password="wrong").sees("密码或动态口令不正确。")
    assert admin.send("/verification", password=PASSWORD).sees("停用账号")


PAGES = (
    "/admin/units",
    "/admin/enterprises",
    "/admin/people",
    "/admin/accounts",
    "/admin/accounts/new",
    "/admin/units/new",
)


@pytest.mark.parametrize("who", ["officer", "villager", "principal", "auditor"])
def test_who_may_not_administer_is_refused_and_shown_no_way(people: dict[str, Browser], town: Town, who: str):
    for path in (*PAGES, f"/admin/people/{town.persons['leader'].id}", f"/admin/enterprises/{CODE}/principals"):
        page = people[who].open(path)
        assert page.status == 403, path
        assert page.sees("没有权限")
    home = people[who].open("/admin")
    assert not home.hrefs & set(PAGES)
    assert ("/admin" in people[who].open("/account").hrefs) == (home.status == 200) == (who in {"officer", "auditor"})

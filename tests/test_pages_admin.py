"""管理 as pages: units, enterprises, persons, roles and accounts, by administrators who need one another's word."""

import pytest
from sqlalchemy import Engine

from administering import browsers, filled_in
from browsing import Browser
from office_api import PASSWORD
from settings import Settings
from story import Story
from town import Town

CODE = "91500118MA5TEST001"
NEWCOMER = {"name": "新人甲", "login": "newcomer"}


@pytest.fixture
def story(engine: Engine, town: Town, app_settings: Settings) -> Story:
    return Story(engine, town, app_settings)


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

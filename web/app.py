"""Assemble the pages; refuse to start with a page that names no operation or a form that asks for no token."""

from collections.abc import Iterator

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from models.permissions import Operation
from services.throttle import Throttle
from web import (
    account,
    admin,
    admin_accounts,
    admin_channels,
    admin_people,
    admin_proposals,
    admin_rules,
    admin_running,
    admin_standards,
    admin_templates,
    answering,
    assets,
    audit_bundles,
    audit_checks,
    audit_findings,
    audit_four_eyes,
    audit_late,
    audit_vault,
    auditor,
    authenticator,
    decisions,
    delegating,
    deputies,
    drafts,
    enterprise,
    errors,
    evidence,
    figures,
    finance,
    hazard,
    holding,
    inbox,
    inbox_bulk,
    instructing,
    interface,
    ledger,
    notices,
    oidc,
    own_record,
    password,
    phrases,
    proof,
    public_follow,
    public_report,
    remarks,
    reporting,
    reports,
    saved_filters,
    signing_in,
    status,
    supervision,
    unsealings,
    whole_record,
)
from web.desk import Office, sent
from web.guards import BodyLimit, PageHeaders
from web.interface_schema import Describe
from web.second_person import SecondPerson


def make_pages(held: Office, counts: Throttle, second_person: SecondPerson, describe: Describe) -> FastAPI:
    """The pages as an application of their own, so that what goes wrong in one is answered as a page.

    `counts`: those of callers without an account, shared with the API. `second_person`: the acts that wait for one.
    `describe`: the interface's own description.
    """
    pages = FastAPI(title="hazardflow", docs_url=None, redoc_url=None, openapi_url=None)
    pages.state.office, pages.state.throttle, pages.state.second_person = held, counts, second_person
    pages.state.interface = describe
    for module in (
        assets, signing_in, oidc, password, authenticator, account, notices, inbox, own_record, reporting, ledger, hazard, proof, evidence, decisions,
        drafts, phrases,
        supervision, figures, saved_filters, instructing, inbox_bulk, answering, remarks, holding, delegating, deputies, reports, unsealings,
        public_report, public_follow, finance, enterprise, status, interface,
        admin, admin_people, admin_accounts, admin_channels, admin_proposals, admin_running, admin_rules, admin_standards,
        admin_templates,
        auditor, audit_findings, audit_late, audit_four_eyes, audit_vault, audit_checks, audit_bundles, whole_record,
    ):  # fmt: skip
        include(pages, module.router)
    errors.install(pages)
    pages.add_middleware(BodyLimit, most_bytes=(held.settings.max_upload_mib + 1) << 20)
    pages.add_middleware(PageHeaders)
    return pages


def include(pages: FastAPI, router: APIRouter) -> None:
    """Deny by default: a page without an operation, or a form without its token, stops the application from starting."""
    known = {*Operation, "public"}
    for route in router.routes:
        if not isinstance(route, APIRoute) or (route.openapi_extra or {}).get("x-operation") not in known:
            raise RuntimeError(f"page {route} names no operation of the permission table")
        if (route.methods or set()) - {"GET"} and sent not in _asked_for(route.dependant):
            raise RuntimeError(f"page {route.path} changes something and asks for no token")
    pages.include_router(router)


def _asked_for(dependant: Dependant) -> Iterator[object]:
    for one in dependant.dependencies:
        yield one.call
        yield from _asked_for(one)

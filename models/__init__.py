"""What exists and which moves exist. Every table is reachable from here; migrations compare against it."""

from sqlmodel import SQLModel

from models.account import Account, ApiKey, IdempotencyKey, LoginSession, OneTimeToken
from models.audit import AuditEvent, AuditLeaf, AuditStream, Checkpoint
from models.evidence import Evidence, HazardEvidence
from models.hazard import Decision, Hazard, HazardNumber, HazardParty, Signature
from models.organization import Enterprise, Person, RoleGrant, Unit
from models.outbox import Notice, NoticeChannel, OutboxMessage
from models.pending import HazardRequest, SubAction
from models.proposal import Proposal
from models.standard import NoticeTemplate, Policy, StandardClause
from models.work import Deadline, Escalation, Letter, WorkItem

metadata = SQLModel.metadata

__all__ = [
    "Account",
    "ApiKey",
    "AuditEvent",
    "AuditLeaf",
    "AuditStream",
    "Checkpoint",
    "Deadline",
    "Decision",
    "Enterprise",
    "Escalation",
    "Evidence",
    "Hazard",
    "HazardEvidence",
    "HazardNumber",
    "HazardParty",
    "HazardRequest",
    "IdempotencyKey",
    "Letter",
    "LoginSession",
    "Notice",
    "NoticeChannel",
    "NoticeTemplate",
    "OneTimeToken",
    "OutboxMessage",
    "Person",
    "Policy",
    "Proposal",
    "RoleGrant",
    "Signature",
    "StandardClause",
    "SubAction",
    "Unit",
    "WorkItem",
    "metadata",
]

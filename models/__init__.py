"""What exists and which moves exist. Every table is reachable from here; migrations compare against it."""

from sqlmodel import SQLModel

from models.account import Account, ApiKey, IdempotencyKey, LoginSession, OneTimeToken
from models.audit import AuditEvent, AuditLeaf, AuditStream, Checkpoint
from models.evidence import Evidence, HazardEvidence
from models.hazard import Decision, Hazard, HazardNumber, HazardParty, Signature
from models.organization import Enterprise, Person, RoleGrant, Unit
from models.outbox import Notice, NoticeChannel, OutboxMessage
from models.pending import HazardRequest, SubAction
from models.source import HazardSource
from models.standard import Policy, StandardClause
from models.vault import ReporterVault, ReportMessage, ReportPhoto, Unsealing
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
    "HazardSource",
    "IdempotencyKey",
    "Letter",
    "LoginSession",
    "Notice",
    "NoticeChannel",
    "OneTimeToken",
    "OutboxMessage",
    "Person",
    "Policy",
    "ReportMessage",
    "ReportPhoto",
    "ReporterVault",
    "RoleGrant",
    "Signature",
    "StandardClause",
    "SubAction",
    "Unit",
    "Unsealing",
    "WorkItem",
    "metadata",
]

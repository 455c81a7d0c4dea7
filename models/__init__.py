"""What exists and which moves exist. Every table is reachable from here; migrations compare against it."""

from sqlmodel import SQLModel

from models.account import (
    Account,
    ApiKey,
    IdempotencyKey,
    LoginSession,
    OidcRequest,
    OneTimeToken,
    PastPassword,
    RecoveryCode,
    SecondFactor,
)
from models.audit import AuditEvent, AuditLeaf, AuditStream, Checkpoint
from models.correspondence import Comment, FollowUp, HazardCopy, Instruction, Urging
from models.delegation import Delegation, DelegationDay, Handover, UnitDeputy
from models.draft import Draft
from models.evidence import Evidence, HazardEvidence
from models.hazard import Decision, Hazard, HazardNumber, HazardParty, Signature
from models.incident import Heartbeat, Incident
from models.ladder_hold import EscalationReceipt, LadderHold
from models.organization import Enterprise, Interest, Person, RoleGrant, Unit
from models.outbox import Notice, NoticeChannel, OutboxMessage
from models.pending import HazardRequest, SubAction
from models.phrase import Phrase
from models.proposal import Proposal
from models.reward import Reward
from models.saved_filter import SavedFilter, Subscription, SubscriptionSeen
from models.source import HazardSource
from models.standard import NoticeTemplate, Policy, StandardClause
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
    "Comment",
    "Deadline",
    "Decision",
    "Delegation",
    "DelegationDay",
    "Draft",
    "Enterprise",
    "Escalation",
    "EscalationReceipt",
    "Evidence",
    "FollowUp",
    "Handover",
    "Hazard",
    "HazardCopy",
    "HazardEvidence",
    "HazardNumber",
    "HazardParty",
    "HazardRequest",
    "HazardSource",
    "Heartbeat",
    "IdempotencyKey",
    "Incident",
    "Instruction",
    "Interest",
    "LadderHold",
    "Letter",
    "LoginSession",
    "Notice",
    "NoticeChannel",
    "NoticeTemplate",
    "OidcRequest",
    "OneTimeToken",
    "OutboxMessage",
    "PastPassword",
    "Person",
    "Phrase",
    "Policy",
    "Proposal",
    "RecoveryCode",
    "ReportMessage",
    "ReportPhoto",
    "ReporterVault",
    "Reward",
    "RoleGrant",
    "SavedFilter",
    "SecondFactor",
    "Signature",
    "StandardClause",
    "SubAction",
    "Subscription",
    "SubscriptionSeen",
    "Unit",
    "UnitDeputy",
    "Unsealing",
    "Urging",
    "WorkItem",
    "metadata",
]

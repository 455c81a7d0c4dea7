"""The same tables for Core statements.

The decision path writes with Core statements on the SQLModel tables: the unit of work costs several times the
statements themselves (docs/adr/0006). Rows come back as tuples with the columns' names, typed as the model they
mirror; they cannot be assigned to.
"""

from models import metadata

TABLES = metadata.tables
HAZARD = TABLES["hazard"]
HAZARD_NUMBER = TABLES["hazard_number"]
HAZARD_PARTY = TABLES["hazard_party"]
HAZARD_SOURCE = TABLES["hazard_source"]
REPORTER_VAULT = TABLES["reporter_vault"]
REWARD = TABLES["reward"]
UNSEALING = TABLES["unsealing"]
REPORT_MESSAGE = TABLES["report_message"]
REPORT_PHOTO = TABLES["report_photo"]
DECISION = TABLES["decision"]
SIGNATURE = TABLES["signature"]
WORK_ITEM = TABLES["work_item"]
DEADLINE = TABLES["deadline"]
ESCALATION = TABLES["escalation"]
HAZARD_REQUEST = TABLES["hazard_request"]
SUB_ACTION = TABLES["sub_action"]
ESCALATION_RECEIPT = TABLES["escalation_receipt"]
LADDER_HOLD = TABLES["ladder_hold"]
INCIDENT = TABLES["incident"]
HEARTBEAT = TABLES["heartbeat"]
LETTER = TABLES["letter"]
AUDIT_EVENT = TABLES["audit_event"]
AUDIT_STREAM = TABLES["audit_stream"]
AUDIT_LEAF = TABLES["audit_leaf"]
CHECKPOINT = TABLES["checkpoint"]
OUTBOX = TABLES["outbox_message"]
NOTICE = TABLES["notice"]
EVIDENCE = TABLES["evidence"]
HAZARD_EVIDENCE = TABLES["hazard_evidence"]
DELEGATION = TABLES["delegation"]
DELEGATION_DAY = TABLES["delegation_day"]
UNIT_DEPUTY = TABLES["unit_deputy"]
HANDOVER = TABLES["handover"]
URGING = TABLES["urging"]
HAZARD_COPY = TABLES["hazard_copy"]
INSTRUCTION = TABLES["instruction"]
COMMENT = TABLES["comment"]
FOLLOW_UP = TABLES["follow_up"]
PROPOSAL = TABLES["proposal"]
POLICY = TABLES["policy"]
STANDARD_CLAUSE = TABLES["standard_clause"]
NOTICE_TEMPLATE = TABLES["notice_template"]
ROLE_GRANT = TABLES["role_grant"]
INTEREST = TABLES["interest"]

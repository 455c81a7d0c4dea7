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
DECISION = TABLES["decision"]
SIGNATURE = TABLES["signature"]
WORK_ITEM = TABLES["work_item"]
DEADLINE = TABLES["deadline"]
ESCALATION = TABLES["escalation"]
HAZARD_REQUEST = TABLES["hazard_request"]
SUB_ACTION = TABLES["sub_action"]
LETTER = TABLES["letter"]
AUDIT_EVENT = TABLES["audit_event"]
AUDIT_STREAM = TABLES["audit_stream"]
AUDIT_LEAF = TABLES["audit_leaf"]
CHECKPOINT = TABLES["checkpoint"]
OUTBOX = TABLES["outbox_message"]
NOTICE = TABLES["notice"]
EVIDENCE = TABLES["evidence"]
HAZARD_EVIDENCE = TABLES["hazard_evidence"]
PROPOSAL = TABLES["proposal"]
POLICY = TABLES["policy"]
STANDARD_CLAUSE = TABLES["standard_clause"]
NOTICE_TEMPLATE = TABLES["notice_template"]
ROLE_GRANT = TABLES["role_grant"]

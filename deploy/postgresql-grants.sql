-- What the application's role may do with the tables. It runs after every `cotrack init`, which may have made new ones.
-- tests/contracts/test_deploy.py compares the lists with the program's tables.
\set ON_ERROR_STOP on
BEGIN;

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM cotrack_app;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM cotrack_app;

-- It reads, adds and changes rows. It deletes none, empties no table, and changes no schema.
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO cotrack_app;
GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA public TO cotrack_app;

-- Append-only: written once, never changed.
REVOKE UPDATE ON
  acceptance,
  acknowledgement,
  alert,
  audit_checkpoint,
  audit_leaf,
  audit_record,
  audit_tile,
  disposition,
  expiry_decision,
  handover,
  identity_check,
  investigated_result,
  kept_document,
  label_entity,
  late_input,
  lot_input,
  mapped_import,
  observation,
  owed_document,
  result_entry,
  result_entry_end,
  result_file,
  result_import,
  result_invalidation,
  roll_change,
  roll_explanation,
  signature,
  station_self_test,
  step_scan,
  step_value,
  step_verification,
  supply_notice,
  trail_review,
  treating_physician,
  wash
FROM cotrack_app;

-- Only the owner migrates.
REVOKE INSERT, UPDATE ON alembic_version FROM cotrack_app;

-- SELECT … FOR UPDATE asks for a right to UPDATE some column. The program locks these append-only rows while it counts
-- labels or keeps a document; their trigger still refuses every change.
GRANT UPDATE (id) ON
  label_entity,
  owed_document
TO cotrack_app;

-- Outside the trail (cotrack/foundation/db/guard.py): rows that end by time. Nothing else is ever deleted.
GRANT DELETE ON
  idempotency_key,
  sign_in_counter,
  sign_in_session,
  sitting,
  upload
TO cotrack_app;

COMMIT;

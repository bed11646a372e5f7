"""The first schema."""

import sqlalchemy as sa
from alembic import op
from cotrack.foundation.db import ExactDecimal, PlainText, UtcInstant
from cotrack.foundation.db.triggers import append_only, never_deleted, prepare

revision = "0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

APPEND_ONLY = (
    "audit_record",
    "label_entity",
    "result_import",
    "signature",
    "disposition",
    "observation",
    "handover",
    "identity_check",
)
NEVER_DELETED = (
    "person",
    "hold",
    "label_instance",
    "person_role",
    "study_definition",
    "lot",
    "participant",
    "band",
    "order",
    "participant_identity",
    "result",
    "unit",
    "allocation",
    "placement",
    "infusion",
)


def upgrade():
    prepare(op.get_bind())
    op.create_table(
        "audit_record",
        sa.Column("id", KEY, nullable=False),
        sa.Column("at", UtcInstant(), nullable=False),
        sa.Column("actor", PlainText(), nullable=False),
        sa.Column("role", PlainText(), nullable=False),
        sa.Column("event", PlainText(), nullable=False),
        sa.Column("subject", PlainText(), nullable=False),
        sa.Column("outcome", PlainText(), nullable=False),
        sa.Column("body", PlainText(), nullable=False),
        sa.CheckConstraint("outcome IN ('done', 'refused', 'mismatch')", name=op.f("ck_audit_record_outcome")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_record")),
    )
    op.create_index("ix_audit_record_actor", "audit_record", ["actor", "id"], unique=False)
    op.create_index("ix_audit_record_event", "audit_record", ["event", "id"], unique=False)
    op.create_index("ix_audit_record_subject", "audit_record", ["subject", "id"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("id", KEY, nullable=False),
        sa.Column("actor", PlainText(), nullable=False),
        sa.Column("route", PlainText(), nullable=False),
        sa.Column("key", PlainText(), nullable=False),
        sa.Column("body_mark", PlainText(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", PlainText(), nullable=False),
        sa.Column("answered_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint("actor", "route", "key", name=op.f("uq_idempotency_key_actor_route_key")),
    )
    op.create_table(
        "label_entity",
        sa.Column("id", KEY, nullable=False),
        sa.Column("subject", PlainText(), nullable=False),
        sa.Column("entity", PlainText(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_entity")),
        sa.UniqueConstraint("entity", name=op.f("uq_label_entity_entity")),
        sa.UniqueConstraint("subject", name=op.f("uq_label_entity_subject")),
    )
    op.create_table(
        "person",
        sa.Column("id", KEY, nullable=False),
        sa.Column("username", PlainText(), nullable=False),
        sa.Column("printed_name", PlainText(), nullable=False),
        sa.Column("identity_verified_by", PlainText(), nullable=False),
        sa.Column("password_hash", PlainText(), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("username", name=op.f("uq_person_username")),
    )
    op.create_table(
        "sign_in_counter",
        sa.Column("id", KEY, nullable=False),
        sa.Column("username", PlainText(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcInstant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_counter")),
        sa.UniqueConstraint("username", name=op.f("uq_sign_in_counter_username")),
    )
    op.create_table(
        "sitting",
        sa.Column("id", KEY, nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("band_scan", PlainText(), nullable=False),
        sa.Column("identity_answer", PlainText(), nullable=False),
        sa.Column("opened_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sitting")),
        sa.UniqueConstraint("session_id", name=op.f("uq_sitting_session_id")),
    )
    op.create_table(
        "upload",
        sa.Column("id", KEY, nullable=False),
        sa.Column("sha256", PlainText(), nullable=False),
        sa.Column("name", PlainText(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("username", PlainText(), nullable=False),
        sa.Column("uploaded_at", UtcInstant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index("ix_upload_sha256", "upload", ["sha256"], unique=False)
    op.create_table(
        "hold",
        sa.Column("id", KEY, nullable=False),
        sa.Column("subject", PlainText(), nullable=False),
        sa.Column("reason", PlainText(), nullable=False),
        sa.Column("placed_at", UtcInstant(), nullable=False),
        sa.Column("placed_by_id", KEY, nullable=False),
        sa.Column("lifted_at", UtcInstant(), nullable=True),
        sa.Column("lifted_by_id", KEY, nullable=True),
        sa.Column("lift_reason", PlainText(), nullable=True),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(status = 'lifted') = (lifted_by_id IS NOT NULL)", name=op.f("ck_hold_lifted_by_somebody")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_hold_reason_given")),
        sa.CheckConstraint("status IN ('standing', 'lifted', 'recalled')", name=op.f("ck_hold_status")),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by_id IS NULL)", name=op.f("ck_hold_lifted_at_a_time")),
        sa.ForeignKeyConstraint(
            ["lifted_by_id"], ["person.id"], name=op.f("fk_hold_lifted_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["placed_by_id"], ["person.id"], name=op.f("fk_hold_placed_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_index("ix_hold_subject", "hold", ["subject", "status"], unique=False)
    op.create_table(
        "label_instance",
        sa.Column("id", KEY, nullable=False),
        sa.Column("entity_id", KEY, nullable=False),
        sa.Column("kind", PlainText(), nullable=False),
        sa.Column("subject", PlainText(), nullable=False),
        sa.Column("instance", sa.Integer(), nullable=False),
        sa.Column("fields", PlainText(), nullable=False),
        sa.Column("template_version", PlainText(), nullable=False),
        sa.Column("station", PlainText(), nullable=False),
        sa.Column("printer", PlainText(), nullable=False),
        sa.Column("requested_by_id", KEY, nullable=False),
        sa.Column("requested_at", UtcInstant(), nullable=False),
        sa.Column("reason", PlainText(), nullable=False),
        sa.Column("printed_at", UtcInstant(), nullable=True),
        sa.Column("bytes_sha256", PlainText(), nullable=True),
        sa.Column("applied_at", UtcInstant(), nullable=True),
        sa.Column("applied_by_id", KEY, nullable=True),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('bag', 'tag', 'wristband')", name=op.f("ck_label_instance_kind")),
        sa.CheckConstraint(
            "status <> 'applied' OR applied_by_id IS NOT NULL", name=op.f("ck_label_instance_applied_by_somebody")
        ),
        sa.CheckConstraint(
            "status IN ('intended', 'sending', 'printed', 'applied', 'superseded', 'void')",
            name=op.f("ck_label_instance_status"),
        ),
        sa.CheckConstraint("instance > 0", name=op.f("ck_label_instance_instance_positive")),
        sa.ForeignKeyConstraint(
            ["applied_by_id"], ["person.id"], name=op.f("fk_label_instance_applied_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["label_entity.id"], name=op.f("fk_label_instance_entity_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["person.id"], name=op.f("fk_label_instance_requested_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_instance")),
        sa.UniqueConstraint("entity_id", "kind", "instance", name=op.f("uq_label_instance_entity_id_kind_instance")),
    )
    op.create_index("ix_label_instance_subject", "label_instance", ["subject"], unique=False)
    op.create_index(
        "uq_label_instance_live",
        "label_instance",
        ["entity_id", "kind"],
        unique=True,
        sqlite_where=sa.text("status IN ('intended', 'sending', 'printed', 'applied')"),
        postgresql_where=sa.text("status IN ('intended', 'sending', 'printed', 'applied')"),
    )
    op.create_table(
        "person_role",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("role", PlainText(), nullable=False),
        sa.Column("granted_at", UtcInstant(), nullable=False),
        sa.Column("revoked_at", UtcInstant(), nullable=True),
        sa.CheckConstraint(
            "role IN ('technician', 'analyst', 'qa_reviewer', 'physician', 'coordinator', 'nurse', 'logistics', 'administrator', 'principal_investigator', 'auditor', 'system')",
            name=op.f("ck_person_role_role"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_role_person_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_role")),
    )
    op.create_index(
        "uq_person_role_held",
        "person_role",
        ["person_id", "role"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "result_import",
        sa.Column("id", KEY, nullable=False),
        sa.Column("file_name", PlainText(), nullable=False),
        sa.Column("file_sha256", PlainText(), nullable=False),
        sa.Column("stored", sa.Integer(), nullable=False),
        sa.Column("already_there", sa.Integer(), nullable=False),
        sa.Column("imported_at", UtcInstant(), nullable=False),
        sa.Column("imported_by_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["imported_by_id"], ["person.id"], name=op.f("fk_result_import_imported_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_import")),
        sa.UniqueConstraint("file_sha256", name=op.f("uq_result_import_file_sha256")),
    )
    op.create_table(
        "sign_in_session",
        sa.Column("id", KEY, nullable=False),
        sa.Column("secret_sha256", PlainText(), nullable=False),
        sa.Column("kind", PlainText(), nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("station", PlainText(), nullable=False),
        sa.Column("form_token", PlainText(), nullable=False),
        sa.Column("started_at", UtcInstant(), nullable=False),
        sa.Column("seen_at", UtcInstant(), nullable=False),
        sa.Column("expires_at", UtcInstant(), nullable=False),
        sa.Column("ended_at", UtcInstant(), nullable=True),
        sa.CheckConstraint("kind IN ('browser', 'api')", name=op.f("ck_sign_in_session_kind")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_sign_in_session_person_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_sign_in_session_secret_sha256")),
    )
    op.create_table(
        "signature",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("printed_name", PlainText(), nullable=False),
        sa.Column("role", PlainText(), nullable=False),
        sa.Column("meaning", PlainText(), nullable=False),
        sa.Column("signed_at", UtcInstant(), nullable=False),
        sa.Column("zone", PlainText(), nullable=False),
        sa.Column("subject", PlainText(), nullable=False),
        sa.Column("text", PlainText(), nullable=False),
        sa.Column("text_sha256", PlainText(), nullable=False),
        sa.Column("seal", PlainText(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_signature_person_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
    )
    op.create_index("ix_signature_subject", "signature", ["subject"], unique=False)
    op.create_table(
        "study_definition",
        sa.Column("id", KEY, nullable=False),
        sa.Column("code", PlainText(), nullable=False),
        sa.Column("study_version", PlainText(), nullable=False),
        sa.Column("text", PlainText(), nullable=False),
        sa.Column("sha256", PlainText(), nullable=False),
        sa.Column("is_demonstration", sa.Boolean(), nullable=False),
        sa.Column("loaded_at", UtcInstant(), nullable=False),
        sa.Column("effective_at", UtcInstant(), nullable=True),
        sa.Column("quality_signature_id", KEY, nullable=True),
        sa.Column("investigator_signature_id", KEY, nullable=True),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status = 'draft' OR (quality_signature_id IS NOT NULL AND investigator_signature_id IS NOT NULL)",
            name=op.f("ck_study_definition_signed_before_effect"),
        ),
        sa.CheckConstraint("status IN ('draft', 'in_effect', 'superseded')", name=op.f("ck_study_definition_status")),
        sa.ForeignKeyConstraint(
            ["investigator_signature_id"],
            ["signature.id"],
            name=op.f("fk_study_definition_investigator_signature_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["quality_signature_id"],
            ["signature.id"],
            name=op.f("fk_study_definition_quality_signature_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_definition")),
        sa.UniqueConstraint("code", "study_version", name=op.f("uq_study_definition_code_study_version")),
        sa.UniqueConstraint("sha256", name=op.f("uq_study_definition_sha256")),
    )
    op.create_index(
        "uq_study_definition_in_effect",
        "study_definition",
        ["code"],
        unique=True,
        sqlite_where=sa.text("status = 'in_effect'"),
        postgresql_where=sa.text("status = 'in_effect'"),
    )
    op.create_table(
        "lot",
        sa.Column("id", KEY, nullable=False),
        sa.Column("number", PlainText(), nullable=False),
        sa.Column("study_definition_id", KEY, nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("expires_at", UtcInstant(), nullable=False),
        sa.Column("made_at", UtcInstant(), nullable=False),
        sa.Column("made_by_id", KEY, nullable=False),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('in_process', 'quarantine', 'conditionally_released', 'released', 'rejected', 'closed')",
            name=op.f("ck_lot_status"),
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["person.id"], name=op.f("fk_lot_made_by_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["study_definition_id"],
            ["study_definition.id"],
            name=op.f("fk_lot_study_definition_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("number", name=op.f("uq_lot_number")),
    )
    op.create_table(
        "participant",
        sa.Column("id", KEY, nullable=False),
        sa.Column("subject_number", PlainText(), nullable=False),
        sa.Column("site_code", PlainText(), nullable=False),
        sa.Column("study_definition_id", KEY, nullable=False),
        sa.Column("arm", PlainText(), nullable=True),
        sa.Column("screened_on", sa.Date(), nullable=False),
        sa.Column("screening_file_sha256", PlainText(), nullable=False),
        sa.Column("enrolled_on", sa.Date(), nullable=True),
        sa.Column("enrolment_signature_id", KEY, nullable=True),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status <> 'enrolled' OR (enrolled_on IS NOT NULL AND enrolment_signature_id IS NOT NULL AND arm IS NOT NULL)",
            name=op.f("ck_participant_enrolled_with_signature"),
        ),
        sa.CheckConstraint("status IN ('screening', 'enrolled', 'withdrawn')", name=op.f("ck_participant_status")),
        sa.ForeignKeyConstraint(
            ["enrolment_signature_id"],
            ["signature.id"],
            name=op.f("fk_participant_enrolment_signature_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["study_definition_id"],
            ["study_definition.id"],
            name=op.f("fk_participant_study_definition_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
        sa.UniqueConstraint("subject_number", name=op.f("uq_participant_subject_number")),
    )
    op.create_table(
        "band",
        sa.Column("id", KEY, nullable=False),
        sa.Column("participant_id", KEY, nullable=False),
        sa.Column("label_id", KEY, nullable=False),
        sa.Column("put_on_by_id", KEY, nullable=False),
        sa.Column("put_on_at", UtcInstant(), nullable=False),
        sa.Column("confirmed_by_id", KEY, nullable=True),
        sa.Column("confirmed_at", UtcInstant(), nullable=True),
        sa.Column("removed_at", UtcInstant(), nullable=True),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status <> 'confirmed' OR confirmed_by_id IS NOT NULL", name=op.f("ck_band_confirmed_by_somebody")
        ),
        sa.CheckConstraint("status IN ('put_on', 'confirmed', 'removed')", name=op.f("ck_band_status")),
        sa.CheckConstraint("put_on_by_id <> confirmed_by_id", name=op.f("ck_band_two_people")),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["person.id"], name=op.f("fk_band_confirmed_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["label_id"], ["label_instance.id"], name=op.f("fk_band_label_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_band_participant_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["put_on_by_id"], ["person.id"], name=op.f("fk_band_put_on_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_band")),
        sa.UniqueConstraint("label_id", name=op.f("uq_band_label_id")),
    )
    op.create_index(
        "uq_band_worn",
        "band",
        ["participant_id"],
        unique=True,
        sqlite_where=sa.text("status <> 'removed'"),
        postgresql_where=sa.text("status <> 'removed'"),
    )
    op.create_table(
        "disposition",
        sa.Column("id", KEY, nullable=False),
        sa.Column("lot_id", KEY, nullable=False),
        sa.Column("decision", PlainText(), nullable=False),
        sa.Column("outstanding_tests", PlainText(), nullable=False),
        sa.Column("reason", PlainText(), nullable=False),
        sa.Column("decided_at", UtcInstant(), nullable=False),
        sa.Column("signature_id", KEY, nullable=False),
        sa.CheckConstraint(
            "decision IN ('release', 'release_conditionally', 'reject')", name=op.f("ck_disposition_decision")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_disposition_lot_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["signature_id"], ["signature.id"], name=op.f("fk_disposition_signature_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposition")),
    )
    op.create_index("ix_disposition_lot_id", "disposition", ["lot_id"], unique=False)
    op.create_table(
        "observation",
        sa.Column("id", KEY, nullable=False),
        sa.Column("participant_id", KEY, nullable=False),
        sa.Column("field", PlainText(), nullable=False),
        sa.Column("value", PlainText(), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("source", PlainText(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by_id", KEY, nullable=False),
        sa.CheckConstraint("source IN ('screening', 'answered', 'measured')", name=op.f("ck_observation_source")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_observation_participant_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["person.id"], name=op.f("fk_observation_recorded_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observation")),
    )
    op.create_index("ix_observation_participant", "observation", ["participant_id", "field", "id"], unique=False)
    op.create_table(
        "order",
        sa.Column("id", KEY, nullable=False),
        sa.Column("number", PlainText(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("coi_id", PlainText(), nullable=False),
        sa.Column("participant_id", KEY, nullable=False),
        sa.Column("study_definition_id", KEY, nullable=False),
        sa.Column("infusion_number", sa.Integer(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("cells_per_kg", sa.Integer(), nullable=False),
        sa.Column("weight_kg", ExactDecimal(5, 1), nullable=False),
        sa.Column("weighed_on", sa.Date(), nullable=False),
        sa.Column("target_million_cells", ExactDecimal(12, 3), nullable=False),
        sa.Column("ordered_at", UtcInstant(), nullable=False),
        sa.Column("started_at", UtcInstant(), nullable=True),
        sa.Column("signature_id", KEY, nullable=False),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('ordered', 'allocated', 'completed', 'cancelled')", name=op.f("ck_order_status")
        ),
        sa.CheckConstraint("infusion_number > 0", name=op.f("ck_order_infusion_number_positive")),
        sa.CheckConstraint("target_million_cells > 0", name=op.f("ck_order_target_positive")),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_order_participant_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["signature_id"], ["signature.id"], name=op.f("fk_order_signature_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["study_definition_id"],
            ["study_definition.id"],
            name=op.f("fk_order_study_definition_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order")),
        sa.UniqueConstraint("coi_id", name=op.f("uq_order_coi_id")),
        sa.UniqueConstraint("number", name=op.f("uq_order_number")),
        sa.UniqueConstraint("participant_id", "sequence", name=op.f("uq_order_participant_id_sequence")),
    )
    op.create_index(
        "uq_order_open",
        "order",
        ["participant_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('ordered', 'allocated')"),
        postgresql_where=sa.text("status IN ('ordered', 'allocated')"),
    )
    op.create_table(
        "participant_identity",
        sa.Column("id", KEY, nullable=False),
        sa.Column("participant_id", KEY, nullable=False),
        sa.Column("sealed", PlainText(), nullable=False),
        sa.Column("changed_at", UtcInstant(), nullable=False),
        sa.Column("changed_by_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["person.id"], name=op.f("fk_participant_identity_changed_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participant.id"],
            name=op.f("fk_participant_identity_participant_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant_identity")),
        sa.UniqueConstraint("participant_id", name=op.f("uq_participant_identity_participant_id")),
    )
    op.create_table(
        "result",
        sa.Column("id", KEY, nullable=False),
        sa.Column("lot_id", KEY, nullable=False),
        sa.Column("import_id", KEY, nullable=False),
        sa.Column("sample", PlainText(), nullable=False),
        sa.Column("test", PlainText(), nullable=False),
        sa.Column("method", PlainText(), nullable=False),
        sa.Column("replicate", sa.Integer(), nullable=False),
        sa.Column("reported", PlainText(), nullable=False),
        sa.Column("qualifier", PlainText(), nullable=False),
        sa.Column("number", ExactDecimal(15, 6), nullable=True),
        sa.Column("unit", PlainText(), nullable=False),
        sa.Column("tested_at", UtcInstant(), nullable=False),
        sa.Column("analyst", PlainText(), nullable=False),
        sa.Column("instrument", PlainText(), nullable=False),
        sa.Column("comment", PlainText(), nullable=False),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("recorded_by_id", KEY, nullable=False),
        sa.Column("review_signature_id", KEY, nullable=True),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'reviewed') = (review_signature_id IS NOT NULL)", name=op.f("ck_result_reviewed_with_signature")
        ),
        sa.CheckConstraint("qualifier IN ('', '<', '>')", name=op.f("ck_result_qualifier")),
        sa.CheckConstraint("status IN ('recorded', 'reviewed')", name=op.f("ck_result_status")),
        sa.ForeignKeyConstraint(
            ["import_id"], ["result_import.id"], name=op.f("fk_result_import_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_result_lot_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["person.id"], name=op.f("fk_result_recorded_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["review_signature_id"], ["signature.id"], name=op.f("fk_result_review_signature_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result")),
        sa.UniqueConstraint("lot_id", "test", "replicate", name=op.f("uq_result_lot_id_test_replicate")),
    )
    op.create_index("ix_result_import_id", "result", ["import_id"], unique=False)
    op.create_table(
        "unit",
        sa.Column("id", KEY, nullable=False),
        sa.Column("lot_id", KEY, nullable=False),
        sa.Column("number", PlainText(), nullable=False),
        sa.Column("kind", PlainText(), nullable=False),
        sa.Column("volume_ml", ExactDecimal(7, 1), nullable=False),
        sa.Column("viable_million_per_ml", ExactDecimal(9, 3), nullable=False),
        sa.Column("filled_at", UtcInstant(), nullable=False),
        sa.Column("filled_by_id", KEY, nullable=False),
        sa.Column("thaw_started_at", UtcInstant(), nullable=True),
        sa.Column("thawed_at", UtcInstant(), nullable=True),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('bag')", name=op.f("ck_unit_kind")),
        sa.CheckConstraint(
            "status IN ('filled', 'stored', 'allocated', 'issued', 'received', 'thawing', 'thawed', 'started', 'paused', 'completed', 'stopped_early', 'returned', 'wasted', 'destroyed')",
            name=op.f("ck_unit_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('thawing', 'thawed', 'started', 'paused', 'completed') OR thaw_started_at IS NOT NULL",
            name=op.f("ck_unit_thaw_has_start"),
        ),
        sa.CheckConstraint("thawed_at IS NULL OR thaw_started_at IS NOT NULL", name=op.f("ck_unit_thaw_in_order")),
        sa.CheckConstraint("viable_million_per_ml > 0", name=op.f("ck_unit_cells_positive")),
        sa.CheckConstraint("volume_ml > 0", name=op.f("ck_unit_volume_positive")),
        sa.ForeignKeyConstraint(
            ["filled_by_id"], ["person.id"], name=op.f("fk_unit_filled_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_unit_lot_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("number", name=op.f("uq_unit_number")),
    )
    op.create_index("ix_unit_lot_id", "unit", ["lot_id"], unique=False)
    op.create_table(
        "allocation",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("volume_to_give_ml", ExactDecimal(7, 1), nullable=False),
        sa.Column("viable_million_per_ml", ExactDecimal(9, 3), nullable=False),
        sa.Column("allocated_at", UtcInstant(), nullable=False),
        sa.Column("allocated_by_id", KEY, nullable=False),
        sa.Column("released_at", UtcInstant(), nullable=True),
        sa.CheckConstraint("volume_to_give_ml > 0", name=op.f("ck_allocation_volume_positive")),
        sa.ForeignKeyConstraint(
            ["allocated_by_id"], ["person.id"], name=op.f("fk_allocation_allocated_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_allocation_order_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_allocation_unit_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
    )
    op.create_index("ix_allocation_order_id", "allocation", ["order_id"], unique=False)
    op.create_index(
        "uq_allocation_unit",
        "allocation",
        ["unit_id"],
        unique=True,
        sqlite_where=sa.text("released_at IS NULL"),
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "handover",
        sa.Column("id", KEY, nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("kind", PlainText(), nullable=False),
        sa.Column("ward", PlainText(), nullable=False),
        sa.Column("given_by_id", KEY, nullable=False),
        sa.Column("taken_by_id", KEY, nullable=False),
        sa.Column("handed_over_at", UtcInstant(), nullable=False),
        sa.CheckConstraint("kind IN ('issue', 'receipt', 'return')", name=op.f("ck_handover_kind")),
        sa.CheckConstraint("given_by_id <> taken_by_id", name=op.f("ck_handover_two_people")),
        sa.ForeignKeyConstraint(
            ["given_by_id"], ["person.id"], name=op.f("fk_handover_given_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["taken_by_id"], ["person.id"], name=op.f("fk_handover_taken_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_handover_unit_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    op.create_index("ix_handover_unit_id", "handover", ["unit_id"], unique=False)
    op.create_table(
        "identity_check",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", PlainText(), nullable=False),
        sa.Column("result", PlainText(), nullable=False),
        sa.Column("blockers", PlainText(), nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("station", PlainText(), nullable=False),
        sa.Column("ward", PlainText(), nullable=False),
        sa.Column("unit_id", KEY, nullable=True),
        sa.Column("order_id", KEY, nullable=True),
        sa.Column("participant_id", KEY, nullable=True),
        sa.Column("unit_label_id", KEY, nullable=True),
        sa.Column("other_label_id", KEY, nullable=True),
        sa.Column("decided_at", UtcInstant(), nullable=False),
        sa.Column("valid_until", UtcInstant(), nullable=False),
        sa.CheckConstraint("kind IN ('thaw', 'bedside')", name=op.f("ck_identity_check_kind")),
        sa.CheckConstraint(
            "result = 'mismatch' OR (unit_id IS NOT NULL AND order_id IS NOT NULL)",
            name=op.f("ck_identity_check_match_names_bag_and_order"),
        ),
        sa.CheckConstraint("result IN ('match', 'mismatch')", name=op.f("ck_identity_check_result")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order.id"], name=op.f("fk_identity_check_order_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["other_label_id"],
            ["label_instance.id"],
            name=op.f("fk_identity_check_other_label_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_identity_check_participant_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_identity_check_person_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_identity_check_unit_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["unit_label_id"], ["label_instance.id"], name=op.f("fk_identity_check_unit_label_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_check")),
    )
    op.create_index("ix_identity_check_order_id", "identity_check", ["order_id"], unique=False)
    op.create_index("ix_identity_check_unit_id", "identity_check", ["unit_id"], unique=False)
    op.create_table(
        "placement",
        sa.Column("id", KEY, nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("place", PlainText(), nullable=False),
        sa.Column("placed_at", UtcInstant(), nullable=False),
        sa.Column("placed_by_id", KEY, nullable=False),
        sa.Column("taken_out_at", UtcInstant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["placed_by_id"], ["person.id"], name=op.f("fk_placement_placed_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_placement_unit_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placement")),
    )
    op.create_index(
        "uq_placement_unit",
        "placement",
        ["unit_id"],
        unique=True,
        sqlite_where=sa.text("taken_out_at IS NULL"),
        postgresql_where=sa.text("taken_out_at IS NULL"),
    )
    op.create_table(
        "infusion",
        sa.Column("id", KEY, nullable=False),
        sa.Column("unit_id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("participant_id", KEY, nullable=False),
        sa.Column("first_check_id", KEY, nullable=False),
        sa.Column("second_check_id", KEY, nullable=False),
        sa.Column("first_person_id", KEY, nullable=False),
        sa.Column("second_person_id", KEY, nullable=False),
        sa.Column("station", PlainText(), nullable=False),
        sa.Column("started_at", UtcInstant(), nullable=False),
        sa.Column("started_by_id", KEY, nullable=False),
        sa.Column("ended_at", UtcInstant(), nullable=True),
        sa.Column("volume_given_ml", ExactDecimal(7, 1), nullable=True),
        sa.Column("volume_left_ml", ExactDecimal(7, 1), nullable=True),
        sa.Column("closing_signature_id", KEY, nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (volume_given_ml IS NULL)", name=op.f("ck_infusion_ended_with_volume")
        ),
        sa.CheckConstraint("first_check_id <> second_check_id", name=op.f("ck_infusion_two_checks")),
        sa.CheckConstraint("first_person_id <> second_person_id", name=op.f("ck_infusion_two_people")),
        sa.CheckConstraint(
            "volume_given_ml IS NULL OR volume_given_ml >= 0", name=op.f("ck_infusion_given_not_negative")
        ),
        sa.CheckConstraint("volume_left_ml IS NULL OR volume_left_ml >= 0", name=op.f("ck_infusion_left_not_negative")),
        sa.ForeignKeyConstraint(
            ["closing_signature_id"],
            ["signature.id"],
            name=op.f("fk_infusion_closing_signature_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["first_check_id"], ["identity_check.id"], name=op.f("fk_infusion_first_check_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["first_person_id"], ["person.id"], name=op.f("fk_infusion_first_person_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_infusion_order_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participant.id"], name=op.f("fk_infusion_participant_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["second_check_id"], ["identity_check.id"], name=op.f("fk_infusion_second_check_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["second_person_id"], ["person.id"], name=op.f("fk_infusion_second_person_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["started_by_id"], ["person.id"], name=op.f("fk_infusion_started_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_infusion_unit_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_infusion")),
        sa.UniqueConstraint("first_check_id", name=op.f("uq_infusion_first_check_id")),
        sa.UniqueConstraint("second_check_id", name=op.f("uq_infusion_second_check_id")),
        sa.UniqueConstraint("unit_id", name=op.f("uq_infusion_unit_id")),
    )
    op.create_index("ix_infusion_participant_id", "infusion", ["participant_id"], unique=False)
    for table in APPEND_ONLY:
        append_only(op.get_bind(), table)
    for table in NEVER_DELETED:
        never_deleted(op.get_bind(), table)

"""The audit trail: records, their canonical form, replay and verification, and the page that reads them."""

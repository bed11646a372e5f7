"""The outside of back-ups: SQLite's online copy, PostgreSQL's own tools, files that appear whole or not at all."""

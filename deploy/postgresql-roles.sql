-- Makes the two roles and the database. PostgreSQL's own administrator runs it once, with both passwords in the
-- environment: COTRACK_OWNER_PASSWORD and COTRACK_APP_PASSWORD.
\set ON_ERROR_STOP on
\getenv owner_password COTRACK_OWNER_PASSWORD
\getenv app_password COTRACK_APP_PASSWORD

-- The server's log shall not hold the passwords.
SET log_statement = 'none';

-- The owner changes the schema, in `cotrack init` and nowhere else. The application reads and writes rows.
CREATE ROLE cotrack_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE cotrack_app LOGIN PASSWORD :'app_password';

CREATE DATABASE cotrack OWNER cotrack_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE cotrack FROM PUBLIC;
GRANT CONNECT ON DATABASE cotrack TO cotrack_app;

-- Where back-ups are tried; always empty but then. The application owns it, so that it needs no right to make databases.
CREATE DATABASE cotrack_scratch OWNER cotrack_app TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE cotrack_scratch FROM PUBLIC;

\connect cotrack
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO cotrack_owner;
GRANT USAGE ON SCHEMA public TO cotrack_app;

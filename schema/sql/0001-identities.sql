-- Who may talk to the fleet: people, hosts, their certificates and enrolment tokens.
-- Times are seconds since 1970, 0 means never. Types are SQLite's: INTEGER has 64 bits.

CREATE TABLE fleet (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	name TEXT NOT NULL,
	created INTEGER NOT NULL
);

CREATE TABLE users (
	name TEXT PRIMARY KEY NOT NULL,
	roles INTEGER NOT NULL,
	created INTEGER NOT NULL,
	enrolled INTEGER NOT NULL DEFAULT 0,
	revoked INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE hosts (
	name TEXT PRIMARY KEY NOT NULL,
	environment TEXT NOT NULL,
	public_key TEXT NOT NULL DEFAULT '',
	agent TEXT NOT NULL DEFAULT '',
	log_size INTEGER NOT NULL DEFAULT 0,
	created INTEGER NOT NULL,
	enrolled INTEGER NOT NULL DEFAULT 0,
	last_seen INTEGER NOT NULL DEFAULT 0,
	revoked INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX hosts_by_environment ON hosts (environment, name);

CREATE TABLE certificates (
	fingerprint BLOB PRIMARY KEY NOT NULL CHECK (length(fingerprint) = 32),
	kind TEXT NOT NULL CHECK (kind IN ('host', 'user')),
	name TEXT NOT NULL,
	serial TEXT NOT NULL,
	not_before INTEGER NOT NULL,
	not_after INTEGER NOT NULL,
	issued INTEGER NOT NULL,
	revoked INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX certificates_by_identity ON certificates (kind, name, not_after);

-- Only the digest of a token's secret is kept.
CREATE TABLE tokens (
	digest BLOB PRIMARY KEY NOT NULL CHECK (length(digest) = 32),
	kind TEXT NOT NULL CHECK (kind IN ('host', 'user')),
	name TEXT NOT NULL,
	created_by TEXT NOT NULL,
	created INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	used INTEGER NOT NULL DEFAULT 0,
	is_void INTEGER NOT NULL DEFAULT 0 CHECK (is_void IN (0, 1))
);
CREATE INDEX tokens_by_identity ON tokens (kind, name);

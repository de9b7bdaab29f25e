-- Sealed secrets: the envelope of each version, and its data key sealed to each who may open it.
-- None of this is of use without a recipient's private key.

CREATE TABLE secrets (
	digest TEXT PRIMARY KEY NOT NULL CHECK (length(digest) = 64),
	environment TEXT NOT NULL,
	name TEXT NOT NULL,
	version INTEGER NOT NULL CHECK (version > 0),
	body TEXT NOT NULL,
	author TEXT NOT NULL,
	created INTEGER NOT NULL,
	UNIQUE (environment, name, version)
);

CREATE TABLE secret_seals (
	secret TEXT NOT NULL REFERENCES secrets (digest),
	public_key BLOB NOT NULL CHECK (length(public_key) = 32),
	recipient TEXT NOT NULL,
	sealed BLOB NOT NULL CHECK (length(sealed) = 80),
	author TEXT NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (secret, public_key)
) WITHOUT ROWID;

-- The secrets that the bundles of a change pin; they may have been removed since.
CREATE TABLE change_secrets (
	secret TEXT NOT NULL,
	change_id INTEGER NOT NULL REFERENCES changes (id),
	PRIMARY KEY (secret, change_id)
) WITHOUT ROWID;

CREATE TRIGGER secrets_no_update BEFORE UPDATE ON secrets
BEGIN
	SELECT RAISE(ABORT, 'a version of a secret is immutable');
END;

-- TUF metadata files as they are served, every version; of timestamps the newest only.

CREATE TABLE tuf_files (
	role TEXT NOT NULL,
	version INTEGER NOT NULL CHECK (version > 0),
	expires INTEGER NOT NULL,
	content TEXT NOT NULL,
	sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
	created INTEGER NOT NULL,
	PRIMARY KEY (role, version)
);

-- The newest that each host vouches for in the audit log: its cosignature (C2SP tlog-cosignature) of
-- the checkpoint of this size.

CREATE TABLE cosignatures (
	host TEXT PRIMARY KEY NOT NULL REFERENCES hosts (name),
	size INTEGER NOT NULL CHECK (size > 0),
	made INTEGER NOT NULL,
	line TEXT NOT NULL
);
CREATE INDEX cosignatures_by_size ON cosignatures (size, host);

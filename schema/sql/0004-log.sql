-- The audit log: entries, the complete subtrees of its Merkle tree (RFC 6962; level 0 are the
-- leaf hashes), and the checkpoints that were signed.

CREATE TABLE log_entries (
	idx INTEGER PRIMARY KEY NOT NULL,
	entry TEXT NOT NULL
);

CREATE TABLE log_nodes (
	level INTEGER NOT NULL CHECK (level >= 0),
	idx INTEGER NOT NULL,
	hash BLOB NOT NULL CHECK (length(hash) = 32),
	PRIMARY KEY (level, idx)
) WITHOUT ROWID;

CREATE TABLE log_checkpoints (
	size INTEGER PRIMARY KEY NOT NULL,
	root BLOB NOT NULL CHECK (length(root) = 32),
	note TEXT NOT NULL,
	created INTEGER NOT NULL
);

-- Trees, changes, approvals, bundles, releases.

-- Contents of tree files by their SHA-256 (hexadecimal), each stored once.
CREATE TABLE blobs (
	digest TEXT PRIMARY KEY NOT NULL CHECK (length(digest) = 64),
	content TEXT NOT NULL
);

CREATE TABLE trees (
	digest TEXT PRIMARY KEY NOT NULL CHECK (length(digest) = 64),
	created INTEGER NOT NULL
);

CREATE TABLE tree_files (
	tree TEXT NOT NULL REFERENCES trees (digest),
	path TEXT NOT NULL,
	blob TEXT NOT NULL REFERENCES blobs (digest),
	PRIMARY KEY (tree, path)
) WITHOUT ROWID;

CREATE TABLE changes (
	id INTEGER PRIMARY KEY NOT NULL,
	tag TEXT NOT NULL UNIQUE,
	environment TEXT NOT NULL,
	number INTEGER NOT NULL CHECK (number > 0),
	base INTEGER NOT NULL CHECK (base >= 0 AND base < number),
	state TEXT NOT NULL CHECK (state IN ('open', 'released', 'rejected', 'stale')),
	author TEXT NOT NULL,
	message TEXT NOT NULL,
	source_commit TEXT,
	tree TEXT NOT NULL REFERENCES trees (digest),
	created INTEGER NOT NULL,
	document TEXT NOT NULL,
	metadata TEXT NOT NULL,
	role_version INTEGER NOT NULL CHECK (role_version > 0),
	threshold INTEGER NOT NULL CHECK (threshold > 0),
	rejected_by TEXT,
	rejection TEXT,
	rejected INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX changes_by_environment ON changes (environment, state, id);

CREATE TABLE approvals (
	change_id INTEGER NOT NULL REFERENCES changes (id),
	keyid TEXT NOT NULL,
	user_name TEXT NOT NULL,
	sig TEXT NOT NULL,
	at INTEGER NOT NULL,
	position INTEGER NOT NULL,
	PRIMARY KEY (change_id, keyid),
	UNIQUE (change_id, user_name)
);

-- Bundles by their leaf hash; a bundle that is the same in many releases is stored once.
CREATE TABLE bundles (
	leaf BLOB PRIMARY KEY NOT NULL CHECK (length(leaf) = 32),
	content TEXT NOT NULL
);

CREATE TABLE change_bundles (
	change_id INTEGER NOT NULL REFERENCES changes (id),
	idx INTEGER NOT NULL,
	instance TEXT NOT NULL,
	leaf BLOB NOT NULL REFERENCES bundles (leaf),
	PRIMARY KEY (change_id, idx),
	UNIQUE (change_id, instance)
) WITHOUT ROWID;

-- Inner nodes (level 1 and up) of the Merkle tree over a change's bundles.
CREATE TABLE change_nodes (
	change_id INTEGER NOT NULL REFERENCES changes (id),
	level INTEGER NOT NULL CHECK (level > 0),
	idx INTEGER NOT NULL,
	hash BLOB NOT NULL CHECK (length(hash) = 32),
	PRIMARY KEY (change_id, level, idx)
) WITHOUT ROWID;

CREATE TABLE releases (
	environment TEXT NOT NULL,
	number INTEGER NOT NULL CHECK (number > 0),
	change_id INTEGER NOT NULL UNIQUE REFERENCES changes (id),
	sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
	released INTEGER NOT NULL,
	PRIMARY KEY (environment, number)
);

-- Environments that the targets metadata delegates to, in its order.
CREATE TABLE environments (
	name TEXT PRIMARY KEY NOT NULL,
	position INTEGER NOT NULL
);

-- Which instances may be restarted now. A lease ends by itself; of a shard's members one has one.

CREATE TABLE leases (
	instance TEXT PRIMARY KEY NOT NULL, -- HOST/INSTANCE
	host TEXT NOT NULL REFERENCES hosts (name),
	environment TEXT NOT NULL,
	shard TEXT NOT NULL, -- GROUP/NUMBER; empty: it stands alone
	taken INTEGER NOT NULL,
	expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX leases_by_environment ON leases (environment, shard);

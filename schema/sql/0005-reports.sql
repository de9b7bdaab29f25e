-- The last that each host has said of its instances.

CREATE TABLE instances (
	host TEXT NOT NULL REFERENCES hosts (name),
	name TEXT NOT NULL,
	release_number INTEGER NOT NULL,
	generation TEXT NOT NULL,
	state TEXT NOT NULL,
	health TEXT NOT NULL,
	valkey TEXT NOT NULL,
	outcome TEXT NOT NULL,
	error TEXT NOT NULL,
	detail TEXT NOT NULL,
	reported INTEGER NOT NULL,
	PRIMARY KEY (host, name)
);

CREATE TABLE drifts (
	host TEXT NOT NULL,
	instance TEXT NOT NULL,
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	expected TEXT NOT NULL,
	actual TEXT NOT NULL,
	action TEXT NOT NULL,
	since INTEGER NOT NULL,
	PRIMARY KEY (host, instance, kind, name),
	FOREIGN KEY (host, instance) REFERENCES instances (host, name) ON DELETE CASCADE
);

-- Ids of the reports that came last, so that one that is sent again changes nothing.
CREATE TABLE reports (
	seq INTEGER PRIMARY KEY NOT NULL,
	host TEXT NOT NULL REFERENCES hosts (name),
	id TEXT NOT NULL,
	received INTEGER NOT NULL,
	UNIQUE (host, id)
);

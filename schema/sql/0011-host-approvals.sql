-- Waiting hosts that somebody has let in, by what was compared.

CREATE TABLE host_approvals (
	host TEXT PRIMARY KEY NOT NULL REFERENCES hosts (name),
	fingerprint TEXT NOT NULL,
	approved_by TEXT NOT NULL,
	approved INTEGER NOT NULL,
	expires INTEGER NOT NULL
);

-- Emergencies that people have announced: a signed statement for each name of an instance.

CREATE TABLE announcements (
	instance TEXT NOT NULL, -- HOST/INSTANCE
	name TEXT NOT NULL,
	host TEXT NOT NULL REFERENCES hosts (name),
	environment TEXT NOT NULL,
	ticket TEXT NOT NULL,
	announcer TEXT NOT NULL,
	begins INTEGER NOT NULL,
	until INTEGER NOT NULL,
	statement TEXT NOT NULL,
	keyid TEXT NOT NULL,
	sig TEXT NOT NULL,
	PRIMARY KEY (instance, name)
) WITHOUT ROWID;

-- Which audit log of the fleet this is. The first has no row. Another one begins where entries were lost
-- for good: with the first `size` entries of the one before, whose tree hash is `root`.

CREATE TABLE logs (
	number INTEGER PRIMARY KEY NOT NULL CHECK (number > 1),
	size INTEGER NOT NULL CHECK (size > 0),
	root BLOB NOT NULL CHECK (length(root) = 32),
	begun INTEGER NOT NULL
);

CREATE TRIGGER logs_no_update BEFORE UPDATE ON logs
BEGIN
	SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER logs_no_delete BEFORE DELETE ON logs
BEGIN
	SELECT RAISE(ABORT, 'the audit log is append-only');
END;

-- Roles that a user has in one environment; users.roles are those for all of them.

CREATE TABLE user_scopes (
	user_name TEXT NOT NULL REFERENCES users (name),
	environment TEXT NOT NULL,
	roles INTEGER NOT NULL CHECK (roles > 0),
	PRIMARY KEY (user_name, environment)
) WITHOUT ROWID;

-- Which environments a tree was submitted for: whoever has a role there may read it.
CREATE INDEX changes_by_tree ON changes (tree, environment);

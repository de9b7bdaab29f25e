-- What has been recorded stays as it was: the database itself refuses UPDATE and DELETE.
-- The one place where the schema leaves the SQL that engines share.

CREATE TRIGGER log_entries_in_order BEFORE INSERT ON log_entries
WHEN NEW.idx <> COALESCE((SELECT MAX(idx) FROM log_entries), -1) + 1
BEGIN
	SELECT RAISE(ABORT, 'the audit log has no gaps');
END;

CREATE TRIGGER log_entries_no_update BEFORE UPDATE ON log_entries
BEGIN
	SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER log_entries_no_delete BEFORE DELETE ON log_entries
BEGIN
	SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER log_nodes_no_update BEFORE UPDATE ON log_nodes
BEGIN
	SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER log_nodes_no_delete BEFORE DELETE ON log_nodes
BEGIN
	SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER log_checkpoints_no_update BEFORE UPDATE ON log_checkpoints
BEGIN
	SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER log_checkpoints_no_delete BEFORE DELETE ON log_checkpoints
BEGIN
	SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER releases_no_update BEFORE UPDATE ON releases
BEGIN
	SELECT RAISE(ABORT, 'a release is immutable');
END;

CREATE TRIGGER releases_no_delete BEFORE DELETE ON releases
BEGIN
	SELECT RAISE(ABORT, 'a release is immutable');
END;

CREATE TRIGGER approvals_no_update BEFORE UPDATE ON approvals
BEGIN
	SELECT RAISE(ABORT, 'an approval is immutable');
END;

CREATE TRIGGER approvals_no_delete BEFORE DELETE ON approvals
BEGIN
	SELECT RAISE(ABORT, 'an approval is immutable');
END;

CREATE TRIGGER changes_no_delete BEFORE DELETE ON changes
BEGIN
	SELECT RAISE(ABORT, 'a change is never removed');
END;

-- Only its state and its rejection may move on.
CREATE TRIGGER changes_no_update BEFORE UPDATE OF id, tag, environment, number, base, author, message,
	source_commit, tree, created, document, metadata, role_version, threshold ON changes
BEGIN
	SELECT RAISE(ABORT, 'the content of a change is immutable');
END;

CREATE TRIGGER changes_only_once BEFORE UPDATE OF state ON changes WHEN OLD.state <> 'open'
BEGIN
	SELECT RAISE(ABORT, 'a change is closed once');
END;

-- What an author's unreleased work takes on the disk, and what of it nobody needs any more.

ALTER TABLE trees ADD COLUMN author TEXT NOT NULL DEFAULT '';
-- Of all files, whether shared with other trees or not; 0 once they were cleaned up.
ALTER TABLE trees ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
UPDATE trees SET bytes = (SELECT COALESCE(SUM(length(b.content) + length(f.path)), 0)
	FROM tree_files f JOIN blobs b ON b.digest = f.blob WHERE f.tree = trees.digest);
CREATE INDEX trees_by_author ON trees (author);
CREATE INDEX tree_files_by_blob ON tree_files (blob);

-- Of document and metadata, and of bundles while the change can still become a release.
ALTER TABLE changes ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
CREATE INDEX changes_by_author ON changes (author, state);

CREATE INDEX change_bundles_by_leaf ON change_bundles (leaf);
DELETE FROM change_nodes WHERE change_id IN
	(SELECT id FROM changes WHERE state IN ('rejected', 'stale'));
DELETE FROM change_bundles WHERE change_id IN
	(SELECT id FROM changes WHERE state IN ('rejected', 'stale'));
DELETE FROM bundles WHERE NOT EXISTS
	(SELECT 1 FROM change_bundles c WHERE c.leaf = bundles.leaf);

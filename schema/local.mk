# The schema's history. A new step goes to the end; nothing in the list is ever edited or reordered.
SQL_MIGRATIONS = \
	schema/sql/0001-identities.sql \
	schema/sql/0002-changes.sql \
	schema/sql/0003-tuf.sql \
	schema/sql/0004-log.sql \
	schema/sql/0005-reports.sql \
	schema/sql/0006-append-only.sql \
	schema/sql/0007-cosignatures.sql \
	schema/sql/0008-secrets.sql \
	schema/sql/0009-logs.sql \
	schema/sql/0010-user-scopes.sql \
	schema/sql/0011-host-approvals.sql \
	schema/sql/0012-issuers.sql \
	schema/sql/0013-author-usage.sql \
	schema/sql/0014-host-warnings.sql \
	schema/sql/0015-leases.sql \
	schema/sql/0016-drift-causes.sql \
	schema/sql/0017-announcements.sql \
	schema/sql/0018-members.sql
EXTRA_DIST += schema/sql/embed.awk $(SQL_MIGRATIONS)

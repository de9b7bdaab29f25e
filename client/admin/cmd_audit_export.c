/* SPDX-License-Identifier: BSD-3-Clause */
/* The audit log for other systems: lines to standard output or a file, from any entry on. */
#include "config.h"

#include "client/admin/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/admin/audit_export.h"
#include "client/admin/audit_fetch.h"
#include "client/admin/audit_filter.h"
#include "client/admin/session.h"
#include "common/audit.h"

#include "common/banned.h"

struct export
{
	struct audit_filter filter;
	struct audit_style style;
	char host[AUDIT_HOST_BYTES];
	struct vk_buf line;
	FILE *out;
	const char *path; /* NULL: standard output */
	uint64_t written; /* lines */
};

/* The lines are for machines: the same with and without --json. */
static enum vk_rc export_entry(
	void *ctx, uint64_t index, const char *text, size_t len, struct vk_err *err)
{
	struct export *export = ctx;
	struct vk_audit_entry *entry = NULL;
	enum vk_rc rc = vk_audit_entry_parse(text, len, &entry, err);

	if (rc != VK_OK)
		return vk_err_prefix(err, rc, "entry %" PRIu64 " of the log", index);
	if (audit_filter_matches(&export->filter, entry)) {
		vk_buf_reset(&export->line);
		audit_export_line(&export->style, index, entry, &export->line);
		rc = vk_buf_check(&export->line, "an entry's line", err);
		if (rc == VK_OK)
			fwrite(export->line.data, 1, export->line.len, export->out);
		export->written++;
	}
	vk_audit_entry_free(entry);
	return rc;
}

/* A new file, or with --from what was begun is gone on with. */
static enum vk_rc open_output(struct export *export, bool is_resumed, struct vk_err *err)
{
	int fd;

	if (export->path == NULL)
		return VK_OK;
	fd = open(export->path, O_WRONLY | O_CREAT | O_CLOEXEC | (is_resumed ? O_APPEND : O_EXCL),
		0640);
	if (fd < 0 && errno == EEXIST) {
		vk_err_set(err, VK_ECONFLICT, "%s exists already", export->path);
		vk_err_hint(err, "--from INDEX goes on at its end with that entry");
		return VK_ECONFLICT;
	}
	export->out = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (export->out != NULL)
		return VK_OK;
	if (fd >= 0)
		close(fd);
	return vk_err_errno(err, VK_EIO, errno, "cannot open %s", export->path);
}

/* What was written is on the disk before anybody goes on from there. */
static enum vk_rc close_output(struct export *export, struct vk_err *err)
{
	bool is_ok;

	if (export->path == NULL || export->out == NULL)
		return VK_OK;
	is_ok = fflush(export->out) == 0 && fsync(fileno(export->out)) == 0;
	if (fclose(export->out) == 0 && is_ok)
		return VK_OK;
	return vk_err_errno(err, VK_EIO, errno, "cannot write %s", export->path);
}

static enum vk_rc export_from(struct export *export, struct session *session, uint64_t from,
	uint64_t *next, struct vk_err *err)
{
	uint64_t size = 0;
	enum vk_rc rc = audit_fetch_size(session, &size, err);

	if (rc == VK_OK && from > size) {
		vk_err_set(err, VK_EINPUT, "--from %" PRIu64 ": the log has %" PRIu64 " entries",
			from, size);
		vk_err_hint(err, "a log never shrinks: see vkcfg audit verify");
		rc = VK_EINPUT;
	}
	if (rc == VK_OK)
		rc = audit_fetch_entries(session, size, from, size, export_entry, export, err);
	*next = size;
	return rc;
}

enum vk_rc cmd_audit_export(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct export export = {.out = cli->out, .path = args_get(args, "out")};
	const bool is_resumed = args_has(args, "from");
	struct session *session = NULL;
	uint64_t from = 0, next = 0;
	enum vk_rc rc = audit_format_parse(args_get(args, "format"), &export.style.format, err);

	vk_buf_init(&export.line, AUDIT_LINE_MAX_BYTES);
	if (rc == VK_OK)
		rc = args_get_uint(args, "from", 0, INT64_MAX - 1, 0, &from, err);
	if (rc == VK_OK)
		rc = audit_filter_parse(args, &export.filter, err);
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK) {
		audit_host_of_url(session_identity(session)->server, export.host);
		export.style.host = export.host;
		export.style.fleet = session_identity(session)->fleet;
		rc = open_output(&export, is_resumed, err);
	}
	if (rc == VK_OK) {
		struct vk_err close_err = VK_ERR_INIT;

		rc = export_from(&export, session, from, &next, err);
		if (close_output(&export, &close_err) != VK_OK && rc == VK_OK) {
			*err = close_err;
			rc = close_err.rc;
		}
	}
	if (rc == VK_OK)
		cli_note(cli, "%" PRIu64 " lines; the next time: --from %" PRIu64, export.written,
			next);
	vk_buf_release(&export.line);
	session_free(session);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/audit_leaves.h"
#include "client/admin/session.h"
#include "client/admin/table.h"
#include "common/audit.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/note.h"

#include "common/banned.h"

enum {
	LOG_DEFAULT = 50,
	LOG_MAX = 1000000,
	PAGE_ENTRIES = 1000,
};

/* The server's checkpoint, signed by the log key that the root pins. Appends the note's text. */
static enum vk_rc fetch_checkpoint(struct session *session, struct vk_buf *note,
	struct note_checkpoint *out, struct vk_err *err)
{
	struct tuf_fleet fleet;
	enum vk_rc rc = session_fleet(session, &fleet, err);

	if (rc == VK_OK)
		rc = session_get_bytes(session, "/log/checkpoint", note, err);
	if (rc == VK_OK) {
		rc = note_verify_checkpoint(
			note->data, note->len, fleet.log_name, fleet.log_public, out, err);
		if (rc != VK_OK)
			vk_err_prefix(err, "the server's checkpoint");
	}
	return rc;
}

/* The checkpoint of the last time; found is false if there is none. */
static enum vk_rc load_checkpoint(struct session *session, struct note_checkpoint *out,
	bool *found, struct vk_err *err)
{
	char *path = home_path(session_home(session), "checkpoint");
	struct tuf_fleet fleet;
	struct vk_buf note;
	enum vk_rc rc;

	*found = false;
	vk_buf_init(&note, NOTE_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &note, err);
	if (rc == VK_ENOTFOUND) {
		rc = VK_OK;
	} else if (rc == VK_OK) {
		rc = session_fleet(session, &fleet, err);
		if (rc == VK_OK)
			rc = note_verify_checkpoint(note.data, note.len, fleet.log_name,
				fleet.log_public, out, err);
		if (rc == VK_OK)
			*found = true;
		else
			vk_err_prefix(err, "%s", path);
	}
	vk_buf_release(&note);
	free(path);
	return rc;
}

/* Calls add for each of the entries from..to-1, in order. */
static enum vk_rc fetch_entries(struct session *session, uint64_t from, uint64_t to,
	enum vk_rc (*add)(void *ctx, uint64_t index, const char *entry, struct vk_err *err),
	void *ctx, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	while (rc == VK_OK && from < to) {
		uint64_t limit = to - from < PAGE_ENTRIES ? to - from : PAGE_ENTRIES;
		char *target = xasprintf("/v1/audit?from=%" PRIu64 "&limit=%" PRIu64, from, limit);
		const struct vkjson *items = NULL;
		struct vkjson *page = NULL;

		rc = session_get(session, target, &page, err);
		if (rc == VK_OK)
			rc = vkjson_get_array(page, "items", &items, err);
		if (rc == VK_OK && (vkjson_count(items) == 0 || vkjson_count(items) > limit))
			rc = vk_err_set(err, VK_EUNTRUSTED,
				"the server's log ends at entry %" PRIu64 ", its checkpoint says %"
				PRIu64, from, to);
		for (size_t i = 0; rc == VK_OK && i < vkjson_count(items); i++) {
			const char *entry = NULL;

			rc = vkjson_get_string(vkjson_at(items, i), "entry", &entry, err);
			if (rc == VK_OK)
				rc = add(ctx, from++, entry, err);
		}
		vkjson_free(page);
		free(target);
	}
	return rc;
}

static enum vk_rc append_entry(void *ctx, uint64_t index, const char *entry, struct vk_err *err)
{
	struct vkjson *list = ctx;
	struct vkjson *item = NULL;
	enum vk_rc rc = vkjson_parse_canonical(entry, strlen(entry), &item, err);

	if (rc != VK_OK) {
		vk_err_prefix(err, "entry %" PRIu64 " of the log", index);
		return rc;
	}
	vkjson_set(item, "index", vkjson_int((int64_t)index));
	vkjson_append(list, item);
	return VK_OK;
}

/* Shows what the server says; `audit verify` proves it. */
enum vk_rc cmd_audit_log(struct cli *cli, const struct args *args, struct vk_err *err)
{
	static const struct table_column columns[] = {
		{"INDEX", "index", TABLE_NUMBER},
		{"AT", "at", TABLE_TIME},
		{"ACTOR", "actor", TABLE_TEXT},
		{"ACTION", "action", TABLE_TEXT},
		{"OBJECT", "object", TABLE_TEXT},
		{"RESULT", "result", TABLE_STATE},
		{"DETAIL", "detail", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};
	struct session *session = NULL;
	struct vkjson *list = vkjson_array();
	struct note_checkpoint checkpoint = {.size = 0};
	struct vk_buf note;
	uint64_t limit = 0;
	enum vk_rc rc;

	vk_buf_init(&note, NOTE_MAX_BYTES);
	rc = args_get_uint(args, "limit", 1, LOG_MAX, LOG_DEFAULT, &limit, err);
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = fetch_checkpoint(session, &note, &checkpoint, err);
	if (rc == VK_OK)
		rc = fetch_entries(session, checkpoint.size > limit ? checkpoint.size - limit : 0,
			checkpoint.size, append_entry, list, err);
	if (rc == VK_OK && !cli_print_json_list(cli, list))
		table_print(cli, columns, list, "the log is empty");
	vk_buf_release(&note);
	vkjson_free(list);
	session_free(session);
	return rc;
}

static enum vk_rc add_leaf(void *ctx, uint64_t index, const char *entry, struct vk_err *err)
{
	(void)index;
	return audit_leaves_add(ctx, entry, strlen(entry), err);
}

static void print_proof(const struct cli *cli, const struct note_checkpoint *now,
	const struct note_checkpoint *before, bool has_before)
{
	struct vkjson *result = vkjson_object();

	vkjson_set(result, "verified", vkjson_bool(true));
	vkjson_set(result, "size", vkjson_int((int64_t)now->size));
	vkjson_set(result, "root", vkjson_hex(now->root, sizeof(now->root)));
	if (has_before)
		vkjson_set(result, "previous_size", vkjson_int((int64_t)before->size));
	if (!cli_print_json(cli, result)) {
		cli_say_in(cli, CLI_GOOD, "verified: ");
		cli_say(cli, "%" PRIu64 " entries make the root of the signed checkpoint", now->size);
		if (has_before)
			cli_say(cli, ",\nand begin with the %" PRIu64 " entries of the last time",
				before->size);
		cli_say(cli, "\n");
	}
	vkjson_free(result);
}

enum vk_rc cmd_audit_verify(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct session *session = NULL;
	struct audit_leaves *leaves = audit_leaves_new();
	struct note_checkpoint now = {.size = 0};
	struct note_checkpoint before = {.size = 0};
	bool has_before = false;
	struct vk_buf note;
	enum vk_rc rc;

	(void)args;
	vk_buf_init(&note, NOTE_MAX_BYTES);
	rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = fetch_checkpoint(session, &note, &now, err);
	if (rc == VK_OK)
		rc = load_checkpoint(session, &before, &has_before, err);
	if (rc == VK_OK)
		rc = fetch_entries(session, 0, now.size, add_leaf, leaves, err);
	if (rc == VK_OK)
		rc = audit_leaves_check(leaves, &now, has_before ? &before : NULL, err);
	if (rc == VK_OK)
		rc = home_write(session_home(session), "checkpoint", note.data, note.len, err);
	if (rc == VK_OK)
		print_proof(cli, &now, &before, has_before);
	vk_buf_release(&note);
	audit_leaves_free(leaves);
	session_free(session);
	return rc;
}

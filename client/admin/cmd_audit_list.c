/* SPDX-License-Identifier: BSD-3-Clause */
/* The audit log as the server tells it; `audit verify` proves it. */
#include "config.h"

#include "client/admin/cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/admin/audit_fetch.h"
#include "client/admin/audit_filter.h"
#include "client/admin/session.h"
#include "client/admin/table.h"
#include "common/audit.h"

#include "common/banned.h"

enum {
	LOG_DEFAULT = 50,
	LOG_MAX = 1000000,
	STEP_ENTRIES = 1000, /* looked at in one go, backwards */
};

/* What goes over the entries: some are wanted. */
struct selection {
	struct audit_filter filter;
	struct vkjson *list; /* of the step at hand */
};

/* Parses; *out is NULL for an entry that is not wanted. */
static enum vk_rc select_entry(const struct selection *selection, uint64_t index, const char *text,
	size_t len, struct vk_audit_entry **out, struct vk_err *err)
{
	enum vk_rc rc = vk_audit_entry_parse(text, len, out, err);

	if (rc != VK_OK)
		return vk_err_prefix(err, rc, "entry %" PRIu64 " of the log", index);
	if (!audit_filter_matches(&selection->filter, *out)) {
		vk_audit_entry_free(*out);
		*out = NULL;
	}
	return VK_OK;
}

static enum vk_rc append_entry(
	void *ctx, uint64_t index, const char *text, size_t len, struct vk_err *err)
{
	struct selection *selection = ctx;
	struct vk_audit_entry *entry = NULL;
	struct vkjson *item = NULL;
	enum vk_rc rc = select_entry(selection, index, text, len, &entry, err);

	if (rc != VK_OK || entry == NULL)
		return rc;
	vk_audit_entry_free(entry);
	rc = vkjson_parse_canonical(text, len, &item, err);
	if (rc == VK_OK) {
		vkjson_set(item, "index", vkjson_int((int64_t)index));
		vkjson_append(selection->list, item);
	}
	return rc;
}

/* Takes the last of the step's entries, newest first, until there are limit. */
static void take_back(const struct vkjson *step, uint64_t limit, struct vkjson *newest_first)
{
	for (size_t i = vkjson_count(step); i > 0 && vkjson_count(newest_first) < limit; i--)
		vkjson_append(newest_first, vkjson_ref(vkjson_at(step, i - 1)));
}

/* The last limit entries that are wanted, in the order of the log; backwards, because they are
 * mostly near the end. */
static enum vk_rc find_last(struct selection *selection, struct session *session, uint64_t size,
	uint64_t limit, struct vkjson **out, struct vk_err *err)
{
	const uint64_t step =
		selection->filter.is_any && limit < STEP_ENTRIES ? limit : STEP_ENTRIES;
	struct vkjson *newest_first = vkjson_array();
	enum vk_rc rc = VK_OK;

	for (uint64_t to = size; rc == VK_OK && to > 0 && vkjson_count(newest_first) < limit;) {
		uint64_t from = to > step ? to - step : 0;

		selection->list = vkjson_array();
		rc = audit_fetch_entries(session, size, from, to, append_entry, selection, err);
		take_back(selection->list, limit, newest_first);
		vkjson_free(selection->list);
		to = from;
	}
	*out = vkjson_array();
	take_back(newest_first, limit, *out);
	vkjson_free(newest_first);
	return rc;
}

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
	struct selection selection = {.list = NULL};
	struct session *session = NULL;
	struct vkjson *list = NULL;
	uint64_t limit = 0, size = 0;
	enum vk_rc rc = args_get_uint(args, "limit", 1, LOG_MAX, LOG_DEFAULT, &limit, err);

	if (rc == VK_OK)
		rc = audit_filter_parse(args, &selection.filter, err);
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = audit_fetch_size(session, &size, err);
	if (rc == VK_OK)
		rc = find_last(&selection, session, size, limit, &list, err);
	if (rc == VK_OK && !cli_print_json_list(cli, list))
		table_print(cli, columns, list,
			selection.filter.is_any ? "the log is empty" : "no such entries");
	vkjson_free(list);
	session_free(session);
	return rc;
}

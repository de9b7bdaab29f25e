/* SPDX-License-Identifier: BSD-3-Clause */
/* What a key has signed, by the audit log: the question after a theft. */
#include "config.h"

#include "client/admin/cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/admin/audit_fetch.h"
#include "client/admin/session.h"
#include "client/admin/table.h"
#include "common/audit.h"
#include "common/digest.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { PREFIX_MIN = 8, PREFIX_MAX = VK_SHA256_HEX_BYTES - 1, CHANGE_MAX_BYTES = 32 };

struct search {
	const char *keyid; /* or its first digits */
	struct vkjson *items;
	struct vkjson *releases; /* "change/117" -> "release/prod/42" */
};

static bool is_key(const struct search *search, const struct vkjson *value)
{
	const char *text = vkjson_text(value);

	return text != NULL && strncmp(text, search->keyid, strlen(search->keyid)) == 0;
}

/* The roles that it has signed, in the detail of a publication: {"root":["<keyid>"]}. */
static void find_roles(
	const struct search *search, const struct vkjson *signers, struct vkjson *roles)
{
	for (struct vkjson_iter it = vkjson_iter(signers); vkjson_next(&it);) {
		for (size_t i = 0; i < vkjson_count(it.value); i++) {
			if (is_key(search, vkjson_at(it.value, i)))
				vkjson_append(roles, vkjson_string(it.name));
		}
	}
}

static void note_release(struct search *search, const struct vk_audit_entry *entry)
{
	char change[CHANGE_MAX_BYTES];
	int64_t id = 0;
	struct vk_err ignored = VK_ERR_INIT;

	if (strcmp(entry->action, "release.publish") != 0 &&
		strcmp(entry->action, "release.recover") != 0)
		return;
	if (vkjson_get_int(entry->detail, "change", 1, INT64_MAX, &id, &ignored) != VK_OK)
		return;
	snprintf(change, sizeof(change), "change/%" PRId64, id);
	vkjson_set(search->releases, change, vkjson_string(entry->object));
}

static void add_item(struct search *search, uint64_t index, const struct vk_audit_entry *entry,
	struct vkjson *roles)
{
	struct vkjson *item = vkjson_object();

	vkjson_set(item, "index", vkjson_int((int64_t)index));
	vkjson_set(item, "at", vkjson_time(entry->at));
	vkjson_set(item, "actor", vkjson_string(entry->actor));
	vkjson_set(item, "action", vkjson_string(entry->action));
	vkjson_set(item, "object", vkjson_string(entry->object));
	vkjson_set(item, "signed", vkjson_ref(roles));
	vkjson_append(search->items, item);
}

static enum vk_rc look_at(
	void *ctx, uint64_t index, const char *text, size_t len, struct vk_err *err)
{
	struct search *search = ctx;
	struct vk_audit_entry *entry = NULL;
	struct vkjson *roles;
	enum vk_rc rc = vk_audit_entry_parse(text, len, &entry, err);

	if (rc != VK_OK)
		return vk_err_prefix(err, rc, "entry %" PRIu64 " of the log", index);
	roles = vkjson_array();
	if (entry->detail != NULL) {
		note_release(search, entry);
		find_roles(search, vkjson_get(entry->detail, "signers"), roles);
		if (is_key(search, vkjson_get(entry->detail, "keyid")) || vkjson_count(roles) > 0)
			add_item(search, index, entry, roles);
	}
	vkjson_free(roles);
	vk_audit_entry_free(entry);
	return VK_OK;
}

/* What became of the changes that it has approved. */
static void add_releases(const struct search *search)
{
	for (size_t i = 0; i < vkjson_count(search->items); i++) {
		struct vkjson *item = vkjson_ref(vkjson_at(search->items, i));
		const char *change = vkjson_text(vkjson_get(item, "object"));
		const char *release = vkjson_text(vkjson_get(search->releases, change));

		vkjson_set(item, "release", vkjson_string(release != NULL ? release : ""));
		vkjson_free(item);
	}
}

static enum vk_rc check_keyid(const char *keyid, struct vk_err *err)
{
	size_t len = strlen(keyid);

	if (len >= PREFIX_MIN && len <= PREFIX_MAX && strspn(keyid, "0123456789abcdef") == len)
		return VK_OK;
	vk_err_set(err, VK_EINPUT, "'%s' is no key id: 8 to 64 hexadecimal digits", keyid);
	vk_err_hint(err, "'vkcfg env keys ENV' and 'vkcfg root show' list key ids");
	return VK_EINPUT;
}

static enum vk_rc search_log(struct search *search, struct session *session, struct vk_err *err)
{
	uint64_t size = 0;
	enum vk_rc rc = audit_fetch_size(session, &size, err);

	if (rc == VK_OK)
		rc = audit_fetch_entries(session, size, 0, size, look_at, search, err);
	return rc;
}

enum vk_rc cmd_key_audit(struct cli *cli, const struct args *args, struct vk_err *err)
{
	static const struct table_column columns[] = {
		{"INDEX", "index", TABLE_NUMBER},
		{"AT", "at", TABLE_TIME},
		{"ACTOR", "actor", TABLE_TEXT},
		{"ACTION", "action", TABLE_TEXT},
		{"OBJECT", "object", TABLE_TEXT},
		{"RELEASE", "release", TABLE_TEXT},
		{"SIGNED", "signed", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};
	struct search search = {
		.keyid = args_at(args, 0), .items = vkjson_array(), .releases = vkjson_object()};
	struct session *session = NULL;
	enum vk_rc rc = check_keyid(search.keyid, err);

	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = search_log(&search, session, err);
	if (rc == VK_OK) {
		add_releases(&search);
		if (!cli_print_json_list(cli, search.items))
			table_print(cli, columns, search.items,
				"the log knows of nothing that this key has signed");
	}
	vkjson_free(search.releases);
	vkjson_free(search.items);
	session_free(session);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_announcement.h"

#include <string.h>

#include "server/store/store_internal.h"

#include "common/banned.h"

static enum vk_rc forget_over(struct store *store, int64_t now, struct vk_err *err)
{
	struct db_stmt *q =
		db_prepare(store_db(store), "DELETE FROM announcements WHERE until <= ?");

	db_bind_int(q, now);
	return db_run(q, err);
}

static enum vk_rc check_count(struct store *store, const struct store_announcement *announcement,
	int64_t max, struct vk_err *err)
{
	struct db_stmt *q =
		db_prepare(store_db(store), "SELECT COUNT(*) FROM announcements WHERE host = ?"
					    " AND NOT (instance = ? AND name = ?)");
	int64_t count;
	enum vk_rc rc;

	db_bind_text(q, announcement->host);
	db_bind_text(q, announcement->instance);
	db_bind_text(q, announcement->name);
	count = db_step(q) ? db_get_int(q) : 0;
	rc = db_finish(q, err);
	if (rc == VK_OK && count >= max)
		return vk_err_set(err, VK_ELIMIT, "%lld announcements for host %s already",
			(long long)count, announcement->host);
	return rc;
}

enum vk_rc store_put_announcement(struct store *store,
	const struct store_announcement *announcement, int64_t max, int64_t now, struct vk_err *err)
{
	struct db_stmt *q;
	enum vk_rc rc = forget_over(store, now, err);

	if (rc == VK_OK)
		rc = check_count(store, announcement, max, err);
	if (rc != VK_OK)
		return rc;
	q = db_prepare(store_db(store),
		"INSERT INTO announcements (instance, name, host, environment, ticket, announcer,"
		" begins, until, statement, keyid, sig) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (instance, name) DO UPDATE SET environment = excluded.environment,"
		" ticket = excluded.ticket, announcer = excluded.announcer,"
		" begins = excluded.begins, until = excluded.until,"
		" statement = excluded.statement, keyid = excluded.keyid, sig = excluded.sig");
	db_bind_text(q, announcement->instance);
	db_bind_text(q, announcement->name);
	db_bind_text(q, announcement->host);
	db_bind_text(q, announcement->environment);
	db_bind_text(q, announcement->ticket);
	db_bind_text(q, announcement->announcer);
	db_bind_int(q, announcement->begins);
	db_bind_int(q, announcement->until);
	db_bind_text(q, announcement->statement);
	db_bind_text(q, announcement->keyid);
	db_bind_text(q, announcement->sig);
	return db_run(q, err);
}

enum vk_rc store_end_announcement(struct store *store, const char *environment,
	const char *instance, const char *name, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"DELETE FROM announcements WHERE environment = ? AND instance = ? AND name = ?");
	enum vk_rc rc;

	db_bind_text(q, environment);
	db_bind_text(q, instance);
	db_bind_text(q, name);
	rc = db_run(q, err);
	if (rc == VK_OK && db_changes(store_db(store)) == 0)
		return vk_err_set(err, VK_ENOTFOUND, "nothing is announced for %.100s of %.130s",
			name, instance);
	return rc;
}

static void read_announcement(
	struct db_stmt *q, struct arena *arena, struct store_announcement *out)
{
	out->instance = db_get_text(q, arena);
	out->name = db_get_text(q, arena);
	out->host = db_get_text(q, arena);
	out->environment = db_get_text(q, arena);
	out->ticket = db_get_text(q, arena);
	out->announcer = db_get_text(q, arena);
	out->begins = db_get_int(q);
	out->until = db_get_int(q);
	out->statement = db_get_text(q, arena);
	out->keyid = db_get_text(q, arena);
	out->sig = db_get_text(q, arena);
}

#define COLUMNS                                                                                    \
	"SELECT a.instance, a.name, a.host, a.environment, a.ticket, a.announcer, a.begins,"       \
	" a.until, a.statement, a.keyid, a.sig FROM announcements a"                               \
	" JOIN hosts h ON h.name = a.host AND h.revoked = 0 AND h.environment = a.environment"

/* HOST/INSTANCE and a name, with a blank between them. */
static enum vk_rc parse_cursor(const char *after, struct arena *arena, const char **instance,
	const char **name, struct vk_err *err)
{
	char *at = arena_strdup(arena, after != NULL ? after : " ");
	char *blank = strchr(at, ' ');

	if (blank == NULL)
		return vk_err_set(err, VK_EINPUT, "after: not a cursor of this list");
	*blank = '\0';
	*instance = at;
	*name = blank + 1;
	return VK_OK;
}

enum vk_rc store_list_announcements(struct store *store, const struct store_filter *filter,
	const struct store_page *page, int64_t now, struct arena *arena,
	struct store_announcement_list *out, struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, struct store_announcement);
	const char *instance = NULL, *name = NULL;
	const struct store_announcement *last;
	struct db_stmt *q;
	unsigned limit;
	bool is_more;
	enum vk_rc rc = store_page_limit(page, &limit, err);

	if (rc == VK_OK)
		rc = parse_cursor(page->after, arena, &instance, &name, err);
	if (rc != VK_OK)
		return rc;
	q = db_prepare(store_db(store), COLUMNS
		" WHERE (a.instance, a.name) > (?, ?) AND a.until > ?"
		" AND" STORE_FILTER_SQL("a.environment") " ORDER BY a.instance, a.name LIMIT ?");
	db_bind_text(q, instance);
	db_bind_text(q, name);
	db_bind_int(q, now);
	store_bind_filter(q, filter);
	db_bind_int(q, (int64_t)limit + 1);
	while ((is_more = db_step(q)) && list.count < limit)
		read_announcement(q, arena, store_array_add(&list));
	rc = db_finish(q, err);
	if (rc != VK_OK)
		return rc;
	out->items = list.items;
	out->count = list.count;
	last = list.count > 0 ? &out->items[list.count - 1] : NULL;
	out->next = is_more ? arena_printf(arena, "%s %s", last->instance, last->name) : NULL;
	return VK_OK;
}

enum vk_rc store_all_announcements(struct store *store, const char *environment, int64_t now,
	struct arena *arena, const struct store_announcement **items, size_t *count,
	struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, struct store_announcement);
	struct db_stmt *q = db_prepare(store_db(store),
		COLUMNS " WHERE a.environment = ? AND a.until > ? ORDER BY a.instance, a.name");

	db_bind_text(q, environment);
	db_bind_int(q, now);
	while (db_step(q))
		read_announcement(q, arena, store_array_add(&list));
	*items = list.items;
	*count = list.count;
	return db_finish(q, err);
}

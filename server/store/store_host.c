/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_host.h"

#include "server/store/store_certificate.h"
#include "server/store/store_cosignature.h"
#include "server/store/store_host_approval.h"
#include "server/store/store_instance.h"
#include "server/store/store_internal.h"
#include "server/store/store_token.h"

#include "common/banned.h"

static enum vk_rc no_host(const char *name, struct vk_err *err)
{
	return vk_err_set(err, VK_ENOTFOUND, "there is no host %s", name);
}

enum vk_rc store_add_host(struct store *store, const char *name, const char *environment,
	int64_t now, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"INSERT INTO hosts (name, environment, created) VALUES (?, ?, ?)"
		" ON CONFLICT (name) DO UPDATE SET environment = excluded.environment,"
		" enrolled = 0, revoked = 0, public_key = ''"
		" WHERE hosts.revoked <> 0 OR hosts.enrolled = 0");
	enum vk_rc rc;

	db_bind_text(q, name);
	db_bind_text(q, environment);
	db_bind_int(q, now);
	rc = db_run(q, err);
	if (rc == VK_OK && db_changes(store_db(store)) == 0)
		return vk_err_set(err, VK_ECONFLICT, "there is a host %s already", name);
	return rc == VK_OK ? store_remove_host_approval(store, name, err) : rc;
}

/* Runs an update of one host. */
static enum vk_rc run_update(
	struct store *store, struct db_stmt *q, const char *name, struct vk_err *err)
{
	enum vk_rc rc = db_run(q, err);

	if (rc == VK_OK && db_changes(store_db(store)) == 0)
		return no_host(name, err);
	return rc;
}

enum vk_rc store_set_host_enrolled(struct store *store, const char *name, const char *public_key,
	int64_t now, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"UPDATE hosts SET public_key = ?, enrolled = ?, last_seen = ?, revoked = 0"
		" WHERE name = ?");
	enum vk_rc rc;

	db_bind_text(q, public_key);
	db_bind_int(q, now);
	db_bind_int(q, now);
	db_bind_text(q, name);
	rc = run_update(store, q, name, err);
	return rc == VK_OK ? store_remove_cosignature(store, name, err) : rc;
}

enum vk_rc store_set_host_seen(
	struct store *store, const char *name, int64_t now, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"UPDATE hosts SET last_seen = CASE WHEN last_seen < ? THEN ? ELSE last_seen END"
		" WHERE name = ?");

	db_bind_int(q, now);
	db_bind_int(q, now);
	db_bind_text(q, name);
	return run_update(store, q, name, err);
}

#define HOST_SELECT                                                                                \
	"SELECT name, environment, public_key, warning, agent, created, enrolled, last_seen, revoked,"      \
	" COALESCE((SELECT MAX(c.not_after) FROM certificates c WHERE c.kind = 'host'"             \
	" AND c.name = h.name AND c.revoked = 0), 0), COALESCE(w.size, 0), COALESCE(w.made, 0)"    \
	" FROM hosts h LEFT JOIN cosignatures w ON w.host = h.name"

static void read_host(struct db_stmt *q, struct arena *arena, struct store_host *host)
{
	host->name = db_get_text(q, arena);
	host->environment = db_get_text(q, arena);
	host->public_key = db_get_text(q, arena);
	host->warning = db_get_text(q, arena);
	host->agent = db_get_text(q, arena);
	host->created = db_get_int(q);
	host->enrolled = db_get_int(q);
	host->last_seen = db_get_int(q);
	host->revoked = db_get_int(q);
	host->certificate_expires = db_get_int(q);
	host->witnessed = db_get_int(q);
	host->witnessed_at = db_get_int(q);
}

/* One text of one host: the statement's only column. */
static enum vk_rc get_text(struct db_stmt *q, const char *name, struct arena *arena,
	const char **out, struct vk_err *err)
{
	const char *text = NULL;
	enum vk_rc rc;

	db_bind_text(q, name);
	if (db_step(q))
		text = db_get_text(q, arena);
	rc = db_finish(q, err);
	if (rc == VK_OK && text == NULL)
		return no_host(name, err);
	if (rc == VK_OK)
		*out = text;
	return rc;
}

enum vk_rc store_get_host_environment(struct store *store, const char *name, struct arena *arena,
	const char **out, struct vk_err *err)
{
	return get_text(
		db_prepare(store_db(store), "SELECT environment FROM hosts WHERE name = ?"), name,
		arena, out, err);
}

enum vk_rc store_get_host_key(struct store *store, const char *name, struct arena *arena,
	const char **out, struct vk_err *err)
{
	return get_text(db_prepare(store_db(store), "SELECT public_key FROM hosts WHERE name = ?"),
		name, arena, out, err);
}

static enum vk_rc get_host(struct store *store, const char *name, struct arena *arena,
	struct store_host *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store), HOST_SELECT " WHERE name = ?");
	struct store_host host = {0};
	enum vk_rc rc;

	db_bind_text(q, name);
	if (db_step(q))
		read_host(q, arena, &host);
	rc = db_finish(q, err);
	if (rc != VK_OK)
		return rc;
	if (host.name == NULL)
		return no_host(name, err);
	rc = store_read_instances(
		store, host.name, arena, &host.instances, &host.instance_count, err);
	if (rc == VK_OK)
		*out = host;
	return rc;
}

enum vk_rc store_get_host(struct store *store, const char *name, struct arena *arena,
	struct store_host *out, struct vk_err *err)
{
	bool is_begun;
	enum vk_rc rc = db_begin_read(store_db(store), &is_begun, err);

	if (rc != VK_OK)
		return rc;
	rc = get_host(store, name, arena, out, err);
	db_end_read(store_db(store), is_begun);
	return rc;
}

enum vk_rc store_revoke_host(struct store *store, const char *name, int64_t now, struct vk_err *err)
{
	struct store_host host;
	struct arena *arena = arena_new();
	struct db_stmt *q;
	enum vk_rc rc = get_host(store, name, arena, &host, err);

	if (rc == VK_OK && host.revoked != 0)
		rc = vk_err_set(err, VK_ECONFLICT, "host %s is revoked already", name);
	arena_free(arena);
	if (rc != VK_OK)
		return rc;
	q = db_prepare(store_db(store), "UPDATE hosts SET revoked = ? WHERE name = ?");
	db_bind_int(q, now);
	db_bind_text(q, name);
	rc = db_run(q, err);
	if (rc == VK_OK)
		rc = store_revoke_certificates(store, IDENTITY_HOST, name, now, err);
	if (rc == VK_OK)
		rc = store_void_tokens(store, IDENTITY_HOST, name, err);
	if (rc == VK_OK)
		rc = store_remove_host_approval(store, name, err);
	return rc;
}

static enum vk_rc list_hosts(struct store *store, const struct store_filter *filter,
	const char *after, unsigned limit, struct arena *arena, struct store_host_list *out, struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, struct store_host);
	struct db_stmt *q = db_prepare(store_db(store), HOST_SELECT
		" WHERE name > ? AND" STORE_FILTER_SQL("environment") " ORDER BY name LIMIT ?");
	bool is_more;
	enum vk_rc rc;

	db_bind_text(q, after);
	store_bind_filter(q, filter);
	db_bind_int(q, (int64_t)limit + 1);
	while ((is_more = db_step(q)) && list.count < limit)
		read_host(q, arena, store_array_add(&list));
	rc = db_finish(q, err);
	for (size_t i = 0; rc == VK_OK && i < list.count; i++) {
		struct store_host *host = (struct store_host *)list.items + i;

		rc = store_read_instances(
			store, host->name, arena, &host->instances, &host->instance_count, err);
	}
	if (rc != VK_OK)
		return rc;
	out->items = list.items;
	out->count = list.count;
	out->next = is_more ? out->items[list.count - 1].name : NULL;
	return VK_OK;
}

enum vk_rc store_list_hosts(struct store *store, const struct store_filter *filter,
	const struct store_page *page, struct arena *arena, struct store_host_list *out,
	struct vk_err *err)
{
	unsigned limit;
	bool is_begun;
	enum vk_rc rc = store_page_limit(page, &limit, err);

	if (rc == VK_OK)
		rc = db_begin_read(store_db(store), &is_begun, err);
	if (rc != VK_OK)
		return rc;
	rc = list_hosts(store, filter, page->after != NULL ? page->after : "", limit, arena, out,
		err);
	db_end_read(store_db(store), is_begun);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/store/store_user.h"

#include <string.h>

#include "server/store/store_certificate.h"
#include "server/store/store_internal.h"
#include "server/store/store_token.h"

#include "common/banned.h"

static enum vk_rc no_user(const char *name, struct vk_err *err)
{
	return vk_err_set(err, VK_ENOTFOUND, "there is no user %s", name);
}

static void read_user(struct db_stmt *q, struct arena *arena, struct store_user *user)
{
	user->name = db_get_text(q, arena);
	user->roles = (unsigned)db_get_int(q) & ROLE_ALL;
	user->created = db_get_int(q);
	user->enrolled = db_get_int(q);
	user->revoked = db_get_int(q);
}

static enum vk_rc remove_scopes(struct store *store, const char *name, struct vk_err *err)
{
	struct db_stmt *q =
		db_prepare(store_db(store), "DELETE FROM user_scopes WHERE user_name = ?");

	db_bind_text(q, name);
	return db_run(q, err);
}

static enum vk_rc read_scopes(
	struct store *store, struct arena *arena, struct store_user *user, struct vk_err *err)
{
	struct store_array list = STORE_ARRAY(arena, struct identity_scope);
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT environment, roles FROM user_scopes WHERE user_name = ?"
		" ORDER BY environment");

	db_bind_text(q, user->name);
	while (db_step(q)) {
		struct identity_scope *scope = store_array_add(&list);

		scope->environment = db_get_text(q, arena);
		scope->roles = (unsigned)db_get_int(q) & ROLE_ALL & ~(unsigned)ROLE_FLEET_ONLY;
	}
	user->scopes = list.items;
	user->scope_count = list.count;
	return db_finish(q, err);
}

/* When a user who is added now begins to be: later than every approval of his name, however fast he
 * was revoked and added again, and however the clock was set. */
static enum vk_rc beginning(
	struct store *store, const char *name, int64_t now, int64_t *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(
		store_db(store), "SELECT COALESCE(MAX(at), 0) FROM approvals WHERE user_name = ?");
	int64_t last = 0;
	enum vk_rc rc;

	db_bind_text(q, name);
	if (db_step(q))
		last = db_get_int(q);
	rc = db_finish(q, err);
	if (rc == VK_OK)
		*out = last >= now ? last + 1 : now;
	return rc;
}

enum vk_rc store_add_user(
	struct store *store, const char *name, unsigned roles, int64_t now, struct vk_err *err)
{
	int64_t created = 0;
	enum vk_rc rc = beginning(store, name, now, &created, err);
	struct db_stmt *q;

	if (rc != VK_OK)
		return rc;
	q = db_prepare(store_db(store), "INSERT INTO users (name, roles, created) VALUES (?, ?, ?)"
					" ON CONFLICT (name) DO UPDATE SET roles = excluded.roles,"
					" created = excluded.created, enrolled = 0, revoked = 0"
					" WHERE users.revoked <> 0 OR users.enrolled = 0");
	db_bind_text(q, name);
	db_bind_int(q, roles);
	db_bind_int(q, created);
	rc = db_run(q, err);
	if (rc == VK_OK && db_changes(store_db(store)) == 0)
		return vk_err_set(err, VK_ECONFLICT, "there is a user %s already", name);
	return rc == VK_OK ? remove_scopes(store, name, err) : rc;
}

/* Runs an update of one user. */
static enum vk_rc run_update(
	struct store *store, struct db_stmt *q, const char *name, struct vk_err *err)
{
	enum vk_rc rc = db_run(q, err);

	if (rc == VK_OK && db_changes(store_db(store)) == 0)
		return no_user(name, err);
	return rc;
}

static enum vk_rc add_scope(struct store *store, const char *name,
	const struct identity_scope *scope, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"INSERT INTO user_scopes (user_name, environment, roles) VALUES (?, ?, ?)");

	db_bind_text(q, name);
	db_bind_text(q, scope->environment);
	db_bind_int(q, scope->roles);
	return db_run(q, err);
}

enum vk_rc store_set_user_roles(struct store *store, const char *name, unsigned roles,
	const struct identity_scope *scopes, size_t count, struct vk_err *err)
{
	struct db_stmt *q =
		db_prepare(store_db(store), "UPDATE users SET roles = ? WHERE name = ?");
	enum vk_rc rc;

	db_bind_int(q, roles);
	db_bind_text(q, name);
	rc = run_update(store, q, name, err);
	if (rc == VK_OK)
		rc = remove_scopes(store, name, err);
	for (size_t i = 0; rc == VK_OK && i < count; i++)
		rc = add_scope(store, name, &scopes[i], err);
	return rc;
}

enum vk_rc store_has_other_admin(
	struct store *store, const char *name, bool *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT 1 FROM users WHERE name <> ? AND (roles & ?) <> 0 AND revoked = 0"
		" AND enrolled <> 0 LIMIT 1");
	bool has_one;
	enum vk_rc rc;

	db_bind_text(q, name);
	db_bind_int(q, ROLE_ADMIN);
	has_one = db_step(q);
	rc = db_finish(q, err);
	if (rc == VK_OK)
		*out = has_one;
	return rc;
}

enum vk_rc store_set_user_enrolled(
	struct store *store, const char *name, int64_t now, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(
		store_db(store), "UPDATE users SET enrolled = ?, revoked = 0 WHERE name = ?");

	db_bind_int(q, now);
	db_bind_text(q, name);
	return run_update(store, q, name, err);
}

enum vk_rc store_revoke_user(struct store *store, const char *name, int64_t now, struct vk_err *err)
{
	struct store_user user;
	struct arena *arena = arena_new();
	struct db_stmt *q;
	enum vk_rc rc = store_get_user(store, name, arena, &user, err);

	if (rc == VK_OK && user.revoked != 0)
		rc = vk_err_set(err, VK_ECONFLICT, "user %s is revoked already", name);
	arena_free(arena);
	if (rc != VK_OK)
		return rc;
	q = db_prepare(store_db(store), "UPDATE users SET revoked = ? WHERE name = ?");
	db_bind_int(q, now);
	db_bind_text(q, name);
	rc = db_run(q, err);
	if (rc == VK_OK)
		rc = store_revoke_certificates(store, IDENTITY_USER, name, now, err);
	if (rc == VK_OK)
		rc = store_void_tokens(store, IDENTITY_USER, name, err);
	return rc;
}

enum vk_rc store_get_user(struct store *store, const char *name, struct arena *arena,
	struct store_user *out, struct vk_err *err)
{
	struct db_stmt *q = db_prepare(store_db(store),
		"SELECT name, roles, created, enrolled, revoked FROM users WHERE name = ?");
	struct store_user user = {0};
	enum vk_rc rc;

	db_bind_text(q, name);
	if (db_step(q))
		read_user(q, arena, &user);
	rc = db_finish(q, err);
	if (rc != VK_OK)
		return rc;
	if (user.name == NULL)
		return no_user(name, err);
	rc = read_scopes(store, arena, &user, err);
	if (rc == VK_OK)
		*out = user;
	return rc;
}

enum vk_rc store_list_users(struct store *store, const struct store_page *page, struct arena *arena,
	struct store_user_list *out, struct vk_err *err)
{
	struct store_array users = STORE_ARRAY(arena, struct store_user);
	struct db_stmt *q;
	const char *last = NULL;
	unsigned limit;
	bool is_more;
	enum vk_rc rc = store_page_limit(page, &limit, err);

	if (rc != VK_OK)
		return rc;
	q = db_prepare(store_db(store),
		"SELECT name, roles, created, enrolled, revoked FROM users WHERE name > ?"
		" ORDER BY name LIMIT ?");
	db_bind_text(q, page->after != NULL ? page->after : "");
	db_bind_int(q, (int64_t)limit + 1);
	while ((is_more = db_step(q)) && users.count < limit) {
		struct store_user *user = store_array_add(&users);

		read_user(q, arena, user);
		last = user->name;
	}
	rc = db_finish(q, err);
	for (size_t i = 0; rc == VK_OK && i < users.count; i++)
		rc = read_scopes(store, arena, (struct store_user *)users.items + i, err);
	if (rc == VK_OK)
		*out = (struct store_user_list){users.items, users.count, is_more ? last : NULL};
	return rc;
}

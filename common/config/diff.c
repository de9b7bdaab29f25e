/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/diff.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "common/config/diff_internal.h"
#include "common/mem.h"
#include "common/placeholder.h"

#include "common/banned.h"

void cfg_diff_free(struct cfg_diff *diff)
{
	if (diff == NULL)
		return;
	free(diff->changes);
	arena_free(diff->arena);
	free(diff);
}

/* ---- the two sides ---- */

static void side_release(struct cfg_diff_side *side)
{
	vk_bundle_free(side->bundle);
	cfg_conf_values_free(side->values);
	cfg_conf_values_free(side->sealed);
	cfg_acl_free(side->acl);
}

static enum vk_rc read_conf(const struct vk_bundle *bundle, const char *path,
	struct cfg_conf_values **out, struct vk_err *err)
{
	const struct vk_bundle_file *file = vk_bundle_find(bundle, path);
	struct cfg_conf *conf;
	enum vk_rc rc;

	if (file == NULL)
		return VK_OK;
	rc = cfg_conf_parse(path, file->text, strlen(file->text), &conf, err);
	if (rc != VK_OK)
		return rc;
	rc = cfg_conf_effective(conf, bundle->valkey, out, err);
	cfg_conf_free(conf);
	return rc;
}

static enum vk_rc side_read(
	const char *text, size_t len, struct cfg_diff_side *side, struct vk_err *err)
{
	const struct vk_bundle_file *file;
	enum vk_rc rc;

	if (text == NULL)
		return VK_OK;
	rc = vk_bundle_parse(text, len, &side->bundle, err);
	if (rc == VK_OK)
		rc = read_conf(side->bundle, VK_BUNDLE_CONF, &side->values, err);
	/* The lines of a Sentinel name groups, not values: its files are compared as texts. */
	if (rc == VK_OK && side->bundle->kind == VK_KIND_VALKEY)
		rc = read_conf(side->bundle, VK_BUNDLE_SECRETS, &side->sealed, err);
	if (rc != VK_OK)
		return rc;
	side->version = side->bundle->valkey;
	file = vk_bundle_find(side->bundle, VK_BUNDLE_ACL);
	return file != NULL ? cfg_acl_parse(VK_BUNDLE_ACL, file->text, strlen(file->text),
				      &side->acl, err)
			    : VK_OK;
}

/* ---- changes ---- */

/* With its NUL: a text ends where it ends. An absent one is another thing than an empty one. */
static void digest_text(struct cfg_diff *diff, const char *text)
{
	vk_sha256_add(&diff->stream, text != NULL ? "+" : "-", 1);
	if (text != NULL)
		vk_sha256_add(&diff->stream, text, strlen(text) + 1);
}

void cfg_diff_add_raw(struct cfg_diff *diff, const char *old_raw, const char *new_raw)
{
	digest_text(diff, old_raw);
	digest_text(diff, new_raw);
}

struct cfg_change *cfg_diff_add(struct cfg_diff *diff, enum cfg_change_kind kind, const char *name,
	const char *old_text, const char *new_text)
{
	struct arena *arena = diff->arena;
	const uint8_t kind_byte = (uint8_t)kind;

	if (diff->count % 64 == 0)
		diff->changes =
			xreallocarray(diff->changes, diff->count + 64, sizeof(*diff->changes));
	diff->changes[diff->count] = (struct cfg_change){
		.kind = kind,
		.name = arena_strdup(arena, name),
		.old_text = old_text != NULL ? arena_strdup(arena, old_text) : NULL,
		.new_text = new_text != NULL ? arena_strdup(arena, new_text) : NULL,
		.way = CFG_WAY_LIVE,
	};
	vk_sha256_add(&diff->stream, &kind_byte, 1);
	digest_text(diff, name);
	cfg_diff_add_raw(diff, old_text, new_text);
	return &diff->changes[diff->count++];
}

const char *cfg_diff_secret_name(struct cfg_diff *diff, const char *text)
{
	struct vk_placeholder found;

	if (text == NULL || !vk_placeholder_find(text, &found) || !found.is_valid ||
		found.start != text || text[found.len] != '\0')
		return NULL;
	return arena_printf(diff->arena, "secret:%s", found.name);
}

static void compare_word(struct cfg_diff *diff, enum cfg_change_kind kind, const char *name,
	const char *old_text, const char *new_text)
{
	if (old_text == NULL || new_text == NULL || strcmp(old_text, new_text) != 0)
		cfg_diff_add(diff, kind, name, old_text, new_text);
}

enum {
	UNMANAGED_MAX_BYTES = (VK_BUNDLE_MAX_PATTERNS + 1) * (VK_BUNDLE_PATTERN_MAX_BYTES + 2),
	BAKE_BYTES = 24,
	HEALTH_MAX_BYTES = 512,
	OPTIONAL_MAX_BYTES = VK_BUNDLE_MAX_DRIFT_RULES * (VK_BUNDLE_PATTERN_MAX_BYTES + 16),
};

static void compare_unmanaged(
	struct cfg_diff *diff, const struct vk_bundle *a, const struct vk_bundle *b)
{
	struct vk_buf old_text, new_text;

	vk_buf_init(&old_text, UNMANAGED_MAX_BYTES);
	vk_buf_init(&new_text, UNMANAGED_MAX_BYTES);
	if (a != NULL)
		vk_bundle_unmanaged_format(a, &old_text);
	if (b != NULL)
		vk_bundle_unmanaged_format(b, &new_text);
	compare_word(diff, CFG_CHANGE_APPLY, "unmanaged-users", a != NULL ? old_text.data : NULL,
		b != NULL ? new_text.data : NULL);
	vk_buf_release(&old_text);
	vk_buf_release(&new_text);
}

/* A new or removed instance shows it only where it is said. */
static void compare_data_loss(
	struct cfg_diff *diff, const struct vk_bundle *a, const struct vk_bundle *b)
{
	bool is_old = a != NULL && a->allows_data_loss;
	bool is_new = b != NULL && b->allows_data_loss;

	if (is_old != is_new)
		cfg_diff_add(diff, CFG_CHANGE_APPLY, "allow-data-loss",
			a == NULL ? NULL
			: is_old  ? "true"
				  : "false",
			b == NULL ? NULL
			: is_new  ? "true"
				  : "false");
}

static void compare_bake(
	struct cfg_diff *diff, const struct vk_bundle *a, const struct vk_bundle *b)
{
	int64_t old = a != NULL ? a->bake_s : 0, new = b != NULL ? b->bake_s : 0;
	char old_text[BAKE_BYTES], new_text[BAKE_BYTES];

	if (old == new)
		return;
	snprintf(old_text, sizeof(old_text), "%llds", (long long)old);
	snprintf(new_text, sizeof(new_text), "%llds", (long long)new);
	cfg_diff_add(diff, CFG_CHANGE_APPLY, "bake", a != NULL ? old_text : NULL,
		b != NULL ? new_text : NULL);
}

static void compare_health(
	struct cfg_diff *diff, const struct vk_bundle *a, const struct vk_bundle *b)
{
	struct vk_buf old_text, new_text;

	vk_buf_init(&old_text, HEALTH_MAX_BYTES);
	vk_buf_init(&new_text, HEALTH_MAX_BYTES);
	if (a != NULL)
		vk_health_format(&a->health, &old_text);
	if (b != NULL)
		vk_health_format(&b->health, &new_text);
	if (old_text.len + new_text.len > 0)
		compare_word(diff, CFG_CHANGE_APPLY, "health",
			old_text.len > 0 ? old_text.data : NULL,
			new_text.len > 0 ? new_text.data : NULL);
	vk_buf_release(&old_text);
	vk_buf_release(&new_text);
}

/* What only some bundles say at all. */
static void compare_optional(struct cfg_diff *diff, const struct vk_bundle *a,
	const struct vk_bundle *b, const char *name,
	void (*format)(const struct vk_bundle *bundle, struct vk_buf *out))
{
	struct vk_buf old_text, new_text;

	vk_buf_init(&old_text, OPTIONAL_MAX_BYTES);
	vk_buf_init(&new_text, OPTIONAL_MAX_BYTES);
	if (a != NULL)
		format(a, &old_text);
	if (b != NULL)
		format(b, &new_text);
	if (old_text.len + new_text.len > 0)
		compare_word(diff, CFG_CHANGE_APPLY, name, old_text.len > 0 ? old_text.data : NULL,
			new_text.len > 0 ? new_text.data : NULL);
	vk_buf_release(&old_text);
	vk_buf_release(&new_text);
}

static void compare_policies(
	struct cfg_diff *diff, const struct vk_bundle *a, const struct vk_bundle *b)
{
	compare_data_loss(diff, a, b);
	compare_bake(diff, a, b);
	compare_word(diff, CFG_CHANGE_APPLY, "drift",
		a != NULL ? vk_bundle_drift_name(a->drift) : NULL,
		b != NULL ? vk_bundle_drift_name(b->drift) : NULL);
	compare_optional(diff, a, b, "drift-of", vk_bundle_drift_rules_format);
	compare_health(diff, a, b);
	compare_word(diff, CFG_CHANGE_APPLY, "restart",
		a != NULL ? vk_bundle_restart_name(a->restart) : NULL,
		b != NULL ? vk_bundle_restart_name(b->restart) : NULL);
	compare_optional(diff, a, b, "restart-window", vk_bundle_windows_format);
	compare_unmanaged(diff, a, b);
	if (a == NULL || b == NULL || strcmp(a->valkey, b->valkey) != 0)
		cfg_diff_add(diff, CFG_CHANGE_VERSION, "valkey", a != NULL ? a->valkey : NULL,
			b != NULL ? b->valkey : NULL)
			->way = CFG_WAY_RESTART;
}

/* ---- the whole ---- */

static int compare_changes(const void *a, const void *b)
{
	const struct cfg_change *x = a, *y = b;

	return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind)
				  : strcmp(x->name, y->name);
}

static enum cfg_way way_of(
	const struct cfg_diff *diff, const struct cfg_diff_side *a, const struct cfg_diff_side *b)
{
	enum cfg_way way = CFG_WAY_LIVE;

	if (a->version == NULL || b->version == NULL)
		return CFG_WAY_LIVE;
	for (size_t i = 0; i < diff->count; i++) {
		if (diff->changes[i].way > way)
			way = diff->changes[i].way;
	}
	if (way == CFG_WAY_RESTART && b->bundle->restart == VK_RESTART_NEVER)
		return CFG_WAY_NEVER;
	return way;
}

static struct cfg_diff *diff_new(
	const struct cfg_diff_side *a, const struct cfg_diff_side *b, unsigned flags)
{
	const struct vk_bundle *any = b->bundle != NULL ? b->bundle : a->bundle;
	struct cfg_diff *diff = xcalloc(1, sizeof(*diff));

	diff->arena = arena_new();
	diff->flags = flags;
	diff->instance = arena_strdup(diff->arena, any != NULL ? any->instance : "");
	vk_sha256_init(&diff->stream);
	return diff;
}

static void diff_finish(
	struct cfg_diff *diff, const struct cfg_diff_side *a, const struct cfg_diff_side *b)
{
	const uint8_t way = (uint8_t)(diff->way = way_of(diff, a, b));

	vk_sha256_add(&diff->stream, &way, 1);
	vk_sha256_final(&diff->stream, diff->digest);
	if (diff->count > 1)
		qsort(diff->changes, diff->count, sizeof(*diff->changes), compare_changes);
}

enum vk_rc cfg_diff_bundles(const char *old_text, size_t old_len, const char *new_text,
	size_t new_len, unsigned flags, struct cfg_diff **out, struct vk_err *err)
{
	struct cfg_diff_side a = {.bundle = NULL}, b = {.bundle = NULL};
	struct cfg_diff *diff;
	enum vk_rc rc;

	rc = side_read(old_text, old_len, &a, err);
	if (rc == VK_OK)
		rc = side_read(new_text, new_len, &b, err);
	if (rc != VK_OK)
		goto out;
	diff = diff_new(&a, &b, flags);
	cfg_diff_values(diff, &a, &b);
	cfg_diff_users(diff, &a, &b);
	cfg_diff_files(diff, a.bundle, b.bundle);
	if (a.bundle != NULL || b.bundle != NULL)
		compare_policies(diff, a.bundle, b.bundle);
	if ((flags & CFG_DIFF_ROLE) == 0) {
		cfg_diff_secrets(diff, a.bundle, b.bundle);
		cfg_diff_group(diff, a.bundle != NULL ? a.bundle->group : NULL,
			b.bundle != NULL ? b.bundle->group : NULL);
	}
	diff_finish(diff, &a, &b);
	*out = diff;
out:
	side_release(&a);
	side_release(&b);
	return rc;
}

enum vk_rc cfg_diff_running(const struct cfg_running *running, const char *text, size_t len,
	struct cfg_diff **out, struct vk_err *err)
{
	struct cfg_diff_side a = {.running = running, .version = running->version};
	struct cfg_diff_side b = {.bundle = NULL};
	struct cfg_diff *diff;
	enum vk_rc rc = side_read(text, len, &b, err);

	if (rc == VK_OK && running->acl != NULL)
		rc = cfg_acl_parse("ACL LIST", running->acl, strlen(running->acl), &a.acl, err);
	if (rc != VK_OK)
		goto out;
	diff = diff_new(&a, &b, 0);
	cfg_diff_running_values(diff, &a, &b);
	if (cfg_version_order(running->version) != cfg_version_order(b.version))
		cfg_diff_add(diff, CFG_CHANGE_VERSION, "valkey", running->version, b.version)->way =
			CFG_WAY_RESTART;
	if (running->acl != NULL)
		cfg_diff_users(diff, &a, &b);
	diff_finish(diff, &a, &b);
	*out = diff;
out:
	side_release(&a);
	side_release(&b);
	return rc;
}

size_t cfg_diff_count(const struct cfg_diff *diff)
{
	return diff->count;
}

const struct cfg_change *cfg_diff_at(const struct cfg_diff *diff, size_t i)
{
	return &diff->changes[i];
}

enum cfg_way cfg_diff_way(const struct cfg_diff *diff)
{
	return diff->way;
}

const uint8_t *cfg_diff_digest(const struct cfg_diff *diff)
{
	return diff->digest;
}

const char *cfg_diff_instance(const struct cfg_diff *diff)
{
	return diff->instance;
}

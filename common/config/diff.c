/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/diff.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/bundle.h"
#include "common/config/acl.h"
#include "common/config/conf.h"
#include "common/config/directive.h"
#include "common/config/value.h"
#include "common/digest.h"
#include "common/mem.h"

#include "common/banned.h"

enum { HASH_SHOWN_DIGITS = 8 };

#define CONF "valkey.conf"
#define ACL "users.acl"

struct cfg_diff {
	struct arena *arena;
	const char *instance;
	struct cfg_change *changes;
	size_t count;
};

/* One side: NULL members where there is no bundle, or a bundle without that file. */
struct side {
	struct vk_bundle *bundle;
	struct cfg_conf_values *values;
	struct cfg_acl *acl;
};

void cfg_diff_free(struct cfg_diff *diff)
{
	if (diff == NULL)
		return;
	free(diff->changes);
	arena_free(diff->arena);
	free(diff);
}

static void side_release(struct side *side)
{
	vk_bundle_free(side->bundle);
	cfg_conf_values_free(side->values);
	cfg_acl_free(side->acl);
}

static enum vk_rc read_conf(
	const struct vk_bundle *bundle, struct cfg_conf_values **out, struct vk_err *err)
{
	const struct vk_bundle_file *file = vk_bundle_find(bundle, CONF);
	struct cfg_conf *conf;
	enum vk_rc rc;

	if (file == NULL)
		return VK_OK;
	rc = cfg_conf_parse(CONF, file->text, strlen(file->text), &conf, err);
	if (rc != VK_OK)
		return rc;
	rc = cfg_conf_effective(conf, bundle->valkey, out, err);
	cfg_conf_free(conf);
	return rc;
}

static enum vk_rc side_read(const char *text, size_t len, struct side *side, struct vk_err *err)
{
	const struct vk_bundle_file *file;
	enum vk_rc rc;

	if (text == NULL)
		return VK_OK;
	rc = vk_bundle_parse(text, len, &side->bundle, err);
	if (rc == VK_OK)
		rc = read_conf(side->bundle, &side->values, err);
	if (rc != VK_OK)
		return rc;
	file = vk_bundle_find(side->bundle, ACL);
	return file != NULL ? cfg_acl_parse(ACL, file->text, strlen(file->text), &side->acl, err)
			    : VK_OK;
}

/* ---- changes ---- */

static struct cfg_change *add_change(struct cfg_diff *diff, enum cfg_change_kind kind,
	const char *name, const char *old_text, const char *new_text)
{
	struct arena *arena = diff->arena;

	if (diff->count % 64 == 0)
		diff->changes =
			xreallocarray(diff->changes, diff->count + 64, sizeof(*diff->changes));
	diff->changes[diff->count] = (struct cfg_change){
		.kind = kind,
		.name = arena_strdup(arena, name),
		.old_text = old_text != NULL ? arena_strdup(arena, old_text) : NULL,
		.new_text = new_text != NULL ? arena_strdup(arena, new_text) : NULL,
		.is_live = true,
	};
	return &diff->changes[diff->count++];
}

static const char *shown_value(
	struct cfg_diff *diff, const struct cfg_directive *d, const char *text)
{
	struct vk_buf shown;
	const char *out;

	if (text == NULL || d == NULL)
		return text;
	vk_buf_init(&shown, CFG_CONF_MAX_BYTES);
	cfg_value_format(d, text, &shown);
	out = arena_dup(diff->arena, shown.data, shown.len);
	vk_buf_release(&shown);
	return out;
}

static void compare_value(struct cfg_diff *diff, const char *version, const char *name,
	const char *old_text, const char *new_text)
{
	const struct cfg_directive *d = cfg_directive_find(name, version);
	struct cfg_change *change;

	if (old_text != NULL && new_text != NULL && strcmp(old_text, new_text) == 0)
		return;
	change = add_change(diff, CFG_CHANGE_DIRECTIVE, name, shown_value(diff, d, old_text),
		shown_value(diff, d, new_text));
	change->is_live = d != NULL && (d->flags & CFG_LIVE) != 0;
	change->is_sensitive = d != NULL && (d->flags & CFG_SENSITIVE) != 0;
	/* Setting the default, or going back to it, changes a line and no value. */
	if (d != NULL && d->fallback != NULL &&
		cfg_value_is_same(d, old_text != NULL ? old_text : d->fallback,
			new_text != NULL ? new_text : d->fallback))
		change->is_live = true;
}

/* Walks two sorted lists side by side. */
static void compare_values(struct cfg_diff *diff, const char *version,
	const struct cfg_conf_values *a, const struct cfg_conf_values *b)
{
	size_t a_count = a != NULL ? cfg_conf_values_count(a) : 0;
	size_t b_count = b != NULL ? cfg_conf_values_count(b) : 0;

	for (size_t i = 0, k = 0; i < a_count || k < b_count;) {
		const struct cfg_conf_value *x = i < a_count ? cfg_conf_values_at(a, i) : NULL;
		const struct cfg_conf_value *y = k < b_count ? cfg_conf_values_at(b, k) : NULL;
		int order = x == NULL ? 1 : y == NULL ? -1 : strcmp(x->name, y->name);

		compare_value(diff, version, order <= 0 ? x->name : y->name,
			order <= 0 ? x->value : NULL, order >= 0 ? y->value : NULL);
		i += order <= 0;
		k += order >= 0;
	}
}

/* Rules with the beginning of each hash: enough to see that a password changes. */
static const char *shown_rules(struct cfg_diff *diff, const char *rules)
{
	struct vk_buf shown;
	const char *out;

	vk_buf_init(&shown, 8 * CFG_ACL_RULES_MAX_BYTES);
	while (*rules != '\0') {
		size_t len = strcspn(rules, " ");

		if (rules[0] == '#' && rules[1] != '@' && len > HASH_SHOWN_DIGITS + 1)
			vk_buf_addf(&shown, "%.*s...", HASH_SHOWN_DIGITS + 1, rules);
		else
			vk_buf_add(&shown, rules, len);
		rules += len;
		vk_buf_adds(&shown, *rules != '\0' ? " " : "");
		rules += *rules != '\0';
	}
	out = arena_dup(diff->arena, shown.data, shown.len);
	vk_buf_release(&shown);
	return out;
}

static void compare_users(struct cfg_diff *diff, const struct cfg_acl *a, const struct cfg_acl *b)
{
	size_t a_count = a != NULL ? cfg_acl_count(a) : 0;
	size_t b_count = b != NULL ? cfg_acl_count(b) : 0;

	for (size_t i = 0, k = 0; i < a_count || k < b_count;) {
		const struct cfg_acl_user *x = i < a_count ? cfg_acl_at(a, i) : NULL;
		const struct cfg_acl_user *y = k < b_count ? cfg_acl_at(b, k) : NULL;
		int order = x == NULL ? 1 : y == NULL ? -1 : strcmp(x->name, y->name);

		if (order != 0 || strcmp(x->rules, y->rules) != 0)
			add_change(diff, CFG_CHANGE_USER, order <= 0 ? x->name : y->name,
				order <= 0 ? shown_rules(diff, x->rules) : NULL,
				order >= 0 ? shown_rules(diff, y->rules) : NULL);
		i += order <= 0;
		k += order >= 0;
	}
}

/* "sha256:<digest> 0640" */
static const char *shown_file(struct cfg_diff *diff, const struct vk_bundle_file *file)
{
	char hex[VK_SHA256_HEX_BYTES];

	vk_sha256_hex(file->text, strlen(file->text), hex);
	return arena_printf(diff->arena, "sha256:%s %04o", hex, file->mode);
}

/* One of both may be NULL. */
static void add_file(
	struct cfg_diff *diff, const struct vk_bundle_file *x, const struct vk_bundle_file *y)
{
	struct cfg_change *change = add_change(diff, CFG_CHANGE_FILE, x != NULL ? x->path : y->path,
		x != NULL ? shown_file(diff, x) : NULL, y != NULL ? shown_file(diff, y) : NULL);

	change->old_file = x != NULL ? arena_strdup(diff->arena, x->text) : NULL;
	change->new_file = y != NULL ? arena_strdup(diff->arena, y->text) : NULL;
}

/* valkey.conf and users.acl are compared by meaning; their modes are ours and never change. */
static const struct vk_bundle_file *next_file(const struct vk_bundle *bundle, size_t *i)
{
	while (bundle != NULL && *i < bundle->file_count) {
		const char *path = bundle->files[*i].path;

		if (strcmp(path, CONF) != 0 && strcmp(path, ACL) != 0)
			return &bundle->files[*i];
		(*i)++;
	}
	return NULL;
}

static void compare_files(
	struct cfg_diff *diff, const struct vk_bundle *a, const struct vk_bundle *b)
{
	for (size_t i = 0, k = 0;;) {
		const struct vk_bundle_file *x = next_file(a, &i), *y = next_file(b, &k);
		int order;

		if (x == NULL && y == NULL)
			return;
		order = x == NULL ? 1 : y == NULL ? -1 : strcmp(x->path, y->path);
		if (order != 0 || x->mode != y->mode || strcmp(x->text, y->text) != 0)
			add_file(diff, order <= 0 ? x : NULL, order >= 0 ? y : NULL);
		i += order <= 0;
		k += order >= 0;
	}
}

static void compare_word(struct cfg_diff *diff, enum cfg_change_kind kind, const char *name,
	const char *old_text, const char *new_text)
{
	if (old_text == NULL || new_text == NULL || strcmp(old_text, new_text) != 0)
		add_change(diff, kind, name, old_text, new_text);
}

static void compare_policies(
	struct cfg_diff *diff, const struct vk_bundle *a, const struct vk_bundle *b)
{
	compare_word(diff, CFG_CHANGE_APPLY, "drift",
		a != NULL ? vk_bundle_drift_name(a->drift) : NULL,
		b != NULL ? vk_bundle_drift_name(b->drift) : NULL);
	compare_word(diff, CFG_CHANGE_APPLY, "restart",
		a != NULL ? vk_bundle_restart_name(a->restart) : NULL,
		b != NULL ? vk_bundle_restart_name(b->restart) : NULL);
	compare_word(diff, CFG_CHANGE_APPLY, "unmanaged-users",
		a != NULL ? vk_bundle_unmanaged_name(a->unmanaged_users) : NULL,
		b != NULL ? vk_bundle_unmanaged_name(b->unmanaged_users) : NULL);
	compare_word(diff, CFG_CHANGE_VERSION, "valkey", a != NULL ? a->valkey : NULL,
		b != NULL ? b->valkey : NULL);
}

enum vk_rc cfg_diff_bundles(const char *old_text, size_t old_len, const char *new_text,
	size_t new_len, struct cfg_diff **out, struct vk_err *err)
{
	struct side a = {NULL, NULL, NULL}, b = {NULL, NULL, NULL};
	const struct vk_bundle *any;
	struct cfg_diff *diff;
	enum vk_rc rc;

	rc = side_read(old_text, old_len, &a, err);
	if (rc == VK_OK)
		rc = side_read(new_text, new_len, &b, err);
	if (rc != VK_OK)
		goto out;
	any = b.bundle != NULL ? b.bundle : a.bundle;
	diff = xcalloc(1, sizeof(*diff));
	diff->arena = arena_new();
	diff->instance = arena_strdup(diff->arena, any != NULL ? any->instance : "");
	compare_values(diff, any != NULL ? any->valkey : "", a.values, b.values);
	compare_users(diff, a.acl, b.acl);
	compare_files(diff, a.bundle, b.bundle);
	if (any != NULL)
		compare_policies(diff, a.bundle, b.bundle);
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

bool cfg_diff_needs_restart(const struct cfg_diff *diff)
{
	for (size_t i = 0; i < diff->count; i++) {
		if (!diff->changes[i].is_live)
			return true;
	}
	return false;
}

const char *cfg_diff_instance(const struct cfg_diff *diff)
{
	return diff->instance;
}

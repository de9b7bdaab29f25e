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
#include "common/name.h"
#include "common/placeholder.h"

#include "common/banned.h"

enum { HASH_SHOWN_DIGITS = 8 };

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
	struct cfg_conf_values *sealed; /* directives that are secrets */
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

static enum vk_rc side_read(const char *text, size_t len, struct side *side, struct vk_err *err)
{
	const struct vk_bundle_file *file;
	enum vk_rc rc;

	if (text == NULL)
		return VK_OK;
	rc = vk_bundle_parse(text, len, &side->bundle, err);
	if (rc == VK_OK)
		rc = read_conf(side->bundle, VK_BUNDLE_CONF, &side->values, err);
	if (rc == VK_OK)
		rc = read_conf(side->bundle, VK_BUNDLE_SECRETS, &side->sealed, err);
	if (rc != VK_OK)
		return rc;
	file = vk_bundle_find(side->bundle, VK_BUNDLE_ACL);
	return file != NULL ? cfg_acl_parse(VK_BUNDLE_ACL, file->text, strlen(file->text),
				      &side->acl, err)
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
	if (strcmp(name, "include") == 0)
		return; /* the renderer's own: whether there is a secrets.conf */
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

/* "secret:replication" for the placeholder of whichever version; NULL: the text is something else.
 */
static const char *secret_name(struct cfg_diff *diff, const char *text)
{
	struct vk_placeholder found;

	if (text == NULL || !vk_placeholder_find(text, &found) || !found.is_valid ||
		found.start != text || text[found.len] != '\0')
		return NULL;
	return arena_printf(diff->arena, "secret:%s", found.name);
}

/* A directive of secrets.conf: only which secret it is counts. */
static void compare_sealed_value(struct cfg_diff *diff, const char *version, const char *name,
	const char *old_text, const char *new_text)
{
	const struct cfg_directive *d = cfg_directive_find(name, version);
	const char *before = secret_name(diff, old_text), *after = secret_name(diff, new_text);

	if (before != NULL && after != NULL && strcmp(before, after) == 0)
		return;
	add_change(diff, CFG_CHANGE_DIRECTIVE, name, before, after)->is_live =
		d != NULL && (d->flags & CFG_LIVE) != 0;
}

typedef void compare_fn(struct cfg_diff *diff, const char *version, const char *name,
	const char *old_text, const char *new_text);

/* Walks two sorted lists side by side. */
static void compare_values(struct cfg_diff *diff, const char *version,
	const struct cfg_conf_values *a, const struct cfg_conf_values *b, compare_fn *compare)
{
	size_t a_count = a != NULL ? cfg_conf_values_count(a) : 0;
	size_t b_count = b != NULL ? cfg_conf_values_count(b) : 0;

	for (size_t i = 0, k = 0; i < a_count || k < b_count;) {
		const struct cfg_conf_value *x = i < a_count ? cfg_conf_values_at(a, i) : NULL;
		const struct cfg_conf_value *y = k < b_count ? cfg_conf_values_at(b, k) : NULL;
		int order = x == NULL ? 1 : y == NULL ? -1 : strcmp(x->name, y->name);

		compare(diff, version, order <= 0 ? x->name : y->name, order <= 0 ? x->value : NULL,
			order >= 0 ? y->value : NULL);
		i += order <= 0;
		k += order >= 0;
	}
}

/* Rules with "#secret:NAME" for the placeholders of all of its versions, which stand side by side.
 */
static const char *hide_versions(struct cfg_diff *diff, const char *rules)
{
	char last[VK_NAME_BYTES] = "";
	struct vk_placeholder found;
	struct vk_buf out;
	const char *text;

	if (!vk_placeholder_find(rules, &found))
		return rules;
	vk_buf_init(&out, 8 * CFG_ACL_RULES_MAX_BYTES);
	while (vk_placeholder_find(rules, &found) && found.is_valid) {
		size_t before = (size_t)(found.start - rules);

		/* " #" between two versions of the same secret */
		if (strcmp(last, found.name) != 0 || before != 2) {
			vk_buf_add(&out, rules, before);
			vk_buf_addf(&out, "secret:%s", found.name);
		}
		memcpy(last, found.name, sizeof(last));
		rules = found.start + found.len;
	}
	vk_buf_adds(&out, rules);
	text = arena_dup(diff->arena, out.data, out.len);
	vk_buf_release(&out);
	return text;
}

static bool is_hash(const char *word, size_t len)
{
	return len > HASH_SHOWN_DIGITS + 1 && word[0] == '#' && word[1] != '@' &&
	       strncmp(word, "#secret:", strlen("#secret:")) != 0;
}

/* Rules with the beginning of each hash: enough to see that a password changes. */
static const char *shown_rules(struct cfg_diff *diff, const char *rules)
{
	struct vk_buf shown;
	const char *out;

	vk_buf_init(&shown, 8 * CFG_ACL_RULES_MAX_BYTES);
	while (*rules != '\0') {
		size_t len = strcspn(rules, " ");

		if (is_hash(rules, len))
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
		const char *before = order <= 0 ? hide_versions(diff, x->rules) : NULL;
		const char *after = order >= 0 ? hide_versions(diff, y->rules) : NULL;

		if (order != 0 || strcmp(before, after) != 0)
			add_change(diff, CFG_CHANGE_USER, order <= 0 ? x->name : y->name,
				before != NULL ? shown_rules(diff, before) : NULL,
				after != NULL ? shown_rules(diff, after) : NULL);
		i += order <= 0;
		k += order >= 0;
	}
}

/* "sha256:<digest> 0640", "secret:tls-key 0640" */
static const char *shown_file(struct cfg_diff *diff, const struct vk_bundle_file *file)
{
	const char *secret = secret_name(diff, file->text);
	char hex[VK_SHA256_HEX_BYTES];

	if (secret != NULL)
		return arena_printf(diff->arena, "%s %04o", secret, file->mode);
	vk_sha256_hex(file->text, strlen(file->text), hex);
	return arena_printf(diff->arena, "sha256:%s %04o", hex, file->mode);
}

/* One of both may be NULL. */
static void add_file(
	struct cfg_diff *diff, const struct vk_bundle_file *x, const struct vk_bundle_file *y)
{
	struct cfg_change *change = add_change(diff, CFG_CHANGE_FILE, x != NULL ? x->path : y->path,
		x != NULL ? shown_file(diff, x) : NULL, y != NULL ? shown_file(diff, y) : NULL);

	if (x != NULL && secret_name(diff, x->text) == NULL)
		change->old_file = arena_strdup(diff->arena, x->text);
	if (y != NULL && secret_name(diff, y->text) == NULL)
		change->new_file = arena_strdup(diff->arena, y->text);
}

static bool is_same_file(
	struct cfg_diff *diff, const struct vk_bundle_file *x, const struct vk_bundle_file *y)
{
	const char *before = secret_name(diff, x->text), *after = secret_name(diff, y->text);

	if (x->mode != y->mode)
		return false;
	if (before != NULL && after != NULL)
		return strcmp(before, after) == 0;
	return strcmp(x->text, y->text) == 0;
}

/* valkey.conf, secrets.conf and users.acl are compared by meaning; their modes are ours and never
 * change. */
static const struct vk_bundle_file *next_file(const struct vk_bundle *bundle, size_t *i)
{
	while (bundle != NULL && *i < bundle->file_count) {
		const char *path = bundle->files[*i].path;

		if (strcmp(path, VK_BUNDLE_CONF) != 0 && strcmp(path, VK_BUNDLE_ACL) != 0 &&
			strcmp(path, VK_BUNDLE_SECRETS) != 0)
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
		if (order != 0 || !is_same_file(diff, x, y))
			add_file(diff, order <= 0 ? x : NULL, order >= 0 ? y : NULL);
		i += order <= 0;
		k += order >= 0;
	}
}

/* ---- versions of secrets ---- */

/* The range of a bundle's list that is the secret at *i; *i is moved behind it. */
struct versions {
	const struct vk_bundle_secret *first;
	size_t count;
};

static struct versions next_secret(const struct vk_bundle *bundle, size_t *i)
{
	struct versions out = {.first = NULL};

	if (bundle == NULL || *i == bundle->secret_count)
		return out;
	out.first = &bundle->secrets[*i];
	do {
		out.count++;
		(*i)++;
	} while (*i < bundle->secret_count &&
		 strcmp(bundle->secrets[*i].name, out.first->name) == 0);
	return out;
}

/* "version 3", "versions 3 and 4"; with the beginning of each digest where the numbers are equal.
 */
static const char *shown_versions(
	struct cfg_diff *diff, const struct versions *versions, bool has_digests)
{
	struct vk_buf out;
	const char *text;

	vk_buf_init(&out, 10000);
	vk_buf_adds(&out, versions->count == 1 ? "version" : "versions");
	for (size_t i = 0; i < versions->count; i++) {
		const struct vk_bundle_secret *secret = &versions->first[i];

		vk_buf_addf(&out, "%s %lld",
			i == 0			  ? ""
			: i + 1 < versions->count ? ","
						  : " and",
			(long long)secret->version);
		if (has_digests) {
			vk_buf_adds(&out, " (sha256 ");
			vk_buf_add_hex(&out, secret->sha256, HASH_SHOWN_DIGITS / 2);
			vk_buf_adds(&out, "...)");
		}
	}
	text = arena_dup(diff->arena, out.data, out.len);
	vk_buf_release(&out);
	return text;
}

static bool has_same_digests(const struct versions *x, const struct versions *y)
{
	for (size_t i = 0; i < x->count; i++) {
		if (memcmp(x->first[i].sha256, y->first[i].sha256, VK_SHA256_BYTES) != 0)
			return false;
	}
	return true;
}

/* One side may be empty. */
static void compare_secret(
	struct cfg_diff *diff, const struct versions *x, const struct versions *y)
{
	const char *before = x->first != NULL ? shown_versions(diff, x, false) : NULL;
	const char *after = y->first != NULL ? shown_versions(diff, y, false) : NULL;
	bool is_same = before != NULL && after != NULL && strcmp(before, after) == 0;

	if (is_same && has_same_digests(x, y))
		return;
	if (is_same) {
		before = shown_versions(diff, x, true);
		after = shown_versions(diff, y, true);
	}
	add_change(diff, CFG_CHANGE_SECRET, (x->first != NULL ? x : y)->first->name, before, after);
}

static void compare_secrets(
	struct cfg_diff *diff, const struct vk_bundle *a, const struct vk_bundle *b)
{
	static const struct versions none = {.first = NULL};
	size_t i = 0, k = 0;
	struct versions x = next_secret(a, &i), y = next_secret(b, &k);

	while (x.first != NULL || y.first != NULL) {
		int order = x.first == NULL   ? 1
			    : y.first == NULL ? -1
					      : strcmp(x.first->name, y.first->name);

		compare_secret(diff, order <= 0 ? &x : &none, order >= 0 ? &y : &none);
		if (order <= 0)
			x = next_secret(a, &i);
		if (order >= 0)
			y = next_secret(b, &k);
	}
}

static int compare_changes(const void *a, const void *b)
{
	const struct cfg_change *x = a, *y = b;

	return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind)
				  : strcmp(x->name, y->name);
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
	struct side a = {.bundle = NULL}, b = {.bundle = NULL};
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
	compare_values(diff, any != NULL ? any->valkey : "", a.values, b.values, compare_value);
	compare_values(
		diff, any != NULL ? any->valkey : "", a.sealed, b.sealed, compare_sealed_value);
	compare_users(diff, a.acl, b.acl);
	compare_files(diff, a.bundle, b.bundle);
	if (any != NULL)
		compare_policies(diff, a.bundle, b.bundle);
	compare_secrets(diff, a.bundle, b.bundle);
	if (diff->count > 1)
		qsort(diff->changes, diff->count, sizeof(*diff->changes), compare_changes);
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

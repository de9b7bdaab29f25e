/* SPDX-License-Identifier: BSD-3-Clause */
/* What differs in the files of two bundles beside the configuration, and in the versions of
 * secrets. */
#include "config.h"

#include <string.h>

#include "common/config/diff_internal.h"

#include "common/banned.h"

enum { DIGEST_SHOWN_DIGITS = 8, VERSIONS_MAX_BYTES = 10000 };

/* "sha256:<digest> 0640", "secret:tls-key 0640" */
static const char *shown_file(struct cfg_diff *diff, const struct vk_bundle_file *file)
{
	const char *secret = cfg_diff_secret_name(diff, file->text);
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
	struct cfg_change *change = cfg_diff_add(diff, CFG_CHANGE_FILE,
		x != NULL ? x->path : y->path, x != NULL ? shown_file(diff, x) : NULL,
		y != NULL ? shown_file(diff, y) : NULL);

	if (x != NULL && cfg_diff_secret_name(diff, x->text) == NULL)
		change->old_file = arena_strdup(diff->arena, x->text);
	if (y != NULL && cfg_diff_secret_name(diff, y->text) == NULL)
		change->new_file = arena_strdup(diff->arena, y->text);
}

static bool is_same_file(
	struct cfg_diff *diff, const struct vk_bundle_file *x, const struct vk_bundle_file *y)
{
	const char *before = cfg_diff_secret_name(diff, x->text),
		   *after = cfg_diff_secret_name(diff, y->text);

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

void cfg_diff_files(struct cfg_diff *diff, const struct vk_bundle *a, const struct vk_bundle *b)
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

	vk_buf_init(&out, VERSIONS_MAX_BYTES);
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
			vk_buf_add_hex(&out, secret->sha256, DIGEST_SHOWN_DIGITS / 2);
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
	cfg_diff_add(
		diff, CFG_CHANGE_SECRET, (x->first != NULL ? x : y)->first->name, before, after);
}

void cfg_diff_secrets(struct cfg_diff *diff, const struct vk_bundle *a, const struct vk_bundle *b)
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

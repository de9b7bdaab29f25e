/* SPDX-License-Identifier: BSD-3-Clause */
/* Finding targets through delegations (TUF specification, section 5.6.7) and fetching them. */
#include "config.h"

#include "common/tuf/tuf_client.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/tuf/tuf_client_parts.h"
#include "common/tuf/tuf_path.h"

#include "common/banned.h"

enum { TARGET_URL_MAX_BYTES = 8192, BIN_NAME_MAX_BYTES = 4096 };

/* A role that waits to be visited, and who may sign for it. Both are owned by the metadata of the
 * delegator, which the client keeps; the name of a bin by the search. */
struct step {
	const char *role;
	const struct tuf_role *authority;
};

struct search {
	struct step *waiting; /* the next one is the last */
	size_t waiting_count;
	const char *visited[TUF_MAX_VISITED_ROLES];
	size_t visited_count;
	char *bins[TUF_MAX_VISITED_ROLES]; /* names that were made: one a role at the most */
	size_t bin_count;
};

static enum vk_rc require_refresh(const struct tuf_client *client, struct vk_err *err)
{
	if (client->targets == NULL)
		return vk_err_set(
			err, VK_EUNTRUSTED, "no trusted metadata: the refresh has failed");
	return VK_OK;
}

enum vk_rc tuf_client_role(struct tuf_client *client, const char *name, const struct tuf_meta **out,
	struct vk_err *err)
{
	const struct tuf_delegation *delegation;
	enum vk_rc rc = require_refresh(client, err);

	if (rc != VK_OK)
		return rc;
	delegation = tuf_meta_delegation(client->targets, name);
	if (delegation == NULL)
		return vk_err_set(
			err, VK_ENOTFOUND, "targets does not delegate to a role '%s'", name);
	return tuf_client_load_role(client, name, delegation->role, out, err);
}

static bool is_visited(const struct search *search, const char *role)
{
	for (size_t i = 0; i < search->visited_count; i++) {
		if (strcmp(search->visited[i], role) == 0)
			return true;
	}
	return false;
}

static void push(struct search *search, const char *role, const struct tuf_role *authority)
{
	search->waiting =
		xreallocarray(search->waiting, search->waiting_count + 1, sizeof(*search->waiting));
	search->waiting[search->waiting_count++] = (struct step){role, authority};
}

/* A bin ends what was waiting, as a terminating delegation does. */
static enum vk_rc push_bin(
	struct search *search, const struct tuf_bins *bins, const char *path, struct vk_err *err)
{
	struct vk_buf name;
	enum vk_rc rc;

	vk_buf_init(&name, BIN_NAME_MAX_BYTES);
	tuf_bins_role_name(bins, path, &name);
	rc = vk_buf_check(&name, "the name of a role", err);
	if (rc == VK_OK) {
		search->waiting_count = 0;
		search->bins[search->bin_count++] = xstrdup(name.data);
		push(search, search->bins[search->bin_count - 1], bins->role);
	}
	vk_buf_release(&name);
	return rc;
}

/* Puts the delegations that match on the stack, the first on top. A terminating one ends the
 * list, and everything that was waiting before is dropped. */
static enum vk_rc push_delegations(
	struct search *search, const struct tuf_meta *meta, const char *path, struct vk_err *err)
{
	size_t end = tuf_meta_delegation_count(meta);

	if (tuf_meta_bins(meta) != NULL)
		return push_bin(search, tuf_meta_bins(meta), path, err);

	for (size_t i = 0; i < end; i++) {
		const struct tuf_delegation *delegation = tuf_meta_delegation_at(meta, i);

		if (delegation->is_terminating && tuf_delegation_matches(delegation, path)) {
			search->waiting_count = 0;
			end = i + 1;
		}
	}
	for (size_t i = end; i > 0; i--) {
		const struct tuf_delegation *delegation = tuf_meta_delegation_at(meta, i - 1);

		if (tuf_delegation_matches(delegation, path))
			push(search, delegation->name, delegation->role);
	}
	return VK_OK;
}

/* Visits roles until one lists the path; *out stays NULL if none does. */
static enum vk_rc walk(struct tuf_client *client, struct search *search, const char *path,
	const struct tuf_target **out, struct vk_err *err)
{
	while (search->waiting_count > 0 && search->visited_count < TUF_MAX_VISITED_ROLES) {
		struct step step = search->waiting[--search->waiting_count];
		const struct tuf_meta *meta = NULL;
		enum vk_rc rc;

		if (is_visited(search, step.role))
			continue;
		rc = tuf_client_load_role(client, step.role, step.authority, &meta, err);
		if (rc != VK_OK)
			return rc;
		search->visited[search->visited_count++] = step.role;
		*out = tuf_meta_target(meta, path);
		if (*out != NULL)
			return VK_OK;
		rc = push_delegations(search, meta, path, err);
		if (rc != VK_OK)
			return rc;
	}
	return VK_OK;
}

enum vk_rc tuf_client_find(struct tuf_client *client, const char *path,
	const struct tuf_target **out, struct vk_err *err)
{
	const struct tuf_target *target = NULL;
	struct search search = {.waiting = NULL};
	enum vk_rc rc = require_refresh(client, err);

	if (rc != VK_OK)
		return rc;
	push(&search, "targets", tuf_meta_root_role(client->root, TUF_TARGETS));
	rc = walk(client, &search, path, &target, err);
	for (size_t i = 0; i < search.bin_count; i++)
		free(search.bins[i]);
	free(search.waiting);
	if (rc != VK_OK)
		return rc;
	if (target == NULL)
		return vk_err_set(err, VK_ENOTFOUND, "no trusted role lists the target '%s'", path);
	*out = target;
	return VK_OK;
}

/* Where consistent snapshots are used, the file name begins with any one of the hashes. */
static void target_url(
	const struct tuf_client *client, const struct tuf_target *target, struct vk_buf *out)
{
	struct vk_buf hash;

	vk_buf_init(&hash, 2 * VK_SHA512_BYTES);
	if (target->hashes.has_sha256)
		vk_buf_add_hex(&hash, target->hashes.sha256, VK_SHA256_BYTES);
	else
		vk_buf_add_hex(&hash, target->hashes.sha512, VK_SHA512_BYTES);
	tuf_path_target_url(
		target->path, tuf_meta_is_consistent(client->root) ? hash.data : NULL, out);
	vk_buf_release(&hash);
}

static enum vk_rc check_target(const struct tuf_target *target, struct vk_err *err)
{
	if (target->length > TUF_TARGET_MAX_BYTES)
		return vk_err_set(err, VK_ELIMIT, "target '%s' is larger than %d bytes",
			target->path, TUF_TARGET_MAX_BYTES);
	if (target->hashes.has_unknown ||
		(!target->hashes.has_sha256 && !target->hashes.has_sha512))
		return vk_err_set(err, VK_EUNTRUSTED,
			"target '%s' is listed with a digest that cannot be checked", target->path);
	return VK_OK;
}

enum vk_rc tuf_client_download(struct tuf_client *client, const struct tuf_target *target,
	struct vk_buf *out, struct vk_err *err)
{
	struct vk_buf url, data;
	enum vk_rc rc = check_target(target, err);

	if (rc != VK_OK)
		return rc;
	if (client->fetch.target == NULL || client->is_offline)
		return vk_err_set(err, VK_EUNAVAIL, "target '%s' is not at hand", target->path);
	vk_buf_init(&url, TARGET_URL_MAX_BYTES);
	vk_buf_init(&data, (size_t)target->length);
	target_url(client, target, &url);
	rc = vk_buf_check(&url, "the path of a target", err);
	if (rc == VK_OK)
		rc = client->fetch.target(client->fetch.ctx, url.data, &data, err);
	if (rc == VK_ENOTFOUND)
		rc = vk_err_set(
			err, VK_EUNAVAIL, "the server does not have the target '%s'", target->path);
	if (rc == VK_OK)
		rc = tuf_hashes_check(
			&target->hashes, target->length, data.data, data.len, target->path, err);
	if (rc == VK_OK) {
		vk_buf_add(out, data.data, data.len);
		rc = vk_buf_check(out, target->path, err);
	}
	vk_buf_release(&url);
	vk_buf_release(&data);
	return rc;
}

enum vk_rc tuf_client_target(
	struct tuf_client *client, const char *path, struct vk_buf *out, struct vk_err *err)
{
	const struct tuf_target *target = NULL;
	enum vk_rc rc = tuf_client_find(client, path, &target, err);

	return rc == VK_OK ? tuf_client_download(client, target, out, err) : rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/current.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/render.h"
#include "common/config/tree.h"
#include "common/mem.h"
#include "common/name.h"
#include "common/num.h"
#include "common/tuf/tuf_client.h"

#include "common/banned.h"

void current_init(struct current *current)
{
	memset(current, 0, sizeof(*current));
	current->base.fleet = current->fleet;
	current->base.environment = current->environment;
}

void current_release(struct current *current)
{
	vk_release_free(current->release);
	current_init(current);
}

/* The N of "ENV/N.json", or 0. */
static int64_t number_of(const char *environment, const char *path)
{
	size_t len = strlen(environment);
	const char *digits = path + len + 1;
	char text[24];
	uint64_t number = 0;
	size_t count;

	if (strncmp(path, environment, len) != 0 || path[len] != '/')
		return 0;
	count = strspn(digits, "0123456789");
	if (count == 0 || count >= sizeof(text) || strcmp(digits + count, ".json") != 0)
		return 0;
	memcpy(text, digits, count);
	text[count] = '\0';
	return vk_parse_uint(text, 1, INT64_MAX, &number) ? (int64_t)number : 0;
}

/* The role lists the current release and its fallback: the current one has the higher number. */
static const struct tuf_target *newest_target(
	const struct tuf_meta *role, const char *environment, int64_t *number)
{
	const struct tuf_target *newest = NULL;

	*number = 0;
	for (size_t i = 0; i < tuf_meta_target_count(role); i++) {
		const struct tuf_target *target = tuf_meta_target_at(role, i);
		int64_t n = number_of(environment, target->path);

		if (n > *number) {
			*number = n;
			newest = target;
		}
	}
	return newest;
}

static enum vk_rc check_document(struct current *current, struct vk_err *err)
{
	const struct vk_release *release = current->release;

	if (strcmp(release->fleet, current->fleet) != 0 ||
		strcmp(release->environment, current->environment) != 0 ||
		release->number != current->base.number)
		return vk_err_set(err, VK_EUNTRUSTED,
			"%s/%lld.json is the document of another release", current->environment,
			(long long)current->base.number);
	return VK_OK;
}

/* For the day on which the server has to be rebuilt and has lost it: releases/ENV.json. */
static enum vk_rc keep_document(const char *home, const char *environment,
	const struct vk_buf *document, struct vk_err *err)
{
	char *name = xasprintf("releases/%s.json", environment);
	enum vk_rc rc = home_prepare(home, "releases", err);

	if (rc == VK_OK)
		rc = home_write(home, name, document->data, document->len, err);
	free(name);
	return rc;
}

static enum vk_rc load_document(struct tuf_client *tuf, const struct tuf_target *target,
	const char *home, struct current *current, struct vk_err *err)
{
	struct vk_buf document;
	enum vk_rc rc;

	vk_buf_init(&document, VK_RELEASE_MAX_BYTES);
	rc = tuf_client_target(tuf, target->path, &document, err);
	if (rc == VK_OK)
		rc = vk_release_parse(document.data, document.len, &current->release, err);
	if (rc == VK_OK)
		rc = check_document(current, err);
	if (rc == VK_OK) {
		current->base.document_len = document.len;
		vk_sha256(document.data, document.len, current->base.document_sha256);
		rc = keep_document(home, current->environment, &document, err);
	}
	vk_buf_release(&document);
	return rc;
}

static enum vk_rc load_role(
	struct tuf_client *tuf, const char *home, struct current *current, struct vk_err *err)
{
	const struct tuf_meta *role = NULL;
	const struct tuf_target *target;
	enum vk_rc rc = tuf_client_role(tuf, current->environment, &role, err);

	if (rc == VK_ENOTFOUND)
		return VK_OK; /* delegated, but nothing was released yet */
	if (rc != VK_OK)
		return rc;
	current->base.role_version = tuf_meta_version(role);
	target = newest_target(role, current->environment, &current->base.number);
	if (target == NULL)
		return vk_err_set(err, VK_EUNTRUSTED, "the role of '%s' lists no release",
			current->environment);
	return load_document(tuf, target, home, current, err);
}

enum vk_rc current_load(struct session *session, const char *environment, struct current *out,
	struct vk_err *err)
{
	struct tuf_client *tuf = NULL;
	struct tuf_fleet fleet;
	enum vk_rc rc;

	if (!vk_environment_is_valid(environment))
		return vk_err_set(
			err, VK_EINPUT, "'%s' is no name of an environment", environment);
	rc = session_trust(session, &tuf, err);
	if (rc == VK_OK)
		rc = session_fleet(session, &fleet, err);
	if (rc != VK_OK)
		return rc;
	current_release(out);
	snprintf(out->fleet, sizeof(out->fleet), "%s", fleet.fleet);
	snprintf(out->environment, sizeof(out->environment), "%s", environment);
	out->delegation = tuf_meta_delegation(tuf_client_targets(tuf), environment);
	if (out->delegation == NULL) {
		vk_err_set(err, VK_ENOTFOUND, "the fleet has no environment '%s'", environment);
		vk_err_hint(err, "'vkcfg status' lists them, 'vkcfg env add' makes one");
		return VK_ENOTFOUND;
	}
	return load_role(tuf, session_home(session), out, err);
}

enum vk_rc current_render_release(struct session *session, const struct vk_release *release,
	struct cfg_tree **tree_out, struct cfg_rendered **out, struct vk_err *err)
{
	char digest[VK_SHA256_HEX_BYTES];
	struct cfg_tree *tree = NULL;
	struct cfg_rendered *rendered = NULL;
	enum vk_rc rc;

	vk_digest_format(release->tree, digest);
	rc = session_fetch_tree(session, digest, &tree, err);
	if (rc == VK_OK)
		rc = cfg_render(tree, release->environment, NULL, &rendered, err);
	if (rc == VK_OK && strcmp(release->renderer, CFG_RENDERER_VERSION) == 0 &&
		memcmp(cfg_rendered_root(rendered), release->bundle_root, VK_SHA256_BYTES) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the tree of %s/%lld does not render to what was signed",
			release->environment, (long long)release->number);
	if (rc == VK_OK) {
		*out = rendered;
		rendered = NULL;
		if (tree_out != NULL) {
			*tree_out = tree;
			tree = NULL;
		}
	}
	cfg_rendered_free(rendered);
	cfg_tree_free(tree);
	return rc;
}

enum vk_rc current_render(struct session *session, const struct current *current,
	struct cfg_tree **tree, struct cfg_rendered **out, struct vk_err *err)
{
	if (current->release == NULL) {
		*out = NULL;
		if (tree != NULL)
			*tree = NULL;
		return VK_OK;
	}
	return current_render_release(session, current->release, tree, out, err);
}

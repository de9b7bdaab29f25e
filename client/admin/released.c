/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/released.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/args.h"
#include "client/admin/source.h"
#include "common/config/render.h"
#include "common/config/tree.h"
#include "common/mem.h"
#include "common/num.h"
#include "common/release.h"
#include "common/vkjson.h"

#include "common/banned.h"

/* One step down the chain: the document of release number, which must have this digest. */
static enum vk_rc fetch_document(struct session *session, const char *environment, int64_t number,
	const uint8_t digest[VK_SHA256_BYTES], struct vk_release **out, struct vk_err *err)
{
	char *target = xasprintf("/v1/releases/%s/%lld", environment, (long long)number);
	struct vkjson *reply = NULL;
	const char *document = NULL;
	uint8_t actual[VK_SHA256_BYTES];
	enum vk_rc rc = session_get(session, target, &reply, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(reply, "document", &document, err);
	if (rc == VK_OK) {
		vk_sha256(document, strlen(document), actual);
		if (memcmp(actual, digest, sizeof(actual)) != 0)
			rc = vk_err_set(err, VK_EUNTRUSTED,
				"the server's document of %s/%lld is not the one that was released",
				environment, (long long)number);
	}
	if (rc == VK_OK)
		rc = vk_release_parse(document, strlen(document), out, err);
	vkjson_free(reply);
	free(target);
	return rc;
}

enum vk_rc released_document(struct session *session, const struct current *current, int64_t number,
	struct vk_release **out, struct vk_err *err)
{
	const struct vk_release *above = current->release;
	struct vk_release *release = NULL;
	enum vk_rc rc = VK_OK;

	while (rc == VK_OK && above->number > number) {
		struct vk_release *below = NULL;

		if (!above->has_fallback)
			rc = vk_err_set(err, VK_ENOTFOUND, "there is no release %s/%lld",
				current->environment, (long long)number);
		else
			rc = fetch_document(session, current->environment, above->fallback_release,
				above->fallback_sha256, &below, err);
		vk_release_free(release);
		release = below;
		above = below;
	}
	if (rc == VK_OK)
		*out = release;
	else
		vk_release_free(release);
	return rc;
}

/* Splits "ENV" or "ENV/NUMBER"; number is 0 for the former. */
static enum vk_rc split_name(
	const char *name, char environment[VK_NAME_BYTES], uint64_t *number, struct vk_err *err)
{
	const char *slash = strchr(name, '/');
	size_t len = slash != NULL ? (size_t)(slash - name) : strlen(name);

	*number = 0;
	if (len == 0 || len >= VK_NAME_BYTES ||
		(slash != NULL && !vk_parse_uint(slash + 1, 1, INT64_MAX, number))) {
		vk_err_set(err, VK_EINPUT, "'%s' names no release", name);
		vk_err_hint(err, "ENV or ENV/NUMBER, as in prod or prod/42");
		return VK_EINPUT;
	}
	memcpy(environment, name, len);
	environment[len] = '\0';
	return VK_OK;
}

/* The tree of the current release, or of an older one. */
static enum vk_rc load_tree(struct session *session, const struct current *current, int64_t number,
	struct cfg_tree **out, struct vk_err *err)
{
	const struct vk_release *release = current->release;
	struct vk_release *older = NULL;
	struct cfg_rendered *rendered = NULL;
	enum vk_rc rc = VK_OK;

	if (release == NULL || number > release->number)
		return vk_err_set(err, VK_ENOTFOUND, "%s has no release%s", current->environment,
			number == 0 ? " yet" : " of this number");
	if (number != 0 && number < release->number) {
		rc = released_document(session, current, number, &older, err);
		release = older;
	}
	if (rc == VK_OK)
		rc = current_render_release(session, release, out, &rendered, err);
	cfg_rendered_free(rendered);
	vk_release_free(older);
	return rc;
}

enum vk_rc released_tree(
	const struct cli *cli, const char *name, struct cfg_tree **out, struct vk_err *err)
{
	char environment[VK_NAME_BYTES];
	struct session *session = NULL;
	struct current current;
	uint64_t number;
	enum vk_rc rc;

	current_init(&current);
	rc = split_name(name, environment, &number, err);
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = current_load(session, environment, &current, err);
	if (rc == VK_OK)
		rc = load_tree(session, &current, (int64_t)number, out, err);
	current_release(&current);
	session_free(session);
	return rc;
}

enum vk_rc released_or_source(
	const struct cli *cli, const struct args *args, struct cfg_tree **out, struct vk_err *err)
{
	if (!args_has(args, "release"))
		return source_load(args, out, err);
	if (args_has(args, "tree"))
		return vk_err_set(err, VK_EINPUT, "--tree and --release exclude each other");
	return released_tree(cli, args_get(args, "release"), out, err);
}

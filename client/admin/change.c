/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/change.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/difference.h"
#include "client/admin/gate.h"
#include "common/clock.h"
#include "common/config/render.h"
#include "common/config/tree.h"
#include "common/mem.h"
#include "common/num.h"
#include "common/vkjson.h"

#include "common/banned.h"

void change_init(struct change *change)
{
	memset(change, 0, sizeof(*change));
	current_init(&change->current);
}

void change_release(struct change *change)
{
	current_release(&change->current);
	vk_release_free(change->release);
	cfg_tree_free(change->tree);
	vkjson_free(change->difference);
	vkjson_free(change->baseline);
	vkjson_free(change->object);
	change_init(change);
}

static enum vk_rc parse(struct change *change, struct vk_err *err)
{
	const struct vkjson *object = change->object;
	enum vk_rc rc = vkjson_get_string(object, "environment", &change->environment, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(object, "author", &change->author, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(object, "state", &change->state, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(object, "document", &change->texts.document, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(object, "metadata", &change->texts.metadata, err);
	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "the server's change %lld", (long long)change->id);
		return rc;
	}
	change->texts.document_len = strlen(change->texts.document);
	change->texts.metadata_len = strlen(change->texts.metadata);
	return VK_OK;
}

enum vk_rc change_fetch(
	struct session *session, const char *id, struct change *out, struct vk_err *err)
{
	uint64_t number = 0;
	char *target;
	enum vk_rc rc;

	if (!vk_parse_uint(id, 1, INT64_MAX, &number)) {
		vk_err_set(err, VK_EINPUT, "'%s' is no number of a change", id);
		vk_err_hint(err, "'vkcfg changes' lists them");
		return VK_EINPUT;
	}
	out->id = (int64_t)number;
	target = xasprintf("/v1/changes/%llu", (unsigned long long)number);
	rc = session_get(session, target, &out->object, err);
	free(target);
	if (rc == VK_OK)
		rc = parse(out, err);
	return rc;
}

/* Fetches the tree that the document names: nothing else of the document is believed yet. */
static enum vk_rc render_tree(struct session *session, const struct change *change,
	struct candidate_content *content, struct cfg_tree **tree_out, struct cfg_rendered **out,
	struct vk_err *err)
{
	struct vk_release *claimed = NULL;
	struct cfg_tree *tree = NULL;
	char digest[VK_SHA256_HEX_BYTES];
	enum vk_rc rc;

	rc = vk_release_parse(change->texts.document, change->texts.document_len, &claimed, err);
	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "the change's document");
		return err->rc = VK_EUNTRUSTED;
	}
	vk_digest_format(claimed->tree, digest);
	rc = session_fetch_tree(session, digest, &tree, err);
	if (rc == VK_OK)
		rc = cfg_render(tree, change->environment, NULL, out, err);
	if (rc == VK_OK)
		rc = candidate_content_of(cfg_tree_digest(tree), *out, content, err);
	if (rc == VK_OK)
		*tree_out = tree;
	else
		cfg_tree_free(tree);
	vk_release_free(claimed);
	return rc;
}

enum vk_rc change_verify(struct session *session, struct change *change, struct vk_err *err)
{
	struct candidate_content content;
	struct cfg_tree *old_tree = NULL;
	struct cfg_rendered *before = NULL;
	struct cfg_rendered *after = NULL;
	enum vk_rc rc = current_load(session, change->environment, &change->current, err);

	if (rc == VK_OK)
		rc = render_tree(session, change, &content, &change->tree, &after, err);
	if (rc == VK_OK)
		rc = candidate_check(&change->current.base, &content, &change->texts,
			change->author, vk_clock_now(), &change->release, err);
	if (rc == VK_OK)
		rc = current_render(session, &change->current, &old_tree, &before, err);
	if (rc == VK_OK)
		rc = difference_of(before, after, &change->difference, err);
	if (rc == VK_OK)
		rc = difference_add_parts(change->difference, old_tree, change->tree, err);
	if (rc == VK_OK)
		rc = gate_look(after, &change->baseline, &change->judgement, err);
	cfg_rendered_free(before);
	cfg_rendered_free(after);
	cfg_tree_free(old_tree);
	return rc;
}

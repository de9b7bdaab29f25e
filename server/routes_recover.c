/* SPDX-License-Identifier: BSD-3-Clause */
/* A release comes back that a rebuilt server has lost. The rules are in server/recover.h. */
#include "config.h"

#include <string.h>

#include "common/config/render.h"
#include "common/config/tree.h"
#include "common/release.h"
#include "common/vkjson.h"
#include "server/mutation.h"
#include "server/proposal.h"
#include "server/recover.h"
#include "server/routes.h"

#include "common/banned.h"

struct recovery {
	const char *text; /* the request's body: valid until the reply */
	size_t len;
	struct vk_release *release;
	struct cfg_tree *tree;
	struct cfg_rendered *rendered;
	struct recovered recovered;
};

static void release(void *data)
{
	struct recovery *recovery = data;

	cfg_rendered_free(recovery->rendered);
	cfg_tree_free(recovery->tree);
	vk_release_free(recovery->release);
}

static enum vk_rc parse_tree(struct mutation *mutation, struct vk_err *err)
{
	struct recovery *recovery = mutation->data;
	const struct vkjson *list = NULL;
	struct cfg_tree_file *files;
	size_t count;
	enum vk_rc rc = vkjson_get_array(mutation->body, "files", &list, err);

	count = rc == VK_OK ? vkjson_count(list) : 0;
	if (rc == VK_OK && count > CFG_TREE_MAX_FILES)
		rc = vk_err_set(err, VK_ELIMIT, "more than %d files", CFG_TREE_MAX_FILES);
	files = arena_calloc(mutation->arena, count + 1, sizeof(*files));
	for (size_t i = 0; rc == VK_OK && i < count; i++) {
		rc = vkjson_get_string(vkjson_at(list, i), "path", &files[i].path, err);
		if (rc == VK_OK)
			rc = vkjson_get_string(vkjson_at(list, i), "text", &files[i].text, err);
		if (rc == VK_OK)
			files[i].len = strlen(files[i].text);
	}
	return rc == VK_OK ? cfg_tree_from_files(files, count, &recovery->tree, err) : rc;
}

static void list_files(struct mutation *mutation)
{
	struct recovery *recovery = mutation->data;
	size_t count = cfg_tree_file_count(recovery->tree);
	struct store_tree_file *files = arena_calloc(mutation->arena, count + 1, sizeof(*files));

	for (size_t i = 0; i < count; i++) {
		const struct cfg_tree_file *file = cfg_tree_file_at(recovery->tree, i);

		files[i] = (struct store_tree_file){
			.path = file->path, .text = file->text, .len = file->len};
	}
	recovery->recovered.files = files;
	recovery->recovered.file_count = count;
}

static void list_bundles(struct mutation *mutation)
{
	struct recovery *recovery = mutation->data;
	size_t count = cfg_rendered_count(recovery->rendered);
	struct store_bundle *bundles = arena_calloc(mutation->arena, count + 1, sizeof(*bundles));

	for (size_t i = 0; i < count; i++) {
		const struct cfg_rendered_bundle *bundle = cfg_rendered_at(recovery->rendered, i);

		bundles[i] = (struct store_bundle){.index = i,
			.instance = bundle->id,
			.text = bundle->text,
			.len = bundle->len};
	}
	recovery->recovered.bundles = bundles;
	recovery->recovered.bundle_count = count;
}

/* Background: parsing and rendering up to 64 MiB. */
static enum vk_rc prepare(struct mutation *mutation, struct vk_err *err)
{
	struct recovery *recovery = mutation->data;
	struct recovered *recovered = &recovery->recovered;
	enum vk_rc rc = vkjson_parse(recovery->text, recovery->len, &mutation->body, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(mutation->body, "document", &recovered->document, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(mutation->body, "role", &recovered->role, err);
	if (rc == VK_OK)
		rc = parse_tree(mutation, err);
	if (rc != VK_OK)
		return rc;
	recovered->document_len = strlen(recovered->document);
	recovered->role_len = strlen(recovered->role);
	rc = vk_release_parse(
		recovered->document, recovered->document_len, &recovery->release, err);
	if (rc == VK_OK)
		rc = proposal_check_tree(
			recovery->release, recovery->tree, &recovery->rendered, err);
	if (rc == VK_OK) {
		recovered->release = recovery->release;
		list_files(mutation);
		list_bundles(mutation);
	}
	return rc;
}

static enum vk_rc run_recover(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct recovery *recovery = mutation->data;
	enum vk_rc rc = recover_release(tx, mutation->actor, &recovery->recovered, err);

	if (rc != VK_OK)
		return rc;
	mutation->status = 201;
	mutation->answer = vkjson_object();
	vkjson_set(mutation->answer, "environment", vkjson_string(recovery->release->environment));
	vkjson_set(mutation->answer, "release", vkjson_int(recovery->release->number));
	return VK_OK;
}

void route_post_release(struct request *req)
{
	struct mutation *mutation = mutation_new(req, "release.recover", run_recover);
	struct recovery *recovery = arena_calloc(mutation->arena, 1, sizeof(*recovery));

	recovery->text = request_body(req, &recovery->len);
	mutation->data = recovery;
	mutation->release = release;
	mutation->prepare = prepare;
	mutation_start(mutation);
}

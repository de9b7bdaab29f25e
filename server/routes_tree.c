/* SPDX-License-Identifier: BSD-3-Clause */
/* Trees: stored by digest, given back by digest. */
#include "config.h"

#include <string.h>

#include "common/config/tree.h"
#include "common/vkjson.h"
#include "server/author_quota.h"
#include "server/mutation.h"
#include "server/query.h"
#include "server/routes.h"
#include "server/store/store_tree.h"

#include "common/banned.h"

struct submission {
	const char *text; /* the request's body: valid until the reply */
	size_t len;
	struct cfg_tree *tree;
	struct store_tree_file *files; /* borrow from tree */
};

static void release(void *data)
{
	struct submission *submission = data;

	cfg_tree_free(submission->tree);
}

static enum vk_rc parse_file(
	const struct vkjson *object, struct cfg_tree_file *file, struct vk_err *err)
{
	enum vk_rc rc = vkjson_get_string(object, "path", &file->path, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(object, "text", &file->text, err);
	if (rc == VK_OK)
		file->len = strlen(file->text);
	return rc;
}

static enum vk_rc parse_files(struct mutation *mutation, struct vk_err *err)
{
	struct submission *submission = mutation->data;
	const struct vkjson *list = NULL;
	struct cfg_tree_file *files;
	size_t count;
	enum vk_rc rc = vkjson_get_array(mutation->body, "files", &list, err);

	if (rc != VK_OK)
		return rc;
	count = vkjson_count(list);
	if (count > CFG_TREE_MAX_FILES)
		return vk_err_set(err, VK_ELIMIT, "more than %d files", CFG_TREE_MAX_FILES);
	files = arena_calloc(mutation->arena, count + 1, sizeof(*files));
	for (size_t i = 0; rc == VK_OK && i < count; i++)
		rc = parse_file(vkjson_at(list, i), &files[i], err);
	return rc == VK_OK ? cfg_tree_from_files(files, count, &submission->tree, err) : rc;
}

/* Background: parsing and hashing up to 64 MiB. */
static enum vk_rc prepare(struct mutation *mutation, struct vk_err *err)
{
	struct submission *submission = mutation->data;
	enum vk_rc rc = vkjson_parse(submission->text, submission->len, &mutation->body, err);
	size_t count;

	if (rc == VK_OK)
		rc = parse_files(mutation, err);
	if (rc != VK_OK)
		return rc;
	count = cfg_tree_file_count(submission->tree);
	submission->files = arena_calloc(mutation->arena, count + 1, sizeof(*submission->files));
	for (size_t i = 0; i < count; i++) {
		const struct cfg_tree_file *file = cfg_tree_file_at(submission->tree, i);

		submission->files[i] = (struct store_tree_file){
			.path = file->path, .text = file->text, .len = file->len};
	}
	return VK_OK;
}

static enum vk_rc run_add(struct mutation *mutation, struct writer_tx *tx, struct vk_err *err)
{
	const struct submission *submission = mutation->data;
	const char *digest = cfg_tree_digest(submission->tree);
	enum vk_rc rc = store_add_tree(writer_tx_store(tx), digest, submission->files,
		cfg_tree_file_count(submission->tree), mutation->caller.name, writer_tx_now(tx),
		err);

	if (rc == VK_OK)
		rc = author_quota_check(mutation, tx, err);
	if (rc != VK_OK)
		return rc;
	mutation->status = 201;
	mutation->answer = vkjson_object();
	vkjson_set(mutation->answer, "tree", vkjson_string(digest));
	return VK_OK;
}

void route_post_tree(struct request *req)
{
	struct mutation *mutation = mutation_new(req, "tree.add", run_add);
	struct submission *submission = arena_calloc(mutation->arena, 1, sizeof(*submission));

	submission->text = request_body(req, &submission->len);
	mutation->data = submission;
	mutation->release = release;
	mutation->prepare = prepare;
	mutation_start(mutation);
}

static enum vk_rc get_tree(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	const struct store_tree_file *files = NULL;
	struct vkjson *list;
	size_t count = 0;
	enum vk_rc rc = store_get_tree(query->store, request_param(query->req, "digest"),
		query->arena, &files, &count, err);

	if (rc != VK_OK)
		return rc;
	list = vkjson_array();
	for (size_t i = 0; i < count; i++) {
		struct vkjson *object = vkjson_object();

		vkjson_set(object, "path", vkjson_string(files[i].path));
		vkjson_set(object, "text", vkjson_stringn(files[i].text, files[i].len));
		vkjson_append(list, object);
	}
	*answer = vkjson_object();
	vkjson_set(*answer, "files", list);
	return VK_OK;
}

void route_get_tree(struct request *req)
{
	query_run(req, get_tree);
}

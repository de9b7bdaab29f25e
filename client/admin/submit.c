/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/submit.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "client/admin/args.h"
#include "client/admin/current.h"
#include "client/admin/difference.h"
#include "client/admin/gate.h"
#include "client/admin/secret_advice.h"
#include "client/admin/table.h"
#include "common/clock.h"
#include "common/config/render.h"
#include "common/config/tree.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum vk_rc submit_message(const struct args *args, const char **out, struct vk_err *err)
{
	const char *message = args_get(args, "message");

	if (message == NULL || message[strspn(message, " \t\r\n")] == '\0') {
		vk_err_set(err, VK_EINPUT, message == NULL ? "no message was given"
							   : "the message is empty");
		vk_err_hint(err, "-m MESSAGE says why; approvers and auditors read it");
		return VK_EINPUT;
	}
	*out = message;
	return VK_OK;
}

struct vkjson *submit_tree_files(const struct cfg_tree *tree)
{
	struct vkjson *files = vkjson_array();

	for (size_t i = 0; i < cfg_tree_file_count(tree); i++) {
		const struct cfg_tree_file *file = cfg_tree_file_at(tree, i);
		struct vkjson *item = vkjson_object();

		vkjson_set(item, "path", vkjson_string(file->path));
		vkjson_set(item, "text", vkjson_stringn(file->text, file->len));
		vkjson_append(files, item);
	}
	return files;
}

static enum vk_rc send_tree(struct session *session, const struct cfg_tree *tree,
	struct vk_err *err)
{
	struct vkjson *body = vkjson_object();
	struct vkjson *reply = NULL;
	const char *digest = NULL;
	enum vk_rc rc;

	vkjson_set(body, "files", submit_tree_files(tree));
	rc = session_post(session, "/v1/trees", body, &reply, err);
	if (rc == VK_OK)
		rc = vkjson_get_string(reply, "tree", &digest, err);
	if (rc == VK_OK && strcmp(digest, cfg_tree_digest(tree)) != 0)
		rc = vk_err_set(err, VK_EUNTRUSTED,
			"the server took the tree for %.12s instead of %.12s", digest,
			cfg_tree_digest(tree));
	vkjson_free(reply);
	vkjson_free(body);
	return rc;
}

static void make_change_id(char out[VK_CHANGE_ID_HEX + 1])
{
	uint8_t random[VK_CHANGE_ID_HEX / 2];

	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(out, VK_CHANGE_ID_HEX + 1, random, sizeof(random));
}

/* The body of POST /v1/changes. */
static enum vk_rc make_change(const struct session *session, const struct current *current,
	const struct candidate_content *content, const char *message, const char *commit,
	struct vkjson *body, struct vk_err *err)
{
	char change[VK_CHANGE_ID_HEX + 1];
	const int64_t now = vk_clock_now();
	const struct candidate_words words = {
		.author = session_identity(session)->user,
		.message = message,
		.change = change,
		.commit = commit,
		.created = now,
		.expires = now + CANDIDATE_LIFETIME_S,
	};
	struct vk_buf document;
	struct vk_buf metadata;
	enum vk_rc rc;

	make_change_id(change);
	vk_buf_init(&document, CANDIDATE_DOCUMENT_MAX_BYTES);
	vk_buf_init(&metadata, CANDIDATE_METADATA_MAX_BYTES);
	rc = candidate_format_document(&current->base, content, &words, &document, err);
	if (rc == VK_OK)
		rc = candidate_format_metadata(&current->base, document.data, document.len,
			words.expires, &metadata, err);
	if (rc == VK_OK) {
		vkjson_set(body, "environment", vkjson_string(current->environment));
		vkjson_set(body, "document", vkjson_stringn(document.data, document.len));
		vkjson_set(body, "metadata", vkjson_stringn(metadata.data, metadata.len));
	}
	vk_buf_release(&document);
	vk_buf_release(&metadata);
	return rc;
}

/* What comes of it, for people and programs. The change stands by now: advice that cannot be had is
 * left out. */
static struct vkjson *make_result(struct session *session, const struct current *current,
	const struct vkjson *reply, struct vkjson *difference, const struct cfg_tree *before,
	const struct cfg_tree *after)
{
	struct vkjson *result = vkjson_copy(reply);
	struct vkjson *advice = NULL;

	vkjson_set(result, "environment", vkjson_string(current->environment));
	vkjson_set(result, "base", vkjson_int(current->base.number));
	vkjson_set(result, "number", vkjson_int(current->base.number + 1));
	vkjson_set(result, "difference", vkjson_ref(difference));
	if (secret_advice_of(session, current->environment, before, after, &advice, NULL) == VK_OK)
		vkjson_set(result, "secrets", advice);
	return result;
}

void submit_print(const struct cli *cli, const struct vkjson *result)
{
	const char *environment = "";
	int64_t change = 0, number = 0;

	difference_print(cli, vkjson_get(result, "difference"));
	gate_print(cli, vkjson_get(result, "baseline"));
	if (vkjson_get_string(result, "environment", &environment, NULL) == VK_OK &&
		vkjson_get_int(result, "change", 0, INT64_MAX, &change, NULL) == VK_OK &&
		vkjson_get_int(result, "number", 0, INT64_MAX, &number, NULL) == VK_OK)
		cli_say(cli, "change %lld: to be release %s/%lld; approvers look at it with "
			"'vkcfg approve %lld'\n", (long long)change, environment,
			(long long)number, (long long)change);
	secret_advice_print(cli, environment, vkjson_get(result, "secrets"));
}

enum vk_rc submit_propose(const struct cli *cli, struct session *session,
	const struct current *current, const struct cfg_tree *tree, const char *message,
	const char *commit, struct vkjson **out, struct vk_err *err)
{
	struct candidate_content content;
	struct tuf_fleet fleet;
	struct cfg_rendered *rendered = NULL;
	struct cfg_rendered *before = NULL;
	struct cfg_tree *old_tree = NULL;
	struct vkjson *difference = NULL, *baseline = NULL;
	struct vkjson *body = vkjson_object();
	struct vkjson *reply = NULL;
	enum vk_rc rc = cfg_render(tree, current->environment, NULL, &rendered, err);

	if (rc == VK_OK)
		rc = session_fleet(session, &fleet, err);
	if (rc == VK_OK)
		rc = cfg_rendered_check_fleet(rendered, fleet.fleet, err);
	if (rc == VK_OK)
		rc = candidate_content_of(cfg_tree_digest(tree), rendered, &content, err);
	if (rc == VK_OK)
		rc = current_render(session, current, &old_tree, &before, err);
	if (rc == VK_OK)
		rc = gate_pass(cli, before, rendered, &baseline, err);
	if (rc == VK_OK)
		rc = difference_of(before, rendered, &difference, err);
	if (rc == VK_OK)
		rc = difference_add_parts(difference, old_tree, tree, err);
	if (rc == VK_OK)
		rc = make_change(session, current, &content, message, commit, body, err);
	if (rc == VK_OK)
		rc = send_tree(session, tree, err);
	if (rc == VK_OK)
		rc = session_post(session, "/v1/changes", body, &reply, err);
	if (rc == VK_OK)
		*out = make_result(session, current, reply, difference, old_tree, tree);
	if (rc == VK_OK)
		vkjson_set(*out, "baseline", vkjson_ref(baseline));
	vkjson_free(baseline);
	vkjson_free(difference);
	vkjson_free(reply);
	vkjson_free(body);
	cfg_rendered_free(before);
	cfg_rendered_free(rendered);
	cfg_tree_free(old_tree);
	return rc;
}

enum vk_rc submit_tree(const struct cli *cli, struct session *session,
	const struct current *current, const struct cfg_tree *tree, const char *message,
	const char *commit, struct vk_err *err)
{
	struct vkjson *result = NULL;
	enum vk_rc rc = submit_propose(cli, session, current, tree, message, commit, &result, err);

	if (rc == VK_OK && !cli_print_json(cli, result))
		submit_print(cli, result);
	vkjson_free(result);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/admin/approvers.h"
#include "client/admin/session.h"
#include "client/admin/signers.h"
#include "client/admin/table.h"
#include "common/clock.h"
#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_client.h"
#include "common/tuf/tuf_key.h"

#include "common/banned.h"

enum { TARGETS_LIFETIME_S = 365 * 24 * 60 * 60 };

static const struct table_column approver_columns[] = {
	{"USER", "user", TABLE_TEXT},
	{"KEY ID", "keyid", TABLE_DIGEST},
	{NULL, NULL, TABLE_TEXT},
};

static struct vkjson *environment_json(const struct environment_approvers *environment)
{
	struct vkjson *object = vkjson_object();
	struct vkjson *list = vkjson_array();

	for (size_t i = 0; i < environment->key_count; i++) {
		struct vkjson *item = vkjson_object();
		const char *user = tuf_key_user(environment->keys[i]);

		vkjson_set(item, "user", vkjson_string(user != NULL ? user : ""));
		vkjson_set(item, "keyid", vkjson_string(tuf_key_id(environment->keys[i])));
		vkjson_append(list, item);
	}
	vkjson_set(object, "environment", vkjson_string(environment->name));
	vkjson_set(object, "threshold",
		vkjson_int(environment->threshold != 0 ? (int64_t)environment->threshold
						       : (int64_t)environment->key_count));
	vkjson_set(object, "author_may_approve", vkjson_bool(environment->author_may_approve));
	vkjson_set(object, "approvers", list);
	return object;
}

static void print_environment(
	const struct cli *cli, const struct environment_approvers *environment)
{
	struct vkjson *object = environment_json(environment);

	if (!cli_print_json(cli, object)) {
		unsigned threshold = environment->threshold != 0
					     ? environment->threshold
					     : (unsigned)environment->key_count;

		cli_say(cli, "A release of %s needs %u of %zu approvers%s:\n", environment->name,
			threshold, environment->key_count,
			environment->author_may_approve ? " (its author may be one of them)" : "");
		table_print(cli, approver_columns, vkjson_get(object, "approvers"), NULL);
	}
	vkjson_free(object);
}

/* Replaces what the options say about an environment. */
static enum vk_rc apply_options(struct environment_approvers *environment,
	const struct args *args, struct vk_err *err)
{
	uint64_t threshold = 0;
	enum vk_rc rc = VK_OK;

	if (!args_has(args, "approver")) {
		vk_err_set(err, VK_EINPUT, "no approver was named");
		vk_err_hint(err, "--approver PUBFILE, once for each");
		return VK_EINPUT;
	}
	approvers_clear_keys(environment);
	for (size_t i = 0; rc == VK_OK && i < args_option_count(args, "approver"); i++)
		rc = approvers_add_key_file(
			environment, args_option_at(args, "approver", i), err);
	if (rc == VK_OK)
		rc = args_get_uint(args, "threshold", 1, environment->key_count,
			environment->key_count, &threshold, err);
	environment->threshold = (unsigned)threshold;
	environment->author_may_approve = args_has(args, "author-may-approve");
	return rc;
}

/* The keys of this person that count for targets. */
static enum vk_rc choose_signers(struct signers *signers, const struct cli *cli,
	const struct args *args, const struct tuf_role *role, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < args_option_count(args, "key"); i++)
		rc = signers_add(signers, cli, args_option_at(args, "key", i), err);
	if (rc == VK_OK && !args_has(args, "key"))
		rc = signers_add_for_role(signers, cli, role, err);
	if (rc == VK_OK && signers->count < tuf_role_threshold(role)) {
		rc = vk_err_set(err, VK_EDENIED,
			"targets needs %u signatures, but you have %zu of its keys here",
			tuf_role_threshold(role), signers->count);
		vk_err_hint(err, "the keys are those that 'vkcfg root init' was given");
	}
	return rc;
}

/* With other keys, the metadata of the environment's current release must still be valid, or every
 * host would refuse the fleet's metadata until the next release. */
static enum vk_rc check_current_role(struct tuf_client *tuf, const struct vk_buf *file,
	const char *environment, struct vk_err *err)
{
	const struct tuf_meta *role = NULL;
	struct tuf_meta *targets = NULL;
	enum vk_rc rc = tuf_client_role(tuf, environment, &role, err);

	if (rc == VK_ENOTFOUND)
		return VK_OK;
	if (rc == VK_OK)
		rc = tuf_meta_parse(file->data, file->len, TUF_TARGETS, &targets, err);
	if (rc == VK_OK) {
		rc = tuf_meta_verify(role, tuf_meta_delegation(targets, environment)->role,
			environment, err);
		if (rc != VK_OK) {
			vk_err_set(err, VK_ECONFLICT, "the current release of '%s' is not signed "
				"by enough of these approvers", environment);
			vk_err_hint(err, "add the new approvers first, let them approve a "
				"release, then take the old ones away");
			rc = VK_ECONFLICT;
		}
	}
	tuf_meta_free(targets);
	return rc;
}

static enum vk_rc publish(struct session *session, int64_t version, const struct vk_buf *file,
	struct vk_err *err)
{
	struct vkjson *body = vkjson_object();
	struct vkjson *files = vkjson_object();
	struct vkjson *reply = NULL;
	char name[64];
	enum vk_rc rc;

	snprintf(name, sizeof(name), "%" PRId64 ".targets.json", version);
	vkjson_set(files, name, vkjson_stringn(file->data, file->len));
	vkjson_set(body, "files", files);
	rc = session_post(session, "/v1/tuf", body, &reply, err);
	vkjson_free(reply);
	vkjson_free(body);
	return rc;
}

/* Signs and uploads the next version of targets. */
static enum vk_rc publish_targets(const struct cli *cli, const struct args *args,
	struct session *session, struct tuf_client *tuf, const struct approvers *approvers,
	struct vk_err *err)
{
	const struct tuf_role *role = tuf_meta_root_role(tuf_client_root(tuf), TUF_TARGETS);
	int64_t version = tuf_meta_version(tuf_client_targets(tuf)) + 1;
	struct signers signers;
	struct vk_buf part;
	struct vk_buf file;
	enum vk_rc rc;

	signers_init(&signers);
	vk_buf_init(&part, TUF_TARGETS_MAX_BYTES);
	vk_buf_init(&file, TUF_TARGETS_MAX_BYTES);
	rc = choose_signers(&signers, cli, args, role, err);
	if (rc == VK_OK)
		rc = approvers_format_targets(
			approvers, version, vk_clock_now() + TARGETS_LIFETIME_S, &part, err);
	if (rc == VK_OK)
		rc = signers_unlock(&signers, cli, err);
	if (rc == VK_OK)
		rc = signers_sign_file(&signers, &part, &file, err);
	if (rc == VK_OK)
		rc = check_current_role(tuf, &file, args_at(args, 0), err);
	if (rc == VK_OK)
		rc = publish(session, version, &file, err);
	vk_buf_release(&part);
	vk_buf_release(&file);
	signers_release(&signers);
	return rc;
}

/* What env add and env keys share: load, change one environment, publish, show. */
static enum vk_rc change_environment(
	struct cli *cli, const struct args *args, bool is_new, struct vk_err *err)
{
	const char *name = args_at(args, 0);
	struct environment_approvers *environment = NULL;
	struct session *session = NULL;
	struct tuf_client *tuf = NULL;
	struct approvers approvers;
	bool is_change = is_new || args_has(args, "approver") || args_has(args, "threshold") ||
			 args_has(args, "author-may-approve") || args_has(args, "key");
	enum vk_rc rc;

	approvers_init(&approvers);
	rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = session_trust(session, &tuf, err);
	if (rc == VK_OK)
		rc = approvers_load(&approvers, tuf_client_targets(tuf), err);
	if (rc == VK_OK && is_new)
		rc = approvers_add(&approvers, name, &environment, err);
	if (rc == VK_OK && !is_new) {
		environment = approvers_find(&approvers, name);
		if (environment == NULL)
			rc = vk_err_set(
				err, VK_ENOTFOUND, "the fleet has no environment '%s'", name);
	}
	if (rc == VK_OK && is_change)
		rc = apply_options(environment, args, err);
	if (rc == VK_OK && is_change)
		rc = publish_targets(cli, args, session, tuf, &approvers, err);
	if (rc == VK_OK)
		print_environment(cli, environment);
	approvers_release(&approvers);
	session_free(session);
	return rc;
}

enum vk_rc cmd_env_add(struct cli *cli, const struct args *args, struct vk_err *err)
{
	return change_environment(cli, args, true, err);
}

enum vk_rc cmd_env_keys(struct cli *cli, const struct args *args, struct vk_err *err)
{
	return change_environment(cli, args, false, err);
}

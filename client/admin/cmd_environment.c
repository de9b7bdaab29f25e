/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <string.h>

#include "client/admin/approvers.h"
#include "client/admin/ceremony_run.h"
#include "client/admin/table.h"
#include "common/num.h"
#include "common/tuf/tuf_key.h"
#include "common/tuf/tuf_meta.h"
#include "common/vkjson.h"

#include "common/banned.h"

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

/* Some come, some go, the others stay; the threshold too, unless it is given. */
static enum vk_rc apply_edits(struct environment_approvers *environment, const struct args *args,
	struct vk_err *err)
{
	uint64_t threshold = 0;
	enum vk_rc rc = VK_OK;

	if (args_has(args, "approver"))
		return vk_err_set(err, VK_EINPUT,
			"--approver names all approvers: --add and --remove change some");
	for (size_t i = 0; rc == VK_OK && i < args_option_count(args, "remove"); i++)
		rc = approvers_remove(environment, args_option_at(args, "remove", i), err);
	for (size_t i = 0; rc == VK_OK && i < args_option_count(args, "add"); i++)
		rc = approvers_add_key_file(environment, args_option_at(args, "add", i), err);
	if (rc == VK_OK && args_has(args, "threshold"))
		rc = args_get_uint(args, "threshold", 1, APPROVERS_MAX_KEYS, 1, &threshold, err);
	if (rc == VK_OK && threshold > 0)
		environment->threshold = (unsigned)threshold;
	if (rc == VK_OK && environment->threshold > environment->key_count) {
		rc = vk_err_set(err, VK_EINPUT,
			"'%s' would ask for %u approvals of %zu approvers", environment->name,
			environment->threshold, environment->key_count);
		vk_err_hint(err, "--add PUBFILE, or another --threshold");
	}
	if (rc == VK_OK && args_has(args, "author-may-approve"))
		environment->author_may_approve = true;
	return rc;
}

static enum vk_rc apply_threshold(struct environment_approvers *environment,
	const struct args *args, struct vk_err *err)
{
	uint64_t threshold = 0;

	if (!vk_parse_uint(args_at(args, 1), 1, environment->key_count, &threshold))
		return vk_err_set(err, VK_EINPUT, "'%s' is no threshold: %s has %zu approvers",
			args_at(args, 1), environment->name, environment->key_count);
	environment->threshold = (unsigned)threshold;
	return VK_OK;
}

static enum vk_rc add_targets(struct ceremony_run *run, const struct approvers *approvers,
	int64_t expires, struct vk_err *err)
{
	struct vk_buf part;
	enum vk_rc rc;

	vk_buf_init(&part, TUF_TARGETS_MAX_BYTES);
	rc = approvers_format_targets(approvers, tuf_meta_version(run->trusted.targets) + 1,
		expires, &part, err);
	if (rc == VK_OK)
		rc = ceremony_add(&run->ceremony, "targets", part.data, part.len, err);
	vk_buf_release(&part);
	return rc;
}

/* With other keys, the metadata of the environment's current release must still be valid, or hosts
 * would refuse it until the next release. Where it would not be, those who may approve from now
 * on sign it anew in the same proposal. */
static enum vk_rc add_role(
	struct ceremony_run *run, const char *environment, int64_t expires, struct vk_err *err)
{
	const struct tuf_meta *targets = ceremony_meta(&run->ceremony, "targets");

	if (run->trusted.role == NULL ||
		tuf_meta_verify(run->trusted.role, tuf_meta_delegation(targets, environment)->role,
			environment, NULL) == VK_OK)
		return VK_OK;
	cli_note(run->cli,
		"note: the current release of %s is not signed by enough of these approvers; they "
		"sign it anew",
		environment);
	return ceremony_run_add_role(run, environment, expires, err);
}

static enum vk_rc propose(struct ceremony_run *run, const struct approvers *approvers,
	const char *environment, struct vk_err *err)
{
	int64_t expires = 0;
	enum vk_rc rc = ceremony_run_expiry(run, &expires, err);

	if (rc == VK_OK)
		rc = add_targets(run, approvers, expires, err);
	if (rc == VK_OK)
		rc = add_role(run, environment, expires, err);
	return rc == VK_OK ? ceremony_run_finish(run, err) : rc;
}

static void print_result(const struct ceremony_run *run,
	const struct environment_approvers *environment)
{
	const char *path = args_get(run->args, "out");
	struct vkjson *result;

	if (path == NULL) {
		print_environment(run->cli, environment);
		return;
	}
	result = ceremony_run_json(run);
	if (!cli_print_json(run->cli, result)) {
		ceremony_run_print(run);
		cli_say(run->cli, "written to %s\n", path);
	}
	vkjson_free(result);
}

enum edit { EDIT_ADD, EDIT_KEYS, EDIT_THRESHOLD };

static enum vk_rc find_or_add(struct approvers *approvers, const char *name, enum edit edit,
	struct environment_approvers **out, struct vk_err *err)
{
	if (edit == EDIT_ADD)
		return approvers_add(approvers, name, out, err);
	*out = approvers_find(approvers, name);
	if (*out == NULL)
		return vk_err_set(err, VK_ENOTFOUND, "the fleet has no environment '%s'", name);
	return VK_OK;
}

static enum vk_rc apply(struct environment_approvers *environment, const struct args *args,
	enum edit edit, struct vk_err *err)
{
	if (edit == EDIT_THRESHOLD)
		return apply_threshold(environment, args, err);
	if (edit == EDIT_KEYS && (args_has(args, "add") || args_has(args, "remove")))
		return apply_edits(environment, args, err);
	return apply_options(environment, args, err);
}

/* What all three share: load, change one environment, publish or propose, show. */
static enum vk_rc change_environment(
	struct cli *cli, const struct args *args, enum edit edit, struct vk_err *err)
{
	const char *name = args_at(args, 0);
	struct environment_approvers *environment = NULL;
	struct ceremony_run run;
	struct approvers approvers;
	bool is_change = edit != EDIT_KEYS || args_has(args, "approver") ||
			 args_has(args, "add") || args_has(args, "remove") ||
			 args_has(args, "threshold") || args_has(args, "author-may-approve") ||
			 args_has(args, "key") || args_has(args, "out");
	enum vk_rc rc;

	approvers_init(&approvers);
	ceremony_run_init(&run, cli, args);
	rc = ceremony_run_open(&run, name, err);
	if (rc == VK_OK)
		rc = approvers_load(&approvers, run.trusted.targets, err);
	if (rc == VK_OK)
		rc = find_or_add(&approvers, name, edit, &environment, err);
	if (rc == VK_OK && is_change)
		rc = apply(environment, args, edit, err);
	if (rc == VK_OK && is_change)
		rc = propose(&run, &approvers, name, err);
	if (rc == VK_OK)
		print_result(&run, environment);
	approvers_release(&approvers);
	ceremony_run_release(&run);
	return rc;
}

enum vk_rc cmd_env_add(struct cli *cli, const struct args *args, struct vk_err *err)
{
	return change_environment(cli, args, EDIT_ADD, err);
}

enum vk_rc cmd_env_keys(struct cli *cli, const struct args *args, struct vk_err *err)
{
	return change_environment(cli, args, EDIT_KEYS, err);
}

enum vk_rc cmd_env_threshold(struct cli *cli, const struct args *args, struct vk_err *err)
{
	return change_environment(cli, args, EDIT_THRESHOLD, err);
}

/* The same releases with a new expiry: nothing for a host to do, so that only the approvers'
 * threshold is needed, and no change. */
enum vk_rc cmd_refresh(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *name = args_at(args, 0);
	struct ceremony_run run;
	int64_t expires = 0;
	enum vk_rc rc;

	ceremony_run_init(&run, cli, args);
	rc = ceremony_run_open(&run, name, err);
	if (rc == VK_OK && tuf_meta_delegation(run.trusted.targets, name) == NULL)
		rc = vk_err_set(err, VK_ENOTFOUND, "the fleet has no environment '%s'", name);
	if (rc == VK_OK)
		rc = ceremony_run_expiry(&run, &expires, err);
	if (rc == VK_OK)
		rc = ceremony_run_add_role(&run, name, expires, err);
	if (rc == VK_OK)
		rc = ceremony_run_finish(&run, err);
	if (rc == VK_OK) {
		struct vkjson *result = ceremony_run_json(&run);

		if (!cli_print_json(cli, result)) {
			ceremony_run_print(&run);
			cli_say(cli, "%s%s\n", run.is_published ? "published" : "written to ",
				run.is_published ? "" : args_get(args, "out"));
		}
		vkjson_free(result);
	}
	ceremony_run_release(&run);
	return rc;
}

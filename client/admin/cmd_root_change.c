/* SPDX-License-Identifier: BSD-3-Clause */
/* The next root: its keys, thresholds, expiry, and the server's online keys. */
#include "config.h"

#include "client/admin/cmd.h"

#include <string.h>

#include "client/admin/approvers.h"
#include "client/admin/ceremony_run.h"
#include "client/admin/root_ca.h"
#include "client/admin/root_plan.h"
#include "client/admin/session.h"
#include "common/num.h"
#include "common/vkjson.h"

#include "common/banned.h"

static enum vk_rc set_online(struct root_plan *plan, const struct vkjson *reply,
	enum tuf_type role, struct vk_err *err)
{
	uint8_t key[VK_PUBLIC_KEY_BYTES];
	enum vk_rc rc = vkjson_get_hex(reply, tuf_type_name(role), key, sizeof(key), err);

	if (rc == VK_OK)
		root_plan_set_online(plan, role, key);
	return rc;
}

static enum vk_rc set_log(struct root_plan *plan, const struct vkjson *reply, struct vk_err *err)
{
	struct tuf_log_start start = {.is_there = false};
	uint8_t key[VK_PUBLIC_KEY_BYTES];
	const struct vkjson *log = NULL;
	const char *name = NULL;
	enum vk_rc rc = vkjson_get_object(reply, "log", &log, err);

	if (rc == VK_OK)
		rc = vkjson_get_string(log, "name", &name, err);
	if (rc == VK_OK)
		rc = vkjson_get_hex(log, "public", key, sizeof(key), err);
	if (rc == VK_OK)
		rc = tuf_log_start_from_json(log, &start, err);
	return rc == VK_OK ? root_plan_set_log(plan, name, key, &start, err) : rc;
}

/* The keys that vkcfgd has now, in the place of those in the root. */
static enum vk_rc take_online_keys(
	const struct ceremony_run *run, struct root_plan *plan, struct vk_err *err)
{
	struct vkjson *reply = NULL;
	enum vk_rc rc = VK_OK;

	if (run->session == NULL)
		return vk_err_set(err, VK_ENOTFOUND, "--online-keys: you are not enrolled here");
	rc = session_get(run->session, "/v1/online-keys", &reply, err);
	if (rc == VK_OK)
		rc = set_online(plan, reply, TUF_SNAPSHOT, err);
	if (rc == VK_OK)
		rc = set_online(plan, reply, TUF_TIMESTAMP, err);
	if (rc == VK_OK)
		rc = set_log(plan, reply, err);
	vkjson_free(reply);
	return rc;
}

/* What the options say; words of single commands are applied by their caller. */
static enum vk_rc apply_options(
	const struct ceremony_run *run, struct root_plan *plan, struct vk_err *err)
{
	const struct args *args = run->args;
	uint64_t threshold = 0;
	enum vk_rc rc = VK_OK;

	for (size_t i = 0; rc == VK_OK && i < args_option_count(args, "add"); i++)
		rc = root_plan_add_key_file(plan, args_option_at(args, "add", i), err);
	for (size_t i = 0; rc == VK_OK && i < args_option_count(args, "remove"); i++)
		rc = root_plan_remove(plan, args_option_at(args, "remove", i), err);
	if (rc == VK_OK && args_has(args, "threshold")) {
		rc = args_get_uint(
			args, "threshold", 1, ROOT_PLAN_MAX_KEYS, 1, &threshold, err);
		if (rc == VK_OK)
			root_plan_set_threshold(plan, (unsigned)threshold);
	}
	if (rc == VK_OK)
		rc = root_ca_apply(run->cli->home, args, plan, err);
	if (rc == VK_OK && args_has(args, "online-keys"))
		rc = take_online_keys(run, plan, err);
	return rc;
}

static enum vk_rc add_root(struct ceremony_run *run, const struct root_plan *plan, int64_t expires,
	struct vk_err *err)
{
	struct vk_buf part;
	enum vk_rc rc;

	vk_buf_init(&part, TUF_ROOT_MAX_BYTES);
	rc = root_plan_format(
		plan, tuf_meta_version(run->trusted.root) + 1, expires, &part, err);
	if (rc == VK_OK)
		rc = ceremony_add(&run->ceremony, "root", part.data, part.len, err);
	vk_buf_release(&part);
	return rc;
}

/* targets is signed along, by the new keys: with the old signatures alone it might no longer be
 * valid under the new root. */
static enum vk_rc add_targets(struct ceremony_run *run, int64_t expires, struct vk_err *err)
{
	const struct tuf_meta *targets = run->trusted.targets;
	struct approvers approvers;
	struct vk_buf part;
	enum vk_rc rc;

	approvers_init(&approvers);
	vk_buf_init(&part, TUF_TARGETS_MAX_BYTES);
	rc = approvers_load(&approvers, targets, err);
	if (rc == VK_OK)
		rc = approvers_format_targets(
			&approvers, tuf_meta_version(targets) + 1, expires, &part, err);
	if (rc == VK_OK)
		rc = ceremony_add(&run->ceremony, "targets", part.data, part.len, err);
	vk_buf_release(&part);
	approvers_release(&approvers);
	return rc;
}

static void print_result(const struct ceremony_run *run)
{
	const char *path = args_get(run->args, "out");
	struct vkjson *result = ceremony_run_json(run);

	if (!cli_print_json(run->cli, result)) {
		ceremony_run_print(run);
		if (run->is_published)
			cli_say_in(run->cli, CLI_GOOD, "published\n");
		else
			cli_say(run->cli, "written to %s\n", path);
	}
	vkjson_free(result);
}

typedef enum vk_rc plan_edit(struct root_plan *plan, const char *word, struct vk_err *err);

static enum vk_rc change_root(
	struct cli *cli, const struct args *args, plan_edit *edit, struct vk_err *err)
{
	struct ceremony_run run;
	struct root_plan plan;
	int64_t expires = 0;
	enum vk_rc rc;

	root_plan_init(&plan);
	ceremony_run_init(&run, cli, args);
	rc = ceremony_run_open(&run, NULL, err);
	if (rc == VK_OK)
		rc = ceremony_run_expiry(&run, &expires, err);
	if (rc == VK_OK)
		rc = root_plan_load(&plan, run.trusted.root, err);
	if (rc == VK_OK && edit != NULL)
		rc = edit(&plan, args_at(args, 0), err);
	if (rc == VK_OK)
		rc = apply_options(&run, &plan, err);
	if (rc == VK_OK)
		rc = add_root(&run, &plan, expires, err);
	if (rc == VK_OK)
		rc = add_targets(&run, expires, err);
	if (rc == VK_OK)
		rc = ceremony_run_finish(&run, err);
	if (rc == VK_OK)
		print_result(&run);
	root_plan_release(&plan);
	ceremony_run_release(&run);
	return rc;
}

static enum vk_rc set_threshold(struct root_plan *plan, const char *word, struct vk_err *err)
{
	uint64_t threshold = 0;

	if (!vk_parse_uint(word, 1, ROOT_PLAN_MAX_KEYS, &threshold))
		return vk_err_set(err, VK_EINPUT, "'%s' is no threshold: 1 to %d", word,
			ROOT_PLAN_MAX_KEYS);
	root_plan_set_threshold(plan, (unsigned)threshold);
	return VK_OK;
}

enum vk_rc cmd_root_rotate(struct cli *cli, const struct args *args, struct vk_err *err)
{
	return change_root(cli, args, NULL, err);
}

enum vk_rc cmd_root_add_key(struct cli *cli, const struct args *args, struct vk_err *err)
{
	return change_root(cli, args, root_plan_add_key_file, err);
}

enum vk_rc cmd_root_remove_key(struct cli *cli, const struct args *args, struct vk_err *err)
{
	return change_root(cli, args, root_plan_remove, err);
}

enum vk_rc cmd_root_threshold(struct cli *cli, const struct args *args, struct vk_err *err)
{
	return change_root(cli, args, set_threshold, err);
}

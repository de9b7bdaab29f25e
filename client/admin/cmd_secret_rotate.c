/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/current.h"
#include "client/admin/secret_file.h"
#include "client/admin/secret_new.h"
#include "client/admin/secret_rotation.h"
#include "client/admin/secret_source.h"
#include "client/admin/source.h"
#include "client/admin/submit.h"
#include "client/admin/table.h"
#include "client/admin/uncommitted.h"
#include "common/config/render.h"
#include "common/config/tree.h"
#include "common/mem.h"

#include "common/banned.h"

enum { TARGET_MAX_BYTES = 1024 };

/* What one run of the command works with. */
struct rotate {
	struct cli *cli;
	const struct args *args;
	const char *environment;
	const char *name;
	struct session *session;
	struct secret_source own;	    /* of --tree, or the working directory */
	struct secret_source released;	    /* of the current release */
	const struct cfg_secret_info *info; /* in own */
	struct vkjson *waiting;		    /* instances that have not committed */
	struct vkjson *result;
	enum rotation_step step;
};

/* ---- where it stands ---- */

static bool is_additive(const struct cfg_secret_info *info)
{
	for (size_t i = 0; i < info->use_count; i++) {
		if (cfg_secret_use_at(info, i)->place == CFG_SECRET_USER)
			return true;
	}
	return false;
}

static enum vk_rc load(struct rotate *rotate, struct vk_err *err)
{
	enum vk_rc rc = secret_file_check_names(rotate->environment, rotate->name, err);

	if (rc == VK_OK)
		rc = source_load(rotate->args, &rotate->own.tree, err);
	if (rc == VK_OK)
		rc = cfg_secrets_read(
			rotate->own.tree, rotate->environment, NULL, &rotate->own.secrets, err);
	if (rc == VK_OK)
		rc = secret_source_find(
			&rotate->own, rotate->environment, rotate->name, &rotate->info, err);
	if (rc == VK_OK)
		rc = session_open(rotate->cli, &rotate->session, err);
	if (rc == VK_OK)
		rc = secret_source_load_released(
			rotate->session, rotate->environment, &rotate->released, err);
	return rc;
}

static enum vk_rc decide(struct rotate *rotate, struct vk_err *err)
{
	const struct cfg_secret_info *released =
		rotate->released.secrets != NULL
			? cfg_secrets_find(rotate->released.secrets, rotate->name)
			: NULL;
	const struct rotation rotation = {.own = &rotate->info->pins,
		.released = released != NULL ? &released->pins : NULL,
		.is_additive = is_additive(rotate->info),
		.waiting_count = vkjson_count(rotate->waiting)};

	return rotation_next(&rotation, &rotate->step, err);
}

/* ---- the plan ---- */

/* Which step of the three is the one that is next, or waited for. */
static enum rotation_step step_in_plan(const struct rotate *rotate)
{
	bool is_released = rotate->step != ROTATION_WAIT_RELEASE;

	if (!rotation_is_waiting(rotate->step))
		return rotate->step;
	switch (cfg_pins_rotation(&rotate->info->pins)) {
	case CFG_ROTATION_ADDED:
		return is_released ? ROTATION_SWITCH : ROTATION_ADD;
	case CFG_ROTATION_SWITCHED:
		return is_released ? ROTATION_DROP : ROTATION_SWITCH;
	case CFG_ROTATION_NONE:
		break;
	}
	return is_additive(rotate->info) ? ROTATION_DROP : ROTATION_REPLACE;
}

static void add_step(
	struct vkjson *plan, const struct rotate *rotate, enum rotation_step step, const char *text)
{
	enum rotation_step now = step_in_plan(rotate);
	struct vkjson *item = vkjson_object();
	const char *state = "later";

	if (step < now)
		state = "done";
	else if (step == now)
		state = rotation_is_waiting(rotate->step) ? "waits" : "next";
	vkjson_set(item, "step", vkjson_string(rotation_step_name(step)));
	vkjson_set(item, "state", vkjson_string(state));
	vkjson_set(item, "text", vkjson_string(text));
	vkjson_append(plan, item);
}

static struct vkjson *make_plan(const struct rotate *rotate)
{
	struct vkjson *plan = vkjson_array();

	if (step_in_plan(rotate) == ROTATION_REPLACE) {
		add_step(plan, rotate, ROTATION_REPLACE,
			"the new version takes the place of the old one at once");
		return plan;
	}
	add_step(plan, rotate, ROTATION_ADD, "the new version is valid beside the old one");
	add_step(plan, rotate, ROTATION_SWITCH, "the new one is in force, the old one still valid");
	add_step(plan, rotate, ROTATION_DROP, "the new one alone is valid");
	return plan;
}

static void describe(struct rotate *rotate)
{
	const struct cfg_pins *pins = &rotate->info->pins;
	struct vkjson *result = rotate->result;

	vkjson_set(result, "environment", vkjson_string(rotate->environment));
	vkjson_set(result, "name", vkjson_string(rotate->name));
	vkjson_set(result, "step", vkjson_string(rotation_step_name(rotate->step)));
	vkjson_set(result, "version", vkjson_int(pins->current.version));
	if (pins->next.version != 0)
		vkjson_set(result, "next", vkjson_int(pins->next.version));
	if (pins->previous.version != 0)
		vkjson_set(result, "previous", vkjson_int(pins->previous.version));
	vkjson_set(result, "plan", make_plan(rotate));
	vkjson_set(result, "waiting", vkjson_ref(rotate->waiting));
}

static void print_plan(const struct rotate *rotate)
{
	static const struct table_column steps[] = {
		{"STEP", "step", TABLE_TEXT},
		{"STATE", "state", TABLE_STATE},
		{"WHAT HOLDS THEN", "text", TABLE_TEXT},
		{NULL, NULL, TABLE_TEXT},
	};
	static const struct table_column waiting[] = {
		{"WAITS FOR", "instance", TABLE_TEXT},
		{"RELEASE", "release", TABLE_NUMBER},
		{"STATE", "state", TABLE_STATE},
		{NULL, NULL, TABLE_TEXT},
	};
	const struct cfg_pins *pins = &rotate->info->pins;

	cli_say(rotate->cli, "%s/%s: version %lld is in force", rotate->environment, rotate->name,
		(long long)pins->current.version);
	if (pins->next.version != 0)
		cli_say(rotate->cli, ", %lld valid beside it", (long long)pins->next.version);
	if (pins->previous.version != 0)
		cli_say(rotate->cli, ", %lld still valid", (long long)pins->previous.version);
	cli_say(rotate->cli, "\n\n");
	table_print(rotate->cli, steps, vkjson_get(rotate->result, "plan"), NULL);
	if (vkjson_count(rotate->waiting) > 0) {
		cli_say(rotate->cli, "\n");
		table_print(rotate->cli, waiting, rotate->waiting, NULL);
	}
	cli_say(rotate->cli, "\n");
}

/* The open change that has one's tree; 0: none. */
static enum vk_rc find_change(struct rotate *rotate, int64_t *out, struct vk_err *err)
{
	struct vkjson *changes = NULL;
	struct vk_buf target;
	enum vk_rc rc;

	*out = 0;
	vk_buf_init(&target, TARGET_MAX_BYTES);
	vk_buf_adds(&target, "/v1/changes?state=open");
	session_add_query(&target, "environment", rotate->environment);
	rc = session_list(rotate->session, target.data, SESSION_LIST_MAX_ITEMS, &changes, err);
	for (size_t i = 0; rc == VK_OK && i < vkjson_count(changes); i++) {
		const char *tree = vkjson_text(vkjson_get(vkjson_at(changes, i), "tree"));

		if (tree != NULL && strcmp(tree, cfg_tree_digest(rotate->own.tree)) == 0)
			*out = vkjson_integer(vkjson_get(vkjson_at(changes, i), "id"));
	}
	vkjson_free(changes);
	vk_buf_release(&target);
	return rc;
}

/* Says what the rotation waits for. */
static enum vk_rc explain_waiting(struct rotate *rotate, struct vk_err *err)
{
	int64_t change = 0;
	enum vk_rc rc = VK_OK;

	if (rotate->step == ROTATION_WAIT_RELEASE)
		rc = find_change(rotate, &change, err);
	if (rc == VK_OK && change != 0)
		vkjson_set(rotate->result, "change", vkjson_int(change));
	if (rc != VK_OK || cli_print_json(rotate->cli, rotate->result))
		return rc;
	print_plan(rotate);
	if (rotate->step == ROTATION_WAIT_HOSTS)
		cli_say(rotate->cli,
			"Run this again when these instances have committed %s/%lld.\n",
			rotate->environment, (long long)rotate->released.release);
	else if (change != 0)
		cli_say(rotate->cli, "Your tree's step waits for approvals: change %lld.\n",
			(long long)change);
	else
		cli_say(rotate->cli,
			"Your tree's step is not released yet, nor submitted: vkcfg submit %s\n",
			rotate->environment);
	return VK_OK;
}

/* ---- a step ---- */

/* A new version: random, unless --file or --fd bring one. */
static enum vk_rc make_version(struct rotate *rotate, struct cfg_pin *out, struct vk_err *err)
{
	const struct args *args = rotate->args;
	struct vk_secret_id id =
		secret_source_id(&rotate->own, rotate->environment, rotate->name, 0);
	struct secret_value *value = NULL;
	struct secret_new made;
	enum vk_rc rc =
		secret_new_check(rotate->session, rotate->own.secrets, rotate->environment, err);

	if (rc == VK_OK)
		rc = secret_new_version(rotate->session, rotate->environment, rotate->name,
			&rotate->info->pins, &id.version, err);
	if (rc == VK_OK && (args_has(args, "file") || args_has(args, "fd")))
		rc = secret_value_read(args, rotate->environment, rotate->name, &value, err);
	else if (rc == VK_OK)
		rc = secret_value_generate(args, &value, err);
	if (rc == VK_OK)
		rc = secret_new_send(
			rotate->cli, rotate->session, rotate->own.secrets, &id, value, &made, err);
	if (rc == VK_OK)
		*out = made.pin;
	secret_value_free(value);
	return rc;
}

static char *make_message(const struct rotate *rotate, const struct cfg_pins *pins)
{
	const char *message = args_get(rotate->args, "message");

	if (message != NULL)
		return xstrdup(message);
	return xasprintf("rotate secret %s: %s version %lld", rotate->name,
		rotation_step_name(rotate->step),
		(long long)(pins->next.version != 0 ? pins->next.version : pins->current.version));
}

/* Submits the directory as it is now. */
static enum vk_rc submit(
	struct rotate *rotate, const char *message, struct vkjson **reply, struct vk_err *err)
{
	char commit[SOURCE_COMMIT_BYTES];
	bool is_dirty = false;
	struct cfg_tree *tree = NULL;
	struct current current;
	enum vk_rc rc;

	current_init(&current);
	rc = source_load(rotate->args, &tree, err);
	if (rc == VK_OK)
		rc = current_load(rotate->session, rotate->environment, &current, err);
	if (rc == VK_OK) {
		source_git_commit(source_directory(rotate->args), commit, &is_dirty);
		rc = submit_propose(rotate->cli, rotate->session, &current, tree, message,
			commit[0] != '\0' ? commit : NULL, reply, err);
	}
	current_release(&current);
	cfg_tree_free(tree);
	return rc;
}

/* What a person should do between this step and the next. */
static void say_what_follows(const struct rotate *rotate)
{
	const char *environment = rotate->environment, *name = rotate->name;

	switch (rotate->step) {
	case ROTATION_ADD:
		cli_say(rotate->cli,
			"Once all hosts have committed it: vkcfg secret rotate %s %s\n",
			environment, name);
		return;
	case ROTATION_SWITCH:
		cli_say(rotate->cli,
			"Give clients the new value (vkcfg secret get %s %s), and rotate once "
			"more.\n",
			environment, name);
		return;
	case ROTATION_DROP:
	case ROTATION_REPLACE:
		cli_say(rotate->cli,
			"That is the last step. The old version can go a release later:\n"
			"vkcfg secret remove %s %s --number N\n",
			environment, name);
		return;
	case ROTATION_WAIT_RELEASE:
	case ROTATION_WAIT_HOSTS:
		return;
	}
}

static enum vk_rc propose(struct rotate *rotate, const struct cfg_pins *pins, struct vk_err *err)
{
	char *message = make_message(rotate, pins);
	struct vkjson *reply = NULL;
	enum vk_rc rc = submit(rotate, message, &reply, err);

	free(message);
	if (rc != VK_OK) {
		if (err->hint[0] == '\0')
			vk_err_hint(err, "the step stands in the tree: 'vkcfg submit %s' goes on",
				rotate->environment);
		return rc;
	}
	for (struct vkjson_iter it = vkjson_iter(reply); vkjson_next(&it);)
		vkjson_set(rotate->result, it.name, vkjson_ref(it.value));
	if (!cli_print_json(rotate->cli, rotate->result)) {
		submit_print(rotate->cli, reply);
		say_what_follows(rotate);
	}
	vkjson_free(reply);
	return VK_OK;
}

/* A tree that cannot be submitted is refused before a version is made and the step written. */
static enum vk_rc check_tree(const struct rotate *rotate, struct vk_err *err)
{
	struct cfg_rendered *rendered = NULL;
	enum vk_rc rc = cfg_render(rotate->own.tree, rotate->environment, NULL, &rendered, err);

	cfg_rendered_free(rendered);
	return rc;
}

static enum vk_rc do_step(struct rotate *rotate, struct vk_err *err)
{
	struct cfg_pin fresh = {.version = 0};
	struct cfg_pins pins;
	enum vk_rc rc = VK_OK;

	if (!args_has(rotate->args, "no-submit"))
		rc = check_tree(rotate, err);
	if (rc == VK_OK && rotation_is_fresh(rotate->step))
		rc = make_version(rotate, &fresh, err);
	if (rc != VK_OK)
		return rc;
	pins = rotation_pins(rotate->step, &rotate->info->pins, &fresh);
	rc = secret_file_write(
		source_directory(rotate->args), rotate->environment, rotate->name, &pins, err);
	if (rc != VK_OK)
		return rc;
	if (!args_has(rotate->args, "no-submit"))
		return propose(rotate, &pins, err);
	if (!cli_print_json(rotate->cli, rotate->result))
		cli_say(rotate->cli, "%s says so now; release it with 'vkcfg submit %s'\n",
			rotate->info->file, rotate->environment);
	return VK_OK;
}

/* Between two steps the hosts have to follow. */
static enum vk_rc find_waiting(struct rotate *rotate, struct vk_err *err)
{
	const struct cfg_secret_info *info;

	if (rotate->released.secrets == NULL ||
		cfg_pins_rotation(&rotate->info->pins) == CFG_ROTATION_NONE)
		return VK_OK;
	info = cfg_secrets_find(rotate->released.secrets, rotate->name);
	return info == NULL ? VK_OK
			    : uncommitted_list(rotate->session, rotate->environment, info,
				      rotate->released.release, rotate->waiting, err);
}

static enum vk_rc run(struct rotate *rotate, struct vk_err *err)
{
	enum vk_rc rc = load(rotate, err);

	if (rc == VK_OK)
		rc = find_waiting(rotate, err);
	if (rc == VK_OK)
		rc = decide(rotate, err);
	if (rc != VK_OK)
		return rc;
	describe(rotate);
	if (rotation_is_waiting(rotate->step)) {
		rotate->cli->is_answer_no = !args_has(rotate->args, "plan");
		return explain_waiting(rotate, err);
	}
	if (args_has(rotate->args, "plan")) {
		if (!cli_print_json(rotate->cli, rotate->result))
			print_plan(rotate);
		return VK_OK;
	}
	if (!rotate->cli->is_json)
		print_plan(rotate);
	return do_step(rotate, err);
}

enum vk_rc cmd_secret_rotate(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct rotate rotate = {.cli = cli,
		.args = args,
		.environment = args_at(args, 0),
		.name = args_at(args, 1),
		.waiting = vkjson_array(),
		.result = vkjson_object()};
	enum vk_rc rc;

	secret_source_init(&rotate.own);
	secret_source_init(&rotate.released);
	rc = run(&rotate, err);
	vkjson_free(rotate.result);
	vkjson_free(rotate.waiting);
	secret_source_release(&rotate.own);
	secret_source_release(&rotate.released);
	session_free(rotate.session);
	return rc;
}

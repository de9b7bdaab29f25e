/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "client/admin/diff_running.h"
#include "client/admin/diff_side.h"
#include "client/admin/difference.h"
#include "common/config/diff.h"
#include "common/config/fleet.h"
#include "common/config/render.h"
#include "common/config/tree.h"
#include "common/mem.h"

#include "common/banned.h"

/* What is compared, and what came of it. */
struct comparison {
	struct diff_side from, to;
	struct vkjson *results; /* one difference per environment */
	bool is_list;		/* of as many environments as there are */
};

static void add_result(struct comparison *comparison, struct vkjson *difference)
{
	vkjson_set(difference, "from", vkjson_string(comparison->from.label));
	vkjson_set(difference, "to", vkjson_string(comparison->to.label));
	vkjson_append(comparison->results, difference);
}

/* ---- environments ---- */

/* The same environment on both sides: instance by instance, and the rest of the tree. */
static enum vk_rc compare_environment(
	struct comparison *comparison, const char *environment, struct vk_err *err)
{
	const struct cfg_rendered *before = NULL, *after = NULL;
	struct vkjson *difference = NULL;
	enum vk_rc rc = diff_side_render(&comparison->from, environment, &before, err);

	if (rc == VK_OK)
		rc = diff_side_render(&comparison->to, environment, &after, err);
	if (rc == VK_OK && after == NULL && (before == NULL || !comparison->is_list))
		rc = vk_err_set(err, VK_ENOTFOUND, "%s has no environment '%s'",
			comparison->to.label, environment);
	if (rc == VK_OK)
		rc = difference_of(before, after, &difference, err);
	if (rc == VK_OK)
		rc = difference_add_parts(
			difference, comparison->from.tree, comparison->to.tree, err);
	if (rc == VK_OK)
		add_result(comparison, vkjson_ref(difference));
	vkjson_free(difference);
	return rc;
}

/* One that is missing on a side is an error here: there is no role to compare with. */
static enum vk_rc render_or_refuse(
	struct diff_side *side, const struct cfg_rendered **out, struct vk_err *err)
{
	enum vk_rc rc = diff_side_render(side, side->environment, out, err);

	if (rc == VK_OK && *out == NULL)
		rc = vk_err_set(err, VK_ENOTFOUND, "%s: nothing to compare", side->label);
	return rc;
}

static enum vk_rc compare_environments(struct comparison *comparison, struct vk_err *err)
{
	const struct cfg_rendered *before = NULL, *after = NULL;
	struct vkjson *difference = NULL;
	enum vk_rc rc = render_or_refuse(&comparison->from, &before, err);

	if (rc == VK_OK)
		rc = render_or_refuse(&comparison->to, &after, err);
	if (rc == VK_OK)
		rc = difference_of_roles(before, after, &difference, err);
	if (rc == VK_OK)
		add_result(comparison, difference);
	return rc;
}

static enum vk_rc compare_all_of(struct comparison *comparison, const struct cfg_tree *tree,
	const struct cfg_tree *not_in, struct vk_err *err)
{
	struct cfg_fleet *fleet = NULL, *other = NULL;
	enum vk_rc rc = cfg_fleet_parse(tree, NULL, &fleet, err);

	if (rc == VK_OK && not_in != NULL)
		rc = cfg_fleet_parse(not_in, NULL, &other, err);
	for (size_t i = 0; rc == VK_OK && i < cfg_fleet_environment_count(fleet); i++) {
		const char *name = cfg_fleet_environment_at(fleet, i);

		if (other == NULL || !cfg_fleet_has_environment(other, name))
			rc = compare_environment(comparison, name, err);
	}
	cfg_fleet_free(other);
	cfg_fleet_free(fleet);
	return rc;
}

/* Two trees: all environments of both. */
static enum vk_rc compare_trees(
	struct comparison *comparison, const char *environment, struct vk_err *err)
{
	const struct cfg_tree *before = comparison->from.tree, *after = comparison->to.tree;
	enum vk_rc rc;

	if (environment != NULL)
		return compare_environment(comparison, environment, err);
	comparison->is_list = true;
	rc = compare_all_of(comparison, after, NULL, err);
	if (rc == VK_OK)
		rc = compare_all_of(comparison, before, after, err);
	return rc;
}

static enum vk_rc compare_sides(
	struct comparison *comparison, const char *environment, struct vk_err *err)
{
	struct diff_side *from = &comparison->from, *to = &comparison->to;

	if (from->environment[0] != '\0' && to->environment[0] != '\0' &&
		strcmp(from->environment, to->environment) != 0)
		return compare_environments(comparison, err);
	if (from->environment[0] != '\0')
		environment = from->environment;
	else if (to->environment[0] != '\0')
		environment = to->environment;
	return compare_trees(comparison, environment, err);
}

/* ---- instances ---- */

/* The bundle of an instance of the tree; its environment goes to side->environment. */
static enum vk_rc find_instance(struct diff_side *side, const char *id,
	const struct cfg_rendered_bundle **out, struct vk_err *err)
{
	const struct cfg_rendered *rendered = NULL;
	struct cfg_fleet *fleet = NULL;
	char host[VK_NAME_BYTES], instance[VK_NAME_BYTES];
	struct cfg_host_info info;
	enum vk_rc rc = cfg_fleet_parse(side->tree, NULL, &fleet, err);

	if (rc == VK_OK && (!vk_instance_id_parse(id, host, instance) ||
				   !cfg_fleet_host_find(fleet, host, &info)))
		rc = vk_err_set(err, VK_ENOTFOUND, "%s has no instance '%s'", side->label, id);
	if (rc == VK_OK)
		rc = diff_side_render(side, info.environment, &rendered, err);
	if (rc == VK_OK) {
		memcpy(side->environment, cfg_rendered_environment(rendered),
			strlen(cfg_rendered_environment(rendered)) + 1);
		*out = cfg_rendered_find(rendered, id, NULL);
		if (*out == NULL)
			rc = vk_err_set(
				err, VK_ENOTFOUND, "%s has no instance '%s'", side->label, id);
	}
	cfg_fleet_free(fleet);
	return rc;
}

static void set_label(struct diff_side *side, const char *id)
{
	free(side->label);
	side->label = xstrdup(id);
}

/* Two instances of one tree, or of two environments of it. */
static enum vk_rc compare_instances(const struct cli *cli, const struct args *args,
	struct comparison *comparison, struct vk_err *err)
{
	const struct cfg_rendered_bundle *before = NULL, *after = NULL;
	const char *from = comparison->from.word, *to = comparison->to.word;
	struct cfg_diff *diff = NULL;
	enum vk_rc rc = diff_side_load_options(cli, args, &comparison->from, err);

	if (rc == VK_OK)
		rc = diff_side_load_options(cli, args, &comparison->to, err);
	if (rc == VK_OK)
		rc = find_instance(&comparison->from, from, &before, err);
	if (rc == VK_OK)
		rc = find_instance(&comparison->to, to, &after, err);
	if (rc == VK_OK)
		rc = cfg_diff_bundles(
			before->text, before->len, after->text, after->len, 0, &diff, err);
	set_label(&comparison->from, from);
	set_label(&comparison->to, to);
	if (rc == VK_OK)
		add_result(
			comparison, difference_of_diff(comparison->to.environment, diff, from, to));
	cfg_diff_free(diff);
	return rc;
}

/* One instance: what the tree would change of it. */
static enum vk_rc compare_instance(const struct cli *cli, const struct args *args,
	struct comparison *comparison, struct vk_err *err)
{
	const struct cfg_rendered_bundle *before = NULL, *after = NULL;
	const struct cfg_rendered *released = NULL;
	const char *id = comparison->from.word;
	struct vkjson *difference = NULL;
	enum vk_rc rc = diff_side_load_options(cli, args, &comparison->to, err);

	if (rc == VK_OK)
		rc = find_instance(&comparison->to, id, &after, err);
	if (rc == VK_OK)
		rc = diff_side_load_base(cli, &comparison->to, &comparison->from, err);
	if (rc == VK_OK)
		rc = diff_side_render(
			&comparison->from, comparison->to.environment, &released, err);
	if (rc == VK_OK && released != NULL)
		before = cfg_rendered_find(released, id, NULL);
	if (rc == VK_OK)
		rc = difference_of_instance(
			comparison->to.environment, before, after, &difference, err);
	if (rc == VK_OK)
		add_result(comparison, difference);
	return rc;
}

/* What the tree would change in a Valkey that runs. */
static enum vk_rc compare_running(const struct cli *cli, const struct args *args,
	struct comparison *comparison, struct vk_err *err)
{
	const struct cfg_rendered_bundle *after = NULL;
	const char *id = comparison->from.word, *address = args_get(args, "running");
	struct cfg_diff *diff = NULL;
	enum vk_rc rc = diff_side_load_options(cli, args, &comparison->to, err);

	if (rc == VK_OK)
		rc = find_instance(&comparison->to, id, &after, err);
	if (rc == VK_OK)
		rc = diff_running(cli, args, after, &diff, err);
	set_label(&comparison->from, address);
	set_label(&comparison->to, id);
	if (rc == VK_OK)
		add_result(comparison,
			difference_of_diff(comparison->to.environment, diff, address, id));
	cfg_diff_free(diff);
	return rc;
}

/* ---- the command line ---- */

static bool is_instance(const struct diff_side *side)
{
	return side->word != NULL && side->kind == DIFF_SIDE_INSTANCE;
}

static enum vk_rc parse_words(
	const struct args *args, struct comparison *comparison, struct vk_err *err)
{
	size_t count = args_count(args);
	enum vk_rc rc = VK_OK;

	if (args_has(args, "against")) {
		if (count > 1)
			return vk_err_set(
				err, VK_EINPUT, "--against stands for the first of two sides");
		if (count == 1)
			rc = diff_side_parse(args_at(args, 0), &comparison->to, err);
		if (rc == VK_OK && count == 1 && comparison->to.kind != DIFF_SIDE_ENVIRONMENT)
			rc = vk_err_set(err, VK_EINPUT, "--against goes with an environment");
		comparison->from.kind = DIFF_SIDE_DIRECTORY;
		comparison->from.word = args_get(args, "against");
		return rc;
	}
	if (count > 0)
		rc = diff_side_parse(args_at(args, 0), &comparison->from, err);
	if (rc == VK_OK && count > 1)
		rc = diff_side_parse(args_at(args, 1), &comparison->to, err);
	if (rc == VK_OK && count > 1 &&
		is_instance(&comparison->from) != is_instance(&comparison->to))
		rc = vk_err_set(err, VK_EINPUT, "an instance is compared with another instance");
	return rc;
}

/* Both sides in the tree of --tree: two environments, without the server. */
static enum vk_rc load_environments_of_tree(const struct cli *cli, const struct args *args,
	struct comparison *comparison, struct vk_err *err)
{
	enum vk_rc rc = diff_side_load_options(cli, args, &comparison->from, err);

	if (rc == VK_OK)
		rc = diff_side_load_options(cli, args, &comparison->to, err);
	return rc;
}

static bool are_environments_of_tree(const struct args *args, const struct comparison *comparison)
{
	return (args_has(args, "tree") || args_has(args, "release")) && args_count(args) == 2 &&
	       comparison->from.kind == DIFF_SIDE_ENVIRONMENT &&
	       comparison->to.kind == DIFF_SIDE_ENVIRONMENT;
}

static enum vk_rc load_sides(const struct cli *cli, const struct args *args,
	struct comparison *comparison, struct vk_err *err)
{
	struct diff_side *from = &comparison->from, *to = &comparison->to;
	enum vk_rc rc;

	if (are_environments_of_tree(args, comparison))
		return load_environments_of_tree(cli, args, comparison, err);
	if (args_count(args) == 2 && (args_has(args, "tree") || args_has(args, "release")))
		return vk_err_set(err, VK_EINPUT,
			"both sides are named: --tree and --release are for one side, or for two "
			"environments or instances of one tree");
	/* A change alone is compared with what it was made from. */
	if (from->kind == DIFF_SIDE_CHANGE && args_count(args) == 1 && !args_has(args, "tree") &&
		!args_has(args, "release")) {
		*to = *from;
		diff_side_init(from);
		rc = diff_side_load(cli, to, err);
		return rc == VK_OK ? diff_side_load_base(cli, to, from, err) : rc;
	}
	rc = diff_side_load(cli, from, err);
	if (rc != VK_OK)
		return rc;
	if (args_count(args) == 2)
		return diff_side_load(cli, to, err);
	return diff_side_load_options(cli, args, to, err);
}

/* Without a word: each environment of the tree with its current release. */
static enum vk_rc compare_with_releases(const struct cli *cli, const struct args *args,
	struct comparison *comparison, struct vk_err *err)
{
	struct diff_side *from = &comparison->from, *to = &comparison->to;
	struct cfg_fleet *fleet = NULL;
	enum vk_rc rc = diff_side_load_options(cli, args, to, err);

	comparison->is_list = !args_has(args, "env");
	if (rc == VK_OK)
		rc = cfg_fleet_parse(to->tree, NULL, &fleet, err);
	for (size_t i = 0; rc == VK_OK && i < cfg_fleet_environment_count(fleet); i++) {
		const char *name = cfg_fleet_environment_at(fleet, i);

		if (args_has(args, "env") && strcmp(args_get(args, "env"), name) != 0)
			continue;
		diff_side_release(from);
		rc = diff_side_parse(name, from, err);
		if (rc == VK_OK)
			rc = diff_side_load(cli, from, err);
		if (rc == VK_OK)
			rc = compare_environment(comparison, name, err);
	}
	if (rc == VK_OK && vkjson_count(comparison->results) == 0)
		rc = vk_err_set(err, VK_ENOTFOUND, "%s has no such environment", to->label);
	cfg_fleet_free(fleet);
	return rc;
}

static enum vk_rc compare(const struct cli *cli, const struct args *args,
	struct comparison *comparison, struct vk_err *err)
{
	enum vk_rc rc = parse_words(args, comparison, err);

	if (rc != VK_OK)
		return rc;
	if (args_has(args, "running"))
		return is_instance(&comparison->from) && args_count(args) == 1
			       ? compare_running(cli, args, comparison, err)
			       : vk_err_set(
					 err, VK_EINPUT, "--running goes with one HOST/INSTANCE");
	if (is_instance(&comparison->from))
		return args_count(args) == 2 ? compare_instances(cli, args, comparison, err)
					     : compare_instance(cli, args, comparison, err);
	if (args_count(args) == 0 && !args_has(args, "against"))
		return compare_with_releases(cli, args, comparison, err);
	rc = load_sides(cli, args, comparison, err);
	if (rc == VK_OK)
		rc = compare_sides(comparison, args_get(args, "env"), err);
	return rc;
}

static void print(struct cli *cli, const struct comparison *comparison)
{
	size_t count = vkjson_count(comparison->results);

	for (size_t i = 0; i < count; i++)
		cli->is_answer_no |= !difference_is_empty(vkjson_at(comparison->results, i));
	if (comparison->is_list ? cli_print_json_list(cli, comparison->results)
				: cli_print_json(cli, vkjson_at(comparison->results, 0)))
		return;
	for (size_t i = 0; i < count; i++) {
		cli_say(cli, i > 0 ? "\n" : "");
		difference_print(cli, vkjson_at(comparison->results, i));
	}
}

enum vk_rc cmd_diff(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct comparison comparison = {.results = vkjson_array()};
	enum vk_rc rc;

	diff_side_init(&comparison.from);
	diff_side_init(&comparison.to);
	rc = compare(cli, args, &comparison, err);
	if (rc == VK_OK)
		print(cli, &comparison);
	diff_side_release(&comparison.from);
	diff_side_release(&comparison.to);
	vkjson_free(comparison.results);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/cmd.h"

#include <string.h>

#include "client/admin/released.h"
#include "common/config/explain.h"
#include "common/vkjson.h"

#include "common/banned.h"

static struct vkjson *origin_json(const struct cfg_origin *origin)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "layer", vkjson_string(origin->layer));
	vkjson_set(object, "file", vkjson_string(origin->file));
	vkjson_set(object, "line", vkjson_int(origin->line));
	vkjson_set(object, "column", vkjson_int(origin->column));
	vkjson_set(object, "text", vkjson_string(origin->text));
	vkjson_set(object, "effective", vkjson_bool(origin->is_effective));
	return object;
}

static struct vkjson *lock_json(const struct cfg_explained_lock *lock)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "layer", vkjson_string(lock->layer));
	vkjson_set(object, "file", vkjson_string(lock->file));
	vkjson_set(object, "line", vkjson_int(lock->line));
	return object;
}

static void add_directive(struct vkjson *object, const struct cfg_directive *d)
{
	vkjson_set(object, "directive", vkjson_string(d->name));
	vkjson_set(object, "live", vkjson_bool((d->flags & CFG_LIVE) != 0));
	vkjson_set(object, "way", vkjson_string(cfg_way_name(cfg_directive_way(d))));
	if (d->fallback != NULL)
		vkjson_set(object, "default", vkjson_string(d->fallback));
}

static struct vkjson *explained_json(const struct cfg_explained *item)
{
	struct vkjson *object = vkjson_object();
	struct vkjson *origins = vkjson_array();

	for (size_t i = 0; i < item->count; i++)
		vkjson_append(origins, origin_json(&item->origins[i]));
	vkjson_set(object, "word", vkjson_string(item->word));
	vkjson_set(object, "value", vkjson_string(item->value));
	vkjson_set(object, "origins", origins);
	if (item->lock.layer != NULL)
		vkjson_set(object, "lock", lock_json(&item->lock));
	if (item->directive != NULL)
		add_directive(object, item->directive);
	return object;
}

static struct vkjson *group_json(const struct cfg_explained_group *group)
{
	struct vkjson *object = vkjson_object();
	struct vkjson *members = vkjson_array();

	for (size_t i = 0; i < group->count; i++)
		vkjson_append(members, vkjson_string(group->members[i]));
	vkjson_set(object, "name", vkjson_string(group->name));
	vkjson_set(object, "kind", vkjson_string(group->kind));
	vkjson_set(object, "file", vkjson_string(group->file));
	vkjson_set(object, "shard", vkjson_int((int64_t)group->shard));
	vkjson_set(object, "members", members);
	return object;
}

/* Once for people; in JSON, which is a list of directives, with each. */
static void print_group(const struct cli *cli, const struct cfg_explained_group *group)
{
	cli_say_in(cli, CLI_BOLD, "group %s ", group->name);
	cli_say(cli, "%s", group->kind);
	if (group->shard_count > 1)
		cli_say(cli, ", shard %zu of %zu", group->shard + 1, group->shard_count);
	cli_say_in(cli, CLI_DIM, "  # %s; a new group begins with the first as primary\n",
		group->file);
	for (size_t i = 0; i < group->count; i++)
		cli_say(cli, "  %s\n", group->members[i]);
}

static void print_origin(const struct cli *cli, const struct cfg_origin *origin)
{
	cli_say(cli, "  %-12s", origin->layer);
	cli_say_foreign(cli, CLI_PLAIN, origin->file);
	cli_say(cli, ":%u: ", origin->line);
	cli_say_foreign(cli, origin->is_effective ? CLI_PLAIN : CLI_DIM, origin->text);
	cli_say(cli, "%s\n", origin->is_effective ? "" : "  (overridden)");
}

static const char *way_of(const struct cfg_directive *d)
{
	switch (cfg_directive_way(d)) {
	case CFG_WAY_LIVE:
		return "changes live";
	case CFG_WAY_RESTART_PREFERRED:
		return "changes live, what is there already only with a restart";
	case CFG_WAY_RESTART:
		return "needs a restart";
	case CFG_WAY_NEVER:
		break;
	}
	return "not changed by vkcfg";
}

/* How a directive is changed, and what it would be if nobody said anything. */
static void print_directive(const struct cli *cli, const struct cfg_explained *item)
{
	const struct cfg_directive *d = item->directive;

	cli_say_in(cli, CLI_DIM, "  # %s", way_of(d));
	if (item->count == 0)
		cli_say_in(cli, CLI_DIM, ", Valkey's default");
	else if (d->fallback != NULL && strcmp(d->fallback, item->value) == 0)
		cli_say_in(cli, CLI_DIM, ", as Valkey's default");
	else if (d->fallback != NULL)
		cli_say_in(cli, CLI_DIM, ", Valkey's default is %s",
			d->fallback[0] != '\0' ? d->fallback : "\"\"");
}

static void print_item(const struct cli *cli, const struct cfg_explained *item)
{
	cli_say_foreign(cli, CLI_BOLD, item->word);
	cli_say(cli, " ");
	cli_say_foreign(cli, CLI_PLAIN, item->value[0] != '\0' ? item->value : "\"\"");
	if (item->directive != NULL)
		print_directive(cli, item);
	cli_say(cli, "\n");
	if (item->lock.layer != NULL) {
		cli_say_in(cli, CLI_WARN, "  locked");
		cli_say(cli, "      by the %s: ", item->lock.layer);
		cli_say_foreign(cli, CLI_PLAIN, item->lock.file);
		cli_say(cli, ":%u\n", item->lock.line);
	}
	for (size_t i = item->count; i-- > 0;)
		print_origin(cli, &item->origins[i]);
}

enum vk_rc cmd_explain(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const char *directive = args_count(args) > 1 ? args_at(args, 1) : NULL;
	struct cfg_explanation *explanation = NULL;
	const struct cfg_explained_group *group = NULL;
	struct vkjson *items = vkjson_array();
	struct cfg_tree *tree = NULL;
	enum vk_rc rc = released_or_source(cli, args, &tree, err);

	if (rc == VK_OK)
		rc = cfg_explain(tree, args_at(args, 0), directive, &explanation, err);
	if (rc != VK_OK)
		goto out;
	group = cfg_explanation_group(explanation);
	for (size_t i = 0; i < cfg_explanation_count(explanation); i++) {
		struct vkjson *item = explained_json(cfg_explanation_at(explanation, i));

		if (group != NULL)
			vkjson_set(item, "group", group_json(group));
		vkjson_append(items, item);
	}
	if (cli_print_json_list(cli, items))
		goto out;
	if (group != NULL)
		print_group(cli, group);
	for (size_t i = 0; i < cfg_explanation_count(explanation); i++)
		print_item(cli, cfg_explanation_at(explanation, i));
out:
	vkjson_free(items);
	cfg_explanation_free(explanation);
	cfg_tree_free(tree);
	return rc;
}

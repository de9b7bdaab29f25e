/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/diff_side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/args.h"
#include "client/admin/change.h"
#include "client/admin/current.h"
#include "client/admin/released.h"
#include "client/admin/session.h"
#include "client/admin/source.h"
#include "common/config/fleet.h"
#include "common/config/render.h"
#include "common/config/tree.h"
#include "common/mem.h"

#include "common/banned.h"

static const char change_prefix[] = "change:";

void diff_side_init(struct diff_side *side)
{
	memset(side, 0, sizeof(*side));
}

void diff_side_release(struct diff_side *side)
{
	cfg_rendered_free(side->rendered);
	cfg_tree_free(side->tree);
	free(side->label);
	diff_side_init(side);
}

/* ---- the word ---- */

static bool is_directory(const char *word)
{
	size_t len = strlen(word);

	return word[0] == '/' || word[0] == '.' || (len > 0 && word[len - 1] == '/');
}

static void set_environment(struct diff_side *side, const char *name, size_t len)
{
	snprintf(side->environment, sizeof(side->environment), "%.*s", (int)len, name);
}

static enum vk_rc refuse(const char *word, struct vk_err *err)
{
	vk_err_set(err, VK_EINPUT, "'%s' is nothing that can be compared", word);
	vk_err_hint(err, "ENV, ENV/N, change:N, HOST/INSTANCE, or a directory as ./DIR");
	return VK_EINPUT;
}

static enum vk_rc parse_slashed(const char *word, struct diff_side *side, struct vk_err *err)
{
	const char *slash = strchr(word, '/');
	char host[VK_NAME_BYTES], instance[VK_NAME_BYTES];
	size_t len = (size_t)(slash - word);

	if (slash[1] != '\0' && slash[1 + strspn(slash + 1, "0123456789")] == '\0' &&
		len < sizeof(side->environment)) {
		side->kind = DIFF_SIDE_RELEASE;
		set_environment(side, word, len);
		return vk_environment_is_valid(side->environment) ? VK_OK : refuse(word, err);
	}
	side->kind = DIFF_SIDE_INSTANCE;
	return vk_instance_id_parse(word, host, instance) ? VK_OK : refuse(word, err);
}

enum vk_rc diff_side_parse(const char *word, struct diff_side *side, struct vk_err *err)
{
	side->word = word;
	side->label = xstrdup(word);
	if (strncmp(word, change_prefix, strlen(change_prefix)) == 0) {
		side->kind = DIFF_SIDE_CHANGE;
		return VK_OK;
	}
	if (is_directory(word)) {
		side->kind = DIFF_SIDE_DIRECTORY;
		return VK_OK;
	}
	if (strchr(word, '/') != NULL)
		return parse_slashed(word, side, err);
	side->kind = DIFF_SIDE_ENVIRONMENT;
	if (!vk_environment_is_valid(word))
		return refuse(word, err);
	set_environment(side, word, strlen(word));
	return VK_OK;
}

/* ---- loading ---- */

static void set_label(struct diff_side *side, char *label)
{
	free(side->label);
	side->label = label;
}

/* The current release, which may not be there yet. */
static enum vk_rc load_current(const struct cli *cli, struct diff_side *side, struct vk_err *err)
{
	struct session *session = NULL;
	struct current current;
	enum vk_rc rc;

	current_init(&current);
	rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = current_load(session, side->environment, &current, err);
	if (rc == VK_OK)
		rc = current_render(session, &current, &side->tree, &side->rendered, err);
	if (rc == VK_OK)
		set_label(side, current.release != NULL
					? xasprintf("%s/%lld", side->environment,
						  (long long)current.base.number)
					: xasprintf("%s (no release)", side->environment));
	current_release(&current);
	session_free(session);
	return rc;
}

static enum vk_rc load_change(const struct cli *cli, struct diff_side *side, struct vk_err *err)
{
	struct session *session = NULL;
	struct change change;
	enum vk_rc rc;

	change_init(&change);
	rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = change_fetch(session, side->word + strlen(change_prefix), &change, err);
	if (rc == VK_OK && strcmp(change.state, "open") != 0) {
		rc = vk_err_set(err, VK_EINPUT, "%s is not open any more: it is %s", side->word,
			change.state);
		vk_err_hint(err, "a release is compared as ENV/N");
	}
	if (rc == VK_OK)
		rc = change_verify(session, &change, err);
	if (rc == VK_OK) {
		set_environment(side, change.environment, strlen(change.environment));
		side->tree = change.tree;
		change.tree = NULL;
	}
	change_release(&change);
	session_free(session);
	return rc;
}

static enum vk_rc load_directory(const char *directory, struct diff_side *side, struct vk_err *err)
{
	set_label(side, xasprintf("the tree in %s", directory));
	return cfg_tree_load_dir(directory, &side->tree, err);
}

enum vk_rc diff_side_load(const struct cli *cli, struct diff_side *side, struct vk_err *err)
{
	switch (side->kind) {
	case DIFF_SIDE_ENVIRONMENT:
		return load_current(cli, side, err);
	case DIFF_SIDE_RELEASE:
		return released_tree(cli, side->word, &side->tree, err);
	case DIFF_SIDE_CHANGE:
		return load_change(cli, side, err);
	case DIFF_SIDE_DIRECTORY:
		return load_directory(side->word, side, err);
	case DIFF_SIDE_INSTANCE:
		break;
	}
	return refuse(side->word, err);
}

enum vk_rc diff_side_load_options(
	const struct cli *cli, const struct args *args, struct diff_side *side, struct vk_err *err)
{
	set_label(side, args_has(args, "release")
				? xstrdup(args_get(args, "release"))
				: xasprintf("the tree in %s", source_directory(args)));
	return released_or_source(cli, args, &side->tree, err);
}

enum vk_rc diff_side_load_base(const struct cli *cli, const struct diff_side *change,
	struct diff_side *side, struct vk_err *err)
{
	side->kind = DIFF_SIDE_ENVIRONMENT;
	set_environment(side, change->environment, strlen(change->environment));
	return load_current(cli, side, err);
}

/* ---- rendering ---- */

static enum vk_rc has_environment(
	const struct cfg_tree *tree, const char *environment, bool *out, struct vk_err *err)
{
	struct cfg_fleet *fleet = NULL;
	enum vk_rc rc = cfg_fleet_parse(tree, NULL, &fleet, err);

	*out = rc == VK_OK && cfg_fleet_has_environment(fleet, environment);
	cfg_fleet_free(fleet);
	return rc;
}

enum vk_rc diff_side_render(struct diff_side *side, const char *environment,
	const struct cfg_rendered **out, struct vk_err *err)
{
	bool is_there = false;
	enum vk_rc rc;

	*out = NULL;
	if (side->tree == NULL)
		return VK_OK;
	if (side->rendered != NULL &&
		strcmp(cfg_rendered_environment(side->rendered), environment) != 0) {
		cfg_rendered_free(side->rendered);
		side->rendered = NULL;
	}
	if (side->rendered == NULL) {
		rc = has_environment(side->tree, environment, &is_there, err);
		if (rc == VK_OK && is_there)
			rc = cfg_render(side->tree, environment, NULL, &side->rendered, err);
		if (rc != VK_OK)
			return vk_err_prefix(err, rc, "%s", side->label);
	}
	*out = side->rendered;
	return VK_OK;
}

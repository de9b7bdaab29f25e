/* SPDX-License-Identifier: BSD-3-Clause */
/* Taking a running value into the tree, as a change that is submitted like any other. */
#include "config.h"

#include "client/admin/cmd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/session.h"
#include "client/admin/source.h"
#include "client/admin/tree_edit.h"
#include "common/config/explain.h"
#include "common/config/findings.h"
#include "common/config/fleet.h"
#include "common/config/value.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/name.h"

#include "common/banned.h"

struct adopt {
	const char *id;	  /* HOST/INSTANCE */
	const char *word; /* the directive, as it was asked for */
	char host[VK_NAME_BYTES];
	char instance[VK_NAME_BYTES];
	char *value; /* that runs */
	char *path;  /* of the file in the tree's directory */
	unsigned line;
};

static const char *text_of(const struct vkjson *item, const char *member)
{
	const char *text = vkjson_text(vkjson_get(item, member));

	return text != NULL ? text : "";
}

static const struct cfg_explained *find_word(const struct cfg_explanation *explanation)
{
	return cfg_explanation_count(explanation) > 0 ? cfg_explanation_at(explanation, 0) : NULL;
}

/* What can stand in a tree as a value that somebody has read. */
static enum vk_rc check_word(
	const struct adopt *adopt, const struct cfg_explained *explained, struct vk_err *err)
{
	if (explained == NULL || explained->directive == NULL) {
		vk_err_set(err, VK_EINPUT, "only directives can be adopted, not '%.100s'",
			adopt->word);
		vk_err_hint(err, "write users and files into the tree by hand");
		return VK_EINPUT;
	}
	if ((explained->directive->flags & CFG_SENSITIVE) != 0) {
		vk_err_set(err, VK_EDENIED, "'%s' is secret: no report carries it",
			explained->directive->name);
		vk_err_hint(err, "give the secret a new value: 'vkcfg secret rotate'");
		return VK_EDENIED;
	}
	return VK_OK;
}

/* The drift of that directive in what the host has reported last. */
static enum vk_rc find_drift(const struct vkjson *host, const struct adopt *adopt,
	const struct cfg_explained *explained, const struct vkjson **out, struct vk_err *err)
{
	const struct vkjson *instances = vkjson_get(host, "instances");

	for (size_t i = 0; i < vkjson_count(instances); i++) {
		const struct vkjson *instance = vkjson_at(instances, i);
		const struct vkjson *list = vkjson_get(instance, "drift");

		if (strcmp(text_of(instance, "name"), adopt->instance) != 0)
			continue;
		for (size_t k = 0; k < vkjson_count(list); k++) {
			*out = vkjson_at(list, k);
			if (strcmp(text_of(*out, "kind"), "value") == 0 &&
				(strcmp(text_of(*out, "name"), explained->directive->name) == 0 ||
					strcmp(text_of(*out, "name"), adopt->word) == 0))
				return VK_OK;
		}
	}
	vk_err_set(err, VK_ENOTFOUND, "%s has reported no drift of %s", adopt->id, adopt->word);
	vk_err_hint(err, "'vkcfg drift show %s' shows what it has", adopt->id);
	return VK_ENOTFOUND;
}

static enum vk_rc check_drift(
	const struct vkjson *item, const struct adopt *adopt, struct vk_err *err)
{
	const char *cause = text_of(item, "cause"), *value = text_of(item, "actual");

	if (strcmp(text_of(item, "action"), "reverted") == 0)
		return vk_err_set(err, VK_ECONFLICT, "%s was put right already", adopt->word);
	if (strcmp(cause, "unauthorised") != 0 && strcmp(cause, "emergency") != 0)
		return vk_err_set(err, VK_ECONFLICT, "%s is '%.40s': there is nothing to adopt",
			adopt->word, cause);
	if (strcmp(value, "(secret)") == 0)
		return vk_err_set(err, VK_EDENIED, "%s is secret", adopt->word);
	return VK_OK;
}

/* The tree with the new text is a good one, and gives the instance just this value. */
static enum vk_rc check_tree(
	const struct cfg_tree *tree, const struct adopt *adopt, struct vk_err *err)
{
	struct cfg_explanation *explanation = NULL;
	const struct cfg_explained *explained;
	struct cfg_findings *findings = cfg_findings_new();
	enum vk_rc rc = cfg_validate(tree, findings, err);

	if (rc == VK_OK)
		rc = cfg_findings_check(findings, err);
	if (rc == VK_OK)
		rc = cfg_explain(tree, adopt->id, adopt->word, &explanation, err);
	if (rc == VK_OK) {
		explained = find_word(explanation);
		if (explained == NULL || explained->directive == NULL || explained->value == NULL ||
			!cfg_value_is_same(explained->directive, explained->value, adopt->value))
			rc = vk_err_set(err, VK_ECONFLICT, "it would not have that value");
	}
	if (rc != VK_OK) {
		vk_err_prefix(err, rc, "%s: %s cannot be adopted", adopt->id, adopt->word);
		rc = err->rc;
	}
	cfg_explanation_free(explanation);
	cfg_findings_free(findings);
	return rc;
}

static enum vk_rc write_tree(const struct args *args, const struct cfg_tree *tree,
	struct adopt *adopt, struct vk_err *err)
{
	const struct tree_edit edit = {adopt->host, adopt->instance, adopt->word, adopt->value};
	struct cfg_tree *changed = NULL;
	struct cfg_fleet *fleet = NULL;
	struct cfg_host_info info = {.name = NULL};
	struct vk_buf text;
	enum vk_rc rc = cfg_fleet_parse(tree, NULL, &fleet, err);

	vk_buf_init(&text, CFG_TREE_MAX_FILE_BYTES);
	if (rc == VK_OK && !cfg_fleet_host_find(fleet, adopt->host, &info))
		rc = vk_err_set(err, VK_ENOTFOUND, "the tree has no host '%s'", adopt->host);
	if (rc == VK_OK)
		rc = tree_edit_config(
			cfg_tree_file_find(tree, info.file), &edit, &text, &adopt->line, err);
	if (rc == VK_OK)
		rc = tree_edit_replace(tree, info.file, &text, &changed, err);
	if (rc == VK_OK)
		rc = check_tree(changed, adopt, err);
	if (rc == VK_OK) {
		adopt->path = xasprintf("%s/%s", source_directory(args), info.file);
		rc = vk_file_replace(AT_FDCWD, adopt->path, 0644, text.data, text.len, err);
	}
	vk_buf_release(&text);
	cfg_fleet_free(fleet);
	cfg_tree_free(changed);
	return rc;
}

static void print_adopted(const struct cli *cli, const struct adopt *adopt, const char *before)
{
	struct vkjson *result = vkjson_object();

	vkjson_set(result, "instance", vkjson_string(adopt->id));
	vkjson_set(result, "name", vkjson_string(adopt->word));
	vkjson_set(result, "before", vkjson_string(before));
	vkjson_set(result, "value", vkjson_string(adopt->value));
	vkjson_set(result, "file", vkjson_string(adopt->path));
	vkjson_set(result, "line", vkjson_int(adopt->line));
	if (!cli_print_json(cli, result)) {
		cli_say(cli, "%s:%u: %s is ", adopt->path, adopt->line, adopt->word);
		cli_say_foreign(cli, CLI_BOLD, adopt->value);
		cli_say(cli, " instead of ");
		cli_say_foreign(cli, CLI_PLAIN, before);
		cli_say(cli,
			"\nIt is what the server says that the host runs. Look at it, then submit "
			"it as any "
			"change:\n  vkcfg submit ENV -m \"adopt %s\"\n",
			adopt->word);
	}
	vkjson_free(result);
}

/* The server is asked last: what cannot be adopted is said without it. */
static enum vk_rc take_value(struct cli *cli, struct adopt *adopt,
	const struct cfg_explained *explained, struct vk_err *err)
{
	char *target = xasprintf("/v1/hosts/%s", adopt->host);
	const struct vkjson *item = NULL;
	struct session *session = NULL;
	struct vkjson *host = NULL;
	enum vk_rc rc = session_open(cli, &session, err);

	if (rc == VK_OK)
		rc = session_get(session, target, &host, err);
	if (rc == VK_OK)
		rc = find_drift(host, adopt, explained, &item, err);
	if (rc == VK_OK)
		rc = check_drift(item, adopt, err);
	if (rc == VK_OK)
		adopt->value = xstrdup(text_of(item, "actual"));
	vkjson_free(host);
	session_free(session);
	free(target);
	return rc;
}

enum vk_rc cmd_drift_adopt(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct adopt adopt = {.id = args_at(args, 0), .word = args_at(args, 1)};
	struct cfg_explanation *explanation = NULL;
	const struct cfg_explained *explained = NULL;
	struct cfg_tree *tree = NULL;
	enum vk_rc rc = VK_OK;

	if (!vk_instance_id_parse(adopt.id, adopt.host, adopt.instance))
		return vk_err_set(err, VK_EINPUT, "'%s' is no instance: HOST/INSTANCE", adopt.id);
	rc = source_load(args, &tree, err);
	if (rc == VK_OK)
		rc = cfg_explain(tree, adopt.id, adopt.word, &explanation, err);
	if (rc == VK_OK) {
		explained = find_word(explanation);
		rc = check_word(&adopt, explained, err);
	}
	if (rc == VK_OK)
		rc = take_value(cli, &adopt, explained, err);
	if (rc == VK_OK)
		rc = write_tree(args, tree, &adopt, err);
	if (rc == VK_OK)
		print_adopted(cli, &adopt, explained->value != NULL ? explained->value : "");
	cfg_explanation_free(explanation);
	cfg_tree_free(tree);
	free(adopt.value);
	free(adopt.path);
	return rc;
}

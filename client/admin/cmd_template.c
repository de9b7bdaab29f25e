/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <string.h>

#include "client/admin/cmd.h"
#include "client/admin/table.h"
#include "common/config/template_show.h"
#include "common/vkjson.h"

#include "common/banned.h"

static const struct table_column list_columns[] = {
	{"TEMPLATE", "template", TABLE_TEXT},
	{"EXTENDS", "extends", TABLE_TEXT},
	{"WHAT", "summary", TABLE_TEXT},
	{NULL, NULL, TABLE_TEXT},
};

static void set_text(struct vkjson *object, const char *name, const char *text)
{
	if (text != NULL)
		vkjson_set(object, name, vkjson_string(text));
}

static struct vkjson *parameter_json(const struct cfg_template_parameter *p)
{
	struct vkjson *object = vkjson_object();

	set_text(object, "name", p->name);
	set_text(object, "type", p->type);
	set_text(object, "default", p->fallback);
	set_text(object, "min", p->min);
	set_text(object, "max", p->max);
	set_text(object, "values", p->values);
	set_text(object, "help", p->help);
	set_text(object, "template", p->origin);
	return object;
}

static struct vkjson *choice_json(const struct cfg_template_choice *choice)
{
	struct vkjson *object = vkjson_object();

	set_text(object, "section", choice->section);
	set_text(object, "name", choice->name);
	set_text(object, "value", choice->value);
	set_text(object, "template", choice->origin);
	set_text(object, "reason", choice->reason);
	return object;
}

static struct vkjson *summary_json(const struct cfg_template_shown *shown)
{
	struct vkjson *object = vkjson_object();

	set_text(object, "template", shown->name);
	set_text(object, "extends", shown->extends);
	set_text(object, "summary", shown->summary);
	set_text(object, "use", shown->use);
	return object;
}

static struct vkjson *shown_json(const struct cfg_template_shown *shown)
{
	struct vkjson *object = summary_json(shown);
	struct vkjson *parameters = vkjson_array(), *choices = vkjson_array();

	for (size_t i = 0; i < shown->parameter_count; i++)
		vkjson_append(parameters, parameter_json(&shown->parameters[i]));
	for (size_t i = 0; i < shown->choice_count; i++)
		vkjson_append(choices, choice_json(&shown->choices[i]));
	vkjson_set(object, "parameters", parameters);
	vkjson_set(object, "choices", choices);
	return object;
}

/* ---- for people ---- */

static void print_parameter(const struct cli *cli, const struct cfg_template_parameter *p)
{
	cli_say_in(cli, CLI_BOLD, "  %s", p->name);
	cli_say(cli, "  %s", p->values != NULL ? p->values : p->type);
	if (p->min != NULL || p->max != NULL)
		cli_say(cli, " %s to %s", p->min != NULL ? p->min : "anything",
			p->max != NULL ? p->max : "anything");
	if (p->fallback != NULL)
		cli_say(cli, ", default %s", p->fallback);
	cli_say(cli, "\n      %s\n", p->help != NULL ? p->help : "");
}

static void print_choice(const struct cli *cli, const struct cfg_template_shown *shown,
	const struct cfg_template_choice *choice)
{
	cli_say_in(cli, CLI_BOLD, "  %s", choice->name);
	cli_say(cli, ": %s", choice->value[0] != '\0' ? choice->value : "\"\"");
	if (strcmp(choice->origin, shown->name) != 0)
		cli_say_in(cli, CLI_DIM, "  # %s", choice->origin);
	cli_say(cli, "\n      %s\n", choice->reason != NULL ? choice->reason : "");
}

static void print_shown(const struct cli *cli, const struct cfg_template_shown *shown)
{
	const char *section = "";

	cli_say_in(cli, CLI_BOLD, "%s", shown->name);
	cli_say(cli, "%s%s\n", shown->extends != NULL ? ", extends " : "",
		shown->extends != NULL ? shown->extends : "");
	cli_say(cli, "%s", shown->summary != NULL ? shown->summary : "");
	cli_say(cli, "%s%s\n\nparameters:\n", shown->use != NULL ? ". " : "",
		shown->use != NULL ? shown->use : "");
	for (size_t i = 0; i < shown->parameter_count; i++)
		print_parameter(cli, &shown->parameters[i]);
	for (size_t k = 0; k < 3; k++) {
		section = (const char *[]){"config", "users", "apply"}[k];
		cli_say(cli, "\n%s:\n", section);
		for (size_t i = 0; i < shown->choice_count; i++) {
			if (strcmp(shown->choices[i].section, section) == 0)
				print_choice(cli, shown, &shown->choices[i]);
		}
	}
}

/* ---- commands ---- */

enum vk_rc cmd_template_show(struct cli *cli, const struct args *args, struct vk_err *err)
{
	const struct cfg_template *template = cfg_template_find(args_at(args, 0));
	struct cfg_template_shown *shown = NULL;
	struct vkjson *object;
	enum vk_rc rc;

	if (template == NULL) {
		vk_err_set(err, VK_ENOTFOUND, "there is no template '%.100s'", args_at(args, 0));
		cfg_template_hint(args_at(args, 0), err->hint, sizeof(err->hint));
		return VK_ENOTFOUND;
	}
	rc = cfg_template_show(template, &shown, err);
	if (rc != VK_OK)
		return rc;
	object = shown_json(shown);
	if (!cli_print_json(cli, object))
		print_shown(cli, shown);
	vkjson_free(object);
	cfg_template_shown_free(shown);
	return VK_OK;
}

enum vk_rc cmd_template_list(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct vkjson *items = vkjson_array();
	enum vk_rc rc = VK_OK;

	(void)args;
	for (size_t i = 0; rc == VK_OK && i < cfg_template_count; i++) {
		struct cfg_template_shown *shown = NULL;

		rc = cfg_template_show(&cfg_templates[i], &shown, err);
		if (rc == VK_OK)
			vkjson_append(items, summary_json(shown));
		cfg_template_shown_free(shown);
	}
	if (rc == VK_OK && !cli_print_json_list(cli, items))
		table_print(cli, list_columns, items, NULL);
	vkjson_free(items);
	return rc;
}

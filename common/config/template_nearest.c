/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/config/template_nearest.h"

#include <string.h>

#include "common/buf.h"
#include "common/config/conf.h"
#include "common/config/directive.h"
#include "common/config/template_show.h"
#include "common/config/tree.h"
#include "common/config/value_words.h"

#include "common/banned.h"

/* One template beside the file. */
struct comparison {
	const char *version;
	const struct cfg_template_shown *shown;
	const struct cfg_conf_values *theirs, *ours;
	struct cfg_template_match match;
	size_t distance; /* of match.differing what counts */
};

static bool is_compared(const struct cfg_directive *d)
{
	return d != NULL && (d->flags & CFG_IGNORED) == 0 && d->type != CFG_TYPE_REFUSED &&
	       d->type != CFG_TYPE_PATH && d->owner != CFG_OWNER_SERVER;
}

/* How a server is reached says nothing about what it is for, and old files have no TLS. */
static bool is_transport(const char *name)
{
	return strncmp(name, "tls-", 4) == 0 ||
	       cfg_value_is_choice("bind|port|protected-mode|unixsocketperm", name);
}

static bool is_parameter(const char *value)
{
	return strstr(value, "${") != NULL;
}

/* ---- a template as a valkey.conf ---- */

static void add_line(const char *name, const char *value, struct vk_buf *out)
{
	vk_buf_addf(out, "%s ", name);
	if (strstr(value, ", ") == NULL) {
		cfg_conf_quote(value, out);
	} else { /* a list: several values on one line */
		for (; *value != '\0'; value++) {
			if (*value != ',')
				vk_buf_addc(out, *value);
		}
	}
	vk_buf_addc(out, '\n');
}

/* What does not depend on parameters. */
static enum vk_rc values_of(const struct cfg_template_shown *shown, const char *version,
	struct cfg_conf_values **out, struct vk_err *err)
{
	struct cfg_conf *conf = NULL;
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, CFG_TREE_MAX_FILE_BYTES);
	for (size_t i = 0; i < shown->choice_count; i++) {
		const struct cfg_template_choice *choice = &shown->choices[i];

		if (strcmp(choice->section, "config") == 0 && strcmp(choice->value, "null") != 0 &&
			!is_parameter(choice->value) &&
			is_compared(cfg_directive_find(choice->name, version)))
			add_line(choice->name, choice->value, &text);
	}
	rc = cfg_conf_parse(shown->name, text.data, text.len, &conf, err);
	if (rc == VK_OK)
		rc = cfg_conf_effective(conf, version, out, err);
	cfg_conf_free(conf);
	vk_buf_release(&text);
	return rc;
}

/* ---- comparing ---- */

/* "${eviction}" -> its parameter; NULL: the value is more than one, or it is not declared. */
static const struct cfg_template_parameter *parameter_of(
	const struct cfg_template_shown *shown, const char *value)
{
	size_t len = strlen(value);

	for (size_t i = 0; i < shown->parameter_count; i++) {
		const struct cfg_template_parameter *p = &shown->parameters[i];

		if (len == strlen(p->name) + 3 && strncmp(value, "${", 2) == 0 &&
			strncmp(value + 2, p->name, len - 3) == 0)
			return p;
	}
	return NULL;
}

/* What the template lets a role decide about a directive; NULL: nothing. */
static const char *parameter_value(const struct comparison *c, const struct cfg_directive *d)
{
	for (size_t i = 0; i < c->shown->choice_count; i++) {
		const struct cfg_template_choice *choice = &c->shown->choices[i];

		if (strcmp(choice->section, "config") == 0 && is_parameter(choice->value) &&
			cfg_directive_find(choice->name, c->version) == d)
			return choice->value;
	}
	return NULL;
}

static const char *value_in(const struct cfg_conf_values *values, const struct cfg_directive *d)
{
	const char *value = cfg_conf_values_get(values, d->name);

	if (value != NULL)
		return value;
	return d->fallback != NULL ? d->fallback : "";
}

static bool is_same(const struct comparison *c, const struct cfg_directive *d)
{
	const char *theirs = value_in(c->theirs, d), *parameter = parameter_value(c, d);
	const struct cfg_template_parameter *p;

	if (parameter == NULL)
		return strcmp(theirs, value_in(c->ours, d)) == 0;
	p = parameter_of(c->shown, parameter);
	return p == NULL || p->values == NULL || cfg_value_is_choice(p->values, theirs);
}

static void compare(struct comparison *c, const char *name)
{
	const struct cfg_directive *d = cfg_directive_find(name, c->version);

	if (!is_compared(d))
		return;
	c->match.compared++;
	if (is_same(c, d))
		return;
	c->match.differing++;
	c->distance += !is_transport(d->name);
}

/* The directives that the file sets, and those that only the template sets. */
static void compare_all(struct comparison *c)
{
	for (size_t i = 0; i < cfg_conf_values_count(c->theirs); i++)
		compare(c, cfg_conf_values_at(c->theirs, i)->name);
	for (size_t i = 0; i < cfg_conf_values_count(c->ours); i++) {
		const char *name = cfg_conf_values_at(c->ours, i)->name;

		if (cfg_conf_values_get(c->theirs, name) == NULL)
			compare(c, name);
	}
}

static enum vk_rc compare_template(const struct cfg_template *template, const char *version,
	const struct cfg_conf_values *theirs, struct comparison *best, struct vk_err *err)
{
	struct comparison c = {
		.version = version, .theirs = theirs, .match = {.template = template}};
	struct cfg_template_shown *shown = NULL;
	struct cfg_conf_values *ours = NULL;
	enum vk_rc rc = cfg_template_show(template, &shown, err);

	if (rc == VK_OK && (shown->kind == NULL || strcmp(shown->kind, "valkey") == 0)) {
		rc = values_of(shown, version, &ours, err);
		if (rc == VK_OK) {
			c.shown = shown;
			c.ours = ours;
			compare_all(&c);
			if (best->match.template == NULL || c.distance < best->distance)
				*best = c;
		}
	}
	cfg_conf_values_free(ours);
	cfg_template_shown_free(shown);
	return rc;
}

enum vk_rc cfg_template_nearest(const char *version, const char *text, size_t len,
	struct cfg_template_match *out, struct vk_err *err)
{
	struct comparison best = {.distance = 0};
	struct cfg_conf_values *theirs = NULL;
	struct cfg_conf *conf = NULL;
	enum vk_rc rc = cfg_conf_parse("valkey.conf", text, len, &conf, err);

	if (rc == VK_OK)
		rc = cfg_conf_effective(conf, version, &theirs, err);
	for (size_t i = 0; rc == VK_OK && i < cfg_template_count; i++) {
		if (cfg_template_successor(&cfg_templates[i]) == NULL)
			rc = compare_template(&cfg_templates[i], version, theirs, &best, err);
	}
	if (rc == VK_OK)
		*out = best.match;
	cfg_conf_values_free(theirs);
	cfg_conf_free(conf);
	return rc;
}

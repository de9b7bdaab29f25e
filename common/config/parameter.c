/* SPDX-License-Identifier: BSD-3-Clause */
/* Typed parameters of roles: declarations, values, and ${name} in texts. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/fleet_internal.h"
#include "common/config/value.h"
#include "common/config/value_words.h"
#include "common/name.h"
#include "common/nearest.h"
#include "common/num.h"

#include "common/banned.h"

static const char *const type_names[] = {
	[CFG_PARAMETER_STRING] = "string",
	[CFG_PARAMETER_INTEGER] = "integer",
	[CFG_PARAMETER_BOOLEAN] = "boolean",
	[CFG_PARAMETER_MEMORY] = "memory",
	[CFG_PARAMETER_DURATION] = "duration-seconds",
	[CFG_PARAMETER_ENUM] = "enum",
	[CFG_PARAMETER_WORD] = "word",
	[CFG_PARAMETER_SECRET] = "secret",
};

const struct cfg_parameter *cfg_parameter_find(
	const struct cfg_parameter *parameters, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(parameters[i].name, name) == 0)
			return &parameters[i];
	}
	return NULL;
}

/* ---- values ---- */

/* Numbers and sizes as one number; false where text is none of the type. */
static bool to_number(enum cfg_parameter_type type, const char *text, int64_t *out)
{
	uint64_t bytes;

	if (type != CFG_PARAMETER_MEMORY)
		return vk_parse_int(
			text, type == CFG_PARAMETER_DURATION ? 0 : INT64_MIN, INT64_MAX, out);
	if (!cfg_memory_parse(text, &bytes) || bytes > INT64_MAX)
		return false;
	*out = (int64_t)bytes;
	return true;
}

static bool is_in_bounds(const struct cfg_parameter *p, int64_t number)
{
	return (!p->has_min || number >= p->min) && (!p->has_max || number <= p->max);
}

static const char *check_number(struct cfg_fleet *fleet, const struct cfg_parameter *p,
	const struct cfg_place *place, const char *text)
{
	int64_t number;

	if (p->type == CFG_PARAMETER_MEMORY &&
		cfg_is_percent(text)) /* bounds: once a host is known */
		return cfg_percent_check(fleet, place, p->name, text) ? text : NULL;
	if (!to_number(p->type, text, &number)) {
		cfg_report(fleet, place, text,
			p->type == CFG_PARAMETER_MEMORY ? "write 64mb, 2gb, plain bytes, or a "
							  "share of the host's memory: 60%"
							: "a whole number",
			"parameter '%s': expected %s, found '%.100s'", p->name, type_names[p->type],
			text);
		return NULL;
	}
	if (!is_in_bounds(p, number)) {
		cfg_report(fleet, place, text, NULL,
			"parameter '%s': expected %" PRId64 " to %" PRId64 ", found '%.100s'",
			p->name, p->has_min ? p->min : INT64_MIN, p->has_max ? p->max : INT64_MAX,
			text);
		return NULL;
	}
	return text;
}

const char *cfg_parameter_resolve(struct cfg_fleet *fleet, const struct cfg_parameter *p,
	const struct cfg_host *host, const struct cfg_place *place, const char *text,
	struct arena *arena)
{
	uint64_t bytes;

	if (p->type != CFG_PARAMETER_MEMORY || !cfg_is_percent(text))
		return text;
	if (!cfg_percent_of_memory(fleet, host, place, p->name, text, &bytes))
		return NULL;
	if (is_in_bounds(p, (int64_t)bytes)) /* at most CFG_HOST_MAX_MEMORY */
		return arena_printf(arena, "%" PRIu64, bytes);
	cfg_report(fleet, place, text, NULL,
		"parameter '%s': expected %" PRId64 " to %" PRId64
		", found '%s', which is %" PRIu64,
		p->name, p->has_min ? p->min : INT64_MIN, p->has_max ? p->max : INT64_MAX, text,
		bytes);
	return NULL;
}

#define ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* What is no pattern and no option, and stays one word. */
static bool is_word(const char *text)
{
	return strspn(text, ALPHANUMERIC) > 0 && text[strspn(text, ALPHANUMERIC "._:-")] == '\0' &&
	       strlen(text) < VK_NAME_BYTES;
}

static const char *check_word(struct cfg_fleet *fleet, const struct cfg_parameter *p,
	const struct cfg_place *place, const char *text)
{
	bool is_secret = p->type == CFG_PARAMETER_SECRET;

	if (is_secret ? vk_name_is_valid(text) : is_word(text))
		return text;
	/* What should be the name of a secret may be the secret. */
	cfg_report(fleet, place, is_secret ? NULL : text,
		is_secret ? "lower-case letters, digits, '.', '_' and '-', at most 63"
			  : "a letter or digit, then letters, digits, '.', '_', ':' and '-', at "
			    "most 63",
		"parameter '%s': expected %s", p->name,
		is_secret ? "the name of a secret" : "a word");
	return NULL;
}

const char *cfg_parameter_check(struct cfg_fleet *fleet, const struct cfg_parameter *p,
	const struct cfg_place *place, const char *text)
{
	switch (p->type) {
	case CFG_PARAMETER_STRING:
		return text;
	case CFG_PARAMETER_INTEGER:
	case CFG_PARAMETER_MEMORY:
	case CFG_PARAMETER_DURATION:
		return check_number(fleet, p, place, text);
	case CFG_PARAMETER_WORD:
	case CFG_PARAMETER_SECRET:
		return check_word(fleet, p, place, text);
	case CFG_PARAMETER_BOOLEAN:
		if (cfg_value_is_choice("yes|true", text))
			return "yes";
		if (cfg_value_is_choice("no|false", text))
			return "no";
		cfg_report(fleet, place, text, NULL,
			"parameter '%s': expected yes or no, found '%.100s'", p->name, text);
		return NULL;
	case CFG_PARAMETER_ENUM:
		if (cfg_value_is_choice(p->choices, text))
			return text;
		cfg_report(fleet, place, text, NULL,
			"parameter '%s': expected one of %s, found '%.100s'", p->name, p->choices,
			text);
		return NULL;
	}
	return NULL;
}

/* ---- declarations ---- */

static bool read_type(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *map,
	struct cfg_parameter *p)
{
	const struct vkyaml_node *node = vkyaml_get(map, "type");
	const char *text;
	struct cfg_place place;

	if (node == NULL) {
		cfg_report(fleet, &p->place, NULL, "one of " CFG_PARAMETER_TYPES,
			"parameter '%s': its type is missing", p->name);
		return false;
	}
	text = cfg_expect_text(fleet, file, node, "type");
	if (text == NULL)
		return false;
	for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++) {
		if (strcmp(type_names[i], text) != 0)
			continue;
		p->type = (enum cfg_parameter_type)i;
		return true;
	}
	place = cfg_place_of(file, vkyaml_mark(node));
	cfg_report(fleet, &place, text, "one of " CFG_PARAMETER_TYPES,
		"parameter '%s': there is no type '%.100s'", p->name, text);
	return false;
}

static bool has_bounds(enum cfg_parameter_type type)
{
	return type == CFG_PARAMETER_INTEGER || type == CFG_PARAMETER_MEMORY ||
	       type == CFG_PARAMETER_DURATION;
}

static bool read_bound(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *map,
	struct cfg_parameter *p, const char *key, bool *has, int64_t *out)
{
	const struct vkyaml_node *node = vkyaml_get(map, key);
	struct cfg_place place;
	const char *text;

	if (node == NULL)
		return true;
	text = cfg_expect_text(fleet, file, node, key);
	if (text == NULL)
		return false;
	place = cfg_place_of(file, vkyaml_mark(node));
	if (!has_bounds(p->type) || !to_number(p->type, text, out)) {
		cfg_report(fleet, &place, text, NULL, "parameter '%s': '%s' is no bound of type %s",
			p->name, text, type_names[p->type]);
		return false;
	}
	*has = true;
	return true;
}

/* values: [a, b] -> "a|b" */
static bool read_choices(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *map,
	struct cfg_parameter *p)
{
	const struct vkyaml_node *node = vkyaml_get(map, "values");
	bool is_enum = p->type == CFG_PARAMETER_ENUM;
	struct vk_buf choices;
	bool is_good = true;

	if (!is_enum && node == NULL)
		return true;
	if (!is_enum || node == NULL || vkyaml_kind(node) != VKYAML_LIST ||
		vkyaml_count(node) == 0) {
		cfg_report(fleet, &p->place, NULL, "values: [a, b]",
			"parameter '%s': an enum, and only an enum, has a list of values", p->name);
		return false;
	}
	vk_buf_init(&choices, CFG_VALUE_MAX_BYTES);
	for (size_t i = 0; i < vkyaml_count(node) && is_good; i++) {
		const char *text = cfg_expect_text(fleet, file, vkyaml_at(node, i), "values");

		is_good = text != NULL && text[0] != '\0' && strchr(text, '|') == NULL;
		if (is_good)
			vk_buf_addf(&choices, "%s%s", i > 0 ? "|" : "", text);
	}
	if (choices.is_overflowed || !is_good) {
		cfg_report(fleet, &p->place, NULL, NULL,
			"parameter '%s': its values are too many, empty or hold '|'", p->name);
		is_good = false;
	}
	p->choices = arena_dup(fleet->arena, choices.data, choices.len);
	vk_buf_release(&choices);
	return is_good;
}

bool cfg_parameter_read(struct cfg_fleet *fleet, const char *file, const char *name,
	const struct vkyaml_node *node, struct cfg_parameter *p)
{
	const struct vkyaml_node *map = cfg_expect_map(fleet, file, node, name), *fallback;
	struct cfg_place place = cfg_place_of(file, vkyaml_mark(node));
	const char *text;

	*p = (struct cfg_parameter){.name = name, .place = place};
	if (!vk_name_is_valid(name)) {
		cfg_report(fleet, &place, name, CFG_NAME_HINT,
			"'%.100s' cannot be the name of a parameter", name);
		return false;
	}
	if (cfg_builtin_is_reserved(name)) {
		cfg_report(fleet, &place, name, NULL,
			"'%s' cannot be the name of a parameter: vkcfg's own begin like that",
			name);
		return false;
	}
	if (map == NULL && !vkyaml_is_null(node))
		return false;
	cfg_expect_keys(fleet, file, map, CFG_KEYS_PARAMETER, name);
	if (!read_type(fleet, file, map, p) || !read_choices(fleet, file, map, p) ||
		!read_bound(fleet, file, map, p, "min", &p->has_min, &p->min) ||
		!read_bound(fleet, file, map, p, "max", &p->has_max, &p->max))
		return false;
	fallback = vkyaml_get(map, "default");
	if (fallback == NULL)
		return true;
	text = cfg_expect_text(fleet, file, fallback, "default");
	if (text == NULL)
		return false;
	place = cfg_place_of(file, vkyaml_mark(fallback));
	p->fallback = cfg_parameter_check(fleet, p, &place, text);
	return p->fallback != NULL;
}

void cfg_parameters_name_secrets(struct cfg_fleet *fleet, struct cfg_role *role)
{
	for (size_t i = 0; i < role->parameter_count; i++) {
		struct cfg_parameter *p = &role->parameters[i];
		const char *name;

		if (p->type != CFG_PARAMETER_SECRET || p->fallback != NULL)
			continue;
		name = arena_printf(fleet->arena, "%s-%s", role->name, p->name);
		if (vk_name_is_valid(name)) /* else too long: a layer has to name one */
			p->fallback = name;
	}
}

/* ---- ${name} ---- */

/* Copies the name of "${name}" at text; *len is that of all of it. False: never closed, too long.
 */
static bool read_name(const char *text, char name[VK_NAME_BYTES], size_t *len)
{
	const char *close = strchr(text, '}');

	if (close == NULL || close - text - 2 >= VK_NAME_BYTES)
		return false;
	*len = (size_t)(close - text) + 1;
	memcpy(name, text + 2, *len - 3);
	name[*len - 3] = '\0';
	return true;
}

void cfg_report_no_parameter(struct cfg_fleet *fleet, const struct cfg_place *place,
	const struct cfg_role *role, const char *name)
{
	struct vk_nearest nearest = vk_nearest_init(name);
	char hint[128] = "declare it under 'parameters' of the role";

	for (size_t i = 0; i < role->parameter_count; i++)
		vk_nearest_offer(&nearest, role->parameters[i].name);
	if (nearest.word != NULL)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", nearest.word);
	cfg_report(
		fleet, place, name, hint, "role '%s' has no parameter '%.100s'", role->name, name);
}

const char *cfg_parameter_next(const char *text, char name[VK_NAME_BYTES])
{
	const char *open = text;
	size_t len;

	while ((open = strstr(open, "${")) != NULL) {
		if ((open == text || open[-1] != '$') && read_name(open, name, &len))
			return open + len;
		open += 2;
	}
	return NULL;
}

/* NULL after a finding here, or where the value should have come from. */
static const char *value_of(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_place *place, const char *name)
{
	const struct cfg_role *role = effective->role;
	const struct cfg_parameter *p;

	if (cfg_builtin_is_reserved(name))
		return cfg_builtin_value(fleet, effective, place, name);
	p = cfg_parameter_find(role->parameters, role->parameter_count, name);
	if (p != NULL)
		return effective->values[p - role->parameters];
	cfg_report_no_parameter(fleet, place, role, name);
	return NULL;
}

static bool add_parameter(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_place *place, const char *forbidden, const char *name, struct vk_buf *out)
{
	const char *value = value_of(fleet, effective, place, name);

	if (value == NULL)
		return false;
	if (value[strcspn(value, forbidden)] != '\0') {
		cfg_report(fleet, place, value, "a value may not become a second rule",
			"parameter '%s': '%.100s' holds a blank or parenthesis", name, value);
		return false;
	}
	vk_buf_adds(out, value);
	return true;
}

bool cfg_substitute(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_place *place, const char *forbidden, const char *text, struct vk_buf *out)
{
	const char *open;

	while ((open = strstr(text, "${")) != NULL) {
		bool is_literal = open > text && open[-1] == '$';
		char name[VK_NAME_BYTES];
		size_t len;

		vk_buf_add(out, text, (size_t)(open - text));
		if (is_literal) { /* $${ stands for ${: one dollar is there already */
			vk_buf_addc(out, '{');
			text = open + 2;
			continue;
		}
		if (!read_name(open, name, &len)) {
			cfg_report(fleet, place, NULL, "${name}, or $${ for a literal ${",
				"'${' without the name of a parameter and '}'");
			return false;
		}
		if (!add_parameter(fleet, effective, place, forbidden, name, out))
			return false;
		text = open + len;
	}
	vk_buf_adds(out, text);
	return true;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Explains what is no directive: users, files, rules of application, parameters. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/config/acl.h"
#include "common/config/explain_internal.h"

#include "common/banned.h"

enum { TEXT_MAX_BYTES = 64 * 1024 };

/* ---- as written ---- */

static void add_text(const struct vkyaml_node *node, struct vk_buf *out)
{
	size_t count = 0;

	if (node == NULL || vkyaml_is_null(node)) {
		vk_buf_adds(out, "null");
		return;
	}
	if (vkyaml_kind(node) == VKYAML_SCALAR) {
		vk_buf_adds(out, vkyaml_text(node));
		return;
	}
	for (size_t i = 0; i < vkyaml_count(node); i++) {
		bool is_map = vkyaml_kind(node) == VKYAML_MAP;

		if (is_map && strcmp(vkyaml_key(node, i), "help") == 0)
			continue; /* shown by itself */
		vk_buf_adds(out, count++ > 0 ? ", " : "");
		if (is_map)
			vk_buf_addf(out, "%s ", vkyaml_key(node, i));
		add_text(vkyaml_at(node, i), out);
	}
}

static const char *text_of(struct arena *arena, const struct vkyaml_node *node)
{
	struct vk_buf text;
	const char *out;

	vk_buf_init(&text, TEXT_MAX_BYTES);
	add_text(node, &text);
	out = arena_dup(arena, text.data, text.len);
	vk_buf_release(&text);
	return out;
}

/* A layer's passwords: names of secrets; hashes are counted. */
static const char *passwords_of(struct arena *arena, const struct cfg_user *user)
{
	const char *out = "";

	for (size_t i = 0; i < user->secret_count; i++)
		out = arena_printf(arena,
			user->secrets[i]->is_parameter ? "%s secret:${%s}" : "%s secret:%s", out,
			user->secrets[i]->name);
	if (user->hash_count > 0)
		out = arena_printf(arena, "%s (%zu not shown)", out, user->hash_count);
	return out;
}

static const char *user_text(
	const struct cfg_explaining *x, const struct cfg_layer *layer, const struct cfg_item *item)
{
	const struct cfg_user *user = item->what;
	const struct vkyaml_node *node = vkyaml_get(vkyaml_get(layer->root, "users"), item->name);
	const struct vkyaml_node *rules = vkyaml_get(node, "rules");
	const char *passwords, *out = "";
	struct vk_buf hidden;

	if (user == NULL)
		return "null";
	if (user->acl_role_count > 0)
		out = arena_printf(
			x->arena, "acl-roles %s", text_of(x->arena, vkyaml_get(node, "acl-roles")));
	if (rules != NULL) {
		vk_buf_init(&hidden, TEXT_MAX_BYTES);
		cfg_acl_format_hidden(text_of(x->arena, rules), &hidden);
		out = arena_printf(x->arena, "%s%s%.*s", out, out[0] != '\0' ? "; " : "",
			(int)hidden.len, hidden.len > 0 ? hidden.data : "");
		vk_buf_release(&hidden);
	}
	passwords = passwords_of(x->arena, user);
	return passwords[0] != '\0' ? arena_printf(x->arena, "%s; passwords%s", out, passwords)
				    : out;
}

static const char *file_text(struct arena *arena, const struct cfg_file *file)
{
	if (file == NULL)
		return "null";
	if (file->client != NULL)
		return arena_printf(arena, "mode %04o, for a client", file->mode);
	if (file->secret == NULL)
		return arena_printf(arena, "mode %04o, %zu bytes", file->mode, strlen(file->text));
	return arena_printf(arena,
		file->secret->is_parameter ? "mode %04o, secret:${%s}" : "mode %04o, secret:%s",
		file->mode, file->secret->name);
}

static const char *layer_text(const struct cfg_explaining *x, const struct cfg_layer *layer,
	enum cfg_section section, const char *name)
{
	const char *key = section == CFG_SECTION_APPLY ? "apply" : "parameters";

	if (section == CFG_SECTION_USERS)
		return user_text(x, layer, cfg_list_find(&layer->users, name));
	if (section == CFG_SECTION_FILES)
		return file_text(x->arena, cfg_list_find(&layer->files, name)->what);
	return text_of(x->arena, vkyaml_get(vkyaml_get(layer->root, key), name));
}

/* Whether the layer says something about it that reaches this instance. */
static bool speaks(const struct cfg_explaining *x, const struct cfg_layer *layer,
	enum cfg_section section, const char *name, const char *word, struct cfg_place *place)
{
	const char *schema = x->instance->role->schema;

	if (!cfg_layer_mentions(layer, NULL, schema, word, place))
		return false;
	if (section != CFG_SECTION_USERS)
		return true;
	return cfg_layer_is_of(layer, schema) && cfg_list_find(&layer->users, name) != NULL;
}

static void add_layers(const struct cfg_explaining *x, enum cfg_section section, const char *name,
	struct cfg_explained *out)
{
	for (size_t i = 0; i < x->layer_count; i++) {
		const struct cfg_layer *layer = x->layers[i];
		struct cfg_place place;

		if (!speaks(x, layer, section, name, out->word, &place))
			continue;
		cfg_explain_add(x, layer, place, layer_text(x, layer, section, name), out)->reason =
			cfg_explain_reason(x, layer, section, name);
	}
}

/* ---- users ---- */

/* The rules in normal form, without their hashes. */
static const char *normal_rules(const struct cfg_explaining *x, const struct cfg_user *user)
{
	size_t start = strlen("user ") + strlen(user->name) + 1;
	struct vk_buf rules, line, hidden;
	const char *out = NULL;

	vk_buf_init(&rules, CFG_ACL_RULES_MAX_BYTES);
	vk_buf_init(&line, TEXT_MAX_BYTES);
	vk_buf_init(&hidden, TEXT_MAX_BYTES);
	if (user->line != NULL)
		vk_buf_adds(&line, user->line);
	else if (cfg_substitute(x->fleet, &x->effective, &user->place, " ()", user->rules, &rules))
		(void)cfg_user_line(x->fleet, &x->effective, user, rules.data, &line);
	if (line.len > start) {			/* else there is a finding */
		line.data[line.len - 1] = '\0'; /* the newline */
		cfg_acl_format_hidden(line.data + start, &hidden);
		out = arena_dup(x->arena, hidden.data, hidden.len);
	}
	vk_buf_release(&rules);
	vk_buf_release(&line);
	vk_buf_release(&hidden);
	return out;
}

static void add_acl_roles(
	const struct cfg_explaining *x, const struct cfg_user *user, struct cfg_explained *out)
{
	struct cfg_origin *roles = arena_calloc(x->arena, user->acl_role_count, sizeof(*roles));

	for (size_t i = 0; i < user->acl_role_count; i++) {
		const struct cfg_acl_role *role = user->acl_roles[i];

		roles[i] = (struct cfg_origin){
			.layer = arena_strdup(x->arena, role->name),
			.file = arena_strdup(x->arena, role->place.file),
			.line = role->place.line,
			.column = role->place.column,
			.text = arena_strdup(x->arena, role->rules),
			.is_effective = true,
		};
	}
	out->acl_roles = roles;
	out->acl_role_count = user->acl_role_count;
}

static bool explain_user(
	const struct cfg_explaining *x, const char *name, struct cfg_explained *out)
{
	const struct cfg_item *item = cfg_list_find(&x->effective.users, name);
	const struct cfg_item *own = cfg_list_find(cfg_own_users(x->instance->role->kind), name);
	const struct cfg_user *user = item != NULL ? item->what : own != NULL ? own->what : NULL;
	const char **secrets;

	if (own != NULL)
		out->fallback = normal_rules(x, own->what);
	if (user == NULL)
		return out->count > 0;
	out->value = normal_rules(x, user);
	out->is_fallback = out->fallback != NULL && out->value != NULL &&
			   strcmp(out->fallback, out->value) == 0;
	add_acl_roles(x, user, out);
	secrets = arena_calloc(x->arena, user->secret_count, sizeof(*secrets));
	for (size_t i = 0; i < user->secret_count; i++)
		secrets[i] = cfg_explain_secret(x, user->secrets[i]);
	out->secrets = secrets;
	out->secret_count = user->secret_count;
	out->hash_count = user->hash_count;
	if (user->rules != NULL) /* else vkcfg's own */
		cfg_explain_used(x, &user->rules, 1, out);
	return true;
}

/* ---- files, apply, parameters ---- */

static bool explain_file(
	const struct cfg_explaining *x, const char *name, struct cfg_explained *out)
{
	const struct cfg_item *item = cfg_list_find(&x->effective.files, name);
	const struct cfg_file *file = item != NULL ? item->what : NULL;
	const char **secrets;

	if (file == NULL)
		return out->count > 0;
	out->value = file_text(x->arena, file);
	if (file->secret != NULL) {
		secrets = arena_calloc(x->arena, 1, sizeof(*secrets));
		secrets[0] = cfg_explain_secret(x, file->secret);
		out->secrets = secrets;
		out->secret_count = 1;
	} else if (file->text != NULL && file->has_parameters) {
		cfg_explain_used(x, &file->text, 1, out);
	}
	return true;
}

static bool is_apply_key(const char *name)
{
	for (int key = 0; key < CFG_APPLY_KEYS; key++) {
		if (strcmp(cfg_apply_name((enum cfg_apply_key)key), name) == 0)
			return true;
	}
	return false;
}

static bool explain_apply(
	const struct cfg_explaining *x, const char *name, struct cfg_explained *out)
{
	static const struct cfg_apply none[CFG_APPLY_KEYS];
	const char *text = cfg_apply_text(x->effective.apply, name, x->arena);

	if (!is_apply_key(name))
		return false;
	out->fallback = cfg_apply_text(none, name, x->arena);
	if (text == NULL && out->count > 0) /* a map: merged by nobody, the last layer says all */
		text = out->origins[out->count - 1].text;
	out->value = text;
	out->is_fallback =
		text != NULL && out->fallback != NULL && strcmp(text, out->fallback) == 0;
	return true;
}

static bool explain_parameter(
	const struct cfg_explaining *x, const char *name, struct cfg_explained *out)
{
	const struct cfg_role *role = x->effective.role;
	const struct cfg_parameter *p =
		cfg_parameter_find(role->parameters, role->parameter_count, name);
	const struct cfg_origin *last = out->count > 0 ? &out->origins[out->count - 1] : NULL;
	const char *value;

	if (p == NULL)
		return false;
	value = x->effective.values[p - role->parameters];
	out->value = value != NULL ? arena_strdup(x->arena, value) : NULL;
	if (p->fallback != NULL)
		out->fallback = arena_strdup(x->arena, p->fallback);
	out->is_fallback = p->fallback != NULL && value != NULL && strcmp(value, p->fallback) == 0;
	if (p->type != CFG_PARAMETER_MEMORY)
		return true;
	if (last != NULL && cfg_is_percent(last->text))
		out->share = cfg_explain_share(x, last->text);
	else if (p->fallback != NULL && cfg_is_percent(p->fallback) && value != NULL &&
		 !out->is_fallback &&
		 (last == NULL || strcmp(last->layer, "role") == 0 ||
			 strcmp(last->layer, "template") == 0))
		out->share = cfg_explain_share(x, p->fallback);
	return true;
}

/* What the declaration says it is for. */
static const char *parameter_help(const struct cfg_explaining *x, const char *name)
{
	const struct vkyaml_node *help = NULL;

	for (size_t i = 0; i < x->layer_count && help == NULL; i++) {
		const struct vkyaml_node *node =
			vkyaml_get(vkyaml_get(x->layers[i]->root, "parameters"), name);

		if (node != NULL && vkyaml_kind(node) == VKYAML_MAP)
			help = vkyaml_get(node, "help");
	}
	return help != NULL ? text_of(x->arena, help) : NULL;
}

/* ---- all of them ---- */

bool cfg_explain_word(const struct cfg_explaining *x, enum cfg_section section, const char *name,
	struct cfg_explained *out)
{
	static const struct {
		const char *name;
		bool (*explain)(const struct cfg_explaining *x, const char *name,
			struct cfg_explained *out);
	} sections[CFG_SECTIONS] = {
		[CFG_SECTION_USERS] = {"users", explain_user},
		[CFG_SECTION_FILES] = {"files", explain_file},
		[CFG_SECTION_APPLY] = {"apply", explain_apply},
		[CFG_SECTION_PARAMETERS] = {"parameters", explain_parameter},
	};

	*out = (struct cfg_explained){
		.section = sections[section].name,
		.word = arena_printf(x->arena, "%s.%s", sections[section].name, name),
	};
	add_layers(x, section, name, out);
	if (!sections[section].explain(x, name, out))
		return false;
	if (section == CFG_SECTION_PARAMETERS)
		out->help = parameter_help(x, name);
	cfg_explain_lock(x, out);
	return true;
}

struct cfg_list cfg_explain_names(const struct cfg_explaining *x, enum cfg_section section)
{
	const struct cfg_role *role = x->effective.role;
	struct cfg_list out = {0, NULL};

	if (section == CFG_SECTION_USERS)
		return cfg_merge_lists(x->arena, cfg_own_users(role->kind), &x->effective.users);
	if (section == CFG_SECTION_FILES)
		return x->effective.files;
	if (section == CFG_SECTION_APPLY) {
		out.items = arena_calloc(x->arena, CFG_APPLY_KEYS, sizeof(*out.items));
		for (int key = 0; key < CFG_APPLY_KEYS; key++)
			out.items[out.count++] =
				(struct cfg_item){cfg_apply_name((enum cfg_apply_key)key), NULL};
		return out;
	}
	out.items = arena_calloc(x->arena, role->parameter_count, sizeof(*out.items));
	for (size_t i = 0; i < role->parameter_count; i++)
		out.items[out.count++] = (struct cfg_item){role->parameters[i].name, NULL};
	cfg_list_sort(&out);
	return out;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The lines of a Sentinel's file about the groups that it watches. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/config/conf.h"
#include "common/config/fleet_internal.h"
#include "common/config/value.h"
#include "common/name.h"
#include "common/placeholder.h"

#include "common/banned.h"

/* One Sentinel and one of its groups. */
struct watching {
	struct cfg_fleet *fleet;
	const struct cfg_effective *effective;
	struct arena *arena;
	const struct cfg_group *group;
	bool has_tls; /* it speaks TLS with the servers */
	bool resolves_names;
};

static bool is_yes(const struct cfg_effective *effective, struct cfg_fleet *fleet,
	const char *directive, struct arena *arena)
{
	const struct cfg_directive *d = cfg_directive_find(directive, effective->role->schema);
	const char *value = d != NULL ? cfg_value_of(fleet, effective, d, arena) : "";

	return strcmp(value, "yes") == 0;
}

/* Whether the Sentinel can reach a member: any may become primary. */
static bool check_member(const struct watching *w, const struct cfg_member *member)
{
	const char *role = w->effective->role->name;
	bool is_good = true;

	if ((w->has_tls ? member->tls_port : member->port) == 0) {
		cfg_report(w->fleet, &member->place, cfg_member_id(member),
			w->has_tls ? "set its tls-port, or tls-replication: \"no\" in that role"
				   : "set its port, or tls-replication: \"yes\" in that role",
			"'%s' opens no port %s TLS, which Sentinels of role '%s' need",
			cfg_member_id(member), w->has_tls ? "with" : "without", role);
		is_good = false;
	}
	if (!w->resolves_names && !vk_address_is_numeric(member->host->address)) {
		cfg_report(w->fleet, &member->place, cfg_member_id(member),
			"\"sentinel resolve-hostnames\": \"yes\" in that role",
			"Sentinels of role '%s' take no names, and the address of '%s' is '%s'",
			role, cfg_member_id(member), member->host->address);
		is_good = false;
	}
	return is_good;
}

static bool add_monitor(const struct watching *w, struct vk_buf *conf)
{
	const struct cfg_shard *shard = &w->group->shards[0];
	bool is_good = true;

	for (size_t i = 0; i < shard->count; i++)
		is_good = check_member(w, &shard->members[i]) && is_good;
	if (is_good && shard->count > 0)
		vk_buf_addf(conf, "sentinel monitor %s %s %u %u\n", w->group->name,
			shard->members[0].host->address,
			w->has_tls ? shard->members[0].tls_port : shard->members[0].port,
			w->group->quorum);
	return is_good;
}

/* "sentinel auth-user" -> "sentinel auth-user GROUP " */
static void begin_line(const struct watching *w, const struct cfg_directive *d, struct vk_buf *out)
{
	vk_buf_addf(out, "%s %s ", d->name, w->group->name);
}

static bool add_sealed(
	const struct watching *w, const struct cfg_resolved *resolved, struct vk_buf *out)
{
	const char *name;
	const struct cfg_pins *pins =
		cfg_secret_resolve(w->fleet, w->effective, resolved->entry->secret, &name);

	if (pins == NULL)
		return false;
	begin_line(w, resolved->directive, out);
	vk_buf_addc(out, '"');
	vk_placeholder_format(VK_PLACEHOLDER_SECRET, name, pins->current.version, out);
	vk_buf_adds(out, "\"\n");
	return true;
}

static void add_renames(const struct watching *w, const struct cfg_directive *d, const char *value,
	struct vk_buf *out)
{
	char **words;
	size_t count;

	if (cfg_conf_split(value, strlen(value), &words, &count, NULL) != VK_OK)
		return; /* not of a value that was normalised */
	for (size_t i = 0; i + 1 < count; i += 2) {
		begin_line(w, d, out);
		cfg_conf_quote(words[i], out);
		vk_buf_addc(out, ' ');
		cfg_conf_quote(words[i + 1], out);
		vk_buf_addc(out, '\n');
	}
	free(words);
}

static bool add_plain(
	const struct watching *w, const struct cfg_resolved *resolved, struct vk_buf *out)
{
	const struct cfg_directive *d = resolved->directive;
	struct vk_buf line, value;
	bool is_good = true;

	vk_buf_init(&line, 8 * CFG_VALUE_MAX_BYTES);
	vk_buf_init(&value, 2 * CFG_VALUE_MAX_BYTES);
	if (resolved->value != NULL)
		vk_buf_adds(&value, resolved->value);
	else
		is_good = cfg_conf_line_of(w->fleet, w->effective, resolved, &line, &value);
	if (is_good && d->type == CFG_TYPE_RENAME) {
		add_renames(w, d, value.data, out);
	} else if (is_good) {
		begin_line(w, d, out);
		cfg_conf_quote(value.data, out);
		vk_buf_addc(out, '\n');
	}
	vk_buf_release(&line);
	vk_buf_release(&value);
	return is_good;
}

static bool add_watched(const struct watching *w, struct vk_buf *conf, struct vk_buf *secrets)
{
	const struct cfg_list *config;
	bool is_good = add_monitor(w, conf);

	if (w->group->watch == NULL)
		return is_good;
	config = &cfg_layer_resolve(w->fleet, w->group->watch, w->effective->role->schema)->config;
	for (size_t i = 0; i < config->count; i++) {
		const struct cfg_resolved *resolved = config->items[i].what;

		if (resolved == NULL)
			continue;
		is_good = (resolved->entry->secret != NULL ? add_sealed(w, resolved, secrets)
							   : add_plain(w, resolved, conf)) &&
			  is_good;
	}
	return is_good;
}

bool cfg_sentinel_render(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	struct arena *arena, struct vk_buf *conf, struct vk_buf *secrets)
{
	const struct cfg_instance *instance = effective->instance;
	struct watching w = {fleet, effective, arena, NULL, false, false};
	bool is_good = true;

	if (instance->watched == NULL)
		cfg_report_warning(fleet, &instance->place, instance->id,
			"name it under 'sentinels' of groups/NAME.yaml",
			"no group names Sentinel '%s': it watches nothing", instance->id);
	w.has_tls = is_yes(effective, fleet, "tls-replication", arena);
	w.resolves_names = is_yes(effective, fleet, "sentinel resolve-hostnames", arena);
	for (const struct cfg_watch *watch = instance->watched; watch != NULL;
		watch = watch->next) {
		w.group = watch->group;
		if (!cfg_group_resolve(fleet, watch->group) || !add_watched(&w, conf, secrets))
			is_good = false;
	}
	return is_good;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* One value of a tree -> its line of valkey.conf. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/conf.h"
#include "common/config/fleet_internal.h"
#include "common/config/value.h"
#include "common/mem.h"

#include "common/banned.h"

/* rename-command takes one pair a line. */
static void add_renames(const char *name, const char *value, struct vk_buf *line)
{
	char **words;
	size_t count;

	if (cfg_conf_split(value, strlen(value), &words, &count, NULL) != VK_OK)
		return; /* not of a value that was normalised */
	for (size_t i = 0; i + 1 < count; i += 2) {
		vk_buf_addf(line, "%s ", name);
		cfg_conf_quote(words[i], line);
		vk_buf_addc(line, ' ');
		cfg_conf_quote(words[i + 1], line);
		vk_buf_addc(line, '\n');
	}
	free(words);
}

static void add_line(const struct cfg_directive *d, const char *value, struct vk_buf *line)
{
	if (d->type == CFG_TYPE_RENAME) {
		add_renames(d->name, value, line);
		return;
	}
	vk_buf_addf(line, "%s ", d->name);
	/* The normal form of several words is safe as it is: it was put together word by word. */
	if ((d->flags & CFG_MULTI) != 0 && value[0] != '\0')
		vk_buf_adds(line, value);
	else
		cfg_conf_quote(value, line);
	vk_buf_addc(line, '\n');
}

static void report_value(struct cfg_fleet *fleet, const struct cfg_entry *entry,
	const struct cfg_directive *d, const char *const *items, const struct vk_err *err)
{
	bool is_shown = (d->flags & CFG_SENSITIVE) == 0 && entry->count > 0;

	cfg_report(fleet, &entry->place, is_shown ? items[0] : NULL, err->hint, "%s: %s", d->name,
		err->msg);
}

bool cfg_conf_line(struct cfg_fleet *fleet, const struct cfg_entry *entry,
	const struct cfg_directive *d, const char *const *items, struct vk_buf *line,
	struct vk_buf *value)
{
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc;

	if (entry->is_list && (d->flags & CFG_MULTI) == 0) {
		cfg_report(fleet, &entry->place, NULL, NULL, "%s: expected one value, found a list",
			d->name);
		return false;
	}
	for (size_t i = 0; i < entry->count; i++) {
		if (!cfg_policy_check_value(fleet, &entry->place, d, items[i]))
			return false;
	}
	rc = cfg_value_normalise_list(d, items, entry->count, value, &err);
	if (rc != VK_OK) {
		report_value(fleet, entry, d, items, &err);
		return false;
	}
	add_line(d, value->data, line);
	return true;
}

/* "60%" of the host's memory as bytes. */
static bool share_to_bytes(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_entry *entry, struct vk_buf *text)
{
	uint64_t bytes;

	if (!cfg_is_share_of_memory(entry->name, text->data))
		return true;
	if (!cfg_percent_of_memory(
		    fleet, effective->host, &entry->place, entry->name, text->data, &bytes))
		return false;
	vk_buf_reset(text);
	vk_buf_addf(text, "%" PRIu64, bytes);
	return true;
}

bool cfg_conf_line_of(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_resolved *resolved, struct vk_buf *line, struct vk_buf *value)
{
	const struct cfg_entry *entry = resolved->entry;
	char **items = xcalloc(entry->count + 1, sizeof(*items));
	bool is_good = true, is_cut = false;
	struct vk_buf text;

	vk_buf_init(&text, 2 * CFG_VALUE_MAX_BYTES);
	for (size_t i = 0; i < entry->count && is_good; i++) {
		vk_buf_reset(&text);
		is_good = cfg_substitute(
				  fleet, effective, &entry->place, "", entry->items[i], &text) &&
			  share_to_bytes(fleet, effective, entry, &text);
		is_cut = is_cut || text.is_overflowed;
		items[i] = xstrndup(text.data, text.len);
	}
	if (is_good && is_cut) {
		cfg_report(fleet, &entry->place, NULL, NULL, "%s: the value is too long",
			resolved->directive->name);
		is_good = false;
	}
	if (is_good)
		is_good = cfg_conf_line(
			fleet, entry, resolved->directive, (const char *const *)items, line, value);
	for (size_t i = 0; i < entry->count; i++)
		free(items[i]);
	free(items);
	vk_buf_release(&text);
	return is_good;
}

const char *cfg_value_of(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_directive *d, struct arena *arena)
{
	const struct cfg_item *item = cfg_list_find(&effective->config, d->name);
	const struct cfg_resolved *resolved = item != NULL ? item->what : NULL;
	const char *out = "";
	struct vk_buf line, value;

	if (resolved == NULL)
		return d->fallback != NULL ? d->fallback : "";
	if (resolved->entry->secret != NULL)
		return NULL;
	if (resolved->value != NULL)
		return arena_strdup(arena, resolved->value);
	vk_buf_init(&line, 8 * CFG_VALUE_MAX_BYTES);
	vk_buf_init(&value, 2 * CFG_VALUE_MAX_BYTES);
	if (cfg_conf_line_of(fleet, effective, resolved, &line, &value))
		out = arena_dup(arena, value.data, value.len);
	vk_buf_release(&line);
	vk_buf_release(&value);
	return out;
}

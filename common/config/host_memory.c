/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory of hosts: shares of it as values, and instances that want more than there is. */
#include "config.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "common/config/fleet_internal.h"
#include "common/config/value.h"
#include "common/num.h"

#include "common/banned.h"

enum { PERCENT_MAX = 100 };

/* What an instance needs beside maxmemory, at the least: itself, and buffers of clients and of
 * replication. */
#define OVERHEAD_BYTES (64ULL << 20)

#define MAXMEMORY "maxmemory"

void cfg_host_memory_read(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *node,
	struct cfg_host *host)
{
	struct cfg_place place;
	const char *text;

	if (node == NULL || vkyaml_is_null(node))
		return;
	text = cfg_expect_text(fleet, file, node, "memory");
	if (text == NULL)
		return;
	place = cfg_place_of(file, vkyaml_mark(node));
	if (cfg_memory_parse(text, &host->memory) && host->memory > 0 &&
		host->memory <= CFG_HOST_MAX_MEMORY)
		return;
	host->memory = 0;
	cfg_report(fleet, &place, text, "what the host has: 64gb",
		"memory: expected a size from 1 byte to 1 PiB, found '%.100s'", text);
}

bool cfg_is_percent(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits > 0 && text[digits] == '%' && text[digits + 1] == '\0';
}

bool cfg_is_share_of_memory(const char *name, const char *text)
{
	return strcasecmp(name, MAXMEMORY) == 0 && cfg_is_percent(text);
}

/* 0: out of range. */
static unsigned parse_percent(const char *text)
{
	unsigned percent = 0;

	for (; *text != '%' && percent <= PERCENT_MAX; text++)
		percent = percent * 10 + (unsigned)(*text - '0');
	return percent <= PERCENT_MAX ? percent : 0;
}

bool cfg_percent_check(
	struct cfg_fleet *fleet, const struct cfg_place *place, const char *what, const char *text)
{
	if (parse_percent(text) > 0)
		return true;
	cfg_report(fleet, place, text, "a whole number and '%'",
		"%s: expected 1%% to 100%% of the host's memory, found '%.20s'", what, text);
	return false;
}

bool cfg_percent_of_memory(struct cfg_fleet *fleet, const struct cfg_host *host,
	const struct cfg_place *place, const char *what, const char *text, uint64_t *bytes)
{
	unsigned percent = parse_percent(text);

	if (host == NULL || !cfg_percent_check(fleet, place, what, text))
		return false;
	if (host->memory == 0) {
		cfg_report(fleet, &host->place, NULL, "memory: 64gb",
			"the host has no 'memory', of which %s:%u:%u takes %s", place->file,
			place->line, place->column, text);
		return false;
	}
	*bytes = host->memory * percent / PERCENT_MAX; /* far from overflow */
	return true;
}

/* The merged maxmemory; 0 where there is none. */
static uint64_t maxmemory_of(struct cfg_fleet *fleet, const struct cfg_effective *effective)
{
	const struct cfg_item *item = cfg_list_find(&effective->config, MAXMEMORY);
	const struct cfg_resolved *resolved = item != NULL ? item->what : NULL;
	struct vk_buf line, value;
	uint64_t bytes = 0;

	if (resolved == NULL)
		return 0;
	vk_buf_init(&line, 8 * CFG_VALUE_MAX_BYTES);
	vk_buf_init(&value, 2 * CFG_VALUE_MAX_BYTES);
	if (resolved->value != NULL)
		vk_buf_adds(&value, resolved->value);
	else
		(void)cfg_conf_line_of(fleet, effective, resolved, &line, &value);
	if (!vk_parse_uint(value.data, 0, UINT64_MAX, &bytes))
		bytes = 0;
	vk_buf_release(&line);
	vk_buf_release(&value);
	return bytes;
}

void cfg_host_memory_add(
	struct cfg_fleet *fleet, struct cfg_host *host, const struct cfg_effective *effective)
{
	uint64_t need = host->memory > 0 ? maxmemory_of(fleet, effective) : 0;

	/* Where one has no limit, no sum says anything. */
	if (need == 0)
		return;
	need = need > UINT64_MAX - OVERHEAD_BYTES ? UINT64_MAX : need + OVERHEAD_BYTES;
	host->memory_needed =
		need > UINT64_MAX - host->memory_needed ? UINT64_MAX : host->memory_needed + need;
}

void cfg_host_memory_warn(struct cfg_fleet *fleet, const struct cfg_host *host)
{
	if (host->memory == 0 || host->memory_needed <= host->memory)
		return;
	cfg_report_warning(fleet, &host->place, NULL,
		"smaller maxmemory, or fewer instances; a fork needs more still",
		"the host's instances may take %" PRIu64
		" bytes (maxmemory, and 64mb for each), it "
		"has %" PRIu64,
		host->memory_needed, host->memory);
}

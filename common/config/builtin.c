/* SPDX-License-Identifier: BSD-3-Clause */
/* ${host.name} and the like: what a value may say about the instance that it is for. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/config/fleet_internal.h"
#include "common/name.h"
#include "common/nearest.h"

#include "common/banned.h"

#define NAMES "host.name|host.address|instance.name|environment.name"

enum { ADDRESS_MAX_BYTES = 253 };

bool cfg_builtin_is_reserved(const char *name)
{
	static const char *const prefixes[] = {"host.", "instance.", "environment."};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}

static void report_unknown(struct cfg_fleet *fleet, const struct cfg_place *place, const char *name)
{
	char near[64], hint[128];

	if (vk_nearest_choice(name, NAMES, near, sizeof(near)))
		snprintf(hint, sizeof(hint), "did you mean '${%s}'?", near);
	else
		snprintf(hint, sizeof(hint), "there are: %s", NAMES);
	cfg_report(fleet, place, name, hint, "'${%s}' stands for nothing", name);
}

const char *cfg_builtin_value(struct cfg_fleet *fleet, const struct cfg_effective *effective,
	const struct cfg_place *place, const char *name)
{
	const struct cfg_host *host = effective->host;
	bool is_address = strcmp(name, "host.address") == 0;

	if (!is_address && strcmp(name, "host.name") != 0 && strcmp(name, "instance.name") != 0 &&
		strcmp(name, "environment.name") != 0) {
		report_unknown(fleet, place, name);
		return NULL;
	}
	if (host == NULL)
		return NULL; /* a role on its own */
	if (strcmp(name, "host.name") == 0)
		return host->name;
	if (strcmp(name, "instance.name") == 0)
		return effective->instance->name;
	if (!is_address)
		return host->environment->name;
	if (host->address == NULL)
		cfg_report(fleet, &host->place, NULL, "address: 192.0.2.1, or a name in DNS",
			"the host has no 'address', which %s:%u:%u asks for", place->file,
			place->line, place->column);
	return host->address;
}

/* ---- addresses ---- */

const char *cfg_address_read(struct cfg_fleet *fleet, const char *file,
	const struct vkyaml_node *node, const char *host_name)
{
	static const char variable[] = "${host.name}";
	const char *text, *rest, *found;
	struct cfg_place place;
	struct vk_buf out;
	const char *address = NULL;

	if (node == NULL || vkyaml_is_null(node))
		return NULL;
	text = cfg_expect_text(fleet, file, node, "address");
	if (text == NULL)
		return NULL;
	vk_buf_init(&out, 2 * ADDRESS_MAX_BYTES);
	for (rest = text; (found = strstr(rest, variable)) != NULL;
		rest = found + strlen(variable)) {
		vk_buf_add(&out, rest, (size_t)(found - rest));
		vk_buf_adds(&out, host_name);
	}
	vk_buf_adds(&out, rest);
	place = cfg_place_of(file, vkyaml_mark(node));
	if (!out.is_overflowed && vk_address_is_valid(out.data))
		address = arena_dup(fleet->arena, out.data, out.len);
	else
		cfg_report(fleet, &place, text,
			"192.0.2.1, 2001:db8::1, or ${host.name}.example.com",
			"address: '%.100s' is no address of a host", text);
	vk_buf_release(&out);
	return address;
}

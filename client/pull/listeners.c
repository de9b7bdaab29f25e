/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/listeners.h"

#include <string.h>

#include "common/banned.h"

static const char port_name[] = "port";
static const char tls_port_name[] = "tls-port";

static const struct difference_item *find(const struct difference *difference, const char *name)
{
	for (size_t i = 0; i < difference->count; i++) {
		const struct difference_item *item = &difference->items[i];

		if (item->kind == DIFFERENCE_VALUE && item->cure == CURE_LIVE &&
			strcmp(item->name, name) == 0)
			return item;
	}
	return NULL;
}

static bool takes_over(const struct difference_item *taker, const struct difference_item *giver)
{
	return strcmp(taker->expected, "0") != 0 && strcmp(taker->expected, giver->actual) == 0;
}

enum listeners_order listeners_judge(const struct difference *difference)
{
	const struct difference_item *port = find(difference, port_name);
	const struct difference_item *tls_port = find(difference, tls_port_name);

	if (port == NULL || tls_port == NULL)
		return LISTENERS_ANY;
	if (takes_over(port, tls_port))
		return takes_over(tls_port, port) ? LISTENERS_SWAP : LISTENERS_TLS_FIRST;
	return takes_over(tls_port, port) ? LISTENERS_PORT_FIRST : LISTENERS_ANY;
}

const char *listeners_tls_port(const struct difference *difference)
{
	const struct difference_item *item = find(difference, tls_port_name);

	return item != NULL ? item->actual : NULL;
}

bool listeners_are_about(const char *name)
{
	return strcmp(name, port_name) == 0 || strcmp(name, tls_port_name) == 0;
}

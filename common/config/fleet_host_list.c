/* SPDX-License-Identifier: BSD-3-Clause */
/* All hosts of a fleet in one list: each name once, and what stands beside `hosts:` by name. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/fleet_internal.h"
#include "common/mem.h"
#include "common/nearest.h"

#include "common/banned.h"

enum { NEAREST_MAX_HOSTS = 2000 }; /* looking for what was meant among more takes too long */

static int compare_host(const void *key, const void *element)
{
	return strcmp(key, ((const struct cfg_host *)element)->name);
}

static int compare_places(const struct cfg_place *a, const struct cfg_place *b)
{
	int order = strcmp(a->file, b->file);

	if (order == 0)
		order = (a->line > b->line) - (a->line < b->line);
	return order != 0 ? order : (a->column > b->column) - (a->column < b->column);
}

static int compare_hosts(const void *a, const void *b)
{
	const struct cfg_host *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : compare_places(&x->place, &y->place);
}

struct cfg_host *cfg_fleet_find_host(const struct cfg_fleet *fleet, const char *name)
{
	if (fleet->host_count == 0)
		return NULL;
	return bsearch(name, fleet->hosts, fleet->host_count, sizeof(*fleet->hosts), compare_host);
}

static void report_twice(
	struct cfg_fleet *fleet, const struct cfg_host *a, const struct cfg_host *b)
{
	if (compare_places(&a->place, &b->place) == 0)
		cfg_report(fleet, &b->place, b->name, NULL, "host '%s' is twice in this range",
			b->name);
	else
		cfg_report(fleet, &b->place, b->name, NULL, "host '%s' is in %s:%u and in %s:%u",
			b->name, a->place.file, a->place.line, b->place.file, b->place.line);
}

void cfg_host_list_sort(struct cfg_fleet *fleet)
{
	const struct cfg_host *last = NULL; /* reported: of two ranges one host says it */

	if (fleet->host_count == 0)
		return;
	qsort(fleet->hosts, fleet->host_count, sizeof(*fleet->hosts), compare_hosts);
	for (size_t i = 1; i < fleet->host_count; i++) {
		const struct cfg_host *a = &fleet->hosts[i - 1], *b = &fleet->hosts[i];

		if (strcmp(a->name, b->name) != 0)
			continue;
		if (last == NULL || compare_places(&last[0].place, &a->place) != 0 ||
			compare_places(&last[1].place, &b->place) != 0)
			report_twice(fleet, a, b);
		last = a;
	}
}

/* ---- beside `hosts:` ---- */

static void report_unknown(
	struct cfg_fleet *fleet, const struct cfg_place *place, const char *name, const char *what)
{
	struct vk_nearest nearest = vk_nearest_init(name);
	char hint[128] = "";

	for (size_t i = 0; fleet->host_count <= NEAREST_MAX_HOSTS && i < fleet->host_count; i++)
		vk_nearest_offer(&nearest, fleet->hosts[i].name);
	if (nearest.word != NULL)
		snprintf(hint, sizeof(hint), "did you mean '%s'?", nearest.word);
	cfg_report(fleet, place, name, hint, "%s: there is no host '%.100s'", what, name);
}

/* The host that entry i of the map is for, and which has no such thing yet; NULL after a finding.
 */
static struct cfg_host *host_of_entry(struct cfg_fleet *fleet, const char *file,
	const struct vkyaml_node *map, size_t i, const char *what, bool is_key)
{
	struct cfg_place place = cfg_place_of(file, vkyaml_key_mark(map, i)), *earlier;
	const char *name = vkyaml_key(map, i);
	struct cfg_host *host = cfg_fleet_find_host(fleet, name);

	if (host == NULL) {
		report_unknown(fleet, &place, name, what);
		return NULL;
	}
	earlier = is_key ? &host->key_place : &host->address_place;
	if (earlier->file != NULL) {
		cfg_report(fleet, &place, name, NULL, "%s: host '%s' has one already (%s:%u:%u)",
			what, name, earlier->file, earlier->line, earlier->column);
		return NULL;
	}
	*earlier = cfg_place_of(file, vkyaml_mark(vkyaml_at(map, i)));
	return host;
}

void cfg_host_list_read(struct cfg_fleet *fleet, const char *file, const struct vkyaml_node *root)
{
	static const char keys[] = "public-keys", addresses[] = "addresses";
	const struct vkyaml_node *map = cfg_expect_map(fleet, file, vkyaml_get(root, keys), keys);
	struct cfg_host *host;

	for (size_t i = 0; map != NULL && i < vkyaml_count(map); i++) {
		host = host_of_entry(fleet, file, map, i, keys, true);
		if (host != NULL)
			host->public_key = cfg_read_public_key(fleet, file, vkyaml_at(map, i), keys,
				"'vkcfg host add NAME' writes the key of an enrolled host");
	}
	map = cfg_expect_map(fleet, file, vkyaml_get(root, addresses), addresses);
	for (size_t i = 0; map != NULL && i < vkyaml_count(map); i++) {
		host = host_of_entry(fleet, file, map, i, addresses, false);
		if (host != NULL)
			host->address =
				cfg_address_read(fleet, file, vkyaml_at(map, i), host->name);
	}
}

/* ---- keys ---- */

static int compare_keys(const void *a, const void *b)
{
	const struct cfg_host *const *x = a, *const *y = b;
	int order = strcmp((*x)->public_key, (*y)->public_key);

	return order != 0 ? order : strcmp((*x)->name, (*y)->name);
}

void cfg_host_list_check_keys(struct cfg_fleet *fleet)
{
	const struct cfg_host **hosts = xcalloc(fleet->host_count + 1, sizeof(*hosts));

	for (size_t i = 0; i < fleet->host_count; i++)
		hosts[i] = &fleet->hosts[i];
	qsort(hosts, fleet->host_count, sizeof(*hosts), compare_keys);
	for (size_t i = 1; i < fleet->host_count; i++) {
		if (hosts[i]->public_key[0] != '\0' &&
			strcmp(hosts[i - 1]->public_key, hosts[i]->public_key) == 0)
			cfg_report(fleet, &hosts[i]->key_place, hosts[i]->public_key,
				"each host makes its own key when it enrols",
				"hosts '%s' and '%s' have the same public key", hosts[i - 1]->name,
				hosts[i]->name);
	}
	free(hosts);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/difference.h"

#include <stdlib.h>
#include <string.h>

#include "client/pull/secrets_conf.h"
#include "client/pull/sentinel_values.h"
#include "common/config/directive.h"
#include "common/config/value.h"
#include "common/mem.h"
#include "common/num.h"

#include "common/banned.h"

void difference_init(struct difference *difference)
{
	*difference = (struct difference){.items = NULL};
}

void difference_release(struct difference *difference)
{
	free(difference->items);
	difference_init(difference);
}

void difference_add(struct difference *difference, const struct difference_item *item)
{
	if (difference->count == difference->cap) {
		difference->cap = difference->cap == 0 ? 32 : difference->cap * 2;
		difference->items = xreallocarray(
			difference->items, difference->cap, sizeof(*difference->items));
	}
	difference->items[difference->count++] = *item;
}

/* The host's descriptor limit may lower maxclients, and differently for us and for the service:
 * anything from what the preflight got to what the file asks for is right. */
static bool is_lowered_maxclients(
	const struct expected *expected, const char *name, const char *actual)
{
	const char *learned = values_get(&expected->values, "maxclients");
	uint64_t low;
	uint64_t number;

	return expected->maxclients_asked > 0 && strcmp(name, "maxclients") == 0 &&
	       vk_parse_uint(learned, 0, INT64_MAX, &low) &&
	       vk_parse_uint(actual, low, (uint64_t)expected->maxclients_asked, &number);
}

static bool is_same(const struct expected *expected, const struct cfg_directive *directive,
	const struct value *want, const char *actual)
{
	if (strcmp(want->text, actual) == 0)
		return true;
	if (is_lowered_maxclients(expected, want->name, actual))
		return true;
	return directive != NULL && (directive->flags & CFG_SENSITIVE) == 0 &&
	       cfg_value_is_same(directive, want->text, actual);
}

/* Passwords that somebody else has given to a Valkey are theirs. */
static bool is_ours(const struct difference_rules *rules, const struct value *want)
{
	struct vk_placeholder ignored;

	if (rules->bundle != NULL && secrets_conf_find(rules->bundle, want->name, &ignored))
		return true;
	return *want->text == '\0' && rules->former != NULL &&
	       secrets_conf_find(rules->former, want->name, &ignored);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* Tells only where something is. The data directory is another matter: with another one the server
 * would start empty. */
static bool is_place(
	const struct cfg_directive *directive, const struct value *want, const char *actual)
{
	if (directive == NULL)
		return false;
	if (directive->type == CFG_TYPE_FILENAME) /* Valkey took a path, a tree does not */
		return strcmp(base_name(want->text), base_name(actual)) == 0;
	return directive->type == CFG_TYPE_PATH || strcmp(want->name, "aclfile") == 0;
}

static enum difference_cure cure_of(const struct difference_rules *rules,
	const struct cfg_directive *directive, const struct value *want)
{
	if (value_is_secret(rules->schema, want->name) && !is_ours(rules, want))
		return CURE_NONE;
	/* A name that our schema does not know is tried; Valkey says if it cannot. */
	return directive == NULL || (directive->flags & CFG_LIVE) != 0 ? CURE_LIVE : CURE_RESTART;
}

/* Up to 8.1 a cluster node reports one database whatever its file says, and the preflight's
 * server is no cluster node. */
static bool is_masked_by_cluster(const struct live *live, const char *name)
{
	const char *cluster = values_get(&live->values, "cluster-enabled");

	return cluster != NULL && strcmp(cluster, "yes") == 0 && strcmp(name, "databases") == 0;
}

static void compare_values(struct difference *difference, const struct expected *expected,
	const struct live *live, const struct difference_rules *rules)
{
	for (size_t i = 0; i < expected->values.count; i++) {
		const struct value *want = &expected->values.items[i];
		const char *actual = values_get(&live->values, want->name);
		const struct cfg_directive *directive =
			cfg_directive_find(want->name, rules->schema);
		enum difference_cure cure;

		/* A running server older or newer than the binary lacks names: no difference. */
		if (actual == NULL || is_same(expected, directive, want, actual) ||
			is_masked_by_cluster(live, want->name))
			continue;
		cure = difference->is_foreign && is_place(directive, want, actual)
			       ? CURE_MOVE
			       : cure_of(rules, directive, want);
		difference_add(difference,
			&(struct difference_item){.kind = DIFFERENCE_VALUE,
				.cure = cure,
				.name = want->name,
				.expected = want->text,
				.actual = actual,
				.is_secret = value_is_secret(rules->schema, want->name)});
	}
}

static bool is_kept(const struct difference_rules *rules, const char *name)
{
	return rules->bundle == NULL || vk_bundle_keeps_user(rules->bundle, name);
}

static void compare_users(struct difference *difference, const struct expected *expected,
	const struct live *live, const struct difference_rules *rules)
{
	for (size_t i = 0; i < expected->users.count; i++) {
		const struct user *want = &expected->users.items[i];
		const struct user *actual = users_find(&live->users, want->name);

		if (actual == NULL || strcmp(want->rules, actual->rules) != 0)
			difference_add(difference,
				&(struct difference_item){.kind = DIFFERENCE_USER,
					.cure = CURE_LIVE,
					.name = want->name,
					.expected = want->rules,
					.actual = actual != NULL ? actual->rules : NULL});
	}
	for (size_t i = 0; i < live->users.count; i++) {
		const struct user *actual = &live->users.items[i];
		bool was_ours = rules->formerly != NULL &&
				users_find(rules->formerly, actual->name) != NULL;

		if (users_find(&expected->users, actual->name) == NULL &&
			(was_ours || !is_kept(rules, actual->name)))
			difference_add(
				difference, &(struct difference_item){.kind = DIFFERENCE_USER,
						    .cure = CURE_LIVE,
						    .name = actual->name,
						    .actual = actual->rules});
	}
}

/* No running server changes its aclfile, and every generation sets it: whoever has another one was
 * started from other files, whatever has become of them since. */
static bool is_foreign(const struct expected *expected, const struct live *live)
{
	const char *want = values_get(&expected->values, "aclfile");
	const char *actual = values_get(&live->values, "aclfile");

	return want != NULL && actual != NULL && strcmp(want, actual) != 0;
}

void difference_make(struct difference *difference, const struct expected *expected,
	const struct live *live, const struct difference_rules *rules)
{
	if (cfg_version_is_sentinel(rules->schema)) {
		difference->is_foreign = values_get(&live->values, SENTINEL_FOREIGN) != NULL;
		sentinel_values_compare(
			difference, &expected->values, &live->values, rules->schema);
	} else {
		difference->is_foreign = is_foreign(expected, live);
		compare_values(difference, expected, live, rules);
	}
	compare_users(difference, expected, live, rules);
}

size_t difference_count(const struct difference *difference, enum difference_cure cure)
{
	size_t count = 0;

	for (size_t i = 0; i < difference->count; i++) {
		if (difference->items[i].cure == cure)
			count++;
	}
	return count;
}

const struct difference_item *difference_first(
	const struct difference *difference, enum difference_cure cure)
{
	for (size_t i = 0; i < difference->count; i++) {
		if (difference->items[i].cure == cure)
			return &difference->items[i];
	}
	return NULL;
}

bool difference_has_tls(const struct difference *difference)
{
	for (size_t i = 0; i < difference->count; i++) {
		if (difference->items[i].kind == DIFFERENCE_VALUE &&
			strncmp(difference->items[i].name, "tls-", 4) == 0)
			return true;
	}
	return false;
}

bool difference_has_secret(const struct difference *difference)
{
	for (size_t i = 0; i < difference->count; i++) {
		if (difference->items[i].is_secret && difference->items[i].cure == CURE_LIVE)
			return true;
	}
	return false;
}

void difference_needs_restart(struct difference *difference, const char *name)
{
	for (size_t i = 0; i < difference->count; i++) {
		if (difference->items[i].kind == DIFFERENCE_VALUE &&
			strcmp(difference->items[i].name, name) == 0)
			difference->items[i].cure = CURE_RESTART;
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What differs in directives: what is in force counts, not which lines say so. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/config/diff_internal.h"
#include "common/config/value.h"
#include "common/mem.h"

#include "common/banned.h"

static const char *shown_value(
	struct cfg_diff *diff, const struct cfg_directive *d, const char *text)
{
	struct vk_buf shown;
	const char *out;

	if (text == NULL || d == NULL)
		return text;
	vk_buf_init(&shown, CFG_CONF_MAX_BYTES);
	cfg_value_format(d, text, &shown);
	out = arena_dup(diff->arena, shown.data, shown.len);
	vk_buf_release(&shown);
	return out;
}

/* One directive: what each side's lines say (NULL: nothing), and what it is to that side's version
 * (NULL: there is no such side, or it does not know it). */
struct pair {
	const char *name;
	const char *old_text, *new_text;
	const struct cfg_directive *before, *after;
};

static const char *in_force(const char *text, const struct cfg_directive *d)
{
	return text != NULL || d == NULL ? text : d->fallback;
}

static bool is_same(const struct cfg_directive *d, const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0 || (d != NULL && cfg_value_is_same(d, a, b));
}

static void add_value(struct cfg_diff *diff, const struct pair *pair, const struct cfg_directive *d)
{
	struct cfg_change *change = cfg_diff_add(diff, CFG_CHANGE_DIRECTIVE, pair->name,
		shown_value(diff, d, pair->old_text), shown_value(diff, d, pair->new_text));

	cfg_diff_add_raw(diff, pair->old_text, pair->new_text);
	/* A default changes with the program. */
	change->way = pair->old_text == NULL && pair->new_text == NULL ? CFG_WAY_RESTART
								       : cfg_directive_way(d);
	if (pair->old_text == NULL && pair->before != NULL)
		change->old_default = shown_value(diff, d, pair->before->fallback);
	if (pair->new_text == NULL && pair->after != NULL)
		change->new_default = shown_value(diff, d, pair->after->fallback);
}

static void compare_pair(struct cfg_diff *diff, const struct pair *pair)
{
	const struct cfg_directive *d = pair->after != NULL ? pair->after : pair->before;

	if (strcmp(pair->name, "include") == 0)
		return; /* the renderer's own: whether there is a secrets.conf */
	if ((diff->flags & CFG_DIFF_ROLE) != 0 && d != NULL && d->owner == CFG_OWNER_HOST)
		return;
	if (!is_same(d, in_force(pair->old_text, pair->before),
		    in_force(pair->new_text, pair->after)))
		add_value(diff, pair, d);
}

/* A directive of secrets.conf: only which secret it is counts. */
static void compare_sealed_pair(struct cfg_diff *diff, const struct pair *pair)
{
	const char *before = cfg_diff_secret_name(diff, pair->old_text);
	const char *after = cfg_diff_secret_name(diff, pair->new_text);

	if (before != NULL && after != NULL && strcmp(before, after) == 0)
		return;
	cfg_diff_add(diff, CFG_CHANGE_DIRECTIVE, pair->name, before, after)->way =
		cfg_directive_way(pair->after != NULL ? pair->after : pair->before);
}

/* ---- lists side by side ---- */

struct list {
	struct cfg_conf_value *items;
	size_t count;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(
		((const struct cfg_conf_value *)a)->name, ((const struct cfg_conf_value *)b)->name);
}

/* The values under the names of another version, which may have other names for some. */
static struct list list_of(
	struct cfg_diff *diff, const struct cfg_conf_values *values, const char *version)
{
	struct list list = {.count = values != NULL ? cfg_conf_values_count(values) : 0};

	list.items = arena_calloc(diff->arena, list.count + 1, sizeof(*list.items));
	for (size_t i = 0; i < list.count; i++) {
		const struct cfg_directive *d;

		list.items[i] = *cfg_conf_values_at(values, i);
		d = version != NULL ? cfg_directive_find(list.items[i].name, version) : NULL;
		if (d != NULL)
			list.items[i].name = d->name;
	}
	if (version != NULL && list.count > 1)
		qsort(list.items, list.count, sizeof(*list.items), compare_names);
	return list;
}

/* The version by which both sides' directives are known. */
struct versions {
	const char *before, *after; /* NULL: there is no such side */
	bool is_same;
};

static struct versions versions_of(const struct cfg_diff_side *a, const struct cfg_diff_side *b)
{
	return (struct versions){a->version, b->version,
		a->version != NULL && b->version != NULL && strcmp(a->version, b->version) == 0};
}

static struct pair pair_of(const struct versions *versions, const char *name, const char *old_text,
	const char *new_text)
{
	struct pair pair = {name, old_text, new_text, NULL, NULL};

	if (versions->after != NULL)
		pair.after = cfg_directive_find(name, versions->after);
	if (versions->is_same)
		pair.before = pair.after;
	else if (versions->before != NULL)
		pair.before = cfg_directive_find(name, versions->before);
	return pair;
}

/* What no line says on either side, and has another default now. */
static void compare_defaults(struct cfg_diff *diff, const struct versions *versions,
	const struct list *a, const struct list *b)
{
	for (size_t i = 0; i < cfg_directive_count(versions->after); i++) {
		const struct cfg_directive *d = cfg_directive_at(versions->after, i);
		const struct cfg_conf_value key = {.name = d->name};
		struct pair pair = pair_of(versions, d->name, NULL, NULL);

		if (pair.before == NULL || pair.before->fallback == NULL || d->fallback == NULL ||
			bsearch(&key, a->items, a->count, sizeof(key), compare_names) != NULL ||
			bsearch(&key, b->items, b->count, sizeof(key), compare_names) != NULL)
			continue;
		compare_pair(diff, &pair);
	}
}

typedef void compare_fn(struct cfg_diff *diff, const struct pair *pair);

static void compare_lists(struct cfg_diff *diff, const struct versions *versions,
	const struct list *a, const struct list *b, compare_fn *compare)
{
	for (size_t i = 0, k = 0; i < a->count || k < b->count;) {
		const struct cfg_conf_value *x = i < a->count ? &a->items[i] : NULL;
		const struct cfg_conf_value *y = k < b->count ? &b->items[k] : NULL;
		int order = x == NULL ? 1 : y == NULL ? -1 : strcmp(x->name, y->name);
		struct pair pair = pair_of(versions, order <= 0 ? x->name : y->name,
			order <= 0 ? x->value : NULL, order >= 0 ? y->value : NULL);

		compare(diff, &pair);
		i += order <= 0;
		k += order >= 0;
	}
}

void cfg_diff_values(
	struct cfg_diff *diff, const struct cfg_diff_side *a, const struct cfg_diff_side *b)
{
	const struct versions versions = versions_of(a, b);
	bool is_upgrade = a->version != NULL && b->version != NULL && !versions.is_same;
	struct list before = list_of(diff, a->values, is_upgrade ? b->version : NULL);
	struct list after = list_of(diff, b->values, NULL);

	compare_lists(diff, &versions, &before, &after, compare_pair);
	if (is_upgrade)
		compare_defaults(diff, &versions, &before, &after);
	before = list_of(diff, a->sealed, is_upgrade ? b->version : NULL);
	after = list_of(diff, b->sealed, NULL);
	compare_lists(diff, &versions, &before, &after, compare_sealed_pair);
}

/* ---- a running server ---- */

/* Behind the placeholder of a directory of the host's, which is not known here. */
static bool is_same_path(const char *running, const char *wanted)
{
	const char *rest = wanted[0] == '@' && wanted[1] == '{' ? strchr(wanted, '}') : NULL;
	size_t len = strlen(running);

	if (rest == NULL)
		return false;
	rest++;
	return len >= strlen(rest) && strcmp(running + len - strlen(rest), rest) == 0;
}

/* Whether the two can be compared at all. */
static bool is_compared(const struct cfg_directive *d, bool is_cluster)
{
	if (d == NULL || d->owner == CFG_OWNER_SERVER ||
		(d->flags & (CFG_FILE_ONLY | CFG_IGNORED)) != 0)
		return false;
	/* Up to 8.1 a cluster node reports one database whatever its file says. */
	if (is_cluster && strcmp(d->name, "databases") == 0)
		return false;
	return cfg_directive_way(d) != CFG_WAY_NEVER;
}

static const char *or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : NULL;
}

/* Both have one: nobody can say from here whether it is the same. */
static void compare_secret(struct cfg_diff *diff, const struct pair *pair)
{
	const char *running = or_null(pair->old_text);

	if ((running == NULL) == (pair->new_text == NULL))
		return;
	cfg_diff_add(diff, CFG_CHANGE_DIRECTIVE, pair->name, running != NULL ? "(secret)" : NULL,
		cfg_diff_secret_name(diff, pair->new_text))
		->way = cfg_directive_way(pair->before);
}

/* What no line says is the default of the version that runs. */
static void compare_running(struct cfg_diff *diff, const struct pair *pair)
{
	const char *after = in_force(pair->new_text, pair->after);

	/* Who starts the process may choose a log where the file does not. */
	if (after == NULL || is_same_path(pair->old_text, after) ||
		(pair->new_text == NULL && strcmp(pair->name, "logfile") == 0))
		return;
	if (!is_same(pair->after, pair->old_text, after))
		add_value(diff, pair, pair->after);
}

static bool runs_as_cluster(const struct cfg_running *running)
{
	for (size_t i = 0; i < running->count; i++) {
		if (strcmp(running->values[i].name, "cluster-enabled") == 0)
			return strcmp(running->values[i].value, "yes") == 0;
	}
	return false;
}

/* What the bundle says about a directive of the running version, which its own version may call
 * otherwise. */
static const char *wanted(
	const struct cfg_conf_values *values, const char *name, const char *version)
{
	const struct cfg_directive *d = cfg_directive_find(name, version);

	return values != NULL && d != NULL ? cfg_conf_values_get(values, d->name) : NULL;
}

void cfg_diff_running_values(
	struct cfg_diff *diff, const struct cfg_diff_side *a, const struct cfg_diff_side *b)
{
	const struct cfg_running *running = a->running;
	bool is_cluster = runs_as_cluster(running);

	for (size_t i = 0; i < running->count; i++) {
		const struct cfg_conf_value *value = &running->values[i];
		const struct cfg_directive *d = cfg_directive_find(value->name, running->version);
		struct pair pair = {.old_text = value->value, .before = d, .after = d};

		/* A pattern lists a directive under each of its names. */
		if (!is_compared(d, is_cluster) || strcmp(d->name, value->name) != 0)
			continue;
		pair.name = d->name;
		if ((d->flags & CFG_SENSITIVE) != 0) {
			pair.new_text = wanted(b->sealed, d->name, b->version);
			compare_secret(diff, &pair);
		} else {
			pair.new_text = wanted(b->values, d->name, b->version);
			compare_running(diff, &pair);
		}
	}
}

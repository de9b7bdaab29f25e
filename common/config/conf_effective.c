/* SPDX-License-Identifier: BSD-3-Clause */
/* What the lines of a valkey.conf add up to. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/config/conf.h"
#include "common/config/directive.h"
#include "common/config/value.h"
#include "common/mem.h"

#include "common/banned.h"

struct cfg_conf_values {
	struct arena *arena;
	struct cfg_conf_value *items; /* sorted by name */
	size_t count;
};

/* A line under the canonical name of its directive. */
struct entry {
	const char *name;
	const struct cfg_directive *directive; /* NULL: unknown */
	const struct cfg_conf_line *line;
	size_t index;
};

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

/* The words of a line as one text: as they are, or quoted where they will be split again. */
static const char *join_words(struct arena *arena, const struct cfg_conf_line *line, bool is_quoted)
{
	struct vk_buf text;
	const char *out;

	vk_buf_init(&text, 4 * CFG_CONF_MAX_BYTES + CFG_CONF_MAX_WORDS * 3);
	for (size_t i = 0; i < line->word_count; i++) {
		vk_buf_adds(&text, i > 0 ? " " : "");
		if (is_quoted && line->word_count > 1)
			cfg_conf_quote(line->words[i], &text);
		else
			vk_buf_adds(&text, line->words[i]);
	}
	out = arena_dup(arena, text.data, text.len);
	vk_buf_release(&text);
	return out;
}

/* The value of count entries of one name; what does not fit the schema stays as it is. */
static const char *effective_value(struct arena *arena, const struct entry *entries, size_t count)
{
	const struct cfg_directive *d = entries->directive;
	bool is_multi = d != NULL && (d->flags & CFG_MULTI) != 0 && d->type != CFG_TYPE_REFUSED;
	bool is_repeated = d != NULL && (d->flags & CFG_REPEATED) != 0;
	const char **texts = xcalloc(count, sizeof(*texts));
	struct vk_buf text;
	const char *out;

	if (!is_repeated) { /* the last line wins */
		entries += count - 1;
		count = 1;
	}
	for (size_t i = 0; i < count; i++)
		texts[i] = join_words(arena, entries[i].line, is_multi);
	vk_buf_init(&text, CFG_CONF_MAX_BYTES * 4);
	if (d == NULL || cfg_value_normalise_list(d, texts, count, &text, NULL) != VK_OK) {
		vk_buf_reset(&text);
		for (size_t i = 0; i < count; i++) {
			vk_buf_adds(&text, i > 0 ? " " : "");
			vk_buf_adds(&text, texts[i]);
		}
	}
	/* A line without words is nothing, where only some of the classes are named. */
	if (d != NULL && d->type == CFG_TYPE_OUTPUT_LIMIT && text.len == 0)
		vk_buf_adds(&text, d->fallback);
	out = arena_dup(arena, text.data, text.len);
	vk_buf_release(&text);
	free(texts);
	return out;
}

enum vk_rc cfg_conf_effective(const struct cfg_conf *conf, const char *version,
	struct cfg_conf_values **out, struct vk_err *err)
{
	size_t count = cfg_conf_count(conf);
	struct cfg_conf_values *values;
	struct entry *entries;

	if (!cfg_version_is_known(version))
		return vk_err_set(err, VK_EINPUT, "Valkey version '%.50s' is not known", version);
	values = xcalloc(1, sizeof(*values));
	values->arena = arena_new();
	values->items = xcalloc(count + 1, sizeof(*values->items));
	entries = xcalloc(count + 1, sizeof(*entries));
	for (size_t i = 0; i < count; i++) {
		const struct cfg_conf_line *line = cfg_conf_at(conf, i);
		const struct cfg_directive *d = cfg_directive_find(line->name, version);

		entries[i] = (struct entry){d != NULL ? d->name : line->name, d, line, i};
	}
	qsort(entries, count, sizeof(*entries), compare_entries);
	for (size_t i = 0, same; i < count; i += same) {
		for (same = 1; i + same < count; same++) {
			if (strcmp(entries[i].name, entries[i + same].name) != 0)
				break;
		}
		values->items[values->count++] =
			(struct cfg_conf_value){arena_strdup(values->arena, entries[i].name),
				effective_value(values->arena, entries + i, same)};
	}
	free(entries);
	*out = values;
	return VK_OK;
}

static int compare_values(const void *a, const void *b)
{
	return strcmp(
		((const struct cfg_conf_value *)a)->name, ((const struct cfg_conf_value *)b)->name);
}

struct cfg_conf_values *cfg_conf_values_from(const struct cfg_conf_value *values, size_t count)
{
	struct cfg_conf_values *out = xcalloc(1, sizeof(*out));

	out->arena = arena_new();
	out->items = xcalloc(count + 1, sizeof(*out->items));
	for (size_t i = 0; i < count; i++)
		out->items[i] = (struct cfg_conf_value){arena_strdup(out->arena, values[i].name),
			arena_strdup(out->arena, values[i].value)};
	out->count = count;
	if (count > 1)
		qsort(out->items, count, sizeof(*out->items), compare_values);
	return out;
}

void cfg_conf_values_free(struct cfg_conf_values *values)
{
	if (values == NULL)
		return;
	free(values->items);
	arena_free(values->arena);
	free(values);
}

size_t cfg_conf_values_count(const struct cfg_conf_values *values)
{
	return values->count;
}

const struct cfg_conf_value *cfg_conf_values_at(const struct cfg_conf_values *values, size_t i)
{
	return &values->items[i];
}

static int compare_name(const void *key, const void *element)
{
	return strcmp(key, ((const struct cfg_conf_value *)element)->name);
}

const char *cfg_conf_values_get(const struct cfg_conf_values *values, const char *name)
{
	const struct cfg_conf_value *found =
		bsearch(name, values->items, values->count, sizeof(*values->items), compare_name);

	return found != NULL ? found->value : NULL;
}

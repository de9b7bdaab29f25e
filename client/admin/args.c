/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/args.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/num.h"

#include "common/banned.h"

struct given {
	const struct option_spec *spec;
	const char *value;
};

struct args {
	struct given options[ARGS_MAX_OPTIONS];
	size_t option_count;
	const char *words[ARGS_MAX_WORDS];
	size_t word_count;
};

/* Walks over words; value options may take the next one. */
struct cursor {
	char *const *words;
	int count;
	int at;
};

struct args *args_new(void)
{
	return xcalloc(1, sizeof(struct args));
}

void args_free(struct args *args)
{
	free(args);
}

static const struct option_spec *find_in(
	const struct option_spec *specs, const char *name, size_t len, char letter)
{
	for (; specs != NULL && specs->name != NULL; specs++) {
		if (letter != '\0' && specs->letter == letter)
			return specs;
		if (letter == '\0' && strlen(specs->name) == len &&
			memcmp(specs->name, name, len) == 0)
			return specs;
	}
	return NULL;
}

static enum vk_rc add_option(struct args *args, const struct option_spec *spec, const char *value,
	struct vk_err *err)
{
	if (!spec->is_repeatable && args_has(args, spec->name))
		return vk_err_set(err, VK_EINPUT, "option --%s was given twice", spec->name);
	if (args->option_count == ARGS_MAX_OPTIONS)
		return vk_err_set(err, VK_ELIMIT, "more than %d options", ARGS_MAX_OPTIONS);
	args->options[args->option_count++] = (struct given){spec, value};
	return VK_OK;
}

static enum vk_rc take_value(struct cursor *cursor, const struct option_spec *spec,
	const char **value, struct vk_err *err)
{
	if (cursor->at + 1 >= cursor->count)
		return vk_err_set(
			err, VK_EINPUT, "option --%s needs a value (%s)", spec->name, spec->value);
	*value = cursor->words[++cursor->at];
	return VK_OK;
}

static enum vk_rc parse_long(struct args *args, struct cursor *cursor,
	const struct option_spec *specs, const struct option_spec *more_specs, struct vk_err *err)
{
	const char *name = cursor->words[cursor->at] + 2;
	size_t len = strcspn(name, "=");
	const char *value = name[len] == '=' ? name + len + 1 : NULL;
	const struct option_spec *spec = find_in(specs, name, len, '\0');
	enum vk_rc rc = VK_OK;

	if (spec == NULL)
		spec = find_in(more_specs, name, len, '\0');
	if (spec == NULL)
		return vk_err_set(err, VK_EINPUT, "there is no option --%.*s", (int)len, name);
	if (spec->value == NULL && value != NULL)
		return vk_err_set(err, VK_EINPUT, "option --%s takes no value", spec->name);
	if (spec->value != NULL && value == NULL)
		rc = take_value(cursor, spec, &value, err);
	if (rc == VK_OK)
		rc = add_option(args, spec, value != NULL ? value : "", err);
	return rc;
}

/* -v, -m TEXT, -mTEXT; flags cannot be joined. */
static enum vk_rc parse_short(struct args *args, struct cursor *cursor,
	const struct option_spec *specs, const struct option_spec *more_specs, struct vk_err *err)
{
	const char *word = cursor->words[cursor->at];
	const struct option_spec *spec = find_in(specs, NULL, 0, word[1]);
	const char *value = word[2] != '\0' ? word + 2 : NULL;
	enum vk_rc rc = VK_OK;

	if (spec == NULL)
		spec = find_in(more_specs, NULL, 0, word[1]);
	if (spec == NULL || (spec->value == NULL && value != NULL))
		return vk_err_set(err, VK_EINPUT, "there is no option %s", word);
	if (spec->value != NULL && value == NULL)
		rc = take_value(cursor, spec, &value, err);
	if (rc == VK_OK)
		rc = add_option(args, spec, value != NULL ? value : "", err);
	return rc;
}

/* A lone "-" is an argument: standard input. */
static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0';
}

static enum vk_rc parse_option(struct args *args, struct cursor *cursor,
	const struct option_spec *specs, const struct option_spec *more_specs, struct vk_err *err)
{
	if (cursor->words[cursor->at][1] == '-')
		return parse_long(args, cursor, specs, more_specs, err);
	return parse_short(args, cursor, specs, more_specs, err);
}

enum vk_rc args_parse_until_word(struct args *args, char *const *words, int count,
	const struct option_spec *specs, int *used, struct vk_err *err)
{
	struct cursor cursor = {.words = words, .count = count};
	enum vk_rc rc = VK_OK;

	for (; rc == VK_OK && cursor.at < count && is_option(words[cursor.at]); cursor.at++)
		rc = parse_option(args, &cursor, specs, NULL, err);
	*used = cursor.at;
	return rc;
}

enum vk_rc args_parse(struct args *args, char *const *words, int count,
	const struct option_spec *specs, const struct option_spec *more_specs, struct vk_err *err)
{
	struct cursor cursor = {.words = words, .count = count};
	bool is_ended = false;
	enum vk_rc rc = VK_OK;

	for (; rc == VK_OK && cursor.at < count; cursor.at++) {
		if (!is_ended && strcmp(words[cursor.at], "--") == 0) {
			is_ended = true;
		} else if (!is_ended && is_option(words[cursor.at])) {
			rc = parse_option(args, &cursor, specs, more_specs, err);
		} else if (args->word_count == ARGS_MAX_WORDS) {
			rc = vk_err_set(err, VK_ELIMIT, "more than %d arguments", ARGS_MAX_WORDS);
		} else {
			args->words[args->word_count++] = words[cursor.at];
		}
	}
	return rc;
}

const char *args_option_at(const struct args *args, const char *name, size_t i)
{
	for (size_t k = 0; k < args->option_count; k++) {
		if (strcmp(args->options[k].spec->name, name) == 0 && i-- == 0)
			return args->options[k].value;
	}
	return NULL;
}

size_t args_option_count(const struct args *args, const char *name)
{
	size_t count = 0;

	while (args_option_at(args, name, count) != NULL)
		count++;
	return count;
}

const char *args_get(const struct args *args, const char *name)
{
	return args_option_at(args, name, 0);
}

bool args_has(const struct args *args, const char *name)
{
	return args_get(args, name) != NULL;
}

enum vk_rc args_get_uint(const struct args *args, const char *name, uint64_t min, uint64_t max,
	uint64_t fallback, uint64_t *out, struct vk_err *err)
{
	const char *text = args_get(args, name);

	if (text == NULL) {
		*out = fallback;
		return VK_OK;
	}
	if (!vk_parse_uint(text, min, max, out))
		return vk_err_set(err, VK_EINPUT, "option --%s: expected a number of %llu to %llu, "
			"not '%s'", name, (unsigned long long)min, (unsigned long long)max, text);
	return VK_OK;
}

size_t args_count(const struct args *args)
{
	return args->word_count;
}

const char *args_at(const struct args *args, size_t i)
{
	return i < args->word_count ? args->words[i] : NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The words of a command line, sorted into options and arguments by tables, so
 * that help and completion can be made of the same tables. Options may stand
 * before or after arguments; "--" ends them; "--name=value" and "--name value"
 * are the same. All strings are borrowed from argv.
 */
#ifndef ADMIN_ARGS_H
#define ADMIN_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* One row per option; a table ends with a row without name. */
struct option_spec {
	const char *name;  /* without the dashes */
	char letter;       /* or 0 */
	const char *value; /* what to call its value in help; NULL: a flag */
	const char *help;
	bool is_repeatable; /* may be given several times */
};

enum {
	ARGS_MAX_OPTIONS = 256,
	ARGS_MAX_WORDS = 256,
};

struct args;

/* An empty set, to be filled by args_parse_until_word() and args_parse(). */
struct args *args_new(void);
void args_free(struct args *args);

/* Takes options of this table from the front of words[0..count); *used says how many words
 * those were. Stops at the first word that is no option. */
VK_CHECKED enum vk_rc args_parse_until_word(struct args *args, char *const *words, int count,
	const struct option_spec *specs, int *used, struct vk_err *err);

/* Sorts all of words[0..count) by the two tables (either may be NULL). */
VK_CHECKED enum vk_rc args_parse(struct args *args, char *const *words, int count,
	const struct option_spec *specs, const struct option_spec *more_specs, struct vk_err *err);

/* The value of an option, or NULL if it was not given. Flags have the value "". */
const char *args_get(const struct args *args, const char *name);
bool args_has(const struct args *args, const char *name);

/* Of repeatable options: how often it was given, and the i-th value. */
size_t args_option_count(const struct args *args, const char *name);
const char *args_option_at(const struct args *args, const char *name, size_t i);

/* The number given with an option, or fallback if it was not given. */
VK_CHECKED enum vk_rc args_get_uint(const struct args *args, const char *name, uint64_t min,
	uint64_t max, uint64_t fallback, uint64_t *out, struct vk_err *err);

/* What is no option: number and i-th word (NULL beyond the last). */
size_t args_count(const struct args *args);
const char *args_at(const struct args *args, size_t i);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file format of valkey.conf: reading it as Valkey does, and writing values
 * so that none can ever become a second directive.
 */
#ifndef VK_CONFIG_CONF_H
#define VK_CONFIG_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"

enum {
	CFG_CONF_MAX_BYTES = 1024 * 1024,
	CFG_CONF_MAX_LINES = 20 * 1000,
	CFG_CONF_MAX_WORDS = 256, /* of one line */
};

struct cfg_conf_line {
	unsigned number;   /* from 1 */
	const char *name;  /* directive in lower case, as written (perhaps an alias) */
	size_t word_count; /* values after the name */
	const char *const *words;
};

struct cfg_conf;

/* Parses the directives of a valkey.conf; comments and empty lines are left out. file is for
 * messages. Bytes that Valkey would misread (NUL, a byte order mark) are refused. */
VK_CHECKED enum vk_rc cfg_conf_parse(
	const char *file, const char *text, size_t len, struct cfg_conf **out, struct vk_err *err);
void cfg_conf_free(struct cfg_conf *conf);
size_t cfg_conf_count(const struct cfg_conf *conf);
const struct cfg_conf_line *cfg_conf_at(const struct cfg_conf *conf, size_t i);

/* All lines, with those that are no directives; it lives as long as conf. */
struct cfg_document;
const struct cfg_document *cfg_conf_document(const struct cfg_conf *conf);

/* Splits one line into words by Valkey's rules (blanks, "..." with escapes, '...'). *words is
 * NULL-terminated, one allocation: free(). VK_EINPUT for unbalanced quotes. */
VK_CHECKED enum vk_rc cfg_conf_split(
	const char *line, size_t len, char ***words, size_t *count, struct vk_err *err);

/* Appends one word, in quotes and escaped where the bare text would be read as something else. */
void cfg_conf_quote(const char *word, struct vk_buf *out);

/* The effective values of a valkey.conf: canonical name -> CONFIG GET form, in byte order of the
 * names; repeated lines are merged as Valkey does. Unknown directives keep their words, joined with
 * blanks. Includes are not followed. */
struct cfg_conf_value {
	const char *name;
	const char *value;
};
struct cfg_conf_values;
VK_CHECKED enum vk_rc cfg_conf_effective(const struct cfg_conf *conf, const char *version,
	struct cfg_conf_values **out, struct vk_err *err);
/* The same of values that are known already, copied and sorted. */
struct cfg_conf_values *cfg_conf_values_from(const struct cfg_conf_value *values, size_t count);
void cfg_conf_values_free(struct cfg_conf_values *values);
size_t cfg_conf_values_count(const struct cfg_conf_values *values);
const struct cfg_conf_value *cfg_conf_values_at(const struct cfg_conf_values *values, size_t i);
const char *cfg_conf_values_get(const struct cfg_conf_values *values, const char *name);

#endif

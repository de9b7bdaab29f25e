/* SPDX-License-Identifier: BSD-3-Clause */
/* Values of several words: the half of value.c that knows each such directive. Used by value.c. */
#ifndef VK_CONFIG_VALUE_WORDS_H
#define VK_CONFIG_VALUE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/config/directive.h"
#include "common/err.h"

/* All items together, as the lines of a file would count. The directive has CFG_MULTI. */
VK_CHECKED enum vk_rc cfg_value_words(const struct cfg_directive *directive,
	const char *const *items, size_t count, struct vk_buf *out, struct vk_err *err);

/* notify-keyspace-events: one word of letters, in Valkey's order. */
VK_CHECKED enum vk_rc cfg_value_events(const struct cfg_directive *directive, const char *text,
	struct vk_buf *out, struct vk_err *err);

/* value_text.c: strings, host names, addresses and paths. */
VK_CHECKED enum vk_rc cfg_value_text(const struct cfg_directive *directive, const char *text,
	struct vk_buf *out, struct vk_err *err);

/* value.c: "expected WHAT, found 'TEXT'"; a sensitive value is not quoted. */
enum vk_rc cfg_value_refuse(const struct cfg_directive *directive, const char *text,
	struct vk_err *err, const char *expected);

/* "expected one of a, b, c, found 'x'", with "did you mean" as hint. */
enum vk_rc cfg_value_refuse_choice(const struct cfg_directive *directive, const char *text,
	const char *choices, struct vk_err *err);

/* True if text is one of "a|b|c". */
bool cfg_value_is_choice(const char *choices, const char *text);

/* The same whatever the case; where it stands in choices, and its length, or NULL. */
const char *cfg_value_find_choice(const char *choices, const char *text, size_t *len);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values of directives: checking them, and writing them the one way in which
 * Valkey's CONFIG GET prints them, so that 1gb and 1073741824 are the same.
 */
#ifndef VK_CONFIG_VALUE_H
#define VK_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/config/directive.h"
#include "common/err.h"

enum { CFG_VALUE_MAX_BYTES = 4096 };

/* Appends the CONFIG GET form of a value to out. text is what a tree, a valkey.conf or CONFIG SET
 * holds: one word for most, words between blanks for CFG_MULTI. VK_EINPUT says what is allowed, in
 * msg without the directive's name, in hint with an example. Never quotes the value of a
 * CFG_SENSITIVE directive. out may be NULL: check only. */
VK_CHECKED enum vk_rc cfg_value_normalise(const struct cfg_directive *directive, const char *text,
	struct vk_buf *out, struct vk_err *err);

/* The same for a directive that stands on several lines or in a YAML list: the lines as one. */
VK_CHECKED enum vk_rc cfg_value_normalise_list(const struct cfg_directive *directive,
	const char *const *items, size_t count, struct vk_buf *out, struct vk_err *err);

/* True if both texts mean the same value: the order of save points and of TLS protocols does not
 * count (also where one of them is no valid value and they are
 * equal byte for byte). */
bool cfg_value_is_same(const struct cfg_directive *directive, const char *a, const char *b);

/* For people: 1gb instead of 1073741824, the text itself where nothing reads better, (secret) for
 * a sensitive one. */
void cfg_value_format(const struct cfg_directive *directive, const char *text, struct vk_buf *out);

/* "64", "1kb", "2gb" (powers of 1024), "1k", "1g" (of 1000); whatever the case. */
bool cfg_memory_parse(const char *text, uint64_t *bytes);

#endif

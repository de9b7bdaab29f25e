/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of many hosts in one: "cache[001-100]", "db-[a,b]-[1-3,7]". In brackets
 * stand numbers, ranges of numbers and words; zeros before a number are kept.
 */
#ifndef VK_CONFIG_HOST_RANGE_H
#define VK_CONFIG_HOST_RANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/err.h"

enum {
	CFG_RANGE_MAX_BRACKETS = 4,
	CFG_RANGE_MAX_NAMES = 200 * 1000,
};

struct cfg_range;

/* True where the text has a bracket: it is a range, if maybe a wrong one. */
bool cfg_range_is_one(const char *text);

/* A range that lives in arena; VK_EINPUT, or VK_ELIMIT past a limit, with a hint. */
VK_CHECKED enum vk_rc cfg_range_parse(
	const char *text, struct arena *arena, struct cfg_range **out, struct vk_err *err);

size_t cfg_range_count(const struct cfg_range *range);

/* Name i of them, from arena; the first bracket changes slowest. May be no valid name. */
const char *cfg_range_name(const struct cfg_range *range, size_t i, struct arena *arena);

#endif

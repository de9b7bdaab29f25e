/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file that a Sentinel runs from: what a release says, and what the Sentinel
 * has learned since, which no release may take from it: who is primary after a
 * failover, the replicas and other Sentinels that it has found, its id and its
 * epochs. Pure: no file, no connection.
 */
#ifndef VK_PULL_SENTINEL_MERGE_H
#define VK_PULL_SENTINEL_MERGE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/config/conf.h"
#include "common/err.h"

enum { SENTINEL_MAX_LEARNED = 10000 }; /* lines that are kept */

/* Appends desired, the lines of a sentinel.conf that were checked, without includes, and of
 * learned, the file that a Sentinel has written, what it alone knows, as far as it is about groups
 * that desired monitors and has the form that a Sentinel writes. The address of a group is the
 * learned one once there was a failover. What Sentinel itself could not read, has taught nothing.
 * VK_EINPUT: desired is no configuration. */
VK_CHECKED enum vk_rc sentinel_merge(const char *desired, size_t desired_len, const char *learned,
	size_t learned_len, struct vk_buf *out, struct vk_err *err);

/* The line "sentinel monitor GROUP ADDRESS PORT QUORUM" of that group; NULL if there is none. */
const struct cfg_conf_line *sentinel_monitor_line(const struct cfg_conf *conf, const char *group);

/* True for "sentinel WHAT ..." with at least that many words behind WHAT. */
bool sentinel_line_is(const struct cfg_conf_line *line, const char *what, size_t words);

/* One word that a Sentinel, which writes its file without quotes, writes as it has read it. */
bool sentinel_word_is_plain(const char *word);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* One line into words, as Valkey's sdssplitargs() does. */
#ifndef VK_CONFIG_CONF_WORDS_H
#define VK_CONFIG_CONF_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/config/conf.h"
#include "common/config/conf_document.h"
#include "common/err.h"

/* What ends a word outside quotes; fewer characters than those that are skipped before one. */
bool cfg_ends_word(char c);

struct cfg_words {
	size_t count;
	struct cfg_span spans[CFG_CONF_MAX_WORDS]; /* in the line */
	const char *words[CFG_CONF_MAX_WORDS + 1]; /* in the caller's bytes; NULL-terminated */
};

/* bytes has room for len + 1: no word is longer than its source, which a blank or the end follows.
 * *used: what was written there. */
VK_CHECKED enum vk_rc cfg_words_read(const char *line, size_t len, char *bytes, size_t *used,
	struct cfg_words *out, struct vk_err *err);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Structured log lines on standard error, one event per line:
 *
 *   2026-11-23T01:33:05Z info change-submitted change=117 environment=prod
 *
 * Under systemd (JOURNAL_STREAM set) the time is left out and the line begins
 * with the kernel's "<N>" priority, which journald understands.
 *
 * error: someone must act; warn: someone should look; info: state changed;
 * debug: the rest, and all that a stranger can trigger at will.
 *
 * Values that hold blanks, quotes or control characters are quoted and escaped,
 * so that no value can forge a line or a key. Safe from any thread: a line is
 * one write(2).
 */
#ifndef VK_LOG_H
#define VK_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

enum vk_log_level { VK_LOG_ERROR, VK_LOG_WARN, VK_LOG_INFO, VK_LOG_DEBUG };

void vk_log_set_level(enum vk_log_level level);

/* "error", "warn", "info", "debug" */
bool vk_log_level_parse(const char *text, enum vk_log_level *out);

struct vk_log_field {
	const char *key;
	const char *value; /* NULL: number is meant */
	int64_t number;
};

#define VK_KV(k, v)                                                                                \
	((struct vk_log_field){.key = (k), .value = (v)})
#define VK_KN(k, n)                                                                                \
	((struct vk_log_field){.key = (k), .number = (int64_t)(n)})
#define VK_KEND                                                                                    \
	((struct vk_log_field){.key = (const char *)0})

/* Fields end with VK_KEND; use the vk_log() macro. */
void vk_log_fields(enum vk_log_level level, const char *event, const struct vk_log_field *fields);

/* vk_log(VK_LOG_INFO, "change-submitted", VK_KN("change", id), VK_KV("environment", env)) */
#define vk_log(level, event, ...)                                                                  \
	vk_log_fields(level, event, (const struct vk_log_field[]){__VA_ARGS__ __VA_OPT__(, ) VK_KEND})

/* One line for a failure that was handled here: adds error=CODE reason=MESSAGE and, if
 * there is one, hint=HINT. */
void vk_log_err(enum vk_log_level level, const char *event, const struct vk_err *err);

#endif

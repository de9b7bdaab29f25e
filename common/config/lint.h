/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The baseline held against many instances: the same findings taken together, those that a waiver
 * covers told apart. Author, approvers and server come to the same result for the same tree and
 * day.
 *
 *   lint = cfg_lint_new();
 *   cfg_lint_add_rendered(lint, rendered, now, &err);    or cfg_lint_add() for single files
 *   for each: cfg_lint_at(lint, i)
 */
#ifndef VK_CONFIG_LINT_H
#define VK_CONFIG_LINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/config/baseline.h"
#include "common/config/waiver.h"
#include "common/err.h"

struct cfg_rendered;

/* One finding, and all who share it. */
struct cfg_lint_item {
	const struct cfg_rule *rule;
	const char *detail;		 /* never a secret; may be "" */
	unsigned line;			 /* of the first, or 0 */
	const struct cfg_waiver *waiver; /* in force; NULL: the finding is open */
	size_t where_count;
	const char *const *where; /* instances, or files */
};

struct cfg_lint;

struct cfg_lint *cfg_lint_new(void);
void cfg_lint_free(struct cfg_lint *lint);

/* Where the lines of a text come from that was put together of several files. */
struct cfg_lint_place {
	const char *file;
	unsigned line;
};
struct cfg_lint_places {
	size_t count;
	const struct cfg_lint_place *items;
};

/* Checks one subject; where is what it is called: "db1/main", "valkey.conf". places may be NULL. */
VK_CHECKED enum vk_rc cfg_lint_add(struct cfg_lint *lint, const char *where,
	const struct cfg_subject *subject, const struct cfg_lint_places *places,
	struct vk_err *err);

/* Checks all instances of an environment, and its waivers: those that have expired and those that
 * cover nothing are findings too. */
VK_CHECKED enum vk_rc cfg_lint_add_rendered(struct cfg_lint *lint,
	const struct cfg_rendered *rendered, int64_t now, struct vk_err *err);

/* Checks one instance, "db1/main", without waivers; VK_ENOTFOUND if it is not there. */
VK_CHECKED enum vk_rc cfg_lint_add_instance(struct cfg_lint *lint,
	const struct cfg_rendered *rendered, const char *id, struct vk_err *err);

/* A finding that no subject shows: of a file's mode, of a running process. */
void cfg_lint_note(struct cfg_lint *lint, const char *where, const char *rule, unsigned line,
	const char *fmt, ...) VK_PRINTF(5, 6);

/* By risk, the highest first, then by rule; open ones before waived ones. Borrowed until the next
 * addition. */
size_t cfg_lint_count(struct cfg_lint *lint);
const struct cfg_lint_item *cfg_lint_at(struct cfg_lint *lint, size_t i);

/* Instances and files that were looked at. */
size_t cfg_lint_subjects(const struct cfg_lint *lint);

/* Open findings of at least this risk. */
size_t cfg_lint_open(struct cfg_lint *lint, enum cfg_risk risk);

/* VK_EINPUT where the policy of the environment keeps it out, with the first findings as message.
 */
VK_CHECKED enum vk_rc cfg_lint_judge(
	struct cfg_lint *lint, const struct cfg_rendered *rendered, struct vk_err *err);

#endif

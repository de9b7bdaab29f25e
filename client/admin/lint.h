/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The baseline held against trees and files: violations of many instances, the same ones taken
 * together, and printed as text, JSON or SARIF.
 */
#ifndef ADMIN_LINT_H
#define ADMIN_LINT_H

#include <stddef.h>

#include "common/config/baseline.h"
#include "common/err.h"

struct cfg_rendered;
struct cli;
struct vkjson;

struct lint;

struct lint *lint_new(void);
void lint_free(struct lint *lint);

/* Checks one subject; where is what it is called: "db1/main", "valkey.conf". */
VK_CHECKED enum vk_rc lint_add(struct lint *lint, const char *where,
	const struct cfg_subject *subject, struct vk_err *err);

/* Checks all instances of an environment. */
VK_CHECKED enum vk_rc lint_add_rendered(
	struct lint *lint, const struct cfg_rendered *rendered, struct vk_err *err);

/* Violations of at least this risk. */
size_t lint_count(const struct lint *lint, enum cfg_risk risk);

/* {"subjects":N,"violations":[{"rule","severity","what","detail","reason","remedy","line","where":[..]}]}
 */
struct vkjson *lint_json(const struct lint *lint);
struct vkjson *lint_sarif(const struct lint *lint);
void lint_print(const struct cli *cli, const struct lint *lint);

#endif

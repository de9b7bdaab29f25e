/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the baseline finds, for people, editors and CI: text, JSON, SARIF, JUnit; and what of it
 * belongs to a change. Waived findings are shown as such, with who answers for them.
 */
#ifndef ADMIN_LINT_SHOW_H
#define ADMIN_LINT_SHOW_H

#include "common/config/lint.h"

struct cli;
struct vkjson;

/* {"subjects":N,"open":N,"waived":N,"violations":[{"rule","severity","what","detail","reason",
 * "remedy","reference","line","where":[..],"status":"open"|"waived","waiver":{..}}]} */
struct vkjson *lint_json(struct cfg_lint *lint);
struct vkjson *lint_sarif(struct cfg_lint *lint);

/* Open findings from limit on are failures. Appends. */
void lint_junit(struct cfg_lint *lint, enum cfg_risk limit, struct vk_buf *out);
void lint_print(const struct cli *cli, struct cfg_lint *lint);

/* The number of open findings, and the worst of them in a line each. */
void lint_print_worst(const struct cli *cli, struct cfg_lint *lint);

/* {"rule","where","reason","owner","expires","file","line"}; where is left out if all is meant. */
struct vkjson *lint_waiver_json(const struct cfg_waiver *waiver);

/* The rules of the baseline. */
struct vkjson *lint_rules_json(void);

/* One line for each finding, open ones from limit on and all that are waived, out of lint_json().
 */
void lint_print_short(const struct cli *cli, const struct vkjson *lint, enum cfg_risk limit);

#endif

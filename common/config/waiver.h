/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an environment says about the baseline: from which severity on findings keep a change out
 * (policy), and which findings somebody answers for until when (waivers). environments/ENV.yaml:
 *
 *   policy: {block: high}
 *   waivers:
 *     - {rule: tls-enabled, where: "db1/main", reason: ..., owner: ops, expires: 2027-01-31}
 */
#ifndef VK_CONFIG_WAIVER_H
#define VK_CONFIG_WAIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/config/baseline.h"

enum {
	CFG_WAIVERS_MAX = 1000,			/* of one environment */
	CFG_WAIVER_LONG_S = 366 * 24 * 60 * 60, /* longer is found by waiver-long */
};

struct cfg_waiver {
	const char *rule;
	const char *where; /* "db*" + "/main": a pattern over HOST/INSTANCE; NULL: all of them */
	const char *reason;
	const char *owner;
	const char *expires; /* the last day that it holds, "2027-01-31" */
	int64_t until;	     /* the second after that day, UTC */
	const char *file;
	unsigned line;
};

/* Of one environment. */
struct cfg_rules_policy {
	bool has_block;
	enum cfg_risk block; /* findings of this severity or above keep a change out */
	size_t waiver_count;
	const struct cfg_waiver *waivers; /* in the order of the file */
};

/* With all of its texts. */
void cfg_policy_copy(
	struct arena *arena, const struct cfg_rules_policy *from, struct cfg_rules_policy *out);

/* Whether it concerns this finding; in force or not. */
bool cfg_waiver_covers(
	const struct cfg_waiver *waiver, const struct cfg_rule *rule, const char *instance);

/* True until the end of its last day. */
bool cfg_waiver_is_in_force(const struct cfg_waiver *waiver, int64_t now);

/* Rules about waivers themselves ("waiver-expired") cannot be waived. */
bool cfg_rule_is_waivable(const struct cfg_rule *rule);

/* Whether text is what the pattern says: '*' stands for any characters but '/'. */
bool cfg_pattern_matches(const char *pattern, const char *text);

#endif

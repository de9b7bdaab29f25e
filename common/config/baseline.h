/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The baseline: rules about what makes a Valkey safe and correct, held against the effective
 * values and users of one instance (schema/baseline/rules.tsv, compiled in). A directive that a
 * file leaves out has the server's default: silence is not safety.
 */
#ifndef VK_CONFIG_BASELINE_H
#define VK_CONFIG_BASELINE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/config/conf.h"
#include "common/err.h"

enum cfg_risk {
	CFG_RISK_INFO,
	CFG_RISK_LOW,
	CFG_RISK_MEDIUM,
	CFG_RISK_HIGH,
	CFG_RISK_CRITICAL,
};

struct cfg_rule {
	const char *id; /* "net-bind-explicit" */
	enum cfg_risk risk;
	const char *since;     /* the first version that it concerns */
	const char *until;     /* the last, or NULL */
	const char *directive; /* that is meant, or NULL */
	const char *when;      /* "tls", "aof": only where tls-port or appendonly is set; or NULL */
	const char *expect;    /* "= yes", ">= 1", "in a|b"; NULL: a check in code */
	const char *what;      /* is wrong */
	const char *reason;
	const char *remedy;
	const char *reference; /* an advisory, a standard, a page of documentation */
};

extern const struct cfg_rule cfg_rules[]; /* sorted by id */
extern const size_t cfg_rule_count;

/* NULL: no such rule. */
const struct cfg_rule *cfg_rule_find(const char *id);

/* "high" and back; parse: VK_EINPUT with the words as hint. */
const char *cfg_risk_name(enum cfg_risk risk);
VK_CHECKED enum vk_rc cfg_risk_parse(const char *name, enum cfg_risk *out, struct vk_err *err);

/* One instance as it would start. */
struct cfg_subject {
	const char *version; /* "8.0", or exactly: "8.0.1" */
	const char *conf;    /* text of valkey.conf, includes not followed; "" with values */
	size_t conf_len;
	const char *acl; /* text of the ACL file, or ACL LIST; NULL: there is none */
	size_t acl_len;
	/* What a running server says (CONFIG GET), under canonical names; NULL: there is conf. */
	const struct cfg_conf_value *values;
	size_t value_count;
	bool is_sentinel;   /* even where no line says so */
	bool is_member;	    /* of a group with others: it may become a replica of one of them */
	bool is_replicated; /* that group is no cluster */
};

struct cfg_violation {
	const struct cfg_rule *rule;
	const char *detail; /* "protected-mode is 'no'"; never a secret; may be "" */
	unsigned line;	    /* of valkey.conf, or 0 */
};

struct cfg_violations;

/* Freed with cfg_violations_free(). VK_EINPUT where a text cannot be read (file names it in the
 * message: "valkey.conf", "users.acl") or the version is not known. */
VK_CHECKED enum vk_rc cfg_baseline_check(
	const struct cfg_subject *subject, struct cfg_violations **out, struct vk_err *err);
void cfg_violations_free(struct cfg_violations *violations);

/* By risk, the highest first, then by id. */
size_t cfg_violations_count(const struct cfg_violations *violations);
const struct cfg_violation *cfg_violations_at(const struct cfg_violations *violations, size_t i);

#endif

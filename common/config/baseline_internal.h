/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files behind baseline.h share; included by these only. */
#ifndef VK_CONFIG_BASELINE_INTERNAL_H
#define VK_CONFIG_BASELINE_INTERNAL_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/config/acl.h"
#include "common/config/baseline.h"
#include "common/config/conf.h"

/* One row of schema/baseline/advisories.tsv. */
struct baseline_advisory {
	const char *name;  /* "CVE-2025-49844" */
	const char *fixed; /* "7.2.11,8.0.6": for each line of versions that has it */
	bool is_confirmed; /* that these releases mend it, by the advisory or the release notes */
	const char *who;   /* can use it */
	const char *what;  /* it does */
};

extern const struct baseline_advisory baseline_advisories[];
extern const size_t baseline_advisory_count;

/* SHA-256 of passwords that are tried first, 64 digits each; sorted. */
extern const char *const baseline_passwords[];
extern const size_t baseline_password_count;

/* One subject, read. */
struct baseline_look {
	const struct cfg_subject *subject;
	struct arena *arena; /* of the violations */
	struct cfg_conf *conf;
	struct cfg_conf_values *values;
	struct cfg_acl *acl; /* of the ACL file, or of the user lines of valkey.conf */
	bool has_user_lines; /* in valkey.conf */
	bool has_clear_text; /* some user has a password in clear text */
	struct cfg_violations *out;
};

/* The effective value in CONFIG GET form, the default included; NULL where this version has no such
 * directive. */
const char *baseline_value(const struct baseline_look *look, const char *name);
bool baseline_is(const struct baseline_look *look, const char *name, const char *value);

/* The last line that sets it, or 0. */
unsigned baseline_line(const struct baseline_look *look, const char *name);

/* Listens on an address that is not of this host alone. */
bool baseline_is_exposed(const struct baseline_look *look);

/* Listens with TLS. */
bool baseline_has_tls(const struct baseline_look *look);

/* Nobody needs a password: the default user has none, and may run commands. */
bool baseline_is_open(const struct baseline_look *look);

/* The rule is broken. Does nothing where it does not concern this version. */
void baseline_add(struct baseline_look *look, const char *id, unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* ---- baseline_users.c ---- */

/* Reads the users of the ACL file, or of the user lines; passwords in clear text become hashes. */
VK_CHECKED enum vk_rc baseline_read_users(struct baseline_look *look, struct vk_err *err);
void baseline_check_users(struct baseline_look *look);

/* ---- baseline_checks.c ---- */

void baseline_check_values(struct baseline_look *look);

/* The part about listening and TLS, which a Sentinel has too. */
void baseline_check_network(struct baseline_look *look);

/* ---- baseline_sentinel.c ---- */

bool baseline_is_sentinel(const struct baseline_look *look);
void baseline_check_sentinel(struct baseline_look *look);

/* ---- baseline_version.c ---- */

/* Where the subject's version is exact: the vulnerabilities that it is known to have. */
void baseline_check_version(struct baseline_look *look);

#endif

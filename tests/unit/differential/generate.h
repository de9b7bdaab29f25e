/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configuration files, values and ACL rules as people, tools and attackers write
 * them: mostly right, often at an edge, sometimes wrong.
 */
#ifndef TESTS_DIFFERENTIAL_GENERATE_H
#define TESTS_DIFFERENTIAL_GENERATE_H

#include "common/buf.h"
#include "common/config/directive.h"
#include "tests/unit/differential/dice.h"

/* The user whom each generated file has, so that the server that reads it can be asked. */
#define PROBE_RULES "on nopass ~* &* +@all"

/* A value as CONFIG SET takes it: words between single blanks. Appends. */
void generate_value(struct dice *dice, const struct cfg_directive *d, struct vk_buf *out);

/* A valkey.conf. Left out is what a process of the test should not do (load code, take all memory)
 * or what other tests look at (paths, listeners). Appends. */
void generate_conf(struct dice *dice, const char *version, struct vk_buf *out);

/* The rules of a user. Appends. */
void generate_rules(struct dice *dice, struct vk_buf *out);

/* A users.acl. Appends. */
void generate_acl(struct dice *dice, struct vk_buf *out);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What members of a shard are to have in common, as digests: the server compares
 * them with those of the others. No secret is in any digest: sensitive directives
 * are left out, and hashes of passwords are masked before rules are digested, so
 * that nobody can try passwords on them.
 */
#ifndef VK_PULL_DRIFT_MEMBER_H
#define VK_PULL_DRIFT_MEMBER_H

#include "client/pull/expected.h"
#include "client/pull/outcome.h"
#include "common/valkey/live.h"

/* The directives that have to be the same (docs/formats.md, groups), and the users that the tree
 * makes, as they are in the running server. schema: the version of the directives. */
void drift_member_take(const char *schema, const struct expected *expected, const struct live *live,
	struct outcome *outcome);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commands that somebody else has run: CONFIG SET, CONFIG REWRITE, ACL SETUSER
 * and the like, counted by Valkey. What differs because of them is drift in
 * itself, and then they are not named; they are where nothing differs any more,
 * and where there were more of them than what is new explains.
 * After an install, or another start of Valkey, counting begins anew.
 */
#ifndef VK_PULL_DRIFT_CALLS_H
#define VK_PULL_DRIFT_CALLS_H

#include "client/pull/drift_policy.h"

enum { DRIFT_CALLS_SHOWN_S = 60 * 60 }; /* how long such a command is reported */

struct drift_calls {
	bool is_known;
	struct calls first; /* before this run has changed anything */
};

/* Where Valkey does not say, nothing is known. */
void drift_calls_read(struct drift_calls *calls, struct valkey *valkey);

/* Once all other drift is in the outcome. has_acted: this run has sent commands itself since the
 * counts were read. */
void drift_calls_judge(const struct drift_calls *calls, struct drift_policy *policy,
	struct valkey *valkey, const struct live *live, const char *generation, bool has_acted,
	struct outcome *outcome);

#endif

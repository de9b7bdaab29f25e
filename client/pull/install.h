/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The installer: brings one instance from the generation that it runs to
 * another, or leaves it on the one that it runs. A state machine of which every
 * step is written to the journal when it is done; install_recover() takes up
 * what a crash left, and ends in the old or in the new configuration, files and
 * running values alike. It needs no server for that, and none to roll back.
 *
 *   stage -> preflight -> accept -> switch -> load -> verify -> commit
 *     |          |          |          |        |        |
 *     +----------+          +----------+--------+--------+--> roll back
 *
 * Up to the preflight a failure only removes the staged generation. A failure
 * that the configuration is to blame for is remembered in failed.json.
 */
#ifndef VK_PULL_INSTALL_H
#define VK_PULL_INSTALL_H

#include "client/pull/generation.h"
#include "client/pull/instance.h"
#include "client/pull/outcome.h"

/* Installs a bundle that comes from a release that was verified. scratch: for the preflight.
 * Everything that went wrong stands in the outcome. */
void install_run(const struct instance *instance, const char *scratch, int64_t release,
	const struct generation_bundle *bundle, struct outcome *outcome);

/* Ends an install that a crash cut short; does nothing where there is none. True if there was one:
 * then the outcome says how it ended. */
bool install_recover(const struct instance *instance, const char *scratch, struct outcome *outcome);

/* The restart for which what is installed still waits, where it may be done now. False: none, or
 * not now; outcome->generation is what is installed. */
bool install_retry_restart(
	const struct instance *instance, int64_t release, struct outcome *outcome);

#endif

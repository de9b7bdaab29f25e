/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/observe.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/pull/drift.h"
#include "client/pull/expected.h"
#include "client/pull/preflight.h"
#include "client/pull/wipe.h"
#include "common/log.h"
#include "common/mem.h"

#include "common/banned.h"

static char *staging_path(const struct instance *instance)
{
	return xasprintf("%s/observe/%s", instance->state, instance->name);
}

void observed_init(struct observed *observed, const struct instance *instance)
{
	observed->instance = *instance;
	observed->staging = staging_path(instance);
	observed->instance.staging = observed->staging;
}

void observed_release(struct observed *observed)
{
	free(observed->staging);
	observed->staging = NULL;
}

enum vk_rc observe_stage(const struct observed *observed, const char *scratch, int64_t release,
	const struct generation_bundle *bundle, struct vk_err *err)
{
	const struct instance *instance = &observed->instance;
	char name[GENERATION_NAME_BYTES], current[GENERATION_NAME_BYTES];
	struct expected expected;
	enum vk_rc rc = generation_prepare(instance, err);

	expected_init(&expected);
	generation_name(release, bundle->digest, name);
	if (rc == VK_OK)
		rc = generation_current(instance, current, err);
	/* Damaged, or it would not be staged again: it cannot be replaced under its own name. */
	if (rc == VK_OK && strcmp(name, current) == 0)
		rc = generation_switch(instance, "", err);
	if (rc == VK_OK)
		rc = generation_write(instance, name, bundle, err);
	if (rc == VK_OK)
		rc = preflight_run(instance, name, bundle, scratch, &expected, err);
	if (rc == VK_OK)
		rc = expected_write(instance, name, &expected, err);
	if (rc == VK_OK)
		rc = generation_switch(instance, name, err);
	if (rc == VK_OK)
		generation_prune(instance, name);
	expected_release(&expected);
	return rc;
}

/* True if what is staged is what is installed: then there is nothing that it would change. */
static bool is_installed(const struct observed *observed, const struct instance *instance)
{
	char staged[GENERATION_NAME_BYTES], current[GENERATION_NAME_BYTES];
	struct generation_bundle a = {.len = 0}, b = {.len = 0};
	struct vk_err ignored = VK_ERR_INIT;
	bool is_same = generation_current(instance, current, &ignored) == VK_OK &&
		       generation_current(&observed->instance, staged, &ignored) == VK_OK &&
		       generation_read_bundle(instance, current, &a, &ignored) == VK_OK &&
		       generation_read_bundle(&observed->instance, staged, &b, &ignored) == VK_OK &&
		       strcmp(a.digest, b.digest) == 0;

	generation_bundle_release(&a);
	generation_bundle_release(&b);
	return is_same;
}

void observe_compare(const struct observed *observed, const struct instance *instance,
	const char *scratch, struct outcome *outcome)
{
	enum drift_flags learning = scratch != NULL ? DRIFT_DEFAULT : DRIFT_LOOK_ONLY;

	drift_check(instance, NULL, DRIFT_LOOK_ONLY, outcome);
	if (!is_installed(observed, instance))
		drift_check(&observed->instance, scratch, learning | DRIFT_PLAN, outcome);
	outcome->state = OUTCOME_OBSERVING;
}

void observe_forget(const struct instance *instance)
{
	char *staging = staging_path(instance);
	struct vk_err err = VK_ERR_INIT;

	if (access(staging, F_OK) == 0 && wipe_tree(staging, &err) != VK_OK)
		vk_log_err(VK_LOG_WARN, "staging-left", &err);
	free(staging);
}

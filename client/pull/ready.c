/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/ready.h"

#include <string.h>

#include "client/pull/drift_files.h"
#include "client/pull/journal.h"
#include "common/clock.h"

#include "common/banned.h"

/* Every file of the generation is what its bundle says. */
static enum vk_rc check_files(const struct instance *instance, const char *generation,
	const struct vk_bundle *bundle, struct vk_err *err)
{
	struct drift_policy policy;
	struct outcome outcome;
	enum vk_rc rc;

	outcome_init(&outcome, instance->name);
	drift_policy_init(&policy, instance, bundle, false); /* looks, and puts nothing right */
	rc = drift_check_files(instance, generation, bundle, &policy, &outcome, err);
	if (rc == VK_OK && outcome.drift_count > 0)
		rc = vk_err_set(err, VK_EUNTRUSTED, "%s is not the file that was verified",
			outcome.drift[0].name);
	outcome_release(&outcome);
	return rc;
}

/* On the way to another generation, or back: whoever is at work has verified both. */
static bool is_under_way(const struct instance *instance, const char *generation)
{
	struct vk_err ignored = VK_ERR_INIT;
	struct journal journal;

	return journal_read(instance, &journal, &ignored) == VK_OK &&
	       (strcmp(journal.generation, generation) == 0 ||
		       strcmp(journal.previous, generation) == 0);
}

static bool has_failed_here(const struct instance *instance, const char *wanted)
{
	struct vk_err ignored = VK_ERR_INIT;
	struct failed failed;

	return failed_read(instance, &failed, &ignored) == VK_OK &&
	       strcmp(failed.digest, wanted) == 0;
}

static enum vk_rc check_wanted(const struct instance *instance, const struct desired *desired,
	const char *generation, const char *digest, struct vk_err *err)
{
	const char *wanted = desired_digest(desired, instance->name);

	if (vk_clock_now() >= desired->timestamp_expires)
		return vk_err_set(err, VK_EUNAVAIL, "nobody has vouched for generation %s recently",
			generation);
	if (is_under_way(instance, generation) || wanted == NULL || strcmp(wanted, digest) == 0 ||
		has_failed_here(instance, wanted))
		return VK_OK;
	return vk_err_set(err, VK_EUNAVAIL, "release %lld is wanted and not installed",
		(long long)desired->release);
}

enum ready ready_look(
	const struct instance *instance, const struct desired *desired, struct vk_err *err)
{
	struct generation_bundle bundle = {.len = 0};
	char generation[GENERATION_NAME_BYTES];
	enum ready ready = READY_NO;
	enum vk_rc rc = generation_current(instance, generation, err);

	if (rc == VK_OK && generation[0] == '\0')
		rc = vk_err_set(err, VK_EUNAVAIL, "nothing is installed yet");
	if (rc == VK_OK)
		rc = generation_read_bundle(instance, generation, &bundle, err);
	if (rc == VK_OK)
		rc = check_files(instance, generation, bundle.bundle, err);
	if (rc == VK_OK)
		ready = check_wanted(instance, desired, generation, bundle.digest, err) == VK_OK
				? READY_VERIFIED
				: READY_LAST_GOOD;
	if (ready != READY_VERIFIED)
		vk_err_prefix(err, err->rc, "%s", instance->name);
	generation_bundle_release(&bundle);
	return ready;
}

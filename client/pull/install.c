/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/install.h"

#include <stdio.h>
#include <string.h>

#include "client/pull/drift_record.h"
#include "client/pull/expected.h"
#include "client/pull/fill.h"
#include "client/pull/health.h"
#include "client/pull/journal.h"
#include "client/pull/preflight.h"
#include "client/pull/role_file.h"
#include "client/pull/running.h"
#include "common/fault.h"
#include "common/log.h"

#include "common/banned.h"

/* What is to be done next. Each has one handler. */
enum install_state {
	INSTALL_STAGE,	   /* write the generation */
	INSTALL_PREFLIGHT, /* let valkey-server load it */
	INSTALL_ACCEPT,	   /* let the running server take what it can */
	INSTALL_SWITCH,	   /* point `current` to it */
	INSTALL_LOAD,	   /* ACL and the rest, or a restart */
	INSTALL_VERIFY,	   /* compare everything */
	INSTALL_BAKE,	   /* watch for a while how it does */
	INSTALL_COMMIT,	   /* forget the journal, tidy up */
	INSTALL_ROLL_BACK, /* everything as it was */
	INSTALL_DONE,
};

struct install {
	const struct instance *instance;
	const char *scratch;
	const struct generation_bundle *bundle;
	enum install_state state;
	struct journal journal;
	struct running running; /* both generations' expectations, and how far we went */
	struct outcome *outcome;
};

/* A crash after the step, but before the journal says so... */
static void fault_before(enum journal_step done)
{
	switch (done) {
	case JOURNAL_STAGED:
		fault_point("pull.staged-unrecorded");
		break;
	case JOURNAL_PREFLIGHTED:
		fault_point("pull.preflighted-unrecorded");
		break;
	case JOURNAL_ACCEPTED:
		fault_point("pull.accepted-unrecorded");
		break;
	case JOURNAL_SWITCHED:
		fault_point("pull.switched-unrecorded");
		break;
	case JOURNAL_LOADED:
		fault_point("pull.loaded-unrecorded");
		break;
	case JOURNAL_VERIFIED:
		fault_point("pull.verified-unrecorded");
		break;
	case JOURNAL_ROLLING_BACK:
		fault_point("pull.rolling-back-unrecorded");
		break;
	}
}

/* ...and one after. */
static void fault_after(enum journal_step done)
{
	switch (done) {
	case JOURNAL_STAGED:
		fault_point("pull.staged");
		break;
	case JOURNAL_PREFLIGHTED:
		fault_point("pull.preflighted");
		break;
	case JOURNAL_ACCEPTED:
		fault_point("pull.accepted");
		break;
	case JOURNAL_SWITCHED:
		fault_point("pull.switched");
		break;
	case JOURNAL_LOADED:
		fault_point("pull.loaded");
		break;
	case JOURNAL_VERIFIED:
		fault_point("pull.verified");
		break;
	case JOURNAL_ROLLING_BACK:
		fault_point("pull.rolling-back");
		break;
	}
}

/* Journals what is done. */
static enum vk_rc record(struct install *install, enum journal_step done, struct vk_err *err)
{
	enum vk_rc rc;

	fault_before(done);
	install->journal.step = done;
	install->journal.was_switched = install->running.was_switched;
	install->journal.was_restarted = install->running.was_restarted;
	rc = journal_write(install->instance, &install->journal, err);
	fault_after(done);
	return rc;
}

static enum vk_rc do_stage(struct install *install, struct vk_err *err)
{
	enum vk_rc rc = generation_write(
		install->instance, install->journal.generation, install->bundle, err);

	return rc == VK_OK ? record(install, JOURNAL_STAGED, err) : rc;
}

static enum vk_rc do_preflight(struct install *install, struct vk_err *err)
{
	struct expected expected;
	enum vk_rc rc = preflight_run(install->instance, install->journal.generation,
		install->bundle, install->scratch, &expected, err);

	if (rc == VK_OK)
		rc = expected_write(install->instance, install->journal.generation, &expected, err);
	expected_release(&expected);
	if (rc == VK_OK)
		rc = running_load(&install->running, install->journal.generation,
			install->journal.previous, err);
	return rc == VK_OK ? record(install, JOURNAL_PREFLIGHTED, err) : rc;
}

static enum vk_rc do_accept(struct install *install, struct vk_err *err)
{
	enum vk_rc rc = health_begin(&install->running, install->journal.generation, err);

	if (rc == VK_OK)
		rc = running_accept(&install->running, err);
	return rc == VK_OK ? record(install, JOURNAL_ACCEPTED, err) : rc;
}

static enum vk_rc do_switch(struct install *install, struct vk_err *err)
{
	enum vk_rc rc;

	install->running.was_switched = true; /* from here on, perhaps */
	rc = generation_switch(install->instance, install->journal.generation, err);
	return rc == VK_OK ? record(install, JOURNAL_SWITCHED, err) : rc;
}

static enum vk_rc do_load(struct install *install, struct vk_err *err)
{
	enum vk_rc rc = running_apply(&install->running, err);

	return rc == VK_OK ? record(install, JOURNAL_LOADED, err) : rc;
}

static enum vk_rc do_verify(struct install *install, struct vk_err *err)
{
	enum vk_rc rc = running_verify(&install->running, install->outcome, err);

	return rc == VK_OK ? record(install, JOURNAL_VERIFIED, err) : rc;
}

static enum vk_rc do_bake(struct install *install, struct vk_err *err)
{
	fault_point("pull.baking");
	return health_bake(&install->running, install->journal.generation, install->outcome, err);
}

/* What waits for a restart is remembered until it is done. */
static enum vk_rc keep_pending(const struct install *install, struct vk_err *err)
{
	const struct running *running = &install->running;

	if (running->held[0] == '\0')
		return pending_remove(install->instance, err);
	return pending_keep(install->instance, install->journal.generation,
		install->journal.previous, running->held, err);
}

static void tell_pending(const struct install *install)
{
	struct outcome *outcome = install->outcome;
	size_t len = strlen(outcome->text);
	struct vk_err ignored = VK_ERR_INIT;
	struct pending pending;

	if (install->running.held[0] == '\0' || len + 2 >= sizeof(outcome->text) ||
		pending_read(install->instance, &pending, &ignored) != VK_OK)
		return;
	memcpy(outcome->text + len, "; ", 3);
	pending_describe(&pending, outcome->text + len + 2, sizeof(outcome->text) - len - 2);
}

static enum vk_rc do_commit(struct install *install, struct vk_err *err)
{
	struct outcome *outcome = install->outcome;
	enum vk_rc rc = failed_remove(install->instance, err);

	/* As long as the journal is there, a crash in between has the rest of the old secrets wiped
	 * by the next run. */
	if (rc == VK_OK)
		generation_prune(install->instance, install->journal.previous);
	if (rc == VK_OK)
		rc = keep_pending(install, err);
	if (rc == VK_OK)
		rc = health_forget(install->instance, err);
	if (rc == VK_OK)
		rc = journal_remove(install->instance, err);
	if (rc != VK_OK)
		return rc;
	fault_point("pull.committed");
	outcome->state =
		install->running.is_restart_pending ? OUTCOME_PENDING_RESTART : OUTCOME_COMMITTED;
	outcome->is_turn_awaited = install->running.is_turn_awaited;
	outcome->release = install->journal.release;
	memcpy(outcome->generation, install->journal.generation, sizeof(outcome->generation));
	running_describe(&install->running, outcome);
	tell_pending(install);
	return VK_OK;
}

/* Nobody knows from where to where: the journal was damaged. */
static bool is_blind(const struct journal *journal)
{
	return strcmp(journal->generation, journal->previous) == 0;
}

/* Remembers what the configuration is to blame for. */
static enum vk_rc remember(struct install *install, const char *digest, struct vk_err *err)
{
	struct failed failed = {.release = install->journal.release,
		.is_rolled_back = install->running.was_switched};

	if (!install->journal.is_fault || *digest == '\0' || is_blind(&install->journal))
		return VK_OK;
	snprintf(failed.digest, sizeof(failed.digest), "%s", digest);
	memcpy(failed.error, install->journal.error, sizeof(failed.error));
	return failed_write(install->instance, &failed, err);
}

/* Files, then what runs, then what is remembered; each part can be done again after a crash. */
static enum vk_rc do_roll_back(struct install *install, struct vk_err *err)
{
	char current[GENERATION_NAME_BYTES];
	enum vk_rc rc = record(install, JOURNAL_ROLLING_BACK, err);

	if (rc == VK_OK)
		rc = generation_current(install->instance, current, err);
	if (rc == VK_OK && strcmp(current, install->journal.generation) == 0)
		rc = generation_switch(install->instance, install->journal.previous, err);
	fault_point("pull.unlinked");
	if (rc == VK_OK)
		rc = running_restore(&install->running, install->outcome, err);
	fault_point("pull.restored");
	if (rc == VK_OK)
		rc = remember(install, install->running.next.bundle.digest, err);
	if (rc == VK_OK)
		rc = journal_remove(install->instance, err);
	if (rc == VK_OK && !is_blind(&install->journal))
		rc = generation_remove(install->instance, install->journal.generation, err);
	return rc == VK_OK ? rc : vk_err_prefix(err, rc, "rolling back");
}

static enum vk_rc step(struct install *install, struct vk_err *err)
{
	switch (install->state) {
	case INSTALL_STAGE:
		return do_stage(install, err);
	case INSTALL_PREFLIGHT:
		return do_preflight(install, err);
	case INSTALL_ACCEPT:
		return do_accept(install, err);
	case INSTALL_SWITCH:
		return do_switch(install, err);
	case INSTALL_LOAD:
		return do_load(install, err);
	case INSTALL_VERIFY:
		return do_verify(install, err);
	case INSTALL_BAKE:
		return do_bake(install, err);
	case INSTALL_COMMIT:
		return do_commit(install, err);
	case INSTALL_ROLL_BACK:
		return do_roll_back(install, err);
	case INSTALL_DONE:
		break;
	}
	return VK_OK;
}

static const enum install_state next_state[] = {
	[INSTALL_STAGE] = INSTALL_PREFLIGHT,
	[INSTALL_PREFLIGHT] = INSTALL_ACCEPT,
	[INSTALL_ACCEPT] = INSTALL_SWITCH,
	[INSTALL_SWITCH] = INSTALL_LOAD,
	[INSTALL_LOAD] = INSTALL_VERIFY,
	[INSTALL_VERIFY] = INSTALL_BAKE,
	[INSTALL_BAKE] = INSTALL_COMMIT,
	[INSTALL_COMMIT] = INSTALL_DONE,
	[INSTALL_ROLL_BACK] = INSTALL_DONE,
	[INSTALL_DONE] = INSTALL_DONE,
};

/* Nothing but a directory (and its journal entry) exists yet: remove both. */
static void abandon(struct install *install)
{
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = remember(install, install->bundle->digest, &err);

	if (rc == VK_OK)
		rc = journal_remove(install->instance, &err);
	if (rc == VK_OK)
		rc = generation_remove(install->instance, install->journal.generation, &err);
	if (rc != VK_OK) {
		install->outcome->is_settled = false;
		vk_log_err(VK_LOG_WARN, "install-cleanup", &err);
	}
}

/* The journal stays; the next run takes it up. */
static enum install_state leave(struct install *install, const struct vk_err *err)
{
	install->outcome->is_settled = false;
	install->outcome->state = OUTCOME_FAILED;
	install->outcome->failure = *err;
	return INSTALL_DONE;
}

/* What a failure in the present state leads to. */
static enum install_state after_failure(struct install *install, const struct vk_err *err)
{
	struct outcome *outcome = install->outcome;
	/* After the switch whatever failed, but for our own disk, is held against the release:
	 * trying it again in every run would restart Valkey in every run. */
	bool is_late = install->state == INSTALL_LOAD || install->state == INSTALL_VERIFY;
	bool is_fault =
		err->rc == VK_EINPUT || err->rc == VK_ELIMIT || (is_late && err->rc != VK_EIO);

	outcome->is_settled = is_fault;
	if (install->state == INSTALL_BAKE && err->rc != VK_EINPUT)
		return leave(install, err); /* the next run watches again */
	switch (install->state) {
	case INSTALL_STAGE:
	case INSTALL_PREFLIGHT:
		outcome->failure = *err;
		outcome->state = is_fault ? OUTCOME_REFUSED : OUTCOME_FAILED;
		install->journal.is_fault = is_fault;
		memcpy(install->journal.error, err->msg, sizeof(install->journal.error));
		abandon(install);
		return INSTALL_DONE;
	case INSTALL_ACCEPT:
	case INSTALL_SWITCH:
	case INSTALL_LOAD:
	case INSTALL_VERIFY:
	case INSTALL_BAKE:
		outcome->failure = *err;
		outcome->state = install->running.was_switched ? OUTCOME_ROLLED_BACK
				 : is_fault		       ? OUTCOME_REFUSED
							       : OUTCOME_FAILED;
		install->journal.is_fault = is_fault;
		memcpy(install->journal.error, err->msg, sizeof(install->journal.error));
		return INSTALL_ROLL_BACK;
	case INSTALL_COMMIT:
	case INSTALL_ROLL_BACK:
	case INSTALL_DONE:
		break;
	}
	return leave(install, err);
}

static void drive(struct install *install)
{
	while (install->state != INSTALL_DONE) {
		struct vk_err err = VK_ERR_INIT;

		if (step(install, &err) == VK_OK)
			install->state = next_state[install->state];
		else
			install->state = after_failure(install, &err);
	}
}

static void put_generation(struct outcome *outcome, const char *name)
{
	outcome->release = generation_release(name);
	snprintf(outcome->generation, sizeof(outcome->generation), "%s", name);
}

static enum vk_rc begin(struct install *install, int64_t release, struct vk_err *err)
{
	struct journal *journal = &install->journal;
	enum vk_rc rc = role_file_begin(install->instance, install->bundle->bundle, err);

	if (rc == VK_OK)
		rc = generation_prepare(install->instance, err);
	if (rc == VK_OK)
		rc = generation_current(install->instance, journal->previous, err);
	if (rc != VK_OK)
		return rc;
	journal->release = release;
	generation_name(release, install->bundle->digest, journal->generation);
	/* The same bundle again, because what is installed is damaged: beside it, by its next
	 * digits. */
	if (strcmp(journal->generation, journal->previous) == 0)
		generation_name(release, install->bundle->digest + 6, journal->generation);
	put_generation(install->outcome, journal->previous);
	return VK_OK;
}

/* What Valkey counts from now on is ours. */
static void forget_calls(const struct instance *instance)
{
	struct drift_record record;
	struct vk_err err = VK_ERR_INIT;

	drift_record_read(instance, &record);
	drift_record_forget_calls(&record);
	if (drift_record_write(instance, &record, &err) != VK_OK)
		vk_log(VK_LOG_WARN, "drift-not-recorded", VK_KV("instance", instance->name),
			VK_KV("reason", err.msg));
}

void install_run(const struct instance *instance, const char *scratch, int64_t release,
	const struct generation_bundle *bundle, struct outcome *outcome)
{
	struct install install = {.instance = instance,
		.scratch = scratch,
		.bundle = bundle,
		.outcome = outcome,
		.state = INSTALL_STAGE};
	struct vk_err err = VK_ERR_INIT;

	forget_calls(instance);
	running_init(&install.running, instance);
	if (begin(&install, release, &err) == VK_OK) {
		drive(&install);
	} else {
		outcome->state = OUTCOME_FAILED;
		outcome->is_settled = false;
		outcome->failure = err;
	}
	running_end(&install.running);
	running_release(&install.running);
}

/* Reads the journal; one that cannot be understood stands for `current`, to be checked. What cannot
 * be finished is then put back to `current`, too: it is all that Valkey has. */
static enum vk_rc read_journal(struct install *install, struct vk_err *err)
{
	struct journal *journal = &install->journal;
	enum vk_rc rc = journal_read(install->instance, journal, err);

	if (rc != VK_EINPUT && rc != VK_ELIMIT)
		return rc;
	vk_log_err(VK_LOG_WARN, "journal-damaged", err);
	*journal = (struct journal){.step = JOURNAL_SWITCHED, .was_switched = true};
	rc = generation_current(install->instance, journal->generation, err);
	if (rc == VK_OK && journal->generation[0] == '\0') {
		rc = journal_remove(install->instance, err);
		return rc == VK_OK ? VK_ENOTFOUND : rc;
	}
	memcpy(journal->previous, journal->generation, sizeof(journal->previous));
	journal->release = generation_release(journal->generation);
	return rc;
}

/* Forward where `current` names the new generation already, else back. */
static enum vk_rc choose_state(struct install *install, struct vk_err *err)
{
	struct journal *journal = &install->journal;
	char current[GENERATION_NAME_BYTES];
	enum vk_rc rc = generation_current(install->instance, current, err);
	enum vk_rc loaded;

	if (rc != VK_OK)
		return rc;
	loaded = running_load(&install->running, journal->generation, journal->previous, err);
	if (loaded == VK_EIO)
		return loaded;
	install->running.was_switched = journal->was_switched;
	install->running.was_restarted = journal->was_restarted;
	if (journal->step != JOURNAL_ROLLING_BACK && loaded == VK_OK &&
		strcmp(current, journal->generation) == 0) {
		install->running.was_switched = true;
		install->state = INSTALL_LOAD;
	} else {
		install->state = INSTALL_ROLL_BACK;
	}
	return VK_OK;
}

static void tell_recovered(struct install *install)
{
	const struct journal *journal = &install->journal;
	struct outcome *outcome = install->outcome;

	if (outcome->failure.rc != VK_OK)
		return;
	if (outcome->state == OUTCOME_UNCHANGED)
		snprintf(outcome->text, sizeof(outcome->text),
			"undid an install that was cut short");
	if (outcome->state == OUTCOME_UNCHANGED && journal->error[0] != '\0') {
		outcome->state = journal->was_switched ? OUTCOME_ROLLED_BACK : OUTCOME_REFUSED;
		vk_err_set(&outcome->failure, VK_EINPUT, "%s", journal->error);
	}
}

bool install_recover(const struct instance *instance, const char *scratch, struct outcome *outcome)
{
	struct install install = {.instance = instance, .scratch = scratch, .outcome = outcome};
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = read_journal(&install, &err);

	if (rc == VK_ENOTFOUND)
		return false;
	running_init(&install.running, instance);
	if (rc == VK_OK)
		rc = choose_state(&install, &err);
	if (rc == VK_OK) {
		vk_log(VK_LOG_WARN, "install-recovery", VK_KV("instance", instance->name),
			VK_KV("generation", install.journal.generation),
			VK_KV("step", journal_step_name(install.journal.step)),
			VK_KV("way", install.state == INSTALL_LOAD ? "forward" : "back"));
		put_generation(outcome, install.journal.previous);
		drive(&install);
		tell_recovered(&install);
	} else {
		outcome->state = OUTCOME_FAILED;
		outcome->is_settled = false;
		outcome->failure = err;
	}
	running_end(&install.running);
	running_release(&install.running);
	return true;
}

/* True if the restart that waits may be tried; else the reason is brought up to date. */
static bool is_restart_due(
	struct install *install, const struct pending *pending, struct vk_err *err)
{
	struct running *running = &install->running;
	bool is_due = false;
	enum vk_rc rc = running_load(running, pending->generation, pending->previous, err);

	if (rc == VK_OK)
		rc = running_look_at_restart(running, &is_due, err);
	if (rc != VK_OK) /* the comparison that follows fails at the same, and says it */
		return false;
	if (running->held[0] != '\0')
		rc = pending_keep(install->instance, pending->generation, pending->previous,
			running->held, err);
	else if (!is_due)
		rc = pending_remove(install->instance, err);
	if (rc != VK_OK)
		vk_log_err(VK_LOG_WARN, "pending-not-kept", err);
	return is_due;
}

bool install_retry_restart(
	const struct instance *instance, int64_t release, struct outcome *outcome)
{
	struct install install = {.instance = instance, .outcome = outcome, .state = INSTALL_LOAD};
	struct journal *journal = &install.journal;
	struct vk_err err = VK_ERR_INIT;
	struct pending pending;
	bool is_due;

	if (pending_read(instance, &pending, &err) != VK_OK ||
		strcmp(pending.generation, outcome->generation) != 0)
		return false;
	running_init(&install.running, instance);
	is_due = is_restart_due(&install, &pending, &err);
	outcome->is_turn_awaited = install.running.is_turn_awaited;
	if (is_due) {
		journal->release = release;
		memcpy(journal->generation, pending.generation, sizeof(journal->generation));
		memcpy(journal->previous, pending.previous, sizeof(journal->previous));
		install.running.was_switched = true;
		if (health_begin(&install.running, journal->generation, &err) == VK_OK &&
			record(&install, JOURNAL_SWITCHED, &err) == VK_OK) {
			drive(&install);
		} else {
			outcome->state = OUTCOME_FAILED;
			outcome->is_settled = false;
			outcome->failure = err;
		}
	}
	running_end(&install.running);
	running_release(&install.running);
	return is_due;
}

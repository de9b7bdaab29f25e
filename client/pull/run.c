/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/run.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/pull/certificates.h"
#include "client/pull/drift.h"
#include "client/pull/expected.h"
#include "client/pull/install.h"
#include "client/pull/journal.h"
#include "client/pull/observe.h"
#include "client/pull/plan.h"
#include "client/pull/presence.h"
#include "client/pull/relief.h"
#include "client/pull/renewal.h"
#include "client/pull/report.h"
#include "client/pull/secrets.h"
#include "client/pull/secrets_cache.h"
#include "client/pull/textfile.h"
#include "client/pull/update.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/log.h"
#include "common/mem.h"

#include "common/banned.h"

enum { WARNING_MAX_BYTES = 8000 }; /* a line of each instance fits, and the server takes it */

struct run {
	struct agent *agent;
	const struct run_options *options;
	struct update update;
	struct vk_err update_failure; /* VK_OK: the server was asked, and is believed */
	struct vk_buf warning;	      /* of certificates; goes into the report */
	int64_t certificate_expires;  /* 0: not known */
	size_t count;
	struct outcome outcomes[PULL_MAX_INSTANCES];
	bool is_stuck[PULL_MAX_INSTANCES];   /* an install could not be ended */
	bool is_put_off[PULL_MAX_INSTANCES]; /* ...because Valkey did not answer */
	bool is_changed;		     /* something else is installed than before */
};

/* One directory per instance: preflights do not meet. */
static char *scratch_path(const struct run *run, const struct instance *instance)
{
	char name[VK_NAME_BYTES + 16];

	snprintf(name, sizeof(name), "preflight-%s", instance->name);
	return agent_path(run->agent, name);
}

/* What a preflight that was killed has left. */
static void remove_scratch(const char *scratch)
{
	struct vk_err err = VK_ERR_INIT;

	if (access(scratch, F_OK) == 0 && vk_file_remove_tree(AT_FDCWD, scratch, &err) != VK_OK)
		vk_log_err(VK_LOG_WARN, "scratch-left", &err);
}

/* Nothing is begun with a Valkey that does not answer, and nothing is ended. */
static void tell_silent(const struct instance *instance, struct outcome *outcome)
{
	outcome->is_settled = false;
	outcome->state = OUTCOME_FAILED;
	vk_err_set(&outcome->failure, VK_EUNAVAIL, "Valkey %s; it is not down, and is left alone",
		instance->silence);
}

static bool has_journal(const struct instance *instance)
{
	struct vk_err err = VK_ERR_INIT;
	struct journal journal;

	return journal_read(instance, &journal, &err) != VK_ENOTFOUND;
}

/* What came of it is logged; the outcome of the run is another matter, unless it is not over. */
static void recover(struct run *run, size_t i)
{
	const struct instance *instance = &run->agent->settings->instances[i];
	char *scratch = scratch_path(run, instance);
	struct outcome *outcome = &run->outcomes[i];

	run->is_put_off[i] = !instance->is_observed && instance->silence != NULL;
	if (run->is_put_off[i])
		tell_silent(instance, outcome);
	if (run->is_put_off[i] ||
		(!instance->is_observed && install_recover(instance, scratch, outcome)))
		outcome_log(outcome);
	remove_scratch(scratch);
	run->is_stuck[i] = !outcome->is_settled;
	if (!run->is_stuck[i])
		outcome_release(outcome);
	free(scratch);
}

/* The install that cannot be ended is the one that is wanted: starting it again would not help, but
 * another release may. */
static bool is_same_install(const struct instance *instance, int64_t release, const char *wanted)
{
	char name[GENERATION_NAME_BYTES];
	struct vk_err err = VK_ERR_INIT;
	struct journal journal;

	if (wanted == NULL || journal_read(instance, &journal, &err) != VK_OK)
		return false;
	generation_name(release, wanted, name);
	return strcmp(name, journal.generation) == 0;
}

/* The digest of the bundle that an instance runs; empty where none is, or it is damaged. */
static void running_digest(const struct instance *instance, char name[GENERATION_NAME_BYTES],
	char digest[VK_SHA256_HEX_BYTES])
{
	struct generation_bundle bundle = {.len = 0};
	struct vk_err err = VK_ERR_INIT;
	struct expected expected;

	digest[0] = '\0';
	name[0] = '\0';
	if (generation_current(instance, name, &err) != VK_OK || name[0] == '\0')
		return;
	expected_init(&expected);
	if (generation_read_bundle(instance, name, &bundle, &err) == VK_OK &&
		expected_read(instance, name, &expected, &err) == VK_OK &&
		strcmp(expected.bundle, bundle.digest) == 0)
		memcpy(digest, bundle.digest, VK_SHA256_HEX_BYTES);
	expected_release(&expected);
	generation_bundle_release(&bundle);
}

/* True if this very bundle of this very release has failed here before. */
static bool has_failed(
	const struct instance *instance, int64_t release, const char *digest, struct failed *out)
{
	struct vk_err err = VK_ERR_INIT;

	return failed_read(instance, out, &err) == VK_OK && out->release == release &&
	       strcmp(out->digest, digest) == 0;
}

/* Is every instance where the last answer wanted it? Else "unchanged" would be no answer. */
static bool is_everything_installed(const struct run *run)
{
	const struct pull_settings *settings = run->agent->settings;
	const struct desired *desired = &run->update.desired;

	for (size_t i = 0; i < settings->count; i++) {
		const struct instance *instance = &settings->instances[i];
		const char *wanted = desired_digest(desired, instance->name);
		char name[GENERATION_NAME_BYTES];
		char digest[VK_SHA256_HEX_BYTES];
		struct observed observed;
		struct failed failed;

		observed_init(&observed, instance);
		running_digest(instance->is_observed ? &observed.instance : instance, name, digest);
		observed_release(&observed);
		if (wanted != NULL && strcmp(wanted, digest) != 0 &&
			!has_failed(instance, desired->release, wanted, &failed))
			return false;
	}
	return true;
}

static enum vk_rc poll_server(struct run *run, struct vk_err *err)
{
	enum vk_rc rc;

	run->update.source = agent_source(run->agent);
	rc = update_poll(&run->update, run->options->wait_seconds, err);
	if (rc == VK_OK || run->agent->parcel == NULL)
		return rc == VK_OK ? rc
				   : vk_err_prefix(err, rc, "server %s", agent_server(run->agent));
	if (err->hint[0] == '\0')
		vk_err_hint(err,
			"export it anew; this host has seen %llu entries of the log "
			"('vkcfg bundle export --log-size')",
			(unsigned long long)run->update.log.size);
	return vk_err_prefix(err, rc, "the file");
}

static enum vk_rc ask(struct run *run, struct vk_err *err)
{
	struct agent *agent = run->agent;
	enum vk_rc rc;

	if (agent->is_offline && agent->parcel == NULL)
		return VK_OK;
	if (!is_everything_installed(run) || run->options->is_retrying)
		run->update.desired.etag[0] = '\0';
	run->update.waiting_signals = run->options->waiting_signals;
	rc = poll_server(run, err);
	for (size_t tried = 1; rc == VK_EUNAVAIL && tried < agent->settings->server_count;
		tried++) {
		vk_log_err(VK_LOG_WARN, "server-away", err);
		*err = (struct vk_err)VK_ERR_INIT;
		/* Without a client nothing further is asked in this run. */
		rc = agent_turn_to_next(agent, err) == VK_OK ? poll_server(run, err)
							     : (err->rc = VK_EUNAVAIL);
	}
	return rc;
}

static const struct generation_bundle *find_bundle(
	const struct run *run, const struct instance *instance)
{
	for (size_t i = 0; i < run->update.count; i++) {
		if (run->update.bundles[i].instance == instance)
			return &run->update.bundles[i].bundle;
	}
	return NULL;
}

static void tell_failed_before(struct outcome *outcome, const struct failed *failed)
{
	outcome->state = failed->is_rolled_back ? OUTCOME_ROLLED_BACK : OUTCOME_REFUSED;
	vk_err_set(&outcome->failure, VK_EINPUT, "%s", failed->error);
	snprintf(outcome->text, sizeof(outcome->text),
		"release %lld has failed here before and is not tried again",
		(long long)failed->release);
}

/* False if one is missing: nothing is installed then, and the next run tries again. */
static bool take_secrets(struct run *run, const struct instance *instance,
	const struct vk_bundle *bundle, struct outcome *outcome)
{
	const struct source source = agent_source(run->agent);
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = secrets_fetch(instance, bundle, &source, &err);

	if (rc == VK_OK)
		return true;
	outcome->is_settled = false;
	outcome->state = rc == VK_EUNAVAIL || rc == VK_EIO ? OUTCOME_FAILED : OUTCOME_REFUSED;
	outcome->failure = err;
	return false;
}

/* What is to be done with an instance whose wanted bundle is not the one that it runs. */
static void bring_up_to_date(struct run *run, const struct instance *instance, const char *scratch,
	struct outcome *outcome)
{
	const struct desired *desired = &run->update.desired;
	const char *wanted = desired_digest(desired, instance->name);
	const struct generation_bundle *bundle = find_bundle(run, instance);
	struct failed failed;

	if (run->options->is_retrying) {
		struct vk_err err = VK_ERR_INIT;

		if (failed_remove(instance, &err) != VK_OK)
			vk_log_err(VK_LOG_WARN, "retry", &err);
	}
	if (has_failed(instance, desired->release, wanted, &failed)) {
		tell_failed_before(outcome, &failed);
		return;
	}
	if (bundle == NULL) {
		outcome->is_settled = false; /* the server could not be asked for it */
		outcome->state = OUTCOME_FAILED;
		vk_err_set(&outcome->failure, VK_EUNAVAIL, "release %lld has not been fetched yet",
			(long long)desired->release);
		return;
	}
	if (instance->silence != NULL)
		tell_silent(instance, outcome);
	else if (take_secrets(run, instance, bundle->bundle, outcome))
		install_run(instance, scratch, desired->release, bundle, outcome);
}

/* Repair must not need the server: what is kept for what runs is made complete while it answers. */
static void complete_secrets(struct run *run, const struct instance *instance)
{
	const struct source source = agent_source(run->agent);
	struct generation_bundle bundle = {.len = 0};
	char name[GENERATION_NAME_BYTES];
	struct vk_err err = VK_ERR_INIT;

	if (run->update_failure.rc == VK_OK && generation_current(instance, name, &err) == VK_OK &&
		generation_read_bundle(instance, name, &bundle, &err) == VK_OK &&
		secrets_fetch(instance, bundle.bundle, &source, &err) != VK_OK)
		vk_log_err(VK_LOG_WARN, "secrets-not-kept", &err);
	generation_bundle_release(&bundle);
}

/* Stages what is wanted, where it is not staged yet. */
static void stage(struct run *run, const struct observed *observed, const char *scratch,
	struct outcome *outcome)
{
	const struct instance *instance = &observed->instance;
	const struct generation_bundle *bundle = NULL;
	const char *wanted = desired_digest(&run->update.desired, instance->name);
	char name[GENERATION_NAME_BYTES], digest[VK_SHA256_HEX_BYTES];
	struct vk_err err = VK_ERR_INIT;

	running_digest(instance, name, digest);
	if (wanted == NULL || strcmp(wanted, digest) == 0)
		return;
	bundle = find_bundle(run, pull_settings_instance(run->agent->settings, instance->name));
	if (bundle == NULL) {
		outcome->is_settled = false;
		vk_err_set(&outcome->failure, VK_EUNAVAIL, "release %lld has not been fetched yet",
			(long long)run->update.desired.release);
	} else if (take_secrets(run, instance, bundle->bundle, outcome) &&
		   observe_stage(observed, scratch, run->update.desired.release, bundle, &err) !=
			   VK_OK) {
		outcome->is_settled = false;
		outcome->failure = err;
	}
}

static void observe(struct run *run, const struct instance *instance, const char *scratch,
	struct outcome *outcome)
{
	struct observed observed;

	observed_init(&observed, instance);
	stage(run, &observed, scratch, outcome);
	observe_compare(&observed, instance, scratch, outcome);
	outcome_log(outcome);
	observed_release(&observed);
}

static void do_instance(struct run *run, size_t i)
{
	const struct instance *instance = &run->agent->settings->instances[i];
	const struct desired *desired = &run->update.desired;
	const char *wanted = desired_digest(desired, instance->name);
	char *scratch = scratch_path(run, instance);
	struct outcome *outcome = &run->outcomes[i];
	char digest[VK_SHA256_HEX_BYTES];

	if (run->is_put_off[i] ||
		(run->is_stuck[i] && is_same_install(instance, desired->release, wanted)))
		goto out;
	outcome_release(outcome);
	running_digest(instance, outcome->generation, digest);
	outcome->release = generation_release(outcome->generation);
	if (instance->is_observed) {
		if (wanted != NULL && strcmp(wanted, digest) == 0)
			outcome->release = desired->release;
		observe(run, instance, scratch, outcome);
		goto out;
	}
	observe_forget(instance);
	if (wanted != NULL && strcmp(wanted, digest) != 0)
		bring_up_to_date(run, instance, scratch, outcome);
	else if (wanted != NULL)
		outcome->release = desired->release;
	else if (desired->release > 0)
		snprintf(outcome->text, sizeof(outcome->text), "not part of release %lld",
			(long long)desired->release);
	if (wanted == NULL || strcmp(wanted, digest) == 0)
		(void)install_retry_restart(instance, outcome->release, outcome);
	/* A fresh install has been compared already. */
	if (outcome->state != OUTCOME_COMMITTED) {
		complete_secrets(run, instance);
		drift_check(instance, scratch, DRIFT_DEFAULT, outcome);
	}
	run->is_changed = run->is_changed || outcome->state == OUTCOME_COMMITTED ||
			  outcome->state == OUTCOME_PENDING_RESTART;
	outcome_log(outcome);
out:
	free(scratch);
}

/* Primaries on other hosts that wait for a replica of this one to take over. */
static void relieve(struct run *run)
{
	struct relief_list waiting = {.count = 0};
	bool is_asked = false;

	for (size_t i = 0; i < run->count; i++) {
		const struct instance *instance = &run->agent->settings->instances[i];
		const struct outcome *outcome = &run->outcomes[i];

		if (!outcome->is_cluster_replica || instance->is_observed ||
			outcome->state != OUTCOME_UNCHANGED || outcome->failure.rc != VK_OK ||
			run->update_failure.rc != VK_OK)
			continue;
		if (!is_asked)
			relief_ask(instance, &waiting);
		is_asked = true;
		relief_run(instance, &waiting);
	}
}

/* A person has to act before it expires: nothing new can be installed from then on. */
static void warn_of_expiry(const struct run *run)
{
	const struct desired *desired = &run->update.desired;
	int64_t left = desired->trust_expires - vk_clock_now();
	char text[VK_TIME_TEXT_BYTES];

	if (desired->trust_expires == 0 || left > run->agent->settings->expiry_warning_s)
		return;
	vk_time_format(desired->trust_expires, text);
	vk_log(VK_LOG_WARN, left > 0 ? "expires-soon" : "expired",
		VK_KV("role", desired->trust_role), VK_KV("expires", text));
}

/* The same for certificates, without which nobody talks to this host any more. */
static void look_at_certificates(struct run *run)
{
	struct vk_err err = VK_ERR_INIT;
	struct certificates certificates;

	if (certificates_look(run->agent, &certificates, &err) == VK_OK) {
		run->certificate_expires = certificates.host_expires;
		certificates_warn(&certificates, &run->warning);
	} else {
		vk_log_err(VK_LOG_ERROR, "certificates", &err);
	}
	if (run->warning.len > 0)
		vk_log(VK_LOG_WARN, "certificate-expires", VK_KV("warning", run->warning.data));
}

/* A server that is not believed is told so, in the place of each instance. */
static void tell_refusal(struct run *run)
{
	if (run->update_failure.rc != VK_EUNTRUSTED && run->update_failure.rc != VK_EINPUT)
		return;
	for (size_t i = 0; i < run->count; i++) {
		run->outcomes[i].state = OUTCOME_REFUSED;
		if (run->outcomes[i].failure.rc == VK_OK)
			run->outcomes[i].failure = run->update_failure;
	}
}

static void send_report(struct run *run)
{
	/* A host vouches for a log only as long as it believes the server. */
	const struct report report = {.state = run->agent->settings->state,
		.pins = &run->agent->pins,
		.release = run->update.desired.release,
		.log = run->update.log,
		.is_cosigning = run->update_failure.rc == VK_OK,
		.warning = run->warning.data,
		.outcomes = run->outcomes,
		.count = run->count};
	struct vk_err err = VK_ERR_INIT;

	if (run->count == 0 || run->agent->is_offline || run->update_failure.rc == VK_EUNAVAIL)
		return;
	if (report_send(&report, run->agent->client, &err) != VK_OK)
		vk_log_err(VK_LOG_WARN, "report-failed", &err);
}

static void write_metrics(const struct run *run)
{
	const struct desired *desired = &run->update.desired;
	const struct textfile textfile = {.now = vk_clock_now(),
		.update = run->update_failure.rc,
		.release = desired->release,
		.timestamp_expires = desired->timestamp_expires,
		.trust_expires = desired->trust_expires,
		.host_expires = run->certificate_expires,
		.outcomes = run->outcomes,
		.count = run->count};
	const char *path = run->agent->settings->metrics_file;
	struct vk_err err = VK_ERR_INIT;

	if (path != NULL && textfile_write(path, &textfile, &err) != VK_OK)
		vk_log_err(VK_LOG_WARN, "metrics-not-written", &err);
}

/* Ends or undoes what was cut short. Where nothing was, nobody is asked. */
static void recover_all(struct run *run)
{
	struct instance *instances = run->agent->settings->instances;
	bool is_needed = false;

	for (size_t i = 0; i < run->count; i++) {
		instances[i].silence = NULL;
		is_needed = is_needed || has_journal(&instances[i]);
	}
	if (is_needed)
		presence_look(instances, run->count);
	for (size_t i = 0; i < run->count; i++)
		recover(run, i);
}

static enum vk_rc judge(const struct run *run, struct vk_err *err)
{
	return outcome_worst(run->outcomes, run->count, &run->update_failure, err);
}

static bool is_all_settled(const struct run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		if (!run->outcomes[i].is_settled)
			return false;
	}
	return true;
}

static enum vk_rc carry_out(struct run *run, struct vk_err *err)
{
	struct vk_err settle_err = VK_ERR_INIT;

	plan_forget(run->agent->settings->state);
	recover_all(run);
	if (ask(run, &run->update_failure) != VK_OK)
		vk_log_err(run->update_failure.rc == VK_EUNTRUSTED ? VK_LOG_ERROR : VK_LOG_WARN,
			"update-failed", &run->update_failure);
	else
		run->update_failure = (struct vk_err)VK_ERR_INIT; /* what was overcome on the way */
	warn_of_expiry(run);
	if (!run->agent->is_offline)
		look_at_certificates(run);
	presence_look(run->agent->settings->instances, run->count);
	for (size_t i = 0; i < run->count; i++) {
		do_instance(run, i);
		tls_expiry_warn(&run->outcomes[i].tls, run->outcomes[i].instance,
			run->agent->settings->expiry_warning_s, &run->warning);
	}
	relieve(run);
	if (run->is_changed)
		secrets_cache_prune(run->agent->settings);
	tell_refusal(run);
	if (update_settle(&run->update, is_all_settled(run), &settle_err) != VK_OK) {
		vk_log_err(VK_LOG_ERROR, "state-not-kept", &settle_err);
		if (run->update_failure.rc == VK_OK)
			run->update_failure = settle_err;
	}
	write_metrics(run);
	send_report(run);
	/* Also where the server is not believed: its metadata may have expired, and a host whose
	 * certificate expires meanwhile would need a person to come back. */
	if (run->agent->is_offline)
		return judge(run, err);
	if (run->update_failure.rc == VK_EDENIED)
		renewal_take_back(run->agent);
	else if (run->update_failure.rc != VK_EUNAVAIL)
		renewal_check(run->agent, &run->update.desired.ca);
	return judge(run, err);
}

enum vk_rc run_once(struct agent *agent, const struct run_options *options, struct vk_err *err)
{
	enum vk_rc rc = agent_refresh(agent, err);
	struct run *run;

	if (rc != VK_OK) {
		vk_log_err(VK_LOG_ERROR, "run-failed", err);
		return rc;
	}
	run = xcalloc(1, sizeof(*run));
	run->agent = agent;
	run->options = options;
	run->count = agent->settings->count;
	vk_buf_init(&run->warning, WARNING_MAX_BYTES);
	for (size_t i = 0; i < run->count; i++)
		outcome_init(&run->outcomes[i], agent->settings->instances[i].name);
	rc = update_init(&run->update, agent->settings, &agent->pins, err);
	if (rc == VK_OK)
		rc = carry_out(run, err);
	else
		vk_log_err(VK_LOG_ERROR, "run-failed", err);
	agent->retry_after_s = run->update.retry_after_s;
	agent->is_turn_awaited = false;
	agent->window_opens = 0;
	for (size_t i = 0; i < run->count; i++) {
		int64_t opens = run->outcomes[i].window_opens;

		agent->is_turn_awaited = agent->is_turn_awaited || run->outcomes[i].is_turn_awaited;
		if (opens != 0 && (agent->window_opens == 0 || opens < agent->window_opens))
			agent->window_opens = opens;
	}
	update_release(&run->update);
	vk_buf_release(&run->warning);
	for (size_t i = 0; i < run->count; i++)
		outcome_release(&run->outcomes[i]);
	free(run);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/doctor_instance.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/pull/doctor_disk.h"
#include "client/pull/door.h"
#include "client/pull/generation.h"
#include "client/pull/journal.h"
#include "client/pull/tls_expiry.h"
#include "client/pull/tls_proof.h"
#include "common/clock.h"
#include "common/config/acl.h"
#include "common/config/directive.h"
#include "common/mem.h"
#include "common/valkey/live.h"

#include "common/banned.h"

enum { EXPIRY_TEXT_BYTES = 256 };

/* ---- directories ---- */

/* The directory itself, or where it is still to be made, the one that will hold it. */
static char *existing(const char *path)
{
	char *at = xstrdup(path);
	char *slash;

	while (access(at, F_OK) != 0 && (slash = strrchr(at, '/')) != NULL && slash != at)
		*slash = '\0';
	return at;
}

static void look_at_directory(const struct instance *instance, struct checkup *checkup)
{
	char *at = existing(instance->directory);
	bool is_there = strcmp(at, instance->directory) == 0;
	struct stat st;

	if (access(at, W_OK | X_OK) != 0)
		checkup_add(checkup, CHECKUP_PROBLEM, "directory",
			"make it the agent's: install -d -m 0750 -o AGENT -g VALKEY'S-GROUP",
			"%s: the agent cannot write %s", instance->directory,
			is_there ? "there" : at);
	else if (stat(at, &st) == 0 && is_there && (st.st_mode & 02) != 0)
		checkup_add(checkup, CHECKUP_PROBLEM, "directory",
			"chmod o-w, and look who was there",
			"%s: everybody may write there, and so decide what Valkey loads",
			instance->directory);
	else
		checkup_add(checkup, CHECKUP_OK, "directory", NULL, "%s%s", instance->directory,
			is_there ? "" : " will be made");
	doctor_look_at_disk(at, checkup);
	free(at);
}

static void look_at_data(const struct instance *instance, struct checkup *checkup)
{
	struct stat st;

	if (stat(instance->data, &st) != 0 || !S_ISDIR(st.st_mode))
		checkup_add(checkup, CHECKUP_PROBLEM, "data",
			"make it, owned by Valkey's user, 0750", "%s is no directory",
			instance->data);
	else
		checkup_add(checkup, CHECKUP_OK, "data", NULL, "%s", instance->data);
}

/* ---- programs ---- */

static void look_at_binary(const struct instance *instance, struct checkup *checkup)
{
	if (access(instance->binary, X_OK) == 0)
		checkup_add(checkup, CHECKUP_OK, "binary", NULL, "%s", instance->binary);
	else
		checkup_add(checkup, CHECKUP_PROBLEM, "binary",
			"name the host's valkey-server as 'binary' in pull.yaml",
			"%s cannot be run: %s", instance->binary, strerror(errno));
}

static void look_at_door_program(const char *program, struct checkup *checkup)
{
	struct stat st;

	if (access(program, X_OK) != 0)
		checkup_add(checkup, CHECKUP_PROBLEM, "door", "install it, or correct door/program",
			"%s cannot be run: %s", program, strerror(errno));
	else if (stat(program, &st) == 0 && (st.st_mode & 02) != 0)
		checkup_add(checkup, CHECKUP_PROBLEM, "door", "chmod o-w",
			"%s: everybody may change what the agent runs", program);
	else
		checkup_add(checkup, CHECKUP_OK, "door", NULL, "restarts go through %s", program);
}

static void look_at_door_file(const char *path, struct checkup *checkup)
{
	char *directory = xstrdup(path);
	char *slash = strrchr(directory, '/');
	bool is_writable;

	slash[slash == directory ? 1 : 0] = '\0';
	is_writable = access(path, F_OK) == 0 ? access(path, W_OK) == 0
					      : access(directory, W_OK | X_OK) == 0;
	if (is_writable)
		checkup_add(checkup, CHECKUP_OK, "door", NULL,
			"restarts go through %s; is its path unit enabled?", path);
	else
		checkup_add(checkup, CHECKUP_PROBLEM, "door",
			"let the agent write it: packaging/systemd has a tmpfiles example",
			"%s cannot be written: %s", path, strerror(errno));
	free(directory);
}

static void look_at_door(const struct instance *instance, struct checkup *checkup)
{
	if (!door_is_there(instance))
		checkup_add(checkup, CHECKUP_WARNING, "door",
			"set instances/NAME/door in pull.yaml, unless people restart this Valkey",
			"there is no door: what needs a restart is refused");
	else if (instance->door_program != NULL)
		look_at_door_program(instance->door_program[0], checkup);
	else
		look_at_door_file(instance->door_file, checkup);
}

/* ---- what was left ---- */

static void look_at_journal(const struct instance *instance, struct checkup *checkup)
{
	struct vk_err err = VK_ERR_INIT;
	struct journal journal;
	struct failed failed;
	enum vk_rc rc = journal_read(instance, &journal, &err);

	if (rc == VK_OK)
		checkup_add(checkup, CHECKUP_WARNING, "journal",
			"run vkcfg-pull: it ends the install or undoes it",
			"an install of release %lld was cut short after '%s'",
			(long long)journal.release, journal_step_name(journal.step));
	else if (rc != VK_ENOTFOUND)
		checkup_add_failure(checkup, CHECKUP_WARNING, "journal",
			"run vkcfg-pull: it starts from what is installed", &err);
	if (failed_read(instance, &failed, &err) == VK_OK)
		checkup_add(checkup, CHECKUP_WARNING, "failed",
			"mend it in a new release, or try once more with vkcfg-pull --retry",
			"release %lld was %s here: %s", (long long)failed.release,
			failed.is_rolled_back ? "rolled back" : "refused", failed.error);
}

/* ---- the Valkey that runs ---- */

static void look_at_version(const struct live *live, struct checkup *checkup)
{
	if (cfg_version_is_known(live->version))
		checkup_add(checkup, CHECKUP_OK, "version", NULL, "Valkey %s", live->version);
	else
		checkup_add(checkup, CHECKUP_WARNING, "version",
			"update vkcfg; until then what it cannot know is left to Valkey's own "
			"words",
			"Valkey %s is not one that this vkcfg knows", live->version);
	if (live->is_loading)
		checkup_add(checkup, CHECKUP_WARNING, "loading", "wait until it has its data",
			"Valkey loads its data set; it is not restarted meanwhile");
	if (live->is_link_down)
		checkup_add(checkup, CHECKUP_WARNING, "replication",
			"look at primaryauth, TLS and the network between the two",
			"this replica has lost its primary");
}

/* Its own rights stand in its own line; whoever may do everything may do this too. */
static void look_at_rights(const struct live *live, struct checkup *checkup)
{
	static const char *const needed[] = {"+config|set", "+acl|setuser", "+acl|deluser"};
	const struct user *agent = users_find(&live->users, CFG_AGENT_USER);
	bool is_complete = true;

	if (agent == NULL) {
		checkup_add(checkup, CHECKUP_WARNING, "rights",
			"nothing, before the first release: it brings the user",
			"Valkey does not know the user " CFG_AGENT_USER " yet");
		return;
	}
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (strstr(agent->rules, needed[i]) != NULL ||
			strstr(agent->rules, "+@all") != NULL)
			continue;
		is_complete = false;
		checkup_add(checkup, CHECKUP_PROBLEM, "rights",
			"put users.acl of the generation in force: vkcfg-pull does, or a restart",
			"the user " CFG_AGENT_USER " lacks %s", needed[i]);
	}
	if (is_complete)
		checkup_add(checkup, CHECKUP_OK, "rights", NULL,
			"the user " CFG_AGENT_USER " may do what the agent needs");
}

/* What Valkey shows to its clients, and what it would show after a restart. */
static void look_at_certificate(
	const struct instance *instance, const struct values *values, struct checkup *checkup)
{
	struct vk_err err = VK_ERR_INIT;
	struct tls_proof proof;

	if (tls_proof_look(instance, values, &proof, &err) != VK_OK)
		checkup_add_failure(checkup, CHECKUP_WARNING, "tls",
			"look at tls-port, bind and tls-cert-file", &err);
	else if (proof.verdict == TLS_PROOF_OTHER)
		checkup_add(checkup, CHECKUP_WARNING, "tls",
			"CONFIG SET tls-cert-file to its own path, or release any change",
			"Valkey still serves the certificate %.16s.., and its file holds %.16s..",
			proof.served, proof.wanted);
	else if (proof.verdict == TLS_PROOF_SAME)
		checkup_add(checkup, CHECKUP_OK, "tls", NULL, "the certificate %.16s.. is served",
			proof.served);
}

static void look_at_expiry(
	const struct values *values, int64_t expiry_warning_s, struct checkup *checkup)
{
	int64_t now = vk_clock_now();
	struct tls_expiry expiry;
	struct vk_buf text;

	tls_expiry_look(values, &expiry);
	if (expiry.expires == 0)
		return;
	vk_buf_init(&text, EXPIRY_TEXT_BYTES);
	tls_expiry_describe(&expiry, now, &text);
	if (expiry.expires <= now)
		checkup_add(checkup, CHECKUP_PROBLEM, "tls-expiry",
			"renew it, and release the new one", "%s", text.data);
	else if (expiry.expires - now <= expiry_warning_s)
		checkup_add(checkup, CHECKUP_WARNING, "tls-expiry",
			"renew it, and release the new one", "%s, in %" PRId64 " days", text.data,
			tls_expiry_days(&expiry, now));
	else
		checkup_add(checkup, CHECKUP_OK, "tls-expiry", NULL, "%s", text.data);
	vk_buf_release(&text);
}

/* The commands of every run, as the agent gives them. */
static void look_at_answers(const struct instance *instance, struct valkey *valkey,
	int64_t expiry_warning_s, struct checkup *checkup)
{
	const struct live_query query = {
		.schema = cfg_version_default(), .mask_key = instance->agent_password};
	struct vk_err err = VK_ERR_INIT;
	struct live live;
	enum vk_rc rc;

	live_init(&live);
	rc = live_read(valkey, &query, &live, &err);
	if (live.version[0] != '\0')
		look_at_version(&live, checkup);
	if (rc == VK_OK)
		look_at_rights(&live, checkup);
	else
		checkup_add_failure(checkup, CHECKUP_PROBLEM, "rights",
			"INFO, CONFIG GET and ACL LIST must be allowed and must not be renamed",
			&err);
	if (rc == VK_OK) {
		look_at_certificate(instance, &live.values, checkup);
		look_at_expiry(&live.values, expiry_warning_s, checkup);
	}
	live_release(&live);
}

/* Which of several Valkeys was asked; the agent's own messages leave it out. */
static enum vk_rc say_where(const struct address *address, struct vk_err *err)
{
	if (address->kind == ADDRESS_UNIX)
		return vk_err_prefix(err, err->rc, "%s", address->path);
	return vk_err_prefix(err, err->rc, "%s:%s", address->host, address->port);
}

static void look_at_valkey(
	const struct instance *instance, int64_t expiry_warning_s, struct checkup *checkup)
{
	struct vk_err err = VK_ERR_INIT;
	struct valkey *valkey = NULL;

	if (instance_connect(instance, &valkey, &err) == VK_OK)
		look_at_answers(instance, valkey, expiry_warning_s, checkup);
	else if (say_where(&instance->address, &err) != VK_OK)
		checkup_add_failure(checkup, CHECKUP_PROBLEM, "valkey",
			"is it started, and is 'connect' in pull.yaml where it listens?", &err);
	valkey_free(valkey);
}

void doctor_look_at_instance(
	const struct instance *instance, int64_t expiry_warning_s, struct checkup *checkup)
{
	checkup_set_subject(checkup, instance->name);
	look_at_directory(instance, checkup);
	look_at_data(instance, checkup);
	look_at_binary(instance, checkup);
	look_at_door(instance, checkup);
	look_at_journal(instance, checkup);
	look_at_valkey(instance, expiry_warning_s, checkup);
	checkup_set_subject(checkup, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/preflight.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/pull/boundary.h"
#include "client/pull/child.h"
#include "client/pull/complaint.h"
#include "client/pull/fill.h"
#include "client/pull/overrides.h"
#include "client/pull/secrets_conf.h"
#include "client/pull/sentinel_live.h"
#include "client/pull/sentinel_preflight.h"
#include "common/clock.h"
#include "common/config/acl.h"
#include "common/config/conf.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/valkey/live.h"

#include "common/banned.h"

enum { CONNECT_STEP_MS = 2, END_WAIT_MS = 1000 };

struct preflight {
	const struct instance *instance;
	const struct generation_bundle *bundle;
	const char *schema;
	const char *scratch;
	int scratch_fd;
	struct overrides overrides;
	struct child *child;
	struct valkey *valkey;
	int64_t deadline_ms;
};

static enum vk_rc refuse(struct preflight *run, struct vk_err *err)
{
	struct vk_buf output;
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&output, COMPLAINT_OUTPUT_MAX_BYTES);
	vk_buf_init(&text, COMPLAINT_MAX_BYTES);
	child_output(run->child, &output);
	complaint_extract(output.data, output.len, run->schema, &text);
	rc = vk_err_set(err, VK_EINPUT, "%s refuses the configuration: %s", run->instance->binary,
		text.data);
	vk_buf_release_wiped(&output);
	vk_buf_release(&text);
	return rc;
}

/* One attempt to connect to the socket in the scratch directory. It is named through
 * /proc/self/fd, because a path below STATE may be longer than a socket's name can be. */
static enum vk_rc try_connect(struct preflight *run, struct vk_err *err)
{
	struct address address = {.kind = ADDRESS_UNIX};
	int left_ms = (int)(run->deadline_ms - vk_clock_monotonic_ms());

	snprintf(address.path, sizeof(address.path), "/proc/self/fd/%d/s", run->scratch_fd);
	return valkey_open(&address, NULL, left_ms > 0 ? left_ms : 1, &run->valkey, err);
}

static enum vk_rc wait_until_up(struct preflight *run, struct vk_err *err)
{
	int status;

	while (try_connect(run, err) != VK_OK) {
		if (!child_is_running(run->child, &status))
			return refuse(run, err);
		if (vk_clock_monotonic_ms() >= run->deadline_ms)
			return vk_err_set(err, VK_EUNAVAIL, "%s did not start in %d s",
				run->instance->binary, PREFLIGHT_TIMEOUT_MS / 1000);
		poll(NULL, 0, CONNECT_STEP_MS);
	}
	return VK_OK;
}

/* The text with what follows `at` for a length replaced; frees the text before. */
static char *replaced(char *text, const char *at, size_t len, const char *by)
{
	char *out = xasprintf("%.*s%s%s", (int)(at - text), text, by, at + len);

	free(text);
	return out;
}

/* What the copy includes instead: secrets.conf of the candidate, and runtime.conf of the staging
 * directory where there is one. The boundary has seen both lines. */
static char *copy_text(
	const struct preflight *run, const struct vk_bundle_file *conf, const char *candidate)
{
	static const char runtime_path[] = "@{instance}/" FILL_RUNTIME;
	char *runtime = fill_runtime_path(run->instance);
	char *secrets = xasprintf("include \"%s/" FILL_SECRETS "\"\n", candidate);
	char *text = xstrdup(conf->text);
	const char *at = strstr(text, SECRETS_CONF_INCLUDE);

	if (at != NULL && vk_bundle_find(run->bundle->bundle, FILL_SECRETS) != NULL)
		text = replaced(text, at, strlen(SECRETS_CONF_INCLUDE), secrets);
	at = strstr(text, runtime_path);
	if (at != NULL)
		text = replaced(text, at, strlen(runtime_path), runtime);
	free(secrets);
	free(runtime);
	return text;
}

/* valkey.conf includes secrets.conf through `current`, which does not point to the candidate yet,
 * and no option on a command line undoes an include: a copy that differs in what it includes, and
 * holds no secret itself. */
static enum vk_rc copy_conf(
	struct preflight *run, const char *candidate, char **out, struct vk_err *err)
{
	const struct vk_bundle_file *conf = vk_bundle_find(run->bundle->bundle, FILL_CONF);
	char *current = fill_current_path(run->instance);
	char *text = copy_text(run, conf, candidate);
	const struct vk_bundle_file copy = {.path = conf->path, .text = text};
	struct vk_buf filled;
	enum vk_rc rc;

	vk_buf_init(&filled, CFG_CONF_MAX_BYTES);
	rc = fill_text(run->instance, &copy, current, NULL, &filled, err);
	if (rc == VK_OK)
		rc = vk_file_create(run->scratch_fd, FILL_CONF, 0600, filled.data, filled.len, err);
	if (rc == VK_OK)
		*out = xasprintf("%s/" FILL_CONF, run->scratch);
	vk_buf_release(&filled);
	free(text);
	free(current);
	return rc;
}

static bool is_sentinel(const struct preflight *run)
{
	return run->bundle->bundle->kind == VK_KIND_SENTINEL;
}

/* The file that valkey-server loads. */
static enum vk_rc choose_conf(
	struct preflight *run, const char *generation, char **out, struct vk_err *err)
{
	char *candidate = generation_path(run->instance, generation);
	enum vk_rc rc = VK_OK;

	if (is_sentinel(run)) {
		rc = sentinel_preflight_write(run->instance, run->bundle->bundle, candidate,
			run->scratch, run->scratch_fd, err);
		*out = xasprintf("%s/" VK_BUNDLE_SENTINEL, run->scratch);
	} else if (vk_bundle_find(run->bundle->bundle, FILL_SECRETS) == NULL &&
		   run->instance->staging == NULL) {
		*out = xasprintf("%s/" FILL_CONF, candidate);
	} else {
		rc = copy_conf(run, candidate, out, err);
	}
	free(candidate);
	return rc;
}

static enum vk_rc start(struct preflight *run, const char *generation, struct vk_err *err)
{
	char *conf = NULL;
	enum vk_rc rc = choose_conf(run, generation, &conf, err);
	const char **argv;

	if (rc != VK_OK) {
		free(conf);
		return rc;
	}
	argv = xcalloc(run->overrides.count + 4, sizeof(*argv));
	argv[0] = run->instance->binary;
	argv[1] = conf;
	for (size_t i = 0; i < run->overrides.count; i++)
		argv[i + 2] = run->overrides.words[i];
	if (is_sentinel(run))
		argv[2] = "--sentinel";
	run->deadline_ms = vk_clock_monotonic_ms() + PREFLIGHT_TIMEOUT_MS;
	rc = child_start(argv, run->scratch, CHILD_DIES_WITH_US, &run->child, err);
	free(argv);
	free(conf);
	return rc;
}

/* All that the agent does with a running server must work under the candidate ACL. */
static enum vk_rc check_agent(struct preflight *run, struct vk_err *err)
{
	enum vk_rc rc =
		valkey_auth(run->valkey, CFG_AGENT_USER, run->instance->agent_password, err);

	if (rc == VK_OK)
		rc = valkey_demand(run->valkey, VALKEY_ARGV("PING"), NULL, err);
	if (rc == VK_OK)
		rc = valkey_demand(
			run->valkey, VALKEY_ARGV("CONFIG", "SET", "timeout", "0"), NULL, err);
	if (rc == VK_OK)
		rc = valkey_demand(
			run->valkey, VALKEY_ARGV("ACL", "SETUSER", CFG_AGENT_USER), NULL, err);
	if (rc == VK_OK)
		rc = valkey_demand(
			run->valkey, VALKEY_ARGV("ACL", "DELUSER", "vkcfg-nobody"), NULL, err);
	if (rc == VK_EDENIED || rc == VK_EINPUT) {
		vk_err_prefix(err, rc, "the new ACL would lock the agent out");
		err->rc = VK_EINPUT;
		rc = VK_EINPUT;
	}
	return rc;
}

/* Names in the file that CONFIG GET * has not shown, for an exact query. */
static void find_hidden(
	const struct overrides *overrides, const struct live *live, struct expected *out)
{
	for (size_t i = 0; i < overrides->file.count; i++) {
		const char *name = overrides->file.items[i].name;

		if (values_get(&live->values, name) == NULL &&
			out->extra_count < EXPECTED_MAX_EXTRA)
			out->extra[out->extra_count++] = xstrdup(name);
	}
}

/* It answers no values: they are what its file says. */
static enum vk_rc learn_sentinel(struct preflight *run, struct expected *out, struct vk_err *err)
{
	struct live live;
	enum vk_rc rc;

	live_init(&live);
	rc = sentinel_learn(run->valkey, &live, err);
	if (rc == VK_OK) {
		out->users = live.users;
		users_init(&live.users);
		rc = sentinel_preflight_expect(
			run->instance, run->bundle->bundle, &out->values, err);
	}
	live_release(&live);
	return rc;
}

static enum vk_rc learn(struct preflight *run, struct expected *out, struct vk_err *err)
{
	struct live_query query = {
		.schema = run->schema, .mask_key = run->instance->agent_password};
	struct live live;
	enum vk_rc rc;

	live_init(&live);
	if (is_sentinel(run))
		return learn_sentinel(run, out, err);
	rc = live_read(run->valkey, &query, &live, err);
	if (rc == VK_OK)
		find_hidden(&run->overrides, &live, out);
	if (rc == VK_OK && out->extra_count > 0) {
		live_release(&live);
		live_init(&live);
		query.extra = (const char *const *)out->extra;
		rc = live_read(run->valkey, &query, &live, err);
	}
	if (rc == VK_OK) {
		out->values = live.values;
		out->users = live.users;
		values_init(&live.values);
		users_init(&live.users);
		overrides_restore(&run->overrides, run->schema, out);
	}
	live_release(&live);
	return rc;
}

static enum vk_rc ask(struct preflight *run, struct expected *out, struct vk_err *err)
{
	struct vk_err ignored = VK_ERR_INIT;
	int status;
	enum vk_rc rc =
		valkey_auth(run->valkey, CFG_AGENT_USER, run->instance->agent_password, err);

	if (rc == VK_EDENIED) {
		vk_err_prefix(err, rc, "the new ACL would lock the agent out");
		err->rc = VK_EINPUT;
		return VK_EINPUT;
	}
	if (rc == VK_OK)
		rc = learn(run, out, err);
	if (rc == VK_OK && !is_sentinel(run))
		rc = check_agent(run, err);
	/* The socket opens before the ACL file is read: the end may come only now. */
	if (rc == VK_EUNAVAIL && child_wait(run->child, vk_clock_monotonic_ms() + END_WAIT_MS,
					 &status, &ignored) == VK_OK)
		return refuse(run, err);
	return rc;
}

static enum vk_rc make_scratch(struct preflight *run, struct vk_err *err)
{
	enum vk_rc rc = vk_file_remove_tree(AT_FDCWD, run->scratch, err);

	if (rc != VK_OK)
		return rc;
	if (mkdir(run->scratch, 0700) != 0 ||
		(run->scratch_fd = open(run->scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return vk_err_errno(err, VK_EIO, errno, "cannot make %s", run->scratch);
	return VK_OK;
}

static void finish(struct preflight *run)
{
	struct vk_err ignored = VK_ERR_INIT;

	valkey_free(run->valkey);
	child_free(run->child); /* killed: there is nothing to save */
	overrides_release(&run->overrides);
	if (run->scratch_fd >= 0)
		close(run->scratch_fd);
	if (vk_file_remove_tree(AT_FDCWD, run->scratch, &ignored) != VK_OK)
		return; /* the next preflight removes it */
}

enum vk_rc preflight_run(const struct instance *instance, const char *generation,
	const struct generation_bundle *bundle, const char *scratch, struct expected *out,
	struct vk_err *err)
{
	struct preflight run = {.instance = instance,
		.bundle = bundle,
		.schema = bundle->bundle->valkey,
		.scratch = scratch,
		.scratch_fd = -1};
	enum vk_rc rc;

	expected_init(out);
	memcpy(out->bundle, bundle->digest, sizeof(out->bundle));
	overrides_init(&run.overrides);
	rc = boundary_check(instance, bundle->bundle, err);
	if (rc == VK_OK)
		rc = expected_basis_now(instance, &out->basis, err);
	if (rc == VK_OK && !is_sentinel(&run))
		rc = overrides_make(
			&run.overrides, instance, generation, bundle->bundle, scratch, err);
	if (rc == VK_OK)
		rc = make_scratch(&run, err);
	if (rc == VK_OK)
		rc = start(&run, generation, err);
	if (rc == VK_OK)
		rc = wait_until_up(&run, err);
	if (rc == VK_OK)
		rc = ask(&run, out, err);
	finish(&run);
	return rc;
}

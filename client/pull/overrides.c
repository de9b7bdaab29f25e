/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/overrides.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/pull/fill.h"
#include "client/pull/preflight.h"
#include "common/config/conf.h"
#include "common/config/directive.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/num.h"

#include "common/banned.h"

enum { RUNTIME_MAX_BYTES = 512 * 1024 };

/* Names whose answers are replaced by what the files say, or the default. */
static const char *const restored[] = {"port", "tls-port", "bind", "unixsocket", "unixsocketperm",
	"unixsocketgroup", "dir", "logfile", "syslog-enabled", "appendonly", "save",
	"cluster-enabled", "aclfile", "tls-replication"};

/* Names that are compared with nothing: whoever starts the process decides (Debian's unit gives
 * them on its command line), or the running topology does. */
static const char *const dropped[] = {"pidfile", "daemonize", "supervised", "replicaof", "slaveof"};

void overrides_init(struct overrides *overrides)
{
	memset(overrides, 0, sizeof(*overrides));
	values_init(&overrides->file);
}

void overrides_release(struct overrides *overrides)
{
	for (size_t i = 0; i < overrides->count; i++)
		free(overrides->words[i]);
	values_release(&overrides->file);
	overrides_init(overrides);
}

static enum vk_rc read_conf(const struct instance *instance, const struct vk_bundle *bundle,
	const char *current, struct vk_buf *out, struct vk_err *err)
{
	const struct vk_bundle_file *conf = vk_bundle_find(bundle, FILL_CONF);
	char *runtime = fill_runtime_path(instance);
	enum vk_rc rc;

	if (conf == NULL || vk_bundle_find(bundle, FILL_ACL) == NULL)
		rc = vk_err_set(err, VK_EINPUT, "the bundle has no " FILL_CONF " or no " FILL_ACL);
	else
		rc = fill_text(instance, conf, current, NULL, out, err);
	/* runtime.conf is included last, so its lines come after all others. */
	vk_buf_addc(out, '\n');
	if (rc == VK_OK)
		rc = vk_file_read(AT_FDCWD, runtime, VK_FILE_DEFAULT, out, err);
	free(runtime);
	return rc;
}

static enum vk_rc load_file_values(struct overrides *overrides, const struct instance *instance,
	const struct vk_bundle *bundle, const char *current, struct vk_err *err)
{
	struct cfg_conf_values *effective = NULL;
	struct cfg_conf *conf = NULL;
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, CFG_CONF_MAX_BYTES + RUNTIME_MAX_BYTES);
	rc = read_conf(instance, bundle, current, &text, err);
	if (rc == VK_OK)
		rc = cfg_conf_parse(FILL_CONF, text.data, text.len, &conf, err);
	if (rc == VK_OK)
		rc = cfg_conf_effective(conf, bundle->valkey, &effective, err);
	for (size_t i = 0; rc == VK_OK && i < cfg_conf_values_count(effective); i++) {
		const struct cfg_conf_value *value = cfg_conf_values_at(effective, i);
		const struct cfg_directive *directive =
			cfg_directive_find(value->name, bundle->valkey);

		/* include, rename-command and their like have no value that CONFIG GET shows. */
		if (directive != NULL && (directive->flags & CFG_FILE_ONLY) == 0 &&
			strcmp(value->name, "include") != 0)
			values_add(&overrides->file, value->name, value->value);
	}
	values_sort(&overrides->file);
	cfg_conf_values_free(effective);
	cfg_conf_free(conf);
	vk_buf_release_wiped(&text); /* runtime.conf may have a password */
	return rc;
}

static void add(struct overrides *overrides, const char *word)
{
	if (overrides->count < OVERRIDES_MAX_WORDS)
		overrides->words[overrides->count++] = xstrdup(word);
}

static void add_option(struct overrides *overrides, const char *name, const char *value)
{
	char *option = xasprintf("--%s", name);

	add(overrides, option);
	add(overrides, value);
	free(option);
}

static bool is_given(const struct overrides *overrides, const char *name, const char *nothing)
{
	const char *text = values_get(&overrides->file, name);

	return text != NULL && strcmp(text, nothing) != 0;
}

/* A second replicaof that says "no one" takes the name of the primary away, but not the wish to connect:
 * the server calls loopback at the primary's port then, with primaryauth, or ends where TLS is used
 * (8.0.1). Nobody can listen on port 0. */
static void add_replicaof(struct overrides *overrides)
{
	bool is_replica = is_given(overrides, "replicaof", "");

	add_option(overrides, "replicaof", is_replica ? "127.0.0.1" : "no");
	add(overrides, is_replica ? "0" : "one");
}

/* TMP/s, no port, no data, nothing of the host's own (semantics of Valkey's command line). */
static void add_fixed(struct overrides *overrides, const char *scratch, const char *acl)
{
	static const char *const fixed[][2] = {{"port", "0"}, {"tls-port", "0"},
		{"bind", "127.0.0.1"}, {"unixsocket", "s"}, {"unixsocketperm", "700"},
		{"logfile", ""}, {"pidfile", ""}, {"daemonize", "no"}, {"supervised", "no"},
		{"syslog-enabled", "no"}, {"appendonly", "no"}, {"save", ""},
		{"cluster-enabled", "no"}};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		add_option(overrides, fixed[i][0], fixed[i][1]);
	add_replicaof(overrides);
	add_option(overrides, "dir", scratch);
	add_option(overrides, "aclfile", acl);
}

/* Files of the generation are named through `current`, which does not point there yet. */
static void add_generation_paths(
	struct overrides *overrides, const char *current, const char *candidate)
{
	size_t len = strlen(current);

	for (size_t i = 0; i < overrides->file.count; i++) {
		const struct value *value = &overrides->file.items[i];
		char *path;

		if (strncmp(value->text, current, len) != 0 || value->text[len] != '/' ||
			strcmp(value->name, "aclfile") == 0)
			continue;
		path = xasprintf("%s%s", candidate, value->text + len);
		add_option(overrides, value->name, path);
		free(path);
	}
}

static enum vk_rc check_harmless(const struct overrides *overrides, struct vk_err *err)
{
	const char *text = values_get(&overrides->file, "maxclients");
	uint64_t number;

	if (text == NULL || vk_parse_uint(text, 0, PREFLIGHT_MAX_CLIENTS, &number))
		return VK_OK;
	vk_err_set(err, VK_EINPUT, "maxclients %s would stall the server", text);
	vk_err_hint(err, "at most %d", PREFLIGHT_MAX_CLIENTS);
	return VK_EINPUT;
}

enum vk_rc overrides_make(struct overrides *overrides, const struct instance *instance,
	const char *generation, const struct vk_bundle *bundle, const char *scratch,
	struct vk_err *err)
{
	char *current = fill_current_path(instance);
	char *candidate = generation_path(instance, generation);
	char *acl = xasprintf("%s/" FILL_ACL, candidate);
	enum vk_rc rc = load_file_values(overrides, instance, bundle, current, err);

	if (rc == VK_OK)
		rc = check_harmless(overrides, err);
	if (rc == VK_OK) {
		add_fixed(overrides, scratch, acl);
		add_generation_paths(overrides, current, candidate);
		if (is_given(overrides, "unixsocketgroup", ""))
			add_option(overrides, "unixsocketgroup", "");
		/* With tls-port 0 the certificates are looked at for replication only. */
		if (is_given(overrides, "tls-cert-file", "") ||
			is_given(overrides, "tls-port", "0"))
			add_option(overrides, "tls-replication", "yes");
	}
	free(acl);
	free(candidate);
	free(current);
	return rc;
}

/* What the file says, or the default of this version, or nothing where neither is known. */
static void restore(const struct overrides *overrides, const char *schema, const char *name,
	struct values *values)
{
	const struct cfg_directive *directive = cfg_directive_find(name, schema);
	const char *text = values_get(&overrides->file, name);

	/* Who starts the process may choose a log where the file does not. */
	if (text == NULL && directive != NULL && strcmp(name, "logfile") != 0)
		text = directive->fallback;
	if (text == NULL || values_get(values, name) == NULL)
		values_drop(values, name);
	else
		values_put(values, name, text);
}

/* CONFIG GET dir shows the resolved path. */
static void resolve_dir(struct values *values)
{
	const char *dir = values_get(values, "dir");
	char resolved[PATH_MAX];

	if (dir != NULL && realpath(dir, resolved) != NULL)
		values_put(values, "dir", resolved);
}

static void restore_generation_paths(const struct overrides *overrides, struct values *values)
{
	for (size_t i = 0; i < overrides->count; i++) {
		const char *name = overrides->words[i] + strlen("--");

		if (strncmp(overrides->words[i], "--tls-", strlen("--tls-")) == 0 &&
			values_get(&overrides->file, name) != NULL)
			values_put(values, name, values_get(&overrides->file, name));
	}
}

void overrides_restore(
	const struct overrides *overrides, const char *schema, struct expected *expected)
{
	const char *asked = values_get(&overrides->file, "maxclients");
	const char *learned = values_get(&expected->values, "maxclients");
	uint64_t asked_number;
	uint64_t learned_number;

	if (asked != NULL && learned != NULL && vk_parse_uint(asked, 0, INT64_MAX, &asked_number) &&
		vk_parse_uint(learned, 0, INT64_MAX, &learned_number) &&
		learned_number < asked_number)
		expected->maxclients_asked = (int64_t)asked_number;
	for (size_t i = 0; i < sizeof(restored) / sizeof(restored[0]); i++)
		restore(overrides, schema, restored[i], &expected->values);
	for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++)
		values_drop(&expected->values, dropped[i]);
	restore_generation_paths(overrides, &expected->values);
	resolve_dir(&expected->values);
}

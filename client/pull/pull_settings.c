/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/pull_settings.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

#include "common/banned.h"

const struct setting pull_setting_rows[] = {
	{.name = "server",
		.type = SETTING_LIST,
		.flags = SETTING_REQUIRED,
		.min = 1,
		.max = PULL_MAX_SERVERS,
		.help = "URL of vkcfgd: https://HOST[:PORT]; or a list, the preferred one first"},
	{.name = "state",
		.type = SETTING_PATH,
		.fallback = "/var/lib/vkcfg",
		.help = "keys, certificate, trusted metadata; the agent's own, mode 0700"},
	{.name = "user",
		.type = SETTING_STRING,
		.help = "whom to become when started as root, which is refused without it"},
	{.name = "expiry-warning",
		.type = SETTING_INT,
		.min = 0,
		.max = 366,
		.fallback = "30",
		.help = "days before root, targets or the environment's signatures expire, from "
			"which on every run warns"},
	{.name = "start",
		.type = SETTING_ENUM,
		.choices = "verified|last-good",
		.fallback = "verified",
		.help = "what --once --wait lets Valkey start with, where nobody vouches for what "
			"is "
			"installed"},
	{.name = "metrics-file",
		.type = SETTING_PATH,
		.help = "a file for the textfile collector of Prometheus, written by every run"},
	{.name = "observe",
		.type = SETTING_BOOL,
		.fallback = "no",
		.help = "change nothing on this host: compare, and report what would be changed"},
	{.name = "ca",
		.type = SETTING_PATH,
		.help = "a PKI of your own: the CAs of the server's certificate, PEM; with "
			"certificate "
			"and key"},
	{.name = "certificate",
		.type = SETTING_PATH,
		.help = "with ca: the host's certificate and intermediates, PEM; reread when it "
			"changes"},
	{.name = "key",
		.type = SETTING_PATH,
		.help = "with ca: its private key, PEM, the agent's own"},
	{.name = "instances/<name>/directory",
		.type = SETTING_PATH,
		.flags = SETTING_REQUIRED,
		.help = "generations, current, runtime.conf; owned by the agent"},
	{.name = "instances/<name>/data",
		.type = SETTING_PATH,
		.flags = SETTING_REQUIRED,
		.help = "Valkey's data directory, which must exist"},
	{.name = "instances/<name>/connect",
		.type = SETTING_STRING,
		.flags = SETTING_REQUIRED,
		.help = "unix:/path, tcp:HOST:PORT or tls:HOST:PORT"},
	{.name = "instances/<name>/binary",
		.type = SETTING_PATH,
		.fallback = "/usr/bin/valkey-server",
		.help = "the valkey-server that judges a configuration before it is used"},
	{.name = "instances/<name>/door/program",
		.type = SETTING_LIST,
		.min = 1,
		.max = 16,
		.help = "program and arguments that (re)start Valkey; run without a shell"},
	{.name = "instances/<name>/door/file",
		.type = SETTING_PATH,
		.help = "instead: a file to write to, for a systemd path unit that restarts "
			"Valkey"},
	{.name = "instances/<name>/ca",
		.type = SETTING_PATH,
		.help = "with tls: the CA of Valkey's certificate, PEM"},
	{.name = "instances/<name>/certificate",
		.type = SETTING_PATH,
		.help = "with tls: a client certificate, PEM"},
	{.name = "instances/<name>/key", .type = SETTING_PATH, .help = "with tls: its key, PEM"},
	{.name = "instances/<name>/password-file",
		.type = SETTING_PATH,
		.help = "first contact with a Valkey that has a password; 0600, the agent's"},
	{.name = "instances/<name>/user",
		.type = SETTING_STRING,
		.fallback = "default",
		.help = "whose password that is"},
	{.name = "instances/<name>/health/program",
		.type = SETTING_LIST,
		.min = 1,
		.max = 16,
		.help = "asked when a release has been installed: its status 0 is good; run "
			"without a shell"},
	{.name = "instances/<name>/health/timeout",
		.type = SETTING_INT,
		.min = 1,
		.max = 600,
		.fallback = "10",
		.help = "seconds in which that program has to end"},
	{.name = "instances/<name>/health/user",
		.type = SETTING_STRING,
		.help = "an application's user, whose login is tried when a release has been "
			"installed"},
	{.name = "instances/<name>/health/password-file",
		.type = SETTING_PATH,
		.help = "that user's password; 0600, the agent's"},
	{.name = "instances/<name>/observe",
		.type = SETTING_BOOL,
		.help = "the same for this instance alone"},
	{.name = "instances/<name>/restart-timeout",
		.type = SETTING_INT,
		.min = 1,
		.max = 3600,
		.fallback = "60",
		.help = "seconds in which a restarted Valkey has to answer"},
};

const size_t pull_setting_row_count = sizeof(pull_setting_rows) / sizeof(pull_setting_rows[0]);

/* A path that goes into valkey.conf between quotes. */
static bool is_plain_path(const char *path)
{
	for (const char *c = path; *c != '\0'; c++) {
		if ((unsigned char)*c <= ' ' || *c == '"' || *c == '\\' || *c == '\'' || *c == 0x7f)
			return false;
	}
	return true;
}

static enum vk_rc blame(
	const struct settings *settings, const char *instance, const char *rest, struct vk_err *err)
{
	char *name = xasprintf("instances/%s/%s", instance, rest);
	char where[256];

	settings_where(settings, name, where, sizeof(where));
	free(name);
	return vk_err_prefix(err, VK_EINPUT, "%s", where);
}

static enum vk_rc check_path(
	const struct settings *settings, const char *instance, const char *rest, struct vk_err *err)
{
	if (is_plain_path(settings_string_of(settings, "instances", instance, rest)))
		return VK_OK;
	vk_err_set(err, VK_EINPUT, "%s: blanks, quotes and backslashes cannot be used here", rest);
	return blame(settings, instance, rest, err);
}

static enum vk_rc take_door(
	const struct settings *settings, struct instance *out, struct vk_err *err)
{
	const char *const *program;

	out->door_file = settings_string_of(settings, "instances", out->name, "door/file");
	if (settings_list_of(settings, "instances", out->name, "door/program", &program) == 0)
		return VK_OK;
	out->door_program = program;
	if (out->door_file != NULL) {
		vk_err_set(err, VK_EINPUT, "a door is a program or a file, not both");
		return blame(settings, out->name, "door/file", err);
	}
	if (program[0][0] != '/') {
		vk_err_set(err, VK_EINPUT, "'%s' is no absolute path", program[0]);
		return blame(settings, out->name, "door/program", err);
	}
	return VK_OK;
}

static enum vk_rc take_health(
	const struct settings *settings, struct instance *out, struct vk_err *err)
{
	const char *const *program;

	out->health_timeout_ms =
		(int)settings_int_of(settings, "instances", out->name, "health/timeout") * 1000;
	out->health_user = settings_string_of(settings, "instances", out->name, "health/user");
	out->health_password_file =
		settings_string_of(settings, "instances", out->name, "health/password-file");
	if ((out->health_user == NULL) != (out->health_password_file == NULL)) {
		vk_err_set(err, VK_EINPUT, "'user' and 'password-file' belong together");
		return blame(settings, out->name,
			out->health_user != NULL ? "health/user" : "health/password-file", err);
	}
	if (settings_list_of(settings, "instances", out->name, "health/program", &program) == 0)
		return VK_OK;
	out->health_program = program;
	if (program[0][0] == '/')
		return VK_OK;
	vk_err_set(err, VK_EINPUT, "'%s' is no absolute path", program[0]);
	return blame(settings, out->name, "health/program", err);
}

static enum vk_rc take_tls(
	const struct settings *settings, struct instance *out, struct vk_err *err)
{
	out->tls.ca = settings_string_of(settings, "instances", out->name, "ca");
	out->tls.cert = settings_string_of(settings, "instances", out->name, "certificate");
	out->tls.key = settings_string_of(settings, "instances", out->name, "key");
	if (out->address.kind == ADDRESS_TLS && out->tls.ca == NULL) {
		vk_err_set(err, VK_EINPUT, "a connection with tls needs 'ca'");
		return blame(settings, out->name, "connect", err);
	}
	if ((out->tls.cert == NULL) != (out->tls.key == NULL)) {
		vk_err_set(err, VK_EINPUT, "'certificate' and 'key' belong together");
		return blame(settings, out->name, "certificate", err);
	}
	return VK_OK;
}

/* The instance's own word, else that of the host. */
static bool is_observed(const struct settings *settings, const char *name)
{
	char *own = xasprintf("instances/%s/observe", name);
	bool is = settings_is_true(settings, settings_is_given(settings, own) ? own : "observe");

	free(own);
	return is;
}

static enum vk_rc take_instance(
	const struct settings *settings, const char *name, struct instance *out, struct vk_err *err)
{
	enum vk_rc rc;

	out->name = name;
	out->is_observed = is_observed(settings, name);
	out->directory = settings_string_of(settings, "instances", name, "directory");
	out->data = settings_string_of(settings, "instances", name, "data");
	out->binary = settings_string_of(settings, "instances", name, "binary");
	out->user = settings_string_of(settings, "instances", name, "user");
	out->password_file = settings_string_of(settings, "instances", name, "password-file");
	out->restart_timeout_ms =
		(int)settings_int_of(settings, "instances", name, "restart-timeout") * 1000;
	rc = address_parse(
		settings_string_of(settings, "instances", name, "connect"), &out->address, err);
	if (rc != VK_OK)
		return blame(settings, name, "connect", err);
	rc = check_path(settings, name, "directory", err);
	if (rc == VK_OK)
		rc = check_path(settings, name, "data", err);
	if (rc == VK_OK)
		rc = take_door(settings, out, err);
	if (rc == VK_OK)
		rc = take_health(settings, out, err);
	return rc == VK_OK ? take_tls(settings, out, err) : rc;
}

/* Two instances must not write into each other's directory. */
static enum vk_rc check_directories(const struct pull_settings *settings, struct vk_err *err)
{
	for (size_t i = 0; i < settings->count; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct instance *a = &settings->instances[i];
			const struct instance *b = &settings->instances[k];

			if (strcmp(a->directory, b->directory) != 0)
				continue;
			vk_err_set(err, VK_EINPUT, "instances %s and %s have the same directory",
				b->name, a->name);
			return blame(settings->settings, a->name, "directory", err);
		}
	}
	return VK_OK;
}

enum vk_rc pull_settings_load(const char *path, struct pull_settings **out, struct vk_err *err)
{
	struct pull_settings *loaded = xcalloc(1, sizeof(*loaded));
	const char *const *names = NULL;
	enum vk_rc rc = settings_load(
		path, pull_setting_rows, pull_setting_row_count, &loaded->settings, err);

	if (rc == VK_ENOTFOUND)
		vk_err_hint(err, "write it, pull.yaml(5) shows how, or name another with --config");
	if (rc != VK_OK)
		goto out;
	loaded->server_count = settings_list(loaded->settings, "server", &loaded->servers);
	loaded->state = settings_string(loaded->settings, "state");
	loaded->user = settings_string(loaded->settings, "user");
	loaded->starts_last_good =
		strcmp(settings_string(loaded->settings, "start"), "last-good") == 0;
	loaded->metrics_file = settings_string(loaded->settings, "metrics-file");
	loaded->ca = settings_string(loaded->settings, "ca");
	loaded->certificate = settings_string(loaded->settings, "certificate");
	loaded->key = settings_string(loaded->settings, "key");
	if ((loaded->ca == NULL) != (loaded->certificate == NULL) ||
		(loaded->ca == NULL) != (loaded->key == NULL)) {
		rc = vk_err_set(err, VK_EINPUT, "%s: ca, certificate and key go together", path);
		goto out;
	}
	loaded->expiry_warning_s = settings_int(loaded->settings, "expiry-warning") * 86400;
	loaded->count = settings_keys(loaded->settings, "instances", &names);
	if (loaded->count > PULL_MAX_INSTANCES)
		rc = vk_err_set(
			err, VK_ELIMIT, "%s: more than %d instances", path, PULL_MAX_INSTANCES);
	for (size_t i = 0; rc == VK_OK && i < loaded->count; i++)
		rc = take_instance(loaded->settings, names[i], &loaded->instances[i], err);
	if (rc == VK_OK)
		rc = check_directories(loaded, err);
out:
	if (rc == VK_OK)
		*out = loaded;
	else
		pull_settings_free(loaded);
	return rc;
}

void pull_settings_free(struct pull_settings *settings)
{
	if (settings == NULL)
		return;
	settings_free(settings->settings);
	free(settings);
}

const struct instance *pull_settings_instance(
	const struct pull_settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->count; i++) {
		if (strcmp(settings->instances[i].name, name) == 0)
			return &settings->instances[i];
	}
	return NULL;
}

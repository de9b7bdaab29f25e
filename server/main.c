/* SPDX-License-Identifier: BSD-3-Clause */
/* vkcfgd: the central server of a fleet. See vkcfgd(8). */
#include "config.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "server/command_backup.h"
#include "server/init.h"
#include "server/new_ca.h"
#include "server/new_keys.h"
#include "server/privilege.h"
#include "server/server.h"
#include "server/server_settings.h"

#include "common/buf.h"
#include "common/digest.h"
#include "common/log.h"
#include "common/num.h"
#include "common/process.h"
#include "common/tuf/tuf_key.h"

#include "common/banned.h"

enum {
	TOKEN_TTL_S = 24 * 60 * 60,
	TOKEN_TTL_MAX_S = 30 * 24 * 60 * 60,
	SHOW_MAX_BYTES = 256 * 1024,
};

struct command {
	const char *name;
	enum vk_rc (*run)(int argc, char **argv, struct vk_err *err);
};

static const char help_text[] =
	"vkcfgd keeps the configuration of a fleet of Valkey servers: it stores proposals and\n"
	"approvals, serves signed releases to the hosts, and records who did what.\n"
	"\n"
	"Make a fleet, once:\n"
	"  vkcfgd init --state DIR --fleet NAME [--url URL] [--listen ADDRESS:PORT]\n"
	"              [--name DNS-OR-IP]... [--user USER] [--admin NAME] [--ttl SECONDS]\n"
	"              [--config FILE] [--ca FILE --certificate FILE --key FILE]\n"
	"\n"
	"  prints the token with which the first admin enrols (vkcfg enrol), and writes the\n"
	"  settings to DIR/vkcfgd.yaml or FILE.\n"
	"\n"
	"Serve it:\n"
	"  vkcfgd run [--config FILE]\n"
	"\n"
	"  reads " SERVER_SETTINGS_FILE " or FILE. SIGHUP reloads it, SIGTERM drains and stops.\n"
	"  Started as root, vkcfgd becomes the configured user at once.\n"
	"\n"
	"Replace the keys for snapshot, timestamp and log, while it does not run:\n"
	"  vkcfgd new-keys [--config FILE]\n"
	"\n"
	"  Then run it, and have a root that names them signed soon (vkcfg root rotate\n"
	"  --online-keys): until then nothing is published.\n"
	"\n"
	"Begin another audit log, where entries that hosts have seen are lost for good:\n"
	"  vkcfgd new-log [--config FILE]\n"
	"\n"
	"  Hosts refuse it until the holders of root keys have signed it, in the same way.\n"
	"\n"
	"Copy it, also while it runs, and rebuild it elsewhere:\n"
	"  vkcfgd backup DIR [--without-keys] [--config FILE]\n"
	"  vkcfgd restore DIR [--log FILE] [--checkpoint FILE]... [--new-log] [--config FILE]\n"
	"\n"
	"  FILE of --log is what 'vkcfg audit export' wrote last, of --checkpoint what a host\n"
	"  (STATE/checkpoint) or a person has seen of the audit log.\n"
	"\n"
	"Make the CA that is to replace the present one, while it does not run:\n"
	"  vkcfgd new-ca [--config FILE]\n"
	"\n"
	"  prints its digest. It counts for nothing until a root names it (vkcfg root rotate\n"
	"  --add-ca DIGEST).\n"
	"\n"
	"Look before you leap:\n"
	"  vkcfgd --check-config [--config FILE]   says what is wrong in them, and where\n"
	"  vkcfgd --show-config [--config FILE]    prints all settings in force\n"
	"  vkcfgd --version\n"
	"\n"
	"Example:\n"
	"  vkcfgd init --state /var/lib/vkcfgd --fleet demo --name vkcfg.example --user vkcfgd\n"
	"  vkcfgd run --config /var/lib/vkcfgd/vkcfgd.yaml\n"
	"\n"
	"See vkcfgd(8), vkcfgd.yaml(5).\n";

static enum vk_rc usage(struct vk_err *err, const char *what)
{
	vk_err_set(err, VK_EINPUT, "%s", what);
	vk_err_hint(err, "vkcfgd --help shows all commands and options");
	return VK_EINPUT;
}

enum init_option {
	OPT_STATE = 1,
	OPT_FLEET,
	OPT_URL,
	OPT_LISTEN,
	OPT_NAME,
	OPT_USER,
	OPT_ADMIN,
	OPT_TTL,
	OPT_CONFIG,
	OPT_CA,
	OPT_CERTIFICATE,
	OPT_KEY,
};

static const struct option init_options_table[] = {
	{"state", required_argument, NULL, OPT_STATE},
	{"fleet", required_argument, NULL, OPT_FLEET},
	{"url", required_argument, NULL, OPT_URL},
	{"listen", required_argument, NULL, OPT_LISTEN},
	{"name", required_argument, NULL, OPT_NAME},
	{"user", required_argument, NULL, OPT_USER},
	{"admin", required_argument, NULL, OPT_ADMIN},
	{"ttl", required_argument, NULL, OPT_TTL},
	{"config", required_argument, NULL, OPT_CONFIG},
	{"ca", required_argument, NULL, OPT_CA},
	{"certificate", required_argument, NULL, OPT_CERTIFICATE},
	{"key", required_argument, NULL, OPT_KEY},
	{0},
};

static enum vk_rc take_ttl(struct init_options *options, const char *value, struct vk_err *err)
{
	uint64_t ttl;

	if (!vk_parse_uint(value, 1, TOKEN_TTL_MAX_S, &ttl))
		return usage(err, "--ttl takes seconds, at most 2592000 (30 days)");
	options->ttl_seconds = (int64_t)ttl;
	return VK_OK;
}

static enum vk_rc take_name(struct init_options *options, const char *value, struct vk_err *err)
{
	if (options->name_count == INIT_MAX_NAMES)
		return usage(err, "--name may be given at most 16 times");
	options->names[options->name_count++] = value;
	return VK_OK;
}

static enum vk_rc take_option(
	struct init_options *options, int opt, const char *value, struct vk_err *err)
{
	switch (opt) {
	case OPT_STATE:
		options->state = value;
		return VK_OK;
	case OPT_FLEET:
		options->fleet = value;
		return VK_OK;
	case OPT_URL:
		options->url = value;
		return VK_OK;
	case OPT_LISTEN:
		options->listen = value;
		return VK_OK;
	case OPT_NAME:
		return take_name(options, value, err);
	case OPT_USER:
		options->user = value;
		return VK_OK;
	case OPT_ADMIN:
		options->admin = value;
		return VK_OK;
	case OPT_TTL:
		return take_ttl(options, value, err);
	case OPT_CONFIG:
		options->config = value;
		return VK_OK;
	case OPT_CA:
		options->ca = value;
		return VK_OK;
	case OPT_CERTIFICATE:
		options->certificate = value;
		return VK_OK;
	case OPT_KEY:
		options->key = value;
		return VK_OK;
	}
	return usage(err, "unknown option, or one without its value");
}

static enum vk_rc parse_init(
	int argc, char **argv, struct init_options *options, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;
	int opt;

	opterr = 0;
	while (rc == VK_OK && (opt = getopt_long(argc, argv, "", init_options_table, NULL)) != -1)
		rc = take_option(options, opt, optarg, err);
	if (rc == VK_OK && optind < argc)
		rc = usage(err, "init takes options only");
	if (rc == VK_OK && (options->state == NULL || options->fleet == NULL))
		rc = usage(err, "init needs --state DIR and --fleet NAME");
	return rc;
}

/* On standard error: standard output is the token and nothing else. */
static void tell_next(const struct init_options *options)
{
	fprintf(stderr,
		"vkcfgd: made the fleet '%s' in %s\n"
		"  next: vkcfgd run --config %s%s\n"
		"  then, within %lld seconds, '%s' enrols with the token on standard output\n",
		options->fleet, options->state,
		options->config != NULL ? options->config : options->state,
		options->config != NULL ? "" : "/vkcfgd.yaml", (long long)options->ttl_seconds,
		options->admin);
}

static enum vk_rc command_init(int argc, char **argv, struct vk_err *err)
{
	struct init_options options = {.admin = "admin", .ttl_seconds = TOKEN_TTL_S};
	enum vk_rc rc = parse_init(argc, argv, &options, err);
	struct vk_buf token;

	if (rc != VK_OK)
		return rc;
	vk_buf_init(&token, INIT_TOKEN_MAX_BYTES);
	rc = init_fleet(&options, &token, err);
	if (rc == VK_OK)
		tell_next(&options);
	if (rc == VK_OK && (printf("%s\n", token.data) < 0 || fflush(stdout) != 0))
		rc = vk_err_set(err, VK_EIO, "cannot write the token to standard output");
	vk_buf_release_wiped(&token);
	return rc;
}

static enum vk_rc parse_config(int argc, char **argv, const char **config, struct vk_err *err)
{
	static const struct option table[] = {
		{"config", required_argument, NULL, OPT_CONFIG},
		{0},
	};
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (opt != OPT_CONFIG)
			return usage(err, "unknown option, or one without its value");
		*config = optarg;
	}
	return optind < argc ? usage(err, "one argument too many") : VK_OK;
}

static enum vk_rc load(
	int argc, char **argv, const char **config, struct settings **settings, struct vk_err *err)
{
	enum vk_rc rc = parse_config(argc, argv, config, err);

	return rc == VK_OK ? server_settings_load(*config, settings, err) : rc;
}

static enum vk_rc become_user(const struct settings *settings, struct vk_err *err)
{
	const char *name = settings_string(settings, "user");
	struct privilege_user user;
	enum vk_rc rc = privilege_find_user(name != NULL ? name : "", &user, err);

	return rc == VK_OK ? privilege_drop(&user, err) : rc;
}

static enum vk_rc command_run(int argc, char **argv, struct vk_err *err)
{
	const char *config = SERVER_SETTINGS_FILE;
	struct settings *settings = NULL;
	struct server *server = NULL;
	enum vk_rc rc = load(argc, argv, &config, &settings, err);

	/* Root is given up before the first file of the state is opened: nothing below needs
	 * it, and all that is created belongs to the user who will read it. */
	if (rc == VK_OK)
		rc = become_user(settings, err);
	if (rc != VK_OK) {
		settings_free(settings);
		return rc;
	}
	vk_process_hide_memory();
	server = server_new(config, settings);
	rc = server_open(server, err);
	if (rc == VK_OK)
		rc = server_start_signer(server, err);
	if (rc == VK_OK)
		rc = server_start(server, err);
	if (rc == VK_OK)
		rc = server_loop(server, err);
	server_free(server);
	return rc;
}

/* The key id: what a proposal shows to those who sign it. */
static void print_key(const char *name, const uint8_t public_key[VK_PUBLIC_KEY_BYTES])
{
	struct tuf_key *key = tuf_key_new_ed25519(public_key, NULL);

	printf("%s %s\n", name, tuf_key_id(key));
	tuf_key_free(key);
}

/* What is done in the place of the running server: as its user, on its state. */
static enum vk_rc load_offline(
	int argc, char **argv, struct settings **settings, struct vk_err *err)
{
	const char *config = SERVER_SETTINGS_FILE;
	enum vk_rc rc = load(argc, argv, &config, settings, err);

	if (rc == VK_OK)
		rc = become_user(*settings, err);
	if (rc == VK_OK)
		vk_process_hide_memory();
	return rc;
}

static enum vk_rc command_new_keys(int argc, char **argv, struct vk_err *err)
{
	struct settings *settings = NULL;
	struct new_keys keys;
	enum vk_rc rc = load_offline(argc, argv, &settings, err);

	if (rc == VK_OK)
		rc = new_keys_make(settings_string(settings, "state"), &keys, err);
	if (rc == VK_OK) {
		print_key("snapshot", keys.snapshot);
		print_key("timestamp", keys.timestamp);
		print_key("log", keys.log);
	}
	settings_free(settings);
	return rc;
}

static enum vk_rc command_new_log(int argc, char **argv, struct vk_err *err)
{
	char digest[VK_SHA256_HEX_BYTES];
	struct settings *settings = NULL;
	struct new_log log = {.name = NULL};
	enum vk_rc rc = load_offline(argc, argv, &settings, err);

	if (rc == VK_OK)
		rc = new_log_begin(settings_string(settings, "state"), &log, err);
	if (rc == VK_OK) {
		vk_digest_format(log.root, digest);
		printf("%s %" PRIu64 " %s\n", log.name, log.size, digest);
	}
	free(log.name);
	settings_free(settings);
	return rc;
}

static enum vk_rc command_new_ca(int argc, char **argv, struct vk_err *err)
{
	uint8_t digest[VK_SHA256_BYTES];
	char text[VK_SHA256_HEX_BYTES];
	struct settings *settings = NULL;
	enum vk_rc rc = load_offline(argc, argv, &settings, err);

	if (rc == VK_OK)
		rc = new_ca_make(settings_string(settings, "state"), digest, err);
	if (rc == VK_OK) {
		vk_digest_format(digest, text);
		printf("ca %s\n", text);
	}
	settings_free(settings);
	return rc;
}

static enum vk_rc command_check(int argc, char **argv, struct vk_err *err)
{
	const char *config = SERVER_SETTINGS_FILE;
	struct settings *settings = NULL;
	enum vk_rc rc = load(argc, argv, &config, &settings, err);

	if (rc == VK_OK)
		printf("%s: correct\n", config);
	settings_free(settings);
	return rc;
}

static enum vk_rc command_show(int argc, char **argv, struct vk_err *err)
{
	const char *config = SERVER_SETTINGS_FILE;
	struct settings *settings = NULL;
	enum vk_rc rc = load(argc, argv, &config, &settings, err);
	struct vk_buf text;

	if (rc != VK_OK)
		return rc;
	vk_buf_init(&text, SHOW_MAX_BYTES);
	settings_show(settings, &text);
	if (fwrite(text.data, 1, text.len, stdout) != text.len || fflush(stdout) != 0)
		rc = vk_err_set(err, VK_EIO, "cannot write to standard output");
	vk_buf_release(&text);
	settings_free(settings);
	return rc;
}

static enum vk_rc command_help(int argc, char **argv, struct vk_err *err)
{
	(void)argc;
	(void)argv;
	if (fputs(help_text, stdout) < 0)
		return vk_err_set(err, VK_EIO, "cannot write to standard output");
	return VK_OK;
}

static enum vk_rc command_version(int argc, char **argv, struct vk_err *err)
{
	(void)argc;
	(void)argv;
	if (puts("vkcfgd " PACKAGE_VERSION) < 0)
		return vk_err_set(err, VK_EIO, "cannot write to standard output");
	return VK_OK;
}

static const struct command commands[] = {
	{"init", command_init},
	{"run", command_run},
	{"new-keys", command_new_keys},
	{"new-log", command_new_log},
	{"backup", command_backup},
	{"restore", command_restore},
	{"new-ca", command_new_ca},
	{"--check-config", command_check},
	{"--show-config", command_show},
	{"--help", command_help},
	{"-h", command_help},
	{"help", command_help},
	{"--version", command_version},
};

static enum vk_rc dispatch(int argc, char **argv, struct vk_err *err)
{
	if (argc < 2)
		return usage(err, "what shall vkcfgd do? Say init or run");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1, err);
	}
	vk_err_set(err, VK_EINPUT, "unknown command '%s'", argv[1]);
	vk_err_hint(err, "vkcfgd --help shows all commands and options");
	return VK_EINPUT;
}

int main(int argc, char **argv)
{
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc;

	umask(077);
	signal(SIGPIPE, SIG_IGN);
	if (sodium_init() < 0)
		rc = vk_err_set(&err, VK_EIO, "libsodium finds no source of randomness");
	else
		rc = dispatch(argc, argv, &err);
	if (rc == VK_OK)
		return 0;
	fprintf(stderr, "vkcfgd: %s\n", err.msg);
	if (err.hint[0] != '\0')
		fprintf(stderr, "  hint: %s\n", err.hint);
	return vk_rc_exit_status(rc);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* vkcfg-pull: the agent of a host. Reads options, then calls one of four things. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "client/pull/agent.h"
#include "client/pull/doctor.h"
#include "client/pull/enrol.h"
#include "client/pull/gate.h"
#include "client/pull/fill.h"
#include "client/pull/offline.h"
#include "client/pull/plan.h"
#include "client/pull/run.h"
#include "client/pull/status.h"
#include "client/pull/watch.h"
#include "common/config/acl.h"
#include "common/file.h"
#include "common/log.h"
#include "common/num.h"
#include "common/parcel.h"
#include "common/process.h"
#include "common/token.h"

#include "common/banned.h"

enum { STATUS_MAX_BYTES = 1024 * 1024, STATUS_NOT_CLEAN = 1 };

struct options {
	const char *config;
	const char *token_file;
	int token_fd;
	const char *card;
	const char *name;
	const char *environment;
	const char *bundle;
	struct enrol_wait wait;
	bool is_waiting;
	bool is_enrolling;
	bool is_doctor;
	bool is_watching;
	bool is_observing;
	bool is_planning;
	bool is_once;
	bool is_showing_status;
	bool is_showing_user;
	bool is_json;
	bool is_checking_config;
	bool is_retrying;
	bool is_offline;
};

static const char help_text[] =
	"vkcfg-pull: bring the Valkey instances of this host to their signed release\n"
	"\n"
	"Make this machine a host, once, with a token from `vkcfg host token NAME`:\n"
	"  vkcfg-pull enrol [--config FILE] [--token-file FILE | --token-fd N]\n"
	"      without either, the token is read from standard input\n"
	"or without a secret, with a card from `vkcfg fleet card`, by waiting for an operator:\n"
	"  vkcfg-pull enrol --wait --card FILE [--name NAME] [--env ENV] [--poll SECONDS]\n"
	"      [--timeout SECONDS]    shows a fingerprint for `vkcfg host approve NAME`\n"
	"or where no server is reached, with either; shows the public key for the tree:\n"
	"  vkcfg-pull enrol --offline [--card FILE [--name NAME] [--env ENV] | --token-file FILE]\n"
	"\n"
	"Then, from cron or a systemd timer:\n"
	"  vkcfg-pull                 one run: ask, verify, install or check, report\n"
	"or as a service:\n"
	"  vkcfg-pull --watch         the same again and again; changes arrive at once\n"
	"  vkcfg-pull --observe       the same, or with --watch, but change nothing: say what "
	"would\n"
	"                             be changed (to stay so: observe in pull.yaml)\n"
	"or in front of Valkey's start (ExecStartPre=, an init container):\n"
	"  vkcfg-pull --once --wait [--timeout SECONDS]    until what is installed is verified;\n"
	"                             installs files, starts nothing\n"
	"\n"
	"or without a network, from a file made by `vkcfg bundle export HOST --out FILE`:\n"
	"  vkcfg-pull --bundle FILE   one run that asks the file instead of the server\n"
	"\n"
	"To look, without asking the server or changing anything:\n"
	"  vkcfg-pull --status        what runs here, and where it differs\n"
	"  vkcfg-pull --check-config  is pull.yaml right?\n"
	"  vkcfg-pull --agent-user    the agent's own user, as a line of a users.acl\n"
	"Before a release moves anything (asks the server, changes nothing):\n"
	"  vkcfg-pull --plan [--json] what it would change here, each change's way, restarts,\n"
	"                             connections, how long\n"
	"To find out why it does not work (asks the server, changes nothing):\n"
	"  vkcfg-pull doctor [--json] each finding says what to do\n"
	"\n"
	"Options:\n"
	"  --config FILE      instead of " PULL_SETTINGS_PATH "\n"
	"  --json             with --status, --plan and doctor: as JSON\n"
	"  --retry            try once more what was refused or rolled back here\n"
	"  --log-level LEVEL  error, warn, info (default) or debug\n"
	"  --help, --version\n"
	"\n"
	"Exit status: 0 done; 1 --status found drift, --plan a change, doctor a problem; 2 input "
	"or a refused "
	"configuration;\n"
	"5 denied; 6 untrusted; 8 unavailable; 9 disk or system. See vkcfg-pull(8).\n";

enum {
	OPT_JSON = 256,
	OPT_CHECK,
	OPT_AGENT_USER,
	OPT_OBSERVE,
	OPT_PLAN,
	OPT_TOKEN_FILE,
	OPT_TOKEN_FD,
	OPT_WAIT,
	OPT_BUNDLE,
	OPT_OFFLINE,
	OPT_CARD,
	OPT_NAME,
	OPT_ENV,
	OPT_POLL,
	OPT_TIMEOUT,
	OPT_RETRY,
	OPT_ONCE,
	OPT_LEVEL,
	OPT_VERSION
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"watch", no_argument, NULL, 'w'},
	{"once", no_argument, NULL, OPT_ONCE},
	{"status", no_argument, NULL, 's'},
	{"json", no_argument, NULL, OPT_JSON},
	{"check-config", no_argument, NULL, OPT_CHECK},
	{"observe", no_argument, NULL, OPT_OBSERVE},
	{"plan", no_argument, NULL, OPT_PLAN},
	{"agent-user", no_argument, NULL, OPT_AGENT_USER},
	{"token-file", required_argument, NULL, OPT_TOKEN_FILE},
	{"token-fd", required_argument, NULL, OPT_TOKEN_FD},
	{"bundle", required_argument, NULL, OPT_BUNDLE},
	{"offline", no_argument, NULL, OPT_OFFLINE},
	{"wait", no_argument, NULL, OPT_WAIT},
	{"card", required_argument, NULL, OPT_CARD},
	{"name", required_argument, NULL, OPT_NAME},
	{"env", required_argument, NULL, OPT_ENV},
	{"poll", required_argument, NULL, OPT_POLL},
	{"timeout", required_argument, NULL, OPT_TIMEOUT},
	{"retry", no_argument, NULL, OPT_RETRY},
	{"log-level", required_argument, NULL, OPT_LEVEL},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

static int show_failure(const struct vk_err *err)
{
	fprintf(stderr, "vkcfg-pull: %s\n", err->msg);
	if (err->hint[0] != '\0')
		fprintf(stderr, "  hint: %s\n", err->hint);
	return vk_rc_exit_status(err->rc);
}

static int show_usage_error(const char *word)
{
	struct vk_err err = VK_ERR_INIT;

	vk_err_set(
		&err, VK_EINPUT, "'%s' is unknown, or lacks a value, or cannot be used here", word);
	vk_err_hint(&err, "vkcfg-pull --help shows all commands and options");
	return show_failure(&err);
}

/* Appends the token; it comes from outside, and is read before root is given up. */
static enum vk_rc read_token(const struct options *options, struct vk_buf *out, struct vk_err *err)
{
	char data[VK_TOKEN_MAX_BYTES];
	ssize_t got = 0;

	if (options->card != NULL)
		return vk_file_read(AT_FDCWD, options->card, VK_FILE_DEFAULT, out, err);
	if (options->token_file != NULL)
		return vk_file_read(AT_FDCWD, options->token_file, VK_FILE_DEFAULT, out, err);
	do {
		if (got > 0)
			vk_buf_add(out, data, (size_t)got);
		got = read(options->token_fd, data, sizeof(data));
	} while (got > 0 || (got < 0 && errno == EINTR));
	sodium_memzero(data, sizeof(data));
	if (got < 0)
		return vk_err_errno(err, VK_EIO, errno, "cannot read the token");
	return vk_buf_check(out, "token", err);
}

static void show_claim(const struct vk_host_claim *claim, const char *fingerprint)
{
	printf("host %s waits for %s of fleet %s\nfingerprint: %s\n", claim->name,
		claim->environment, claim->fleet, fingerprint);
	printf("Compare it, then: vkcfg host approve %s --fingerprint %s\n", claim->name,
		fingerprint);
	fflush(stdout); /* it is read while this program waits */
}

/* --name, else what this machine is called. */
static enum vk_rc set_name(const struct options *options, struct vk_token *card, struct vk_err *err)
{
	char own[HOST_NAME_MAX + 1] = "";
	const char *name = options->name;

	if (name == NULL && gethostname(own, sizeof(own) - 1) != 0)
		return vk_err_errno(err, VK_EIO, errno, "cannot read this machine's name");
	if (name == NULL)
		name = own;
	if (!vk_name_is_valid(name)) {
		vk_err_set(err, VK_EINPUT, "'%.80s' is no name of a host", name);
		vk_err_hint(err, "give one with --name");
		return VK_EINPUT;
	}
	snprintf(card->name, sizeof(card->name), "%s", name);
	return VK_OK;
}

/* Makes of a card what a token says: who this host is, and where. */
static enum vk_rc complete_card(
	const struct options *options, struct vk_token *card, struct vk_err *err)
{
	const char *environment = options->environment;

	if (card->kind != VK_TOKEN_CARD) {
		vk_err_set(err, VK_EINPUT, "this is a token, not a fleet's card");
		vk_err_hint(err, "use it without --wait, or write a card: vkcfg fleet card");
		return VK_EINPUT;
	}
	if (environment == NULL && card->environment[0] == '\0') {
		vk_err_set(err, VK_EINPUT, "neither card nor command say which environment");
		vk_err_hint(err, "give --env ENV");
		return VK_EINPUT;
	}
	if (environment != NULL && !vk_environment_is_valid(environment))
		return vk_err_set(
			err, VK_EINPUT, "'%.80s' is no name of an environment", environment);
	if (environment != NULL && card->environment[0] != '\0' &&
		strcmp(environment, card->environment) != 0)
		return vk_err_set(err, VK_EINPUT, "the card is for environment '%s', not '%s'",
			card->environment, environment);
	if (environment != NULL)
		snprintf(card->environment, sizeof(card->environment), "%s", environment);
	return set_name(options, card, err);
}

static int run_enrol(const struct options *options)
{
	struct vk_err err = VK_ERR_INIT;
	char public_key[ENROL_PUBLIC_KEY_BYTES];
	struct vk_token *token = NULL;
	struct agent agent;
	struct vk_buf text;
	enum vk_rc rc;

	memset(&agent, 0, sizeof(agent));
	agent.lock_fd = -1;
	vk_buf_init(&text, VK_TOKEN_MAX_BYTES);
	rc = read_token(options, &text, &err);
	if (rc == VK_OK)
		rc = vk_token_parse(text.data, text.len, &token, &err);
	vk_buf_release_wiped(&text);
	if (rc == VK_OK && options->card != NULL)
		rc = complete_card(options, token, &err);
	if (rc == VK_OK)
		rc = agent_load(options->config, &agent, &err);
	if (rc == VK_OK && options->is_offline)
		rc = enrol_offline(&agent, token, public_key, &err);
	else if (rc == VK_OK)
		rc = enrol(&agent, token, options->is_waiting ? &options->wait : NULL, public_key,
			&err);
	if (rc == VK_OK)
		printf("enrolled %s in %s of fleet %s\npublic key: %s\n", token->name,
			token->environment, token->fleet, public_key);
	vk_token_free(token);
	agent_close(&agent);
	return rc == VK_OK ? 0 : show_failure(&err);
}

static int run_status(const struct options *options)
{
	struct vk_err err = VK_ERR_INIT;
	bool is_clean = false;
	struct agent agent;
	struct vk_buf text;
	enum vk_rc rc = agent_load_enrolled(options->config, &agent, &err);

	vk_buf_init(&text, STATUS_MAX_BYTES);
	if (rc == VK_OK)
		rc = status_show(&agent, options->is_json, &text, &is_clean, &err);
	if (rc == VK_OK)
		fputs(text.data, stdout);
	vk_buf_release(&text);
	agent_close(&agent);
	if (rc != VK_OK)
		return show_failure(&err);
	return is_clean ? 0 : STATUS_NOT_CLEAN;
}

/* Asks a server, or the file of --bundle, which is the caller's. */
static enum vk_rc open_agent(const struct options *options, struct parcel **parcel,
	struct agent *agent, struct vk_err *err)
{
	enum vk_rc rc = VK_OK;

	if (options->bundle != NULL)
		rc = offline_read(options->bundle, parcel, err);
	if (rc == VK_OK && *parcel != NULL)
		return offline_open(options->config, *parcel, agent, err);
	return rc == VK_OK ? agent_open(options->config, agent, err) : rc;
}

static int run_plan(const struct options *options)
{
	struct vk_err err = VK_ERR_INIT;
	struct parcel *parcel = NULL;
	struct agent agent = {.lock_fd = -1};
	bool is_empty = false;
	struct vk_buf text;
	enum vk_rc rc = open_agent(options, &parcel, &agent, &err);

	vk_buf_init(&text, STATUS_MAX_BYTES);
	if (rc == VK_OK)
		rc = plan_show(&agent, options->is_json, &text, &is_empty, &err);
	if (rc == VK_OK)
		fputs(text.data, stdout);
	vk_buf_release(&text);
	agent_close(&agent);
	parcel_free(parcel);
	if (rc != VK_OK)
		return show_failure(&err);
	return is_empty ? 0 : STATUS_NOT_CLEAN;
}

static int run_doctor(const struct options *options)
{
	struct checkup *checkup = checkup_new();
	struct vk_buf text;
	int status;

	doctor_look(options->config, checkup);
	status = checkup_count(checkup, CHECKUP_PROBLEM) > 0 ? STATUS_NOT_CLEAN : 0;
	vk_buf_init(&text, STATUS_MAX_BYTES);
	if (options->is_json)
		checkup_format_json(checkup, &text);
	else
		checkup_format(checkup, &text);
	fputs(text.data, stdout);
	vk_buf_release(&text);
	checkup_free(checkup);
	return status;
}

/* For a Valkey that is taken over: with the digest of the password, which stays here. */
static int run_agent_user(const struct options *options)
{
	const struct vk_bundle_file file = {.path = FILL_ACL, .text = cfg_agent_line};
	struct instance instance = {.name = ""};
	struct vk_err err = VK_ERR_INIT;
	struct agent agent;
	struct vk_buf text;
	enum vk_rc rc = agent_load_enrolled(options->config, &agent, &err);

	vk_buf_init(&text, STATUS_MAX_BYTES);
	instance.agent_password = agent.password;
	if (rc == VK_OK)
		rc = fill_text(&instance, &file, "", NULL, &text, &err);
	if (rc == VK_OK)
		fputs(text.data, stdout);
	vk_buf_release(&text);
	agent_close(&agent);
	return rc == VK_OK ? 0 : show_failure(&err);
}

static int run_check_config(const struct options *options)
{
	struct pull_settings *settings = NULL;
	struct vk_err err = VK_ERR_INIT;
	enum vk_rc rc = pull_settings_load(options->config, &settings, &err);

	if (rc == VK_OK)
		printf("%s is right: %zu instance%s\n", options->config, settings->count,
			settings->count == 1 ? "" : "s");
	pull_settings_free(settings);
	return rc == VK_OK ? 0 : show_failure(&err);
}

static int run_gate(const struct options *options)
{
	struct vk_err err = VK_ERR_INIT;

	return gate_wait(options->config, options->wait.timeout_seconds, &err) == VK_OK
		       ? 0
		       : show_failure(&err);
}

static int run_agent(const struct options *options)
{
	const struct run_options once = {.is_retrying = options->is_retrying};
	struct vk_err err = VK_ERR_INIT;
	struct parcel *parcel = NULL;
	struct agent agent = {.lock_fd = -1};
	enum vk_rc rc = open_agent(options, &parcel, &agent, &err);
	int status;

	for (size_t i = 0; rc == VK_OK && options->is_observing && i < agent.settings->count; i++)
		agent.settings->instances[i].is_observed = true;
	if (rc != VK_OK)
		status = show_failure(&err);
	else if (options->is_watching)
		status = watch(&agent, &err) == VK_OK ? 0 : show_failure(&err);
	else /* what goes wrong in a run stands in the log */
		status = vk_rc_exit_status(run_once(&agent, &once, &err));
	agent_close(&agent);
	parcel_free(parcel);
	return status;
}

static bool set_level(const char *text)
{
	enum vk_log_level level;

	if (!vk_log_level_parse(text, &level))
		return false;
	vk_log_set_level(level);
	return true;
}

static bool set_token_fd(const char *text, int *out)
{
	uint64_t fd;

	if (!vk_parse_uint(text, 0, 65535, &fd))
		return false;
	*out = (int)fd;
	return true;
}

static bool set_seconds(const char *text, unsigned max, unsigned *out)
{
	uint64_t seconds;

	if (!vk_parse_uint(text, 1, max, &seconds))
		return false;
	*out = (unsigned)seconds;
	return true;
}

/* Those of a host that waits; false if it is none of them, or wrong. */
static bool take_wait_option(int option, struct options *options)
{
	switch (option) {
	case OPT_WAIT:
		return options->is_waiting = true;
	case OPT_CARD:
		options->card = optarg;
		return true;
	case OPT_NAME:
		options->name = optarg;
		return true;
	case OPT_ENV:
		options->environment = optarg;
		return true;
	case OPT_POLL:
		return set_seconds(optarg, ENROL_WAIT_POLL_MAX_S, &options->wait.poll_seconds);
	case OPT_TIMEOUT:
		return set_seconds(optarg, ENROL_WAIT_TIMEOUT_S, &options->wait.timeout_seconds);
	}
	return false;
}

/* Takes one option; false with a usage error. Options that end the program set *status. */
static bool take_option(int option, struct options *options, int *status)
{
	switch (option) {
	case 'c':
		options->config = optarg;
		return true;
	case 'w':
		return options->is_watching = true;
	case 's':
		return options->is_showing_status = true;
	case OPT_JSON:
		return options->is_json = true;
	case OPT_ONCE:
		return options->is_once = true;
	case OPT_CHECK:
		return options->is_checking_config = true;
	case OPT_OBSERVE:
		return options->is_observing = true;
	case OPT_PLAN:
		return options->is_planning = true;
	case OPT_AGENT_USER:
		return options->is_showing_user = true;
	case OPT_BUNDLE:
		options->bundle = optarg;
		return true;
	case OPT_OFFLINE:
		return options->is_offline = true;
	case OPT_RETRY:
		return options->is_retrying = true;
	case OPT_TOKEN_FILE:
		options->token_file = optarg;
		return true;
	case OPT_TOKEN_FD:
		return set_token_fd(optarg, &options->token_fd);
	case OPT_LEVEL:
		return set_level(optarg);
	case 'h':
		fputs(help_text, stdout);
		*status = 0;
		return true;
	case OPT_VERSION:
		puts("vkcfg-pull " PACKAGE_VERSION);
		*status = 0;
		return true;
	}
	return take_wait_option(option, options);
}

static int dispatch(const struct options *options)
{
	if (options->is_checking_config)
		return run_check_config(options);
	if (options->is_showing_user)
		return run_agent_user(options);
	if (options->is_enrolling)
		return run_enrol(options);
	if (options->is_showing_status)
		return run_status(options);
	if (options->is_planning)
		return run_plan(options);
	if (options->is_doctor)
		return run_doctor(options);
	if (options->is_waiting)
		return run_gate(options);
	return run_agent(options);
}

/* The command in front of all else; returns how many words it took. */
static int take_word(int argc, char **argv, struct options *options)
{
	options->is_enrolling = argc > 0 && strcmp(argv[0], "enrol") == 0;
	options->is_doctor = argc > 0 && strcmp(argv[0], "doctor") == 0;
	return options->is_enrolling || options->is_doctor;
}

/* An option that does not go with the others; NULL if there is none. */
static const char *find_misplaced(const struct options *options)
{
	if (options->is_waiting &&
		!(options->is_enrolling ? options->card != NULL : options->is_once))
		return "--wait";
	if (options->is_offline && (!options->is_enrolling || options->is_waiting))
		return "--offline";
	if (options->card != NULL && !options->is_waiting && !options->is_offline)
		return "--card";
	if (options->bundle != NULL &&
		(options->is_watching || options->is_enrolling || options->is_doctor ||
			options->is_waiting || options->is_showing_status))
		return "--bundle";
	return NULL;
}

int main(int argc, char **argv)
{
	struct options options = {.config = PULL_SETTINGS_PATH,
		.token_fd = STDIN_FILENO,
		.wait = {.poll_seconds = ENROL_WAIT_POLL_S,
			.timeout_seconds = ENROL_WAIT_TIMEOUT_S,
			.show = show_claim}};
	const char *word;
	int status = -1;
	int option;

	vk_process_hide_memory();
	if (sodium_init() < 0)
		return vk_rc_exit_status(VK_EIO);
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (!take_option(option, &options, &status))
			return show_usage_error(argv[optind - 1]);
		if (status >= 0)
			return status;
	}
	optind += take_word(argc - optind, argv + optind, &options);
	if (optind < argc)
		return show_usage_error(argv[optind]);
	word = find_misplaced(&options);
	if (word != NULL)
		return show_usage_error(word);
	return dispatch(&options);
}

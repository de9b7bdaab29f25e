/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tests/unit/pull_host.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/pull/child.h"
#include "client/pull/host_key.h"
#include "client/pull/secrets_cache.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/num.h"
#include "common/valkey/live.h"
#include "tests/unit/unit.h"

#define AGENT_RULES                                                                                \
	"user vkcfg-agent on sanitize-payload #@{agent-password} resetchannels -@all +ping +info " \
	"+config|get +config|set +acl|list +acl|setuser +acl|deluser +bgsave +failover "           \
	"+cluster|nodes +client|pause +client|unpause +acl|log +cluster|failover\n"

/* Ends the old server and polls until it has removed its pid file; then a new one on `current`. */
static const char door_text[] = "#!/bin/sh\n"
				"cd \"${0%%/*}\" || exit 1\n"
				"echo door >>door.log\n"
				"if [ -s pid ] && kill \"$(cat pid)\" 2>/dev/null; then\n"
				"	while [ -e pid ]; do sleep 0.01; done\n"
				"fi\n"
				"exec %s instance/current/valkey.conf --daemonize yes \\\n"
				"	--pidfile \"$PWD/pid\" --logfile \"$PWD/log\"\n";

const char *pull_host_valkey(void)
{
	static const char *const paths[] = {
		"/usr/bin/valkey-server", "/usr/local/bin/valkey-server"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	}
	return NULL;
}

static void write_text(const char *path, const char *text, mode_t mode)
{
	struct vk_err err = VK_ERR_INIT;

	assert_ok(vk_file_replace(AT_FDCWD, path, mode, text, strlen(text), &err), err);
}

/* The parent of a process as /proc/PID/stat has it: "PID (NAME) STATE PARENT ..."; 0 if gone. */
static pid_t parent_of(const char *pid)
{
	char *path = xasprintf("/proc/%s/stat", pid);
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf text;
	const char *name_end;
	int parent = 0;

	vk_buf_init(&text, 4096);
	if (vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &text, &err) == VK_OK) {
		name_end = strrchr(text.data, ')');
		if (name_end == NULL || sscanf(name_end, ") %*c %d", &parent) != 1)
			parent = 0;
	}
	vk_buf_release(&text);
	free(path);
	return (pid_t)parent;
}

/* Kills and reaps all children; true if there was one. */
static bool end_children(void)
{
	DIR *dir = opendir("/proc");
	bool was_any = false;
	struct dirent *entry;
	uint64_t pid;

	if (dir == NULL)
		return false;
	while ((entry = readdir(dir)) != NULL) {
		if (!vk_parse_uint(entry->d_name, 2, INT32_MAX, &pid) ||
			parent_of(entry->d_name) != getpid())
			continue;
		kill((pid_t)pid, SIGKILL);
		waitpid((pid_t)pid, NULL, 0);
		was_any = true;
	}
	closedir(dir);
	return was_any;
}

/* What outlived the one who started it (a door or a server whose agent was killed before there was
 * a pid file) has become our child; ending it may bring up its own children. */
static void end_descendants(void)
{
	while (end_children())
		continue;
}

/* Each test runs in a process of its own: whichever way it ends, nothing stays behind. */
static void adopt_orphans(void)
{
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	ck_assert_int_eq(atexit(end_descendants), 0);
}

static const char host_key[] = "000102030405060708090a0b0c0d0e0f"
			       "101112131415161718191a1b1c1d1e1f\n";

static void write_host_key(const struct pull_host *host)
{
	char *path = xasprintf("%s/host.key", host->state);

	write_text(path, host_key, 0600);
	free(path);
}

struct vk_bundle_secret pull_host_secret(
	const struct pull_host *host, const char *name, int64_t version, const char *value)
{
	const struct vk_secret_id id = {host->pins.fleet, host->pins.environment, name, version};
	struct vk_bundle_secret pin = {.name = name, .version = version};
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	struct vk_secret_key *data_key = NULL;
	struct envelope envelope = {.body = NULL};
	struct vk_err err = VK_ERR_INIT;
	struct vk_signkey *key = NULL;
	struct vk_buf body;

	vk_buf_init(&body, VK_SECRET_BODY_MAX_BYTES);
	assert_ok(host_key_read(host->state, &key, &err), err);
	vk_signkey_public(key, public_key);
	assert_ok(vk_secret_make(&id, value, strlen(value), &body, &data_key, &err), err);
	assert_ok(vk_secret_seal(data_key, public_key, envelope.sealed, &err), err);
	assert_ok(vk_secret_parse(body.data, body.len, &envelope.body, &err), err);
	memcpy(pin.sha256, envelope.body->digest, sizeof(pin.sha256));
	assert_ok(secrets_cache_write(host->state, pin.sha256, &envelope, &err), err);
	envelope_release(&envelope);
	vk_secret_key_free(data_key);
	vk_signkey_free(key);
	vk_buf_release(&body);
	return pin;
}

void pull_host_make(struct pull_host *host)
{
	struct vk_err err = VK_ERR_INIT;
	const char *valkey = pull_host_valkey();
	char *address;
	char *text;

	adopt_orphans();
	memset(host, 0, sizeof(*host));
	snprintf(host->root, sizeof(host->root), "/tmp/vkcfg-pull-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(host->root));
	host->scratch = xasprintf("%s/scratch", host->root);
	host->socket = xasprintf("%s/instance/s", host->root);
	host->directory = xasprintf("%s/instance", host->root);
	host->data = xasprintf("%s/data", host->root);
	host->state = xasprintf("%s/state", host->root);
	host->door = xasprintf("%s/door", host->root);
	ck_assert_int_eq(mkdir(host->directory, 0750), 0);
	ck_assert_int_eq(mkdir(host->data, 0750), 0);
	ck_assert_int_eq(mkdir(host->state, 0700), 0);
	write_host_key(host);
	snprintf(host->pins.fleet, sizeof(host->pins.fleet), "demo");
	snprintf(host->pins.host, sizeof(host->pins.host), "db1");
	snprintf(host->pins.environment, sizeof(host->pins.environment), "prod");
	host->instance.state = host->state;
	host->instance.pins = &host->pins;
	text = xasprintf(door_text, valkey != NULL ? valkey : "/bin/false");
	write_text(host->door, text, 0700);
	free(text);
	address = xasprintf("unix:%s", host->socket);
	assert_ok(address_parse(address, &host->instance.address, &err), err);
	free(address);
	host->door_argv[0] = host->door;
	host->instance.name = "main";
	host->instance.directory = host->directory;
	host->instance.data = host->data;
	host->instance.binary = valkey != NULL ? valkey : "/bin/false";
	host->instance.door_program = host->door_argv;
	host->instance.restart_timeout_ms = 10000;
	host->instance.agent_password = "0123456789abcdef0123456789abcdef";
	assert_ok(generation_prepare(&host->instance, &err), err);
}

static long read_pid(const struct pull_host *host)
{
	char *path = xasprintf("%s/pid", host->root);
	struct vk_err err = VK_ERR_INIT;
	struct vk_buf text;
	uint64_t pid = 0;

	vk_buf_init(&text, 64);
	if (vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &text, &err) == VK_OK) {
		text.data[strcspn(text.data, "\n")] = '\0';
		if (!vk_parse_uint(text.data, 2, INT32_MAX, &pid))
			pid = 0;
	}
	vk_buf_release(&text);
	free(path);
	return (long)pid;
}

static bool is_connectable(struct pull_host *host)
{
	struct address address = {.kind = ADDRESS_UNIX};
	struct vk_err err = VK_ERR_INIT;
	struct valkey *valkey = NULL;
	bool is_up;

	snprintf(address.path, sizeof(address.path), "%s", host->socket);
	is_up = valkey_open(&address, NULL, 1000, &valkey, &err) == VK_OK;

	valkey_free(valkey);
	return is_up;
}

static void wait_until(struct pull_host *host, bool is_up)
{
	int64_t deadline_ms = vk_clock_monotonic_ms() + 10000;

	while (is_connectable(host) != is_up) {
		ck_assert_msg(vk_clock_monotonic_ms() < deadline_ms, "Valkey is %s",
			is_up ? "not up" : "not down");
		poll(NULL, 0, 5);
	}
}

/* Below those that the kernel hands out, and those that the end-to-end tests draw from. */
unsigned pull_host_free_port_after(unsigned port)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	int rc = -1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	while (rc != 0) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		ck_assert_int_ge(fd, 0);
		port++;
		address.sin_port = htons((uint16_t)port);
		rc = bind(fd, (struct sockaddr *)&address, sizeof(address));
		close(fd);
	}
	return port;
}

unsigned pull_host_free_port(void)
{
	return pull_host_free_port_after(10000 + (unsigned)getpid() % 8000);
}

void pull_host_kill(struct pull_host *host)
{
	struct vk_err err = VK_ERR_INIT;
	long pid = read_pid(host);
	char *path;

	if (pid == 0)
		return;
	kill((pid_t)pid, SIGKILL);
	wait_until(host, false);
	path = xasprintf("%s/pid", host->root);
	assert_ok(vk_file_remove(AT_FDCWD, path, &err), err);
	free(path);
}

void pull_host_remove(struct pull_host *host)
{
	struct vk_err err = VK_ERR_INIT;

	end_descendants();
	assert_ok(vk_file_remove_tree(AT_FDCWD, host->root, &err), err);
	free(host->scratch);
	free(host->socket);
	free(host->directory);
	free(host->data);
	free(host->state);
	free(host->door);
}

void pull_host_bundle(const struct pull_bundle *spec, struct generation_bundle *out)
{
	struct vk_err err = VK_ERR_INIT;
	char *conf = xasprintf("port 0\nunixsocket \"@{instance}/s\"\n%saclfile "
			       "\"@{generation}/users.acl\"\ndir \"@{data}\"\n"
			       "%sinclude \"@{instance}/runtime.conf\"\n",
		spec->conf != NULL ? spec->conf : "",
		spec->secrets_conf != NULL ? "include \"@{generation}/secrets.conf\"\n" : "");
	char *users = xasprintf("%s%s%s",
		spec->users != NULL && strstr(spec->users, "user default ") != NULL
			? ""
			: "user default off sanitize-payload resetchannels -@all\n",
		spec->users != NULL ? spec->users : "", AGENT_RULES);
	struct vk_bundle_file files[7];
	struct vk_bundle bundle = {.environment = "prod",
		.instance = "db1/main",
		.kind = VK_KIND_VALKEY,
		.valkey = "8.0",
		.drift = spec->drift,
		.drift_rule_count = spec->drift_rule_count,
		.drift_rules = spec->drift_rules,
		.restart = spec->restart,
		.window_count = spec->window != NULL,
		.windows = &spec->window,
		.unmanaged_users = spec->unmanaged,
		.secrets = spec->secrets,
		.secret_count = spec->secret_count,
		.files = files};
	struct vk_buf bytes;

	if (spec->extra != NULL)
		files[bundle.file_count++] =
			(struct vk_bundle_file){"extra/note.txt", spec->extra, 0640};
	if (spec->secrets_conf != NULL)
		files[bundle.file_count++] =
			(struct vk_bundle_file){"secrets.conf", spec->secrets_conf, 0640};
	if (spec->tls_cert != NULL) {
		files[bundle.file_count++] =
			(struct vk_bundle_file){"tls/ca.crt", spec->tls_ca, 0640};
		files[bundle.file_count++] =
			(struct vk_bundle_file){"tls/valkey.crt", spec->tls_cert, 0640};
		files[bundle.file_count++] =
			(struct vk_bundle_file){"tls/valkey.key", spec->tls_key, 0640};
	}
	files[bundle.file_count++] = (struct vk_bundle_file){"users.acl", users, 0640};
	files[bundle.file_count++] = (struct vk_bundle_file){"valkey.conf", conf, 0640};
	vk_buf_init(&bytes, VK_BUNDLE_MAX_BYTES);
	assert_ok(vk_bundle_format(&bundle, &bytes, &err), err);
	assert_ok(generation_bundle_parse(bytes.data, bytes.len, out, &err), err);
	vk_buf_release(&bytes);
	free(conf);
	free(users);
}

void pull_host_start_foreign(struct pull_host *host, const char *const *options)
{
	const char *argv[64] = {host->instance.binary, "--port", "0", "--unixsocket", host->socket,
		"--daemonize", "yes", "--dir", host->data, "--pidfile"};
	char *pid = xasprintf("%s/pid", host->root);
	struct vk_err err = VK_ERR_INIT;
	struct child *child;
	size_t argc = 10;
	int status = 0;

	argv[argc++] = pid;
	while (*options != NULL && argc < 63)
		argv[argc++] = *options++;
	assert_ok(child_start(argv, NULL, CHILD_DEFAULT, &child, &err), err);
	assert_ok(child_wait(child, vk_clock_monotonic_ms() + 10000, &status, &err), err);
	ck_assert_int_eq(status, 0);
	child_free(child);
	free(pid);
	wait_until(host, true);
}

static struct valkey *connect_to(struct pull_host *host)
{
	struct vk_err err = VK_ERR_INIT;
	struct valkey *valkey = NULL;

	if (instance_connect(&host->instance, &valkey, &err) != VK_OK)
		return NULL;
	return valkey;
}

char *pull_host_config(struct pull_host *host, const char *name)
{
	struct valkey *valkey = connect_to(host);
	struct vk_err err = VK_ERR_INIT;
	struct reply *reply = NULL;
	char *text = NULL;

	if (valkey != NULL &&
		valkey_demand(valkey, VALKEY_ARGV("CONFIG", "GET", name), &reply, &err) == VK_OK &&
		reply->count == 2)
		text = xstrdup(reply->items[1]->text);
	reply_free(reply);
	valkey_free(valkey);
	return text != NULL ? text : xstrdup("");
}

void pull_host_command(struct pull_host *host, size_t argc, const char *const *argv)
{
	struct valkey *valkey = connect_to(host);
	struct vk_err err = VK_ERR_INIT;

	ck_assert_ptr_nonnull(valkey);
	assert_ok(valkey_demand(valkey, argc, argv, NULL, &err), err);
	valkey_free(valkey);
}

char *pull_host_run_id(struct pull_host *host)
{
	struct valkey *valkey = connect_to(host);
	struct vk_err err = VK_ERR_INIT;
	struct live live;
	char *text;

	live_init(&live);
	if (valkey != NULL)
		assert_ok(live_read_info(valkey, &live, &err), err);
	text = xstrdup(live.run_id);
	live_release(&live);
	valkey_free(valkey);
	return text;
}

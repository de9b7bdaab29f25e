/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "tests/unit/valkey_server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/config/directive.h"
#include "common/file.h"
#include "tests/unit/unit.h"

enum {
	START_TRIES = 5000,
	START_STEP_MS = 1,
	LOG_MAX_BYTES = 100000,
	OWN_ARGUMENTS = 6,
	ARGUMENTS_MAX = 64
};

/* What `PROGRAM --version` says after "v=", or "" if it is no Valkey. */
static void read_version(const char *program, char out[16])
{
	char text[256] = "";
	const char *found;
	int fds[2];
	pid_t pid;

	out[0] = '\0';
	if (pipe(fds) != 0)
		return;
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], 1);
		execlp(program, program, "--version", (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	(void)!read(fds[0], text, sizeof(text) - 1);
	close(fds[0]);
	waitpid(pid, NULL, 0);
	found = strstr(text, "Valkey server v=");
	if (found != NULL)
		(void)sscanf(found, "Valkey server v=%15[0-9.]", out);
}

size_t server_programs(struct server_program out[SERVER_PROGRAMS_MAX])
{
	const char *more = getenv("VKCFG_TEST_VALKEYS");
	const char *next = "valkey-server";
	size_t len = strlen(next);
	size_t count = 0;

	for (;;) {
		struct server_program *program = &out[count];

		if (len > 0 && len < sizeof(program->path)) {
			memcpy(program->path, next, len);
			program->path[len] = '\0';
			read_version(program->path, program->version);
			if (program->version[0] != '\0')
				count++;
		}
		if (more == NULL || *more == '\0' || count == SERVER_PROGRAMS_MAX)
			return count;
		next = more;
		len = strcspn(more, ":");
		more += len + (more[len] == ':');
	}
}

size_t server_known_programs(struct server_program out[SERVER_PROGRAMS_MAX])
{
	size_t all = server_programs(out), count = 0;

	for (size_t i = 0; i < all; i++) {
		if (cfg_version_is_known(out[i].version))
			out[count++] = out[i];
	}
	return count;
}

void server_make_dir(struct server *server, const char *program)
{
	server->program = program;
	server->redis = NULL;
	snprintf(server->dir, sizeof(server->dir), "/tmp/check_valkey.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(server->dir));
	snprintf(server->socket, sizeof(server->socket), "%s/s", server->dir);
}

void server_write_file(const struct server *server, const char *name, const char *text)
{
	struct vk_err err = VK_ERR_INIT;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", server->dir, name);
	(void)unlink(path);
	assert_ok(vk_file_create(AT_FDCWD, path, 0600, text, strlen(text), &err), err);
}

static void exec_server(const struct server *server, const char *const *options)
{
	const char *argv[ARGUMENTS_MAX] = {
		server->program, "valkey.conf", "--port", "0", "--unixsocket", server->socket};
	int log;

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failing test leaves no server behind */
	ck_assert_int_eq(chdir(server->dir), 0);
	log = open("log", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(log, 1);
	dup2(log, 2);
	for (size_t i = 0; options[i] != NULL; i++)
		argv[OWN_ARGUMENTS + i] = options[i];
	execvp(server->program, (char *const *)argv);
	_exit(127);
}

static void read_log(const struct server *server, char *log, size_t log_size)
{
	struct vk_buf text;
	char path[64];

	vk_buf_init(&text, LOG_MAX_BYTES);
	snprintf(path, sizeof(path), "%s/log", server->dir);
	(void)!vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &text, NULL);
	snprintf(log, log_size, "%s", text.len > 0 ? text.data : "");
	vk_buf_release(&text);
}

bool server_try_start_with(
	struct server *server, const char *const *options, char *log, size_t log_size)
{
	redisReply *reply;

	server->pid = fork();
	ck_assert_int_ge(server->pid, 0);
	if (server->pid == 0)
		exec_server(server, options);
	for (int tries = 0; tries < START_TRIES; tries++) {
		server->redis = redisConnectUnix(server->socket);
		if (server->redis->err == 0)
			break;
		redisFree(server->redis);
		server->redis = NULL;
		if (waitpid(server->pid, NULL, WNOHANG) != 0)
			break;
		poll(NULL, 0, START_STEP_MS);
	}
	if (server->redis == NULL) {
		if (log != NULL)
			read_log(server, log, log_size);
		return false;
	}
	reply = redisCommand(server->redis, "AUTH vkcfg-agent " SERVER_PASSWORD);
	ck_assert_int_ne(reply->type, REDIS_REPLY_NIL);
	freeReplyObject(reply);
	return true;
}

bool server_try_start(struct server *server, char *log, size_t log_size)
{
	static const char *const none[] = {NULL};

	return server_try_start_with(server, none, log, log_size);
}

void server_start(struct server *server)
{
	char log[4096];

	if (!server_try_start(server, log, sizeof(log)))
		ck_abort_msg("%s refuses the files: %s", server->program, log);
}

void server_remove_dir(struct server *server)
{
	struct vk_err err = VK_ERR_INIT;

	assert_ok(vk_file_remove_tree(AT_FDCWD, server->dir, &err), err);
}

void server_kill(struct server *server)
{
	redisFree(server->redis);
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
}

void server_stop(struct server *server)
{
	server_kill(server);
	server_remove_dir(server);
}

char *server_config_get(const struct server *server, const char *name)
{
	redisReply *reply = redisCommand(server->redis, "CONFIG GET %s", name);
	char *out = NULL;

	ck_assert_ptr_nonnull(reply);
	ck_assert_msg(reply->type == REDIS_REPLY_ARRAY, "%s: %s", name, reply->str);
	for (size_t i = 0; i + 1 < reply->elements; i += 2) {
		if (strcmp(reply->element[i]->str, name) == 0)
			out = strdup(reply->element[i + 1]->str);
	}
	freeReplyObject(reply);
	return out;
}

char *server_config_set(const struct server *server, const char *name, const char *value)
{
	redisReply *reply = redisCommand(server->redis, "CONFIG SET %s %s", name, value);
	char *out;

	ck_assert_msg(reply != NULL, "CONFIG SET %s '%s' ends the connection", name, value);
	out = reply->type == REDIS_REPLY_ERROR ? strdup(reply->str) : NULL;
	freeReplyObject(reply);
	return out;
}

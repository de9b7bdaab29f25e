/* SPDX-License-Identifier: BSD-3-Clause */
/* Real valkey-servers for unit tests: in a directory of their own, without a port, on a Unix
 * socket. */
#ifndef TESTS_UNIT_VALKEY_SERVER_H
#define TESTS_UNIT_VALKEY_SERVER_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The agent's user in the users.acl of a test has this password. */
#define SERVER_PASSWORD "agent"

enum { SERVER_PROGRAMS_MAX = 8 };

struct server_program {
	char path[256];
	char version[16]; /* "8.0.1" */
};

/* valkey-server of PATH, and those that VKCFG_TEST_VALKEYS names (paths, colons between them). */
size_t server_programs(struct server_program out[SERVER_PROGRAMS_MAX]);

/* The same without those whose version the schema does not cover. */
size_t server_known_programs(struct server_program out[SERVER_PROGRAMS_MAX]);

struct server {
	const char *program;
	char dir[32];
	char socket[64];
	pid_t pid;
	redisContext *redis;
};

void server_make_dir(struct server *server, const char *program);
void server_write_file(const struct server *server, const char *name, const char *text);

/* Starts it with the valkey.conf of its directory and logs in as the agent; false if it refuses,
 * with what it said in log (may be NULL). */
bool server_try_start(struct server *server, char *log, size_t log_size);

/* The same with more command-line options, NULL behind them. */
bool server_try_start_with(
	struct server *server, const char *const *options, char *log, size_t log_size);

/* The same; fails the test if it refuses. */
void server_start(struct server *server);

void server_kill(struct server *server);
/* Also removes the directory. */
void server_stop(struct server *server);
void server_remove_dir(struct server *server);

/* The value, or NULL where CONFIG GET knows no such name. Freed with free(). */
char *server_config_get(const struct server *server, const char *name);

/* NULL if CONFIG SET took it, else the error. Freed with free(). */
char *server_config_set(const struct server *server, const char *name, const char *value);

#endif

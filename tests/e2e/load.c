/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An application, as a Valkey sees it while vkcfg changes its configuration: connections that write
 * and read and look at every answer, and one that logs in anew for each request. Ends with SIGTERM.
 *
 *   load CONNECT USER PASSWORD-FILE CONNECTIONS [CA]
 *
 * CONNECT is as in pull.yaml. The password is read anew for each login. Prints "ready" when every
 * connection has had its first answers; at the end "requests=N failed=N reconnects=N logins=N
 * refused=N slowest-ms=N", and what failed first. Exit status 0 if nothing failed.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/num.h"
#include "common/valkey/valkey.h"

#include "common/banned.h"

enum {
	MAX_CONNECTIONS = 64,
	ANSWER_MS = 20000, /* an answer that takes longer is a failure */
	PAUSE_US = 2000,   /* the load is there to notice, not to fill the machine */
	LOGIN_PAUSE_US = 20000,
};

static struct address address;
static struct transport_tls tls;
static const char *user, *password_path;

static atomic_bool is_over;
static atomic_ullong requests, failed, reconnects, logins, refused;
static atomic_uint ready;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long long slowest_ms; /* under lock, as is first_failure */
static char first_failure[512];

static void note(atomic_ullong *counter, const char *what, const char *text)
{
	atomic_fetch_add(counter, 1);
	pthread_mutex_lock(&lock);
	if (first_failure[0] == '\0')
		snprintf(first_failure, sizeof(first_failure), "%s: %s", what, text);
	pthread_mutex_unlock(&lock);
}

static void note_time(int64_t took_ms)
{
	pthread_mutex_lock(&lock);
	if (took_ms > slowest_ms)
		slowest_ms = took_ms;
	pthread_mutex_unlock(&lock);
}

static enum vk_rc log_in(struct valkey **out, struct vk_err *err)
{
	struct vk_buf password;
	enum vk_rc rc;

	vk_buf_init(&password, 4096);
	rc = vk_file_read(AT_FDCWD, password_path, VK_FILE_DEFAULT, &password, err);
	if (rc == VK_OK)
		rc = valkey_open(&address, &tls, ANSWER_MS, out, err);
	if (rc == VK_OK) {
		password.data[strcspn(password.data, "\n")] = 0;
		rc = valkey_auth(*out, user, password.data, err);
		if (rc != VK_OK) {
			valkey_free(*out);
			*out = NULL;
		}
	}
	vk_buf_release(&password);
	return rc;
}

/* One command, whose answer has to be this one. False when the connection is broken. */
static bool ask(struct valkey *valkey, const char *const argv[3], enum reply_kind kind,
	const char *expected)
{
	int64_t begun = vk_clock_monotonic_ms();
	struct vk_err err = VK_ERR_INIT;
	struct reply *reply = NULL;
	char number[32];
	const char *got;

	atomic_fetch_add(&requests, 1);
	if (valkey_command(valkey, argv[2] == NULL ? 2 : 3, argv, &reply, &err) != VK_OK) {
		note(&failed, argv[0], err.msg);
		return false;
	}
	note_time(vk_clock_monotonic_ms() - begun);
	got = reply->text;
	if (reply->kind == REPLY_INTEGER) {
		snprintf(number, sizeof(number), "%lld", (long long)reply->number);
		got = number;
	}
	if (reply->kind != kind || got == NULL || strcmp(got, expected) != 0)
		note(&failed, argv[0], got == NULL ? "no value" : got);
	reply_free(reply);
	return true;
}

/* The keys of a connection; of several processes, too. */
struct keys {
	char value[48], count[48];
};

/* Writes n, reads it again, and counts to n. */
static bool write_and_read(struct valkey *valkey, const struct keys *keys, unsigned long long n)
{
	char value[32];

	snprintf(value, sizeof(value), "%llu", n);
	return ask(valkey, (const char *const[]){"SET", keys->value, value}, REPLY_STATUS, "OK") &&
	       ask(valkey, (const char *const[]){"GET", keys->value, NULL}, REPLY_STRING, value) &&
	       ask(valkey, (const char *const[]){"INCR", keys->count, NULL}, REPLY_INTEGER, value);
}

/* A new connection that counts on from n: whether the last one's request was done, nobody knows. */
static struct valkey *begin(const struct keys *keys, unsigned long long n)
{
	struct vk_err err = VK_ERR_INIT;
	struct valkey *valkey = NULL;
	char value[32];

	snprintf(value, sizeof(value), "%llu", n);
	if (log_in(&valkey, &err) != VK_OK) {
		note(&failed, "login", err.msg);
		return NULL;
	}
	(void)ask(valkey, (const char *const[]){"SET", keys->count, value}, REPLY_STATUS, "OK");
	return valkey;
}

static void *keep_asking(void *arg)
{
	unsigned id = *(const unsigned *)arg;
	struct valkey *valkey = NULL;
	struct keys keys;

	snprintf(keys.value, sizeof(keys.value), "load:%d:%u", (int)getpid(), id);
	snprintf(keys.count, sizeof(keys.count), "load:%d:%u:count", (int)getpid(), id);
	for (unsigned long long n = 1; !atomic_load(&is_over); n++) {
		if (valkey == NULL)
			valkey = begin(&keys, n - 1);
		if (valkey == NULL)
			break;
		if (!write_and_read(valkey, &keys, n)) {
			atomic_fetch_add(&reconnects, 1);
			valkey_free(valkey);
			valkey = NULL;
		}
		if (n == 1)
			atomic_fetch_add(&ready, 1);
		usleep(PAUSE_US);
	}
	valkey_free(valkey);
	return NULL;
}

static void *keep_logging_in(void *arg)
{
	(void)arg;
	while (!atomic_load(&is_over)) {
		struct vk_err err = VK_ERR_INIT;
		struct valkey *valkey = NULL;

		if (log_in(&valkey, &err) != VK_OK)
			note(&refused, "login", err.msg);
		else
			(void)ask(valkey, (const char *const[]){"SET", "load:login", "x"},
				REPLY_STATUS, "OK");
		valkey_free(valkey);
		if (atomic_fetch_add(&logins, 1) == 0)
			atomic_fetch_add(&ready, 1);
		usleep(LOGIN_PAUSE_US);
	}
	return NULL;
}

static void run(unsigned connections)
{
	pthread_t threads[MAX_CONNECTIONS + 1];
	unsigned ids[MAX_CONNECTIONS];
	sigset_t term;
	int signal;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &term, NULL);
	for (unsigned i = 0; i < connections; i++) {
		ids[i] = i;
		if (pthread_create(&threads[i], NULL, keep_asking, &ids[i]) != 0)
			abort();
	}
	if (pthread_create(&threads[connections], NULL, keep_logging_in, NULL) != 0)
		abort();
	while (atomic_load(&ready) <= connections && first_failure[0] == '\0')
		usleep(PAUSE_US);
	puts("ready");
	fflush(stdout);
	while (sigwait(&term, &signal) != 0)
		continue;
	atomic_store(&is_over, true);
	for (unsigned i = 0; i <= connections; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	struct vk_err err = VK_ERR_INIT;
	uint64_t connections;

	if (argc < 5 || argc > 6 || !vk_parse_uint(argv[4], 1, MAX_CONNECTIONS, &connections) ||
		address_parse(argv[1], &address, &err) != VK_OK) {
		fprintf(stderr, "usage: load CONNECT USER PASSWORD-FILE CONNECTIONS [CA] %s\n",
			err.msg);
		return 2;
	}
	user = argv[2];
	password_path = argv[3];
	tls.ca = argc > 5 ? argv[5] : NULL;
	signal(SIGPIPE, SIG_IGN);
	run((unsigned)connections);
	printf("requests=%llu failed=%llu reconnects=%llu logins=%llu refused=%llu "
	       "slowest-ms=%lld\n",
		atomic_load(&requests), atomic_load(&failed), atomic_load(&reconnects),
		atomic_load(&logins), atomic_load(&refused), slowest_ms);
	if (first_failure[0] != '\0')
		printf("first failure: %s\n", first_failure);
	return atomic_load(&failed) + atomic_load(&refused) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

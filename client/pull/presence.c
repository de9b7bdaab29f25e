/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/presence.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/pull/pull_settings.h"

#include "common/banned.h"

enum { REFUSAL_TIMEOUT_MS = 1000 };

/* ---- down ---- */

/* Nobody is there: not the same as being slow, far away or behind a door that is shut to us. */
static bool is_nobody(int reason)
{
	return reason == ECONNREFUSED || reason == ENOENT || reason == ENOTDIR;
}

/* What a connection that is under way comes to; 0 where that takes longer. */
static int outcome_of(int fd)
{
	struct pollfd pfd = {.fd = fd, .events = POLLOUT};
	socklen_t len = sizeof(int);
	int reason = 0;

	if (poll(&pfd, 1, REFUSAL_TIMEOUT_MS) <= 0 ||
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &len) != 0)
		return 0;
	return reason;
}

/* Why nobody can be connected to there; 0: somebody can, or that is not known. */
static int refusal_of(const struct sockaddr *sa, socklen_t len)
{
	int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int reason = 0;

	if (fd < 0)
		return 0;
	if (connect(fd, sa, len) != 0)
		reason = errno == EINPROGRESS || errno == EINTR ? outcome_of(fd) : errno;
	close(fd);
	return reason;
}

static int unix_refusal(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	memcpy(sa.sun_path, path, strlen(path) + 1); /* address_parse() has seen that it fits */
	return refusal_of((const struct sockaddr *)&sa, sizeof(sa));
}

/* At all addresses of the name. */
static bool is_tcp_refused(const struct address *address)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *list = NULL;
	bool is_all = true;

	if (getaddrinfo(address->host, address->port, &hints, &list) != 0)
		return false;
	for (const struct addrinfo *ai = list; is_all && ai != NULL; ai = ai->ai_next)
		is_all = is_nobody(refusal_of(ai->ai_addr, ai->ai_addrlen));
	freeaddrinfo(list);
	return is_all;
}

bool presence_is_down(const struct instance *instance)
{
	const struct address *address = &instance->address;

	if (instance->silence != NULL)
		return false;
	return address->kind == ADDRESS_UNIX ? is_nobody(unix_refusal(address->path))
					     : is_tcp_refused(address);
}

/* ---- silent ---- */

/* By its mode, or by what SELinux or AppArmor say. */
static bool is_denied(const struct instance *instance)
{
	int reason =
		instance->address.kind == ADDRESS_UNIX ? unix_refusal(instance->address.path) : 0;

	return reason == EACCES || reason == EPERM;
}

/* Any word will do, also one that sends us away; but BUSY is all that a script lets it say to those
 * whom it knows. */
static const char *silence_of(const struct instance *instance)
{
	struct vk_err err = VK_ERR_INIT;
	struct valkey *valkey = NULL;
	struct reply *reply = NULL;
	const char *silence = NULL;
	enum vk_rc rc = instance_connect(instance, &valkey, &err);

	if (rc == VK_OK)
		rc = valkey_command(valkey, VALKEY_ARGV("PING"), &reply, &err);
	if (rc == VK_OK && reply_is_error(reply, "BUSY"))
		silence = "is busy with a script or function (BUSY)";
	else if (rc == VK_EUNAVAIL && is_denied(instance))
		silence =
			"cannot be asked: its socket denies the agent (Permission denied: mode and "
			"owner, SELinux, AppArmor)";
	else if (rc == VK_EUNAVAIL && !presence_is_down(instance))
		silence = "is there, but does not answer: it is stopped, or busy with one command";
	reply_free(reply);
	valkey_free(valkey);
	return silence;
}

static void *look(void *arg)
{
	struct instance *instance = arg;

	instance->silence = silence_of(instance);
	return NULL;
}

void presence_look(struct instance *instances, size_t count)
{
	pthread_t threads[PULL_MAX_INSTANCES];
	bool is_begun[PULL_MAX_INSTANCES];

	for (size_t i = 0; i < count; i++)
		instances[i].silence = NULL;
	for (size_t i = 0; i < count; i++) {
		/* The last one, or where there are no more threads: here. */
		is_begun[i] = i + 1 < count &&
			      pthread_create(&threads[i], NULL, look, &instances[i]) == 0;
		if (!is_begun[i])
			(void)look(&instances[i]);
	}
	for (size_t i = 0; i < count; i++) {
		if (is_begun[i])
			pthread_join(threads[i], NULL);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/fault.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "common/num.h"

#include "common/banned.h"

enum { FAULT_MAX_COUNT = 1000000, DEATH_MS = 10000 };

/* How often the one point that VKCFG_FAULT names has been reached. */
static atomic_uint_fast64_t times_reached;

/* True if wanted is "NAME" or "NAME:COUNT" for this name; *count is 1 without a COUNT. */
static bool is_wanted(const char *wanted, const char *name, uint64_t *count)
{
	size_t len = strlen(name);

	*count = 1;
	if (strncmp(wanted, name, len) != 0)
		return false;
	if (wanted[len] == '\0')
		return true;
	return wanted[len] == ':' && vk_parse_uint(wanted + len + 1, 1, FAULT_MAX_COUNT, count);
}

static uint64_t read_pid(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t pid = 0;

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) > 0)
		text[strcspn(text, "\n")] = '\0';
	close(fd);
	return vk_parse_uint(text, 2, INT32_MAX, &pid) ? pid : 0;
}

/* Kills the process whose id stands in the file, and returns when it is dead. */
static void kill_other(const char *path)
{
	uint64_t pid = read_pid(path);
	struct pollfd death = {.events = POLLIN};

	if (pid == 0)
		return;
	death.fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	if (death.fd < 0)
		return;
	if (kill((pid_t)pid, SIGKILL) == 0)
		(void)poll(&death, 1, DEATH_MS);
	close(death.fd);
}

static void die(void)
{
	const char *other = getenv("VKCFG_FAULT_OTHER");

	if (other != NULL)
		kill_other(other);
	if (getenv("VKCFG_FAULT_SPARE") == NULL)
		raise(SIGKILL);
}

static void trace(const char *path, const char *name)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	ssize_t wrote = -1;

	if (fd >= 0) {
		wrote = write(fd, name, strlen(name));
		if (wrote > 0)
			wrote = write(fd, "\n", 1);
		close(fd);
	}
	if (wrote <= 0)
		abort();
}

void vk_fault_reached(const char *name)
{
	const char *wanted = getenv("VKCFG_FAULT");
	const char *path = getenv("VKCFG_FAULT_TRACE");
	uint64_t count;

	if (path != NULL)
		trace(path, name);
	if (wanted == NULL || !is_wanted(wanted, name, &count))
		return;
	if (atomic_fetch_add(&times_reached, 1) + 1 == count)
		die();
}

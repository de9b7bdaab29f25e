/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/secret_value.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "client/admin/args.h"
#include "common/mem.h"
#include "common/passphrase.h"
#include "common/secret.h"

#include "common/banned.h"

/* One byte more than may be, to see that there are more, and a NUL. */
enum { ROOM = VK_SECRET_MAX_BYTES + 2 };

struct secret_value {
	size_t len;
	char text[ROOM];
};

static enum vk_rc allocate(struct secret_value **out, struct vk_err *err)
{
	struct secret_value *value = NULL;

	if (sodium_init() >= 0)
		value = sodium_malloc(sizeof(*value));
	if (value == NULL) {
		vk_err_set(err, VK_EIO, "no locked memory for a secret");
		vk_err_hint(err, "raise the limit of locked memory (ulimit -l)");
		return VK_EIO;
	}
	value->len = 0;
	value->text[0] = '\0';
	*out = value;
	return VK_OK;
}

void secret_value_free(struct secret_value *value)
{
	sodium_free(value); /* wipes; NULL is fine */
}

const char *secret_value_text(const struct secret_value *value)
{
	return value->text;
}

size_t secret_value_len(const struct secret_value *value)
{
	return value->len;
}

/* An editor or echo ends a password with a newline that nobody means; of a file of several lines,
 * such as a private key, every byte counts. */
static void drop_newline(struct secret_value *value)
{
	const char *first = memchr(value->text, '\n', value->len);

	if (first != NULL && first == value->text + value->len - 1)
		value->len--;
	value->text[value->len] = '\0';
}

static enum vk_rc check(const struct secret_value *value, const char *from, struct vk_err *err)
{
	if (value->len == 0)
		return vk_err_set(err, VK_EINPUT, "%s: the value is empty", from);
	if (value->len > VK_SECRET_MAX_BYTES)
		return vk_err_set(err, VK_ELIMIT, "%s: the value is longer than %d bytes", from,
			VK_SECRET_MAX_BYTES);
	if (memchr(value->text, '\0', value->len) != NULL)
		return vk_err_set(err, VK_EINPUT, "%s: the value holds a NUL byte", from);
	return VK_OK;
}

/* Up to the end, or one byte more than may be. */
static enum vk_rc read_all(int fd, const char *from, struct secret_value *value, struct vk_err *err)
{
	while (value->len <= VK_SECRET_MAX_BYTES) {
		ssize_t got =
			read(fd, value->text + value->len, VK_SECRET_MAX_BYTES + 1 - value->len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return vk_err_errno(err, VK_EIO, errno, "reading %s", from);
		if (got == 0)
			break;
		value->len += (size_t)got;
	}
	drop_newline(value);
	return check(value, from, err);
}

static enum vk_rc read_file(const char *path, struct secret_value *value, struct vk_err *err)
{
	int fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	enum vk_rc rc;

	if (fd < 0)
		return vk_err_errno(
			err, errno == ENOENT ? VK_ENOTFOUND : VK_EIO, errno, "%s", path);
	rc = read_all(fd, path, value, err);
	close(fd);
	return rc;
}

static enum vk_rc read_descriptor(
	const struct args *args, struct secret_value *value, struct vk_err *err)
{
	uint64_t fd = 0;
	char *from;
	enum vk_rc rc = args_get_uint(args, "fd", 0, INT_MAX, 0, &fd, err);

	if (rc != VK_OK)
		return rc;
	from = xasprintf("descriptor %llu", (unsigned long long)fd);
	rc = read_all((int)fd, from, value, err);
	free(from);
	return rc;
}

static enum vk_rc check_terminal(struct vk_err *err)
{
	int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (tty >= 0) {
		close(tty);
		return VK_OK;
	}
	vk_err_set(err, VK_EINPUT, "there is no terminal to ask for the value");
	vk_err_hint(err, "give --file FILE or --fd N, or let --generate make one up");
	return VK_EINPUT;
}

static enum vk_rc ask(const char *prompt, struct passphrase **out, struct vk_err *err)
{
	const struct passphrase_source terminal = {.fd = -1};

	return passphrase_read(&terminal, prompt, out, err);
}

static enum vk_rc read_terminal(
	const char *environment, const char *name, struct secret_value *value, struct vk_err *err)
{
	char *prompt = xasprintf("Value of secret %s/%s: ", environment, name);
	struct passphrase *typed = NULL, *again = NULL;
	enum vk_rc rc = check_terminal(err);

	if (rc == VK_OK)
		rc = ask(prompt, &typed, err);
	if (rc == VK_OK)
		rc = ask("The same again: ", &again, err);
	if (rc == VK_OK && !passphrase_equal(typed, again))
		rc = vk_err_set(err, VK_EINPUT, "the two values differ");
	if (rc == VK_OK) {
		value->len = passphrase_len(typed);
		memcpy(value->text, passphrase_text(typed), value->len + 1);
		rc = check(value, "the terminal", err);
	}
	passphrase_free(typed);
	passphrase_free(again);
	free(prompt);
	return rc;
}

static void fill_random(struct secret_value *value, size_t bytes)
{
	uint8_t random[SECRET_VALUE_RANDOM_MAX_BYTES];
	const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

	do {
		randombytes_buf(random, bytes);
		sodium_bin2base64(value->text, sodium_base64_encoded_len(bytes, variant), random,
			bytes, variant);
	} while (value->text[0] == '-');
	value->len = strlen(value->text);
	sodium_memzero(random, sizeof(random));
}

static enum vk_rc generate(const struct args *args, struct secret_value *value, struct vk_err *err)
{
	uint64_t bytes = 0;
	enum vk_rc rc = args_get_uint(args, "bytes", SECRET_VALUE_RANDOM_MIN_BYTES,
		SECRET_VALUE_RANDOM_MAX_BYTES, SECRET_VALUE_RANDOM_BYTES, &bytes, err);

	if (rc == VK_OK)
		fill_random(value, (size_t)bytes);
	return rc;
}

enum vk_rc secret_value_generate(
	const struct args *args, struct secret_value **out, struct vk_err *err)
{
	struct secret_value *value = NULL;
	enum vk_rc rc = allocate(&value, err);

	if (rc == VK_OK)
		rc = generate(args, value, err);
	if (rc == VK_OK)
		*out = value;
	else
		secret_value_free(value);
	return rc;
}

static enum vk_rc check_sources(const struct args *args, struct vk_err *err)
{
	int count = args_has(args, "generate") + args_has(args, "file") + args_has(args, "fd");

	if (count > 1)
		return vk_err_set(err, VK_EINPUT, "give one of --generate, --file and --fd");
	if (args_has(args, "bytes") && !args_has(args, "generate"))
		return vk_err_set(err, VK_EINPUT, "--bytes goes with --generate");
	return VK_OK;
}

enum vk_rc secret_value_read(const struct args *args, const char *environment, const char *name,
	struct secret_value **out, struct vk_err *err)
{
	struct secret_value *value = NULL;
	enum vk_rc rc = check_sources(args, err);

	if (rc == VK_OK)
		rc = allocate(&value, err);
	if (rc != VK_OK)
		return rc;
	if (args_has(args, "generate"))
		rc = generate(args, value, err);
	else if (args_has(args, "file"))
		rc = read_file(args_get(args, "file"), value, err);
	else if (args_has(args, "fd"))
		rc = read_descriptor(args, value, err);
	else
		rc = read_terminal(environment, name, value, err);
	if (rc == VK_OK)
		*out = value;
	else
		secret_value_free(value);
	return rc;
}

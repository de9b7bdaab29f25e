/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

#include "common/buf.h"
#include "common/file.h"
#include "common/mem.h"

#include "common/banned.h"

struct passphrase {
	size_t len;
	char text[PASSPHRASE_MAX_BYTES + 1];
};

static struct passphrase *alloc_locked(struct vk_err *err)
{
	struct passphrase *phrase = NULL;

	if (sodium_init() >= 0)
		phrase = sodium_malloc(sizeof(*phrase));
	if (phrase == NULL) {
		vk_err_set(err, VK_EIO, "no locked memory for a passphrase");
		vk_err_hint(err, "raise the limit of locked memory (ulimit -l)");
		return NULL;
	}
	memset(phrase, 0, sizeof(*phrase));
	return phrase;
}

enum vk_rc passphrase_new(
	const char *text, size_t len, struct passphrase **out, struct vk_err *err)
{
	struct passphrase *phrase;

	if (len == 0)
		return vk_err_set(err, VK_EINPUT, "the passphrase is empty");
	if (len > PASSPHRASE_MAX_BYTES)
		return vk_err_set(err, VK_ELIMIT, "the passphrase is longer than %d bytes",
			PASSPHRASE_MAX_BYTES);
	phrase = alloc_locked(err);
	if (phrase == NULL)
		return VK_EIO;
	memcpy(phrase->text, text, len);
	phrase->len = len;
	*out = phrase;
	return VK_OK;
}

void passphrase_free(struct passphrase *phrase)
{
	sodium_free(phrase); /* wipes */
}

const char *passphrase_text(const struct passphrase *phrase)
{
	return phrase->text;
}

size_t passphrase_len(const struct passphrase *phrase)
{
	return phrase->len;
}

bool passphrase_equal(const struct passphrase *a, const struct passphrase *b)
{
	/* The unused rest of both is zero, so comparing all of it hides the length too. */
	return sodium_memcmp(a->text, b->text, sizeof(a->text)) == 0;
}

/* Reads up to the next newline or the end, one byte at a time, so that what follows stays in
 * the descriptor for the next prompt. VK_ENOTFOUND at the very end; VK_EUNAVAIL when a signal
 * came (the terminal's reader looks which). */
static enum vk_rc read_line(int fd, struct passphrase *phrase, struct vk_err *err)
{
	char c = '\0';
	ssize_t got;

	phrase->len = 0;
	for (;;) {
		got = read(fd, &c, 1);
		if (got < 0 && errno == EINTR)
			return vk_err_set(err, VK_EUNAVAIL, "interrupted");
		if (got < 0)
			return vk_err_errno(err, VK_EIO, errno, "reading the passphrase");
		if (got == 0 && phrase->len == 0)
			return vk_err_set(err, VK_ENOTFOUND, "no passphrase given");
		if (got == 0 || c == '\n')
			return VK_OK;
		if (phrase->len == PASSPHRASE_MAX_BYTES)
			return vk_err_set(err, VK_ELIMIT,
				"the passphrase is longer than %d bytes", PASSPHRASE_MAX_BYTES);
		phrase->text[phrase->len++] = c;
	}
}

static enum vk_rc read_fd(int fd, struct passphrase *phrase, struct vk_err *err)
{
	enum vk_rc rc;

	do {
		rc = read_line(fd, phrase, err);
	} while (rc == VK_EUNAVAIL);
	if (rc == VK_EIO)
		vk_err_hint(err, "descriptor %d has to be open for reading, as in %d<FILE", fd, fd);
	if (rc == VK_ENOTFOUND) {
		vk_err_set(err, VK_EINPUT, "descriptor %d holds no further passphrase", fd);
		vk_err_hint(err, "it needs one line for each passphrase that is asked for");
		return VK_EINPUT;
	}
	return rc;
}

/* A signal while the terminal does not echo: its mode is restored first, then the signal takes
 * its usual effect. A handler can reach nothing but a static variable. */
static volatile sig_atomic_t caught_signal;

static void catch_signal(int signal_number)
{
	caught_signal = signal_number;
}

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU};
enum { CAUGHT_COUNT = sizeof(caught) / sizeof(caught[0]) };

/* The prompt comes after the echo is off: whoever types as soon as it is there is not seen, and
 * nothing of it is flushed. */
static enum vk_rc read_unechoed(
	int tty, const char *prompt, struct passphrase *phrase, struct vk_err *err)
{
	struct sigaction action = {.sa_handler = catch_signal}; /* no SA_RESTART: wakes read() */
	struct sigaction before[CAUGHT_COUNT];
	struct termios shown;
	struct termios hidden;
	enum vk_rc rc;

	if (tcgetattr(tty, &shown) != 0)
		return vk_err_errno(err, VK_EIO, errno, "asking the terminal for its mode");
	sigemptyset(&action.sa_mask);
	caught_signal = 0;
	for (int i = 0; i < CAUGHT_COUNT; i++)
		sigaction(caught[i], &action, &before[i]);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	if (tcsetattr(tty, TCSAFLUSH, &hidden) != 0)
		rc = vk_err_errno(err, VK_EIO, errno, "switching off the terminal's echo");
	else if (write(tty, prompt, strlen(prompt)) < 0)
		rc = vk_err_errno(err, VK_EIO, errno, "writing to the terminal");
	else
		rc = read_line(tty, phrase, err);
	tcsetattr(tty, TCSAFLUSH, &shown);
	for (int i = 0; i < CAUGHT_COUNT; i++)
		sigaction(caught[i], &before[i], NULL);
	if (write(tty, "\n", 1) != 1 && rc == VK_OK)
		rc = vk_err_errno(err, VK_EIO, errno, "writing to the terminal");
	return rc;
}

static enum vk_rc read_tty(const char *prompt, struct passphrase *phrase, struct vk_err *err)
{
	int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	enum vk_rc rc;

	if (tty < 0) {
		vk_err_errno(err, VK_EIO, errno, "no terminal to ask for the passphrase");
		vk_err_hint(err, "give it on a descriptor with --passphrase-fd N");
		return VK_EIO;
	}
	do {
		rc = read_unechoed(tty, prompt, phrase, err);
		if (rc == VK_EUNAVAIL && caught_signal != 0)
			raise(caught_signal); /* a stop returns here when continued */
	} while (rc == VK_EUNAVAIL && caught_signal != SIGINT);
	close(tty);
	if (rc == VK_ENOTFOUND)
		rc = vk_err_set(err, VK_EINPUT, "no passphrase given");
	return rc;
}

/* VK_ENOTFOUND if there is no such credential. */
static enum vk_rc read_credential(
	const char *name, struct passphrase *phrase, struct vk_err *err)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	struct vk_buf text;
	char *path;
	enum vk_rc rc;

	if (directory == NULL || name == NULL)
		return VK_ENOTFOUND;
	vk_buf_init(&text, PASSPHRASE_MAX_BYTES + 1);
	path = xasprintf("%s/%s", directory, name);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_NOFOLLOW, &text, err);
	if (rc == VK_OK) {
		phrase->len = strcspn(text.data, "\n");
		if (phrase->len > PASSPHRASE_MAX_BYTES)
			rc = vk_err_set(err, VK_ELIMIT, "%s: longer than %d bytes", path,
				PASSPHRASE_MAX_BYTES);
		else
			memcpy(phrase->text, text.data, phrase->len);
	}
	free(path);
	vk_buf_release_wiped(&text);
	return rc;
}

static enum vk_rc read_any(const struct passphrase_source *source, const char *prompt,
	struct passphrase *phrase, struct vk_err *err)
{
	enum vk_rc rc;

	if (source->fd >= 0)
		return read_fd(source->fd, phrase, err);
	rc = read_credential(source->credential, phrase, err);
	return rc == VK_ENOTFOUND ? read_tty(prompt, phrase, err) : rc;
}

enum vk_rc passphrase_read(const struct passphrase_source *source, const char *prompt,
	struct passphrase **out, struct vk_err *err)
{
	struct passphrase *phrase = alloc_locked(err);
	enum vk_rc rc;

	if (phrase == NULL)
		return VK_EIO;
	rc = read_any(source, prompt, phrase, err);
	if (rc == VK_OK && phrase->len == 0)
		rc = vk_err_set(err, VK_EINPUT, "the passphrase is empty");
	if (rc != VK_OK) {
		passphrase_free(phrase);
		return rc;
	}
	*out = phrase;
	return VK_OK;
}

/* Typing errors are only seen by typing twice; a descriptor or credential makes none. */
static bool is_typed(const struct passphrase_source *source)
{
	return source->fd < 0 &&
	       (source->credential == NULL || getenv("CREDENTIALS_DIRECTORY") == NULL);
}

enum vk_rc passphrase_read_new(const struct passphrase_source *source, const char *prompt,
	struct passphrase **out, struct vk_err *err)
{
	struct passphrase *phrase = NULL;
	struct passphrase *again = NULL;
	enum vk_rc rc;

	rc = passphrase_read(source, prompt, &phrase, err);
	if (rc == VK_OK && phrase->len < PASSPHRASE_MIN_BYTES) {
		rc = vk_err_set(err, VK_EINPUT, "the passphrase is shorter than %d bytes",
			PASSPHRASE_MIN_BYTES);
		vk_err_hint(err, "five or more random words are easy to type and hard to guess");
	}
	if (rc == VK_OK && is_typed(source)) {
		rc = passphrase_read(source, "The same again: ", &again, err);
		if (rc == VK_OK && !passphrase_equal(phrase, again))
			rc = vk_err_set(err, VK_EINPUT, "the two passphrases differ");
	}
	passphrase_free(again);
	if (rc != VK_OK) {
		passphrase_free(phrase);
		return rc;
	}
	*out = phrase;
	return VK_OK;
}

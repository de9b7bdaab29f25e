/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A running Valkey that the command line names: where it listens, how to log in, what it says.
 * Nothing is changed there. The password comes from a file or a descriptor, never from an argument.
 */
#ifndef ADMIN_RUNNING_H
#define ADMIN_RUNNING_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/config/conf.h"
#include "common/err.h"
#include "common/valkey/live.h"

struct args;
struct cli;

/* Rows for the option table of a command that reads a running Valkey. */
#define RUNNING_OPTIONS                                                                            \
	{"running", 0, "ADDRESS", "the Valkey at unix:/PATH, tcp:HOST:PORT or tls:HOST:PORT",      \
		false},                                                                            \
		{"user", 0, "USER", "log in there as USER (default: not at all)", false},          \
		{"password-file", 0, "FILE", "a 0600 file with USER's password", false},           \
		{"tls-ca", 0, "FILE", "the CA of the Valkey's certificate", false},                \
		{"tls-cert", 0, "FILE", "a client certificate", false},                            \
	{                                                                                          \
		"tls-key", 0, "FILE", "and its key", false                                         \
	}

enum { RUNNING_MASK_KEY_BYTES = 65 };

struct running {
	struct live live;
	char mask_key[RUNNING_MASK_KEY_BYTES]; /* made for this one look; wiped with it */
	struct cfg_conf_value *values;	       /* of live, borrowed from there */
	size_t value_count;
	struct vk_buf acl;  /* its users as the lines of a users.acl */
	const char *schema; /* the version of live, or the nearest one that vkcfg knows */
	bool has_uid;	    /* over a Unix socket */
	unsigned uid;	    /* of the server's process */
};

/* Embedded: running_init() ... running_release(). */
void running_init(struct running *running);
void running_release(struct running *running);

/* Reads all of it. Without --password-file the password of --user is asked for, or is the next line
 * of --passphrase-fd. */
VK_CHECKED enum vk_rc running_read(
	const struct cli *cli, const struct args *args, struct running *out, struct vk_err *err);

#endif

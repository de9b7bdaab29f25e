/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file secrets/ENV/NAME.yaml of a tree: which versions of a secret are in
 * force, and the digest of each sealed body. `vkcfg secret` writes it, people
 * read it, and the approvers' signatures over the tree make it what hosts trust.
 *
 * A rotation has three steps: `next` beside the version in force, then the new
 * version in force with the old one as `previous`, then the new one alone.
 */
#ifndef VK_CONFIG_PINS_H
#define VK_CONFIG_PINS_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/digest.h"
#include "common/err.h"

enum { CFG_PINS_MAX = 2, CFG_PINS_PATH_BYTES = 160 };

struct cfg_pin {
	int64_t version; /* 0: there is none */
	char sha256[VK_SHA256_HEX_BYTES];
};

enum cfg_rotation {
	CFG_ROTATION_NONE,
	CFG_ROTATION_ADDED,    /* next is valid beside the version in force */
	CFG_ROTATION_SWITCHED, /* previous is still valid beside the version in force */
};

struct cfg_pins {
	struct cfg_pin current;	 /* version 0: the tree has no such file */
	struct cfg_pin next;	 /* a later version */
	struct cfg_pin previous; /* an earlier one; never together with next */
};

/* Reads such a file; path is for messages. VK_EINPUT with file, line and column. */
VK_CHECKED enum vk_rc cfg_pins_parse(
	const char *path, const char *text, size_t len, struct cfg_pins *out, struct vk_err *err);

/* Appends the file that says so. */
void cfg_pins_format(const struct cfg_pins *pins, struct vk_buf *out);

/* Where it stands in a tree: "secrets/prod/app-password.yaml". Both must be valid names. */
void cfg_pins_path(const char *environment, const char *name, char out[CFG_PINS_PATH_BYTES]);

enum cfg_rotation cfg_pins_rotation(const struct cfg_pins *pins);

/* The versions that are valid, oldest first: 0 to CFG_PINS_MAX. */
size_t cfg_pins_valid(const struct cfg_pins *pins, struct cfg_pin out[CFG_PINS_MAX]);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* The commented tree that `vkcfg new` writes: three environments, one role, one host. */
#ifndef ADMIN_EXAMPLE_H
#define ADMIN_EXAMPLE_H

struct example_file {
	const char *path;
	const char *text;
};

/* Ends with a row without path. */
extern const struct example_file example_files[];

#endif

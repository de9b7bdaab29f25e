/* SPDX-License-Identifier: BSD-3-Clause */
/* Options that several commands have, for the table of commands. */
#ifndef ADMIN_OPTIONS_H
#define ADMIN_OPTIONS_H

#include "client/admin/args.h"

#define OPTIONS_END                                                                                \
	{                                                                                          \
		NULL, 0, NULL, NULL, false                                                         \
	}
#define TREE_OPTION                                                                                \
	{                                                                                          \
		"tree", 0, "DIR", "where the tree is (default: the working directory)", false      \
	}
#define RELEASE_OPTION                                                                             \
	{                                                                                          \
		"release", 0, "ENV[/N]", "the tree of a release instead, verified", false          \
	}
#define MESSAGE_OPTION                                                                             \
	{                                                                                          \
		"message", 'm', "TEXT", "why; it is shown to everybody and signed", false          \
	}

#define OUT_OPTION                                                                                 \
	{                                                                                          \
		"out", 0, "FILE", "write a proposal for others to sign, instead of publishing it", \
			false                                                                      \
	}
#define DAYS_OPTION                                                                                \
	{                                                                                          \
		"days", 0, "N", "how long it is valid (default 365, at most 366)", false           \
	}
#define KEYS_OPTION                                                                                \
	{                                                                                          \
		"key", 0, "NAME", "a key of yours to sign with (default: all that count)", true    \
	}

#endif

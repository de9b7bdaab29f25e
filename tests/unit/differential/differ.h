/* SPDX-License-Identifier: BSD-3-Clause */
/* What the comparisons of check_differential share: the cases, and where differences are told. */
#ifndef VK_TEST_DIFFER_H
#define VK_TEST_DIFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config/import_internal.h"
#include "tests/unit/differential/generate.h"
#include "tests/unit/unit.h"
#include "tests/unit/valkey_server.h"

enum { TEXT_MAX_BYTES = 1000000 };

extern struct server_program programs[SERVER_PROGRAMS_MAX];
extern size_t program_count;
extern uint64_t seed, rounds;

/* Prints a difference, which makes judge() fail. */
void differ(const char *fmt, ...) VK_PRINTF(1, 2);
void judge(const char *version, size_t cases);
struct dice dice_of(size_t number);
void start_plain(struct server *server, int program);

struct cfg_import *new_import(const char *version);
bool is_late(const struct cfg_import_note *note);
const struct cfg_import_note *first_refused(const struct cfg_import *import);
bool is_not_comparable(const struct cfg_import *import, const char *text);
const struct cfg_import_note *refusal_of(const struct cfg_import *import, unsigned line);

/* compare_acl.c: its tests, each for count servers. */
void add_acl_tests(TCase *tc, int count);

#endif

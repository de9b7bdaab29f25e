/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Upkeep of a person's files in passing: ca.crt follows the CAs that the verified root names, and the
 * certificate is renewed when most of its life is over or when it is not of the newest CA.
 */
#ifndef ADMIN_UPKEEP_H
#define ADMIN_UPKEEP_H

#include <stdbool.h>

#include "client/admin/home.h"
#include "common/ca_set.h"
#include "common/err.h"

struct cli;
struct httpc;

/* *is_changed: the connection should be opened anew. What fails is told to the person, and tried again
 * by the next command. */
void upkeep(const struct cli *cli, const struct home_identity *identity, struct httpc *http,
	const struct ca_list *list, bool *is_changed);

#endif

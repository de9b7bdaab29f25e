/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vkcfg-pull doctor: everything that this host's agent needs in order to work, looked at
 * without changing any of it: settings, rights, disk, clock, certificate, server, and each
 * Valkey. The server is asked one question; Valkeys are asked, never set.
 */
#ifndef VK_PULL_DOCTOR_H
#define VK_PULL_DOCTOR_H

#include "client/pull/checkup.h"

/* Looks at the host that the settings file `config` describes. Whatever is wrong becomes an entry,
 * and what depends on it is left out. */
void doctor_look(const char *config, struct checkup *checkup);

#endif

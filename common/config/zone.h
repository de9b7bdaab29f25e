/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The names of time zones that a tree may say: those of places, as in the
 * zone.tab of the time zone database (2025b), and UTC. Old other names of the
 * same places (US/Eastern) are not on every host.
 */
#ifndef VK_CONFIG_ZONE_H
#define VK_CONFIG_ZONE_H

#include <stdbool.h>

/* False with the nearest name, or NULL where none is near. */
bool cfg_zone_is_known(const char *name, const char **nearest);

#endif

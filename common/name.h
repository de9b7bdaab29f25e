/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of fleets, environments, hosts, instances, roles, users, parameters and
 * keys (docs/formats.md, Names). They become file names, URL segments and
 * certificate names, so every name that comes from outside is checked here
 * before it is used as any of these.
 */
#ifndef VK_NAME_H
#define VK_NAME_H

#include <stdbool.h>
#include <stddef.h>

enum {
	VK_NAME_BYTES = 64,	       /* of a name with its NUL: at most 63 characters */
	VK_INSTANCE_ID_BYTES = 2 * 64, /* of HOST/INSTANCE with its NUL */
};

/* [a-z0-9]([a-z0-9._-]*[a-z0-9])?, at most 63 characters, no "..". */
bool vk_name_is_valid(const char *name);

/* A name that is none of TUF's top-level roles (root, targets, snapshot, timestamp). */
bool vk_environment_is_valid(const char *name);

/* Splits "HOST/INSTANCE"; both outputs have VK_NAME_BYTES. False, with the outputs
 * untouched, unless both parts are valid names. */
bool vk_instance_id_parse(const char *id, char *host, char *instance);

/* An IP address or the name of a host in the network: letters, digits, '.', ':' and '-', not at the
 * beginning, at most 253. One word wherever it stands in a configuration file. */
bool vk_address_is_valid(const char *address);

/* True for an address that is written in digits: of IPv6, or IPv4. */
bool vk_address_is_numeric(const char *address);

#endif

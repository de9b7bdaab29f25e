/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host's last word on what a bundle says to a Sentinel (boundary.h does the
 * rest): no program, nothing that Sentinel learns by itself, no password in clear
 * text, and no word that would be another one after Sentinel has written it.
 */
#ifndef VK_PULL_SENTINEL_BOUNDARY_H
#define VK_PULL_SENTINEL_BOUNDARY_H

#include "common/bundle.h"
#include "common/config/conf.h"
#include "common/err.h"

/* Why a line "sentinel ..." of conf must not be there; NULL if it may. */
const char *sentinel_objection(
	const struct cfg_conf *conf, const struct cfg_conf_line *line, const char *schema);

/* secrets.conf: lines of directives that take a secret, each with one and nothing else, and
 * included; or neither is there. */
VK_CHECKED enum vk_rc sentinel_secrets_check(
	const struct vk_bundle *bundle, const struct cfg_conf *conf, struct vk_err *err);

#endif

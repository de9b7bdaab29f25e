/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which template comes nearest to a server that is there already.
 */
#ifndef VK_CONFIG_TEMPLATE_NEAREST_H
#define VK_CONFIG_TEMPLATE_NEAREST_H

#include <stddef.h>

#include "common/config/template.h"
#include "common/err.h"

struct cfg_template_match {
	const struct cfg_template *template;
	size_t differing; /* directives whose effective values differ */
	size_t compared;  /* that the file or the template sets */
};

/* The template from which a valkey.conf of that version of Valkey differs least, by effective
 * values: what one of them leaves out has the server's default. A parameter of a template fits
 * whatever it may become. How the server is reached (TLS, addresses) is counted and decides
 * nothing: old files have no TLS whatever they are for; development@1, which differs from
 * baseline@2 in that alone, is therefore never named. Paths, and what running servers decide, are
 * not compared; superseded templates and those of other kinds than servers neither. */
VK_CHECKED enum vk_rc cfg_template_nearest(const char *version, const char *conf, size_t len,
	struct cfg_template_match *out, struct vk_err *err);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a person most likely meant where libyaml can read no further.
 */
#ifndef VK_YAML_HINT_H
#define VK_YAML_HINT_H

#include <stddef.h>

#include <yaml.h>

#include "common/err.h"

/* Adds a hint to err, which holds what the parser has met in the text; none where nothing is
 * known about it. */
void vkyaml_hint(const yaml_parser_t *parser, const char *text, size_t len, struct vk_err *err);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * YAML as a tree of nodes that know where they stand. A strict subset: one
 * document, maps with scalar keys, lists, scalars. Aliases, anchors and tags
 * are refused (a few hundred bytes of aliases can stand for gigabytes), so are
 * duplicate keys, NUL bytes, invalid UTF-8, and whatever passes the limits.
 *
 * A document owns all its nodes and texts: they live until vkyaml_free(). A
 * document is read-only after parsing, and any thread may read it.
 */
#ifndef VK_VKYAML_H
#define VK_VKYAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum {
	VKYAML_MAX_BYTES = 1024 * 1024, /* of one document's text */
	VKYAML_MAX_DEPTH = 24,
	VKYAML_MAX_NODES = 100 * 1000,
};

enum vkyaml_kind { VKYAML_SCALAR, VKYAML_LIST, VKYAML_MAP };

/* Where a node begins; lines and columns count from 1. */
struct vkyaml_mark {
	unsigned line;
	unsigned column;
};

struct vkyaml; /* a document */
struct vkyaml_node;

/* Parses text (len bytes, no NUL needed at the end). file names the source in messages, which
 * are "FILE:LINE:COLUMN: what is wrong". VK_EINPUT, or VK_ELIMIT past a limit. */
VK_CHECKED enum vk_rc vkyaml_parse(
	const char *file, const char *text, size_t len, struct vkyaml **out, struct vk_err *err);
void vkyaml_free(struct vkyaml *doc);

/* The document's only node; NULL where the text holds nothing but blanks and comments. */
const struct vkyaml_node *vkyaml_root(const struct vkyaml *doc);

/* The name given to vkyaml_parse(). */
const char *vkyaml_file(const struct vkyaml *doc);

enum vkyaml_kind vkyaml_kind(const struct vkyaml_node *node);
struct vkyaml_mark vkyaml_mark(const struct vkyaml_node *node);

/* "a text", "a list", "a map" or "null": for messages. */
const char *vkyaml_kind_name(const struct vkyaml_node *node);

/* True for a plain (unquoted) scalar that is empty, ~ or null; false for NULL. */
bool vkyaml_is_null(const struct vkyaml_node *node);

/* True for a scalar in quotes or a block scalar: "8.0" is a text even if it looks otherwise. */
bool vkyaml_is_quoted(const struct vkyaml_node *node);

/* A scalar's text, borrowed; it holds no NUL. The node must be a scalar. */
const char *vkyaml_text(const struct vkyaml_node *node);

/* Elements of a list, pairs of a map, 0 for a scalar. */
size_t vkyaml_count(const struct vkyaml_node *node);

/* Element i of a list, or value i of a map, in the order of the text. */
const struct vkyaml_node *vkyaml_at(const struct vkyaml_node *node, size_t i);

/* Key i of a map, and where it stands. */
const char *vkyaml_key(const struct vkyaml_node *map, size_t i);
struct vkyaml_mark vkyaml_key_mark(const struct vkyaml_node *map, size_t i);

/* The value of a key, or NULL where the map has none (or node is NULL or no map). O(log n). */
const struct vkyaml_node *vkyaml_get(const struct vkyaml_node *map, const char *key);

/* Sets err to "FILE:LINE:COLUMN: message" at the node; returns VK_EINPUT. */
enum vk_rc vkyaml_error(const struct vkyaml *doc, struct vkyaml_mark mark, struct vk_err *err,
	const char *fmt, ...) VK_PRINTF(4, 5);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/vkyaml.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "common/arena.h"
#include "common/mem.h"
#include "common/vkyaml_hint.h"

#include "common/banned.h"

struct pair {
	const char *key;
	struct vkyaml_mark mark;
	const struct vkyaml_node *value;
};

struct vkyaml_node {
	enum vkyaml_kind kind;
	bool is_quoted;
	struct vkyaml_mark mark;
	const char *text; /* scalar */
	size_t count;
	const struct vkyaml_node **items; /* list */
	struct pair *pairs;		  /* map, in the order of the text */
	const struct pair **by_key;	  /* map, sorted */
};

struct vkyaml {
	struct arena *arena;
	const char *file;
	const struct vkyaml_node *root;
};

/* One parse: libyaml's event stream, read one event ahead of nothing. */
struct reader {
	struct vkyaml *doc;
	yaml_parser_t parser;
	yaml_event_t event;
	bool has_event;
	size_t node_count;
	struct vk_err *err;
};

static enum vk_rc read_node(struct reader *r, unsigned depth, const struct vkyaml_node **out);

static struct vkyaml_mark to_mark(yaml_mark_t mark)
{
	return (struct vkyaml_mark){(unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

static enum vk_rc error_at(struct reader *r, struct vkyaml_mark mark, enum vk_rc rc,
	const char *fmt, ...) VK_PRINTF(4, 5);

/* A message quotes what a stranger wrote: no control character may reach a terminal. */
static void blank_controls(struct vk_err *err)
{
	for (char *c = err->msg; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	}
}

static enum vk_rc error_at(
	struct reader *r, struct vkyaml_mark mark, enum vk_rc rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vk_err_vset(r->err, rc, fmt, ap);
	va_end(ap);
	blank_controls(r->err);
	return vk_err_prefix(r->err, rc, "%s:%u:%u", r->doc->file, mark.line, mark.column);
}

enum vk_rc vkyaml_error(
	const struct vkyaml *doc, struct vkyaml_mark mark, struct vk_err *err, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return VK_EINPUT;
	va_start(ap, fmt);
	vk_err_vset(err, VK_EINPUT, fmt, ap);
	va_end(ap);
	blank_controls(err);
	return vk_err_prefix(err, VK_EINPUT, "%s:%u:%u", doc->file, mark.line, mark.column);
}

/* The mark of a byte offset, for what libyaml reports without one. */
static struct vkyaml_mark mark_of_offset(const char *text, size_t offset)
{
	struct vkyaml_mark mark = {1, 1};

	for (size_t i = 0; i < offset; i++) {
		mark.column++;
		if (text[i] == '\n')
			mark = (struct vkyaml_mark){mark.line + 1, 1};
	}
	return mark;
}

static enum vk_rc next_event(struct reader *r)
{
	yaml_parser_t *p = &r->parser;
	const char *text;
	size_t len;

	if (r->has_event)
		yaml_event_delete(&r->event);
	r->has_event = false;
	if (yaml_parser_parse(p, &r->event) != 0) {
		r->has_event = true;
		return VK_OK;
	}
	if (p->error == YAML_MEMORY_ERROR)
		abort();
	text = (const char *)p->input.string.start;
	len = (size_t)(p->input.string.end - p->input.string.start);
	if (p->error == YAML_READER_ERROR) {
		size_t offset = p->problem_offset < len ? p->problem_offset : len;

		return error_at(r, mark_of_offset(text, offset), VK_EINPUT,
			"bytes that YAML does not allow (%s)", p->problem);
	}
	(void)error_at(r, to_mark(p->problem_mark), VK_EINPUT, "%s%s%s", p->problem,
		p->context != NULL ? ", " : "", p->context != NULL ? p->context : "");
	vkyaml_hint(p, text, len, r->err);
	return VK_EINPUT;
}

/* Who writes a text as it is does not know that YAML means something by its first letter. */
static void hint_quotes(struct reader *r, char first)
{
	vk_err_hint(r->err, "put a text that begins with '%c' in quotes", first);
}

static enum vk_rc refuse_sharing(
	struct reader *r, struct vkyaml_mark mark, const void *anchor, const void *tag)
{
	if (anchor == NULL && tag == NULL)
		return VK_OK;
	(void)error_at(r, mark, VK_EINPUT, "%s are not allowed",
		anchor != NULL ? "anchors (&name)" : "tags (!name)");
	hint_quotes(r, anchor != NULL ? '&' : '!');
	return VK_EINPUT;
}

static enum vk_rc check_limits(struct reader *r, struct vkyaml_mark mark, unsigned depth)
{
	if (depth > VKYAML_MAX_DEPTH)
		return error_at(r, mark, VK_ELIMIT, "nested deeper than %d", VKYAML_MAX_DEPTH);
	if (++r->node_count > VKYAML_MAX_NODES)
		return error_at(r, mark, VK_ELIMIT, "more than %d values", VKYAML_MAX_NODES);
	return VK_OK;
}

/* The scalar of the current event, copied. */
static enum vk_rc read_text(struct reader *r, const char **out)
{
	const char *value = (const char *)r->event.data.scalar.value;
	size_t len = r->event.data.scalar.length;
	struct vkyaml_mark mark = to_mark(r->event.start_mark);
	enum vk_rc rc;

	rc = refuse_sharing(r, mark, r->event.data.scalar.anchor, r->event.data.scalar.tag);
	if (rc != VK_OK)
		return rc;
	if (memchr(value, '\0', len) != NULL)
		return error_at(r, mark, VK_EINPUT, "a NUL byte (\\0) in a text");
	*out = arena_dup(r->doc->arena, value, len);
	return VK_OK;
}

static enum vk_rc read_list(struct reader *r, unsigned depth, struct vkyaml_node *node)
{
	const struct vkyaml_node **items = NULL;
	size_t count = 0, cap = 0;
	enum vk_rc rc;

	rc = refuse_sharing(r, node->mark, r->event.data.sequence_start.anchor,
		r->event.data.sequence_start.tag);
	for (;;) {
		if (rc != VK_OK || (rc = next_event(r)) != VK_OK)
			break;
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			break;
		if (count == cap) {
			cap = cap == 0 ? 8 : cap * 2;
			items = xreallocarray(items, cap, sizeof(*items));
		}
		rc = read_node(r, depth + 1, &items[count++]);
	}
	if (rc == VK_OK) {
		node->items = arena_calloc(r->doc->arena, count, sizeof(*items));
		if (count != 0)
			memcpy(node->items, items, count * sizeof(*items));
		node->count = count;
	}
	free(items);
	return rc;
}

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

/* Sorts the keys for vkyaml_get() and finds those that are there twice. */
static enum vk_rc index_map(struct reader *r, struct vkyaml_node *map)
{
	map->by_key = arena_calloc(r->doc->arena, map->count, sizeof(*map->by_key));
	for (size_t i = 0; i < map->count; i++)
		map->by_key[i] = &map->pairs[i];
	if (map->count > 1)
		qsort(map->by_key, map->count, sizeof(*map->by_key), compare_pairs);
	for (size_t i = 1; i < map->count; i++) {
		const struct pair *a = map->by_key[i - 1], *b = map->by_key[i];

		if (strcmp(a->key, b->key) != 0)
			continue;
		return error_at(r, a > b ? a->mark : b->mark, VK_EINPUT,
			"key '%.100s' is already on line %u", a->key,
			a > b ? b->mark.line : a->mark.line);
	}
	return VK_OK;
}

static enum vk_rc read_pair(struct reader *r, unsigned depth, struct pair *pair)
{
	enum vk_rc rc;

	pair->mark = to_mark(r->event.start_mark);
	if (r->event.type != YAML_SCALAR_EVENT) {
		rc = error_at(r, pair->mark, VK_EINPUT, "a key must be a text");
		hint_quotes(r, '{');
		return rc;
	}
	rc = read_text(r, &pair->key);
	if (rc == VK_OK)
		rc = next_event(r);
	if (rc == VK_OK)
		rc = read_node(r, depth + 1, &pair->value);
	return rc;
}

static enum vk_rc read_map(struct reader *r, unsigned depth, struct vkyaml_node *node)
{
	struct pair *pairs = NULL;
	size_t count = 0, cap = 0;
	enum vk_rc rc;

	rc = refuse_sharing(
		r, node->mark, r->event.data.mapping_start.anchor, r->event.data.mapping_start.tag);
	for (;;) {
		if (rc != VK_OK || (rc = next_event(r)) != VK_OK)
			break;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			break;
		if (count == cap) {
			cap = cap == 0 ? 8 : cap * 2;
			pairs = xreallocarray(pairs, cap, sizeof(*pairs));
		}
		rc = read_pair(r, depth, &pairs[count++]);
	}
	if (rc == VK_OK) {
		node->pairs = arena_calloc(r->doc->arena, count, sizeof(*pairs));
		if (count != 0)
			memcpy(node->pairs, pairs, count * sizeof(*pairs));
		node->count = count;
		rc = index_map(r, node);
	}
	free(pairs);
	return rc;
}

/* The node that begins with the current event; ends on that node's last event. */
static enum vk_rc read_node(struct reader *r, unsigned depth, const struct vkyaml_node **out)
{
	struct vkyaml_node *node;
	enum vk_rc rc;

	rc = check_limits(r, to_mark(r->event.start_mark), depth);
	if (rc != VK_OK)
		return rc;
	node = arena_calloc(r->doc->arena, 1, sizeof(*node));
	node->mark = to_mark(r->event.start_mark);
	switch ((int)r->event.type) {
	case YAML_SCALAR_EVENT:
		node->kind = VKYAML_SCALAR;
		node->is_quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
		rc = read_text(r, &node->text);
		break;
	case YAML_SEQUENCE_START_EVENT:
		node->kind = VKYAML_LIST;
		rc = read_list(r, depth, node);
		break;
	case YAML_MAPPING_START_EVENT:
		node->kind = VKYAML_MAP;
		rc = read_map(r, depth, node);
		break;
	case YAML_ALIAS_EVENT:
		rc = error_at(r, node->mark, VK_EINPUT, "aliases (*name) are not allowed");
		hint_quotes(r, '*');
		return rc;
	default:
		return error_at(r, node->mark, VK_EINPUT, "a value is missing");
	}
	if (rc == VK_OK)
		*out = node;
	return rc;
}

static enum vk_rc read_document(struct reader *r)
{
	enum vk_rc rc;

	if ((rc = next_event(r)) != VK_OK) /* stream start */
		return rc;
	if ((rc = next_event(r)) != VK_OK)
		return rc;
	if (r->event.type == YAML_STREAM_END_EVENT)
		return VK_OK;
	if ((rc = next_event(r)) != VK_OK) /* what follows the document start */
		return rc;
	if ((rc = read_node(r, 1, &r->doc->root)) != VK_OK)
		return rc;
	if ((rc = next_event(r)) != VK_OK) /* document end */
		return rc;
	if ((rc = next_event(r)) != VK_OK)
		return rc;
	if (r->event.type != YAML_STREAM_END_EVENT)
		return error_at(r, to_mark(r->event.start_mark), VK_EINPUT,
			"a second document; one file holds one");
	return VK_OK;
}

static enum vk_rc check_bytes(struct reader *r, const char *text, size_t len)
{
	const char *nul;

	if (len > VKYAML_MAX_BYTES)
		return vk_err_set(r->err, VK_ELIMIT, "%s: larger than %d bytes", r->doc->file,
			VKYAML_MAX_BYTES);
	nul = len == 0 ? NULL : memchr(text, '\0', len);
	if (nul != NULL)
		return error_at(
			r, mark_of_offset(text, (size_t)(nul - text)), VK_EINPUT, "a NUL byte");
	return VK_OK;
}

enum vk_rc vkyaml_parse(
	const char *file, const char *text, size_t len, struct vkyaml **out, struct vk_err *err)
{
	struct vk_err own = VK_ERR_INIT;
	struct reader r = {.err = err != NULL ? err : &own};
	enum vk_rc rc;

	r.doc = xcalloc(1, sizeof(*r.doc));
	r.doc->arena = arena_new();
	r.doc->file = arena_strdup(r.doc->arena, file);
	rc = check_bytes(&r, text, len);
	if (rc == VK_OK) {
		if (yaml_parser_initialize(&r.parser) == 0)
			abort();
		yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
		yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
		rc = read_document(&r);
		if (r.has_event)
			yaml_event_delete(&r.event);
		yaml_parser_delete(&r.parser);
	}
	if (rc == VK_OK)
		*out = r.doc;
	else
		vkyaml_free(r.doc);
	return rc;
}

void vkyaml_free(struct vkyaml *doc)
{
	if (doc == NULL)
		return;
	arena_free(doc->arena);
	free(doc);
}

const struct vkyaml_node *vkyaml_root(const struct vkyaml *doc)
{
	return doc->root;
}

const char *vkyaml_file(const struct vkyaml *doc)
{
	return doc->file;
}

enum vkyaml_kind vkyaml_kind(const struct vkyaml_node *node)
{
	return node->kind;
}

struct vkyaml_mark vkyaml_mark(const struct vkyaml_node *node)
{
	return node->mark;
}

bool vkyaml_is_null(const struct vkyaml_node *node)
{
	if (node == NULL || node->kind != VKYAML_SCALAR || node->is_quoted)
		return false;
	return node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
	       strcmp(node->text, "null") == 0;
}

const char *vkyaml_kind_name(const struct vkyaml_node *node)
{
	if (vkyaml_is_null(node))
		return "null";
	switch (node->kind) {
	case VKYAML_SCALAR:
		return "a text";
	case VKYAML_LIST:
		return "a list";
	case VKYAML_MAP:
		return "a map";
	}
	return "nothing";
}

bool vkyaml_is_quoted(const struct vkyaml_node *node)
{
	return node->kind == VKYAML_SCALAR && node->is_quoted;
}

const char *vkyaml_text(const struct vkyaml_node *node)
{
	assert(node->kind == VKYAML_SCALAR);
	return node->text;
}

size_t vkyaml_count(const struct vkyaml_node *node)
{
	return node->count;
}

const struct vkyaml_node *vkyaml_at(const struct vkyaml_node *node, size_t i)
{
	assert(i < node->count);
	return node->kind == VKYAML_MAP ? node->pairs[i].value : node->items[i];
}

const char *vkyaml_key(const struct vkyaml_node *map, size_t i)
{
	assert(map->kind == VKYAML_MAP && i < map->count);
	return map->pairs[i].key;
}

struct vkyaml_mark vkyaml_key_mark(const struct vkyaml_node *map, size_t i)
{
	assert(map->kind == VKYAML_MAP && i < map->count);
	return map->pairs[i].mark;
}

const struct vkyaml_node *vkyaml_get(const struct vkyaml_node *map, const char *key)
{
	const struct pair wanted = {.key = key}, *wanted_ptr = &wanted;
	const struct pair **found;

	if (map == NULL || map->kind != VKYAML_MAP || map->count == 0)
		return NULL;
	found = bsearch(&wanted_ptr, map->by_key, map->count, sizeof(*map->by_key), compare_pairs);
	return found != NULL ? (*found)->value : NULL;
}

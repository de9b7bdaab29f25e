/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JSON, strictly. What a peer or file sends is parsed here and nowhere else:
 * UTF-8, no duplicate member names, no NUL in strings, bounded depth, nothing
 * after the document. Numbers are 64-bit integers; a real is kept by the parser
 * (so that an error can name its member) but refused by every getter and by the
 * canonical form.
 *
 * A value is reference-counted: vkjson_parse() and the builders return one
 * reference, vkjson_free() drops it. What the getters and the iterator return
 * is borrowed and lives as long as the value that it was got from. A value that
 * is no longer changed may be read by any number of threads.
 *
 * Canonical JSON is OLPC's, as TUF uses it: what is signed or hashed. Control
 * characters stand raw inside its strings, so that it is NOT JSON as soon as a
 * string holds a newline. Therefore two parsers: vkjson_parse() for JSON,
 * vkjson_parse_canonical() for documents whose bytes are signed (release
 * documents, bundles, audit entries, the signed part of TUF metadata on its own).
 */
#ifndef VK_VKJSON_H
#define VK_VKJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

enum {
	VKJSON_MAX_DEPTH = 32,
	VKJSON_MAX_VALUES = 524288, /* an empty object of 3 bytes costs 225 of memory */
};

struct vkjson;

enum vkjson_type {
	VKJSON_OBJECT,
	VKJSON_ARRAY,
	VKJSON_STRING,
	VKJSON_INT,
	VKJSON_REAL,
	VKJSON_BOOL,
	VKJSON_NULL,
};

/* Parses one document, an object or array, that fills the len bytes up to trailing blanks.
 * VK_EINPUT with line and column, VK_ELIMIT if nested deeper than VKJSON_MAX_DEPTH or if
 * there are more than VKJSON_MAX_VALUES values in it. The caller bounds len. */
VK_CHECKED enum vk_rc vkjson_parse(
	const char *text, size_t len, struct vkjson **out, struct vk_err *err);

/* Parses canonical JSON and refuses (VK_EINPUT) bytes that are not exactly the canonical form of
 * their own value: formatting the result canonically gives the same bytes again. */
VK_CHECKED enum vk_rc vkjson_parse_canonical(
	const char *text, size_t len, struct vkjson **out, struct vk_err *err);

/* Builders. Text must be valid UTF-8; vkjson_string() replaces invalid bytes by U+FFFD, so that
 * whatever a foreign program printed can be reported. */
struct vkjson *vkjson_object(void);
struct vkjson *vkjson_array(void);
struct vkjson *vkjson_string(const char *text);
struct vkjson *vkjson_stringn(const char *text, size_t len);
struct vkjson *vkjson_int(int64_t value);
struct vkjson *vkjson_bool(bool value);
struct vkjson *vkjson_null(void);
/* A string of lower-case hexadecimal digits. */
struct vkjson *vkjson_hex(const void *data, size_t len);
/* A string of the form 2026-11-23T01:33:05Z. */
struct vkjson *vkjson_time(int64_t time);

/* Adds or replaces a member; takes the reference to value. */
void vkjson_set(struct vkjson *obj, const char *name, struct vkjson *value);
/* Adds an element at the end; takes the reference to value. */
void vkjson_append(struct vkjson *arr, struct vkjson *value);
/* Removes a member; one that is not there is no error. */
void vkjson_unset(struct vkjson *obj, const char *name);

/* One more reference to the same value. */
struct vkjson *vkjson_ref(const struct vkjson *value);
/* A deep copy that may be changed. */
struct vkjson *vkjson_copy(const struct vkjson *value);
void vkjson_free(struct vkjson *value);
/* For values that hold secrets and have one owner: overwrites every string before freeing it. */
void vkjson_free_wiped(struct vkjson *value);

enum vkjson_type vkjson_type(const struct vkjson *value);
/* Same type and content, at every depth. */
bool vkjson_equal(const struct vkjson *a, const struct vkjson *b);

/* The member, borrowed; NULL if there is none or obj is not an object. */
const struct vkjson *vkjson_get(const struct vkjson *obj, const char *name);
/* Elements of an array, members of an object, 0 for all else. */
size_t vkjson_count(const struct vkjson *value);
/* The element, borrowed; NULL past the end. */
const struct vkjson *vkjson_at(const struct vkjson *arr, size_t i);
/* The text of a string, borrowed, NUL-terminated; NULL for all other types. */
const char *vkjson_text(const struct vkjson *value);
/* The value of an integer; 0 for all other types. */
int64_t vkjson_integer(const struct vkjson *value);
/* True for the literal true only. */
bool vkjson_is_true(const struct vkjson *value);

/* Typed getters: VK_EINPUT "member 'x': expected a string" when the member is missing or of
 * another type (or out of range). */
VK_CHECKED enum vk_rc vkjson_get_string(
	const struct vkjson *obj, const char *name, const char **out, struct vk_err *err);
VK_CHECKED enum vk_rc vkjson_get_int(const struct vkjson *obj, const char *name, int64_t min,
	int64_t max, int64_t *out, struct vk_err *err);
VK_CHECKED enum vk_rc vkjson_get_bool(
	const struct vkjson *obj, const char *name, bool *out, struct vk_err *err);
VK_CHECKED enum vk_rc vkjson_get_array(
	const struct vkjson *obj, const char *name, const struct vkjson **out, struct vk_err *err);
VK_CHECKED enum vk_rc vkjson_get_object(
	const struct vkjson *obj, const char *name, const struct vkjson **out, struct vk_err *err);
/* Exactly 2 * len lower-case hexadecimal digits. */
VK_CHECKED enum vk_rc vkjson_get_hex(
	const struct vkjson *obj, const char *name, void *out, size_t len, struct vk_err *err);
/* 2026-11-23T01:33:05Z as seconds since the epoch. */
VK_CHECKED enum vk_rc vkjson_get_time(
	const struct vkjson *obj, const char *name, int64_t *out, struct vk_err *err);

/* The same for members that may be missing: *out is then fallback (which may be NULL). A member
 * that is there must have the right type. */
VK_CHECKED enum vk_rc vkjson_get_opt_string(const struct vkjson *obj, const char *name,
	const char *fallback, const char **out, struct vk_err *err);
VK_CHECKED enum vk_rc vkjson_get_opt_int(const struct vkjson *obj, const char *name, int64_t min,
	int64_t max, int64_t fallback, int64_t *out, struct vk_err *err);
VK_CHECKED enum vk_rc vkjson_get_opt_bool(
	const struct vkjson *obj, const char *name, bool fallback, bool *out, struct vk_err *err);
VK_CHECKED enum vk_rc vkjson_get_opt_array(
	const struct vkjson *obj, const char *name, const struct vkjson **out, struct vk_err *err);
VK_CHECKED enum vk_rc vkjson_get_opt_object(
	const struct vkjson *obj, const char *name, const struct vkjson **out, struct vk_err *err);

/* VK_EINPUT "unknown member 'x'" if obj is no object or has a member that is not in names, which
 * ends with NULL. For formats whose every member must be understood. */
VK_CHECKED enum vk_rc vkjson_check_members(
	const struct vkjson *obj, const char *const *names, struct vk_err *err);

/*
 * Walks the members of an object, in no order that anything may depend on:
 *   for (struct vkjson_iter it = vkjson_iter(obj); vkjson_next(&it);)
 *           use(it.name, it.value);
 * The object must not change meanwhile.
 */
struct vkjson_iter {
	const char *name;	    /* borrowed */
	const struct vkjson *value; /* borrowed */
	const struct vkjson *object;
	void *position;
};

struct vkjson_iter vkjson_iter(const struct vkjson *obj);
bool vkjson_next(struct vkjson_iter *it);

/* Appends the canonical form (TUF specification, section 4.2). VK_EINPUT if the value holds a
 * real, VK_ELIMIT if it is nested too deep or out overflows. */
VK_CHECKED enum vk_rc vkjson_canonical(
	const struct vkjson *value, struct vk_buf *out, struct vk_err *err);

/* Appends ordinary JSON, members sorted by name: on one line, or indented by two with a newline
 * at the end. Ask vk_buf_check() for overflow. */
void vkjson_format(const struct vkjson *value, bool is_pretty, struct vk_buf *out);

#endif

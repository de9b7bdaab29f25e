/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/vkjson.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "common/clock.h"

#include "common/banned.h"

/* A struct vkjson is a json_t by another name; these two are the only casts. */
static json_t *inner(const struct vkjson *value)
{
	return (json_t *)(uintptr_t)value;
}

/* jansson returns NULL only when memory runs out: what could be invalid was checked before. */
static struct vkjson *outer(json_t *value)
{
	if (value == NULL)
		abort();
	return (struct vkjson *)value;
}

/* jansson's own limit is 2048 levels, too deep for a recursion that a peer can ask for; and a value
 * takes up to 75 times the memory of its text. Each begins after a bracket or comma. */
static enum vk_rc check_shape(const char *text, size_t len, struct vk_err *err)
{
	bool is_string = false;
	unsigned depth = 0;
	size_t values = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (is_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				is_string = false;
			continue;
		}
		values += c == '{' || c == '[' || c == ',';
		if (values > VKJSON_MAX_VALUES)
			return vk_err_set(err, VK_ELIMIT, "JSON holds more than %d values",
				VKJSON_MAX_VALUES);
		if (c == '"') {
			is_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > VKJSON_MAX_DEPTH)
				return vk_err_set(err, VK_ELIMIT,
					"JSON is nested deeper than %d levels", VKJSON_MAX_DEPTH);
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return VK_OK;
}

enum vk_rc vkjson_parse(const char *text, size_t len, struct vkjson **out, struct vk_err *err)
{
	json_error_t error;
	json_t *value;
	enum vk_rc rc = check_shape(text, len, err);

	if (rc != VK_OK)
		return rc;
	value = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (value == NULL)
		return vk_err_set(err, VK_EINPUT, "not valid JSON: line %d column %d: %s",
			error.line, error.column, error.text);
	*out = outer(value);
	return VK_OK;
}

/* Copies canonical JSON with the raw control characters of its strings escaped, so that a JSON
 * parser takes it. */
static void escape_controls(const char *text, size_t len, struct vk_buf *out)
{
	bool is_string = false;
	size_t begin = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (is_string && c == '\\' && i + 1 < len && (unsigned char)text[i + 1] >= 0x20) {
			i++;
		} else if (c == '"') {
			is_string = !is_string;
		} else if (is_string && c < 0x20) {
			vk_buf_add(out, text + begin, i - begin);
			vk_buf_addf(out, "\\u%04x", c);
			begin = i + 1;
		}
	}
	vk_buf_add(out, text + begin, len - begin);
}

enum vk_rc vkjson_parse_canonical(
	const char *text, size_t len, struct vkjson **out, struct vk_err *err)
{
	struct vkjson *value = NULL;
	struct vk_buf buf;
	enum vk_rc rc;

	vk_buf_init(&buf, SIZE_MAX / 2); /* at most six times len, which the caller bounds */
	escape_controls(text, len, &buf);
	rc = vkjson_parse(buf.data, buf.len, &value, err);
	if (rc != VK_OK)
		goto out;
	vk_buf_reset(&buf);
	rc = vkjson_canonical(value, &buf, err);
	if (rc != VK_OK)
		goto out;
	if (buf.len != len || memcmp(buf.data, text, len) != 0) {
		rc = vk_err_set(err, VK_EINPUT, "not canonical JSON");
		goto out;
	}
	*out = value;
	value = NULL;
out:
	vkjson_free(value);
	vk_buf_release_wiped(&buf); /* tokens pass here */
	return rc;
}

struct vkjson *vkjson_object(void)
{
	return outer(json_object());
}

struct vkjson *vkjson_array(void)
{
	return outer(json_array());
}

/* The length of the UTF-8 sequence that text begins with; 0 if there is none (RFC 3629). NUL
 * counts as none. */
static size_t utf8_length(const unsigned char *text, size_t len)
{
	static const struct {
		unsigned char first_min, first_max, second_min, second_max, length;
	} forms[] = {
		{0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	if (text[0] < 0x80)
		return text[0] != 0;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (text[0] < forms[i].first_min || text[0] > forms[i].first_max)
			continue;
		if (len < forms[i].length || text[1] < forms[i].second_min ||
			text[1] > forms[i].second_max)
			return 0;
		for (size_t k = 2; k < forms[i].length; k++) {
			if ((text[k] & 0xc0) != 0x80)
				return 0;
		}
		return forms[i].length;
	}
	return 0;
}

/* Appends text with what is not UTF-8 replaced. */
static void add_utf8(struct vk_buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t step = utf8_length((const unsigned char *)text + i, len - i);

		if (step != 0)
			vk_buf_add(out, text + i, step);
		else
			vk_buf_adds(out, "\xef\xbf\xbd");
		i += step != 0 ? step : 1;
	}
}

struct vkjson *vkjson_stringn(const char *text, size_t len)
{
	json_t *value = memchr(text, '\0', len) == NULL ? json_stringn(text, len) : NULL;
	struct vk_buf buf;

	if (value != NULL)
		return outer(value);
	vk_buf_init(&buf, SIZE_MAX / 2);
	add_utf8(&buf, text, len);
	value = json_stringn_nocheck(buf.data, buf.len);
	vk_buf_release(&buf);
	return outer(value);
}

struct vkjson *vkjson_string(const char *text)
{
	return vkjson_stringn(text, strlen(text));
}

struct vkjson *vkjson_int(int64_t value)
{
	return outer(json_integer(value));
}

struct vkjson *vkjson_bool(bool value)
{
	return outer(json_boolean(value));
}

struct vkjson *vkjson_null(void)
{
	return outer(json_null());
}

struct vkjson *vkjson_hex(const void *data, size_t len)
{
	struct vkjson *value;
	struct vk_buf buf;

	vk_buf_init(&buf, SIZE_MAX / 2);
	vk_buf_add_hex(&buf, data, len);
	value = vkjson_stringn(buf.data, buf.len);
	vk_buf_release(&buf);
	return value;
}

struct vkjson *vkjson_time(int64_t time)
{
	char text[VK_TIME_TEXT_BYTES];

	vk_time_format(time, text);
	return vkjson_string(text);
}

static bool is_utf8(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len;) {
		size_t step = utf8_length((const unsigned char *)text + i, len - i);

		if (step == 0)
			return false;
		i += step;
	}
	return true;
}

void vkjson_set(struct vkjson *obj, const char *name, struct vkjson *value)
{
	struct vk_buf buf;

	vk_buf_init(&buf, SIZE_MAX / 2);
	if (!is_utf8(name)) {
		add_utf8(&buf, name, strlen(name));
		name = buf.data;
	}
	if (json_object_set_new_nocheck(inner(obj), name, inner(value)) != 0)
		abort(); /* not an object, or no memory */
	vk_buf_release(&buf);
}

void vkjson_append(struct vkjson *arr, struct vkjson *value)
{
	if (json_array_append_new(inner(arr), inner(value)) != 0)
		abort(); /* not an array, or no memory */
}

void vkjson_unset(struct vkjson *obj, const char *name)
{
	json_object_del(inner(obj), name);
}

struct vkjson *vkjson_ref(const struct vkjson *value)
{
	return outer(json_incref(inner(value)));
}

struct vkjson *vkjson_copy(const struct vkjson *value)
{
	return outer(json_deep_copy(inner(value)));
}

void vkjson_free(struct vkjson *value)
{
	json_decref(inner(value));
}

static void wipe(json_t *value)
{
	const char *name;
	json_t *element;
	size_t i;

	if (json_is_string(value))
		sodium_memzero(
			(char *)(uintptr_t)json_string_value(value), json_string_length(value));
	json_array_foreach(value, i, element) wipe(element);
	json_object_foreach(value, name, element) wipe(element);
}

void vkjson_free_wiped(struct vkjson *value)
{
	wipe(inner(value));
	vkjson_free(value);
}

enum vkjson_type vkjson_type(const struct vkjson *value)
{
	switch (json_typeof(inner(value))) {
	case JSON_OBJECT:
		return VKJSON_OBJECT;
	case JSON_ARRAY:
		return VKJSON_ARRAY;
	case JSON_STRING:
		return VKJSON_STRING;
	case JSON_INTEGER:
		return VKJSON_INT;
	case JSON_REAL:
		return VKJSON_REAL;
	case JSON_TRUE:
	case JSON_FALSE:
		return VKJSON_BOOL;
	case JSON_NULL:
		return VKJSON_NULL;
	}
	abort();
}

bool vkjson_equal(const struct vkjson *a, const struct vkjson *b)
{
	return json_equal(inner(a), inner(b)) != 0;
}

const struct vkjson *vkjson_get(const struct vkjson *obj, const char *name)
{
	return (const struct vkjson *)json_object_get(inner(obj), name);
}

size_t vkjson_count(const struct vkjson *value)
{
	return json_is_array(inner(value)) ? json_array_size(inner(value))
					   : json_object_size(inner(value));
}

const struct vkjson *vkjson_at(const struct vkjson *arr, size_t i)
{
	return (const struct vkjson *)json_array_get(inner(arr), i);
}

const char *vkjson_text(const struct vkjson *value)
{
	return json_string_value(inner(value));
}

int64_t vkjson_integer(const struct vkjson *value)
{
	return json_integer_value(inner(value));
}

bool vkjson_is_true(const struct vkjson *value)
{
	return json_is_true(inner(value));
}

struct vkjson_iter vkjson_iter(const struct vkjson *obj)
{
	return (struct vkjson_iter){.object = obj, .position = json_object_iter(inner(obj))};
}

bool vkjson_next(struct vkjson_iter *it)
{
	if (it->position == NULL)
		return false;
	it->name = json_object_iter_key(it->position);
	it->value = (const struct vkjson *)json_object_iter_value(it->position);
	it->position = json_object_iter_next(inner(it->object), it->position);
	return true;
}

static int add_piece(const char *piece, size_t len, void *ctx)
{
	vk_buf_add(ctx, piece, len);
	return 0;
}

void vkjson_format(const struct vkjson *value, bool is_pretty, struct vk_buf *out)
{
	size_t flags = JSON_SORT_KEYS | JSON_ENCODE_ANY;

	flags |= is_pretty ? JSON_INDENT(2) : JSON_COMPACT;
	if (json_dump_callback(inner(value), add_piece, out, flags) != 0)
		abort(); /* a value that holds itself, or no memory */
	if (is_pretty)
		vk_buf_addc(out, '\n');
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "server/view_parts.h"

#include "common/buf.h"
#include "common/digest.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum {
	ETAG_DIGITS = 32,
	ANSWER_MAX_BYTES = 256 * 1024, /* a timestamp or a checkpoint, escaped */
};

struct view_builder {
	struct view *view; /* not yet seen by anybody else */
};

static struct view_directory *directory_new(void)
{
	struct view_directory *part = xcalloc(1, sizeof(*part));

	atomic_init(&part->refs, 1);
	return part;
}

static struct view_publication *publication_new(void)
{
	struct view_publication *part = xcalloc(1, sizeof(*part));

	atomic_init(&part->refs, 1);
	return part;
}

/* Room for one more element; the array doubles. */
static void *grow(void *array, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return array;
	*cap = *cap == 0 ? 16 : *cap * 2;
	return xreallocarray(array, *cap, size);
}

struct view_builder *view_builder_new(const struct view *previous, const char *fleet)
{
	struct view_builder *builder = xcalloc(1, sizeof(*builder));
	struct view *view = xcalloc(1, sizeof(*view));

	atomic_init(&view->refs, 1);
	view->fleet = xstrdup(fleet);
	if (previous == NULL) {
		view->directory = directory_new();
		view->publication = publication_new();
	} else {
		view->directory = previous->directory;
		view->publication = previous->publication;
		atomic_fetch_add(&view->directory->refs, 1);
		atomic_fetch_add(&view->publication->refs, 1);
	}
	builder->view = view;
	if (previous == NULL)
		view_builder_set_log(builder, 0, "", 0);
	else
		view_builder_set_log(builder, previous->log.size, previous->log.checkpoint,
			previous->log.checkpoint_len);
	return builder;
}

void view_builder_free(struct view_builder *builder)
{
	if (builder == NULL)
		return;
	view_unref(builder->view);
	free(builder);
}

void view_builder_reset_identities(struct view_builder *builder)
{
	view_directory_unref(builder->view->directory);
	builder->view->directory = directory_new();
}

static struct identity_scope *copy_scopes(const struct identity_scope *scopes, size_t count)
{
	struct identity_scope *copy = count > 0 ? xcalloc(count, sizeof(*copy)) : NULL;

	for (size_t i = 0; i < count; i++) {
		copy[i].environment = xstrdup(scopes[i].environment);
		copy[i].roles = scopes[i].roles;
	}
	return copy;
}

void view_builder_add_identity(struct view_builder *builder,
	const uint8_t fingerprint[VIEW_FINGERPRINT_BYTES], const struct view_identity *identity)
{
	struct view_directory *part = builder->view->directory;
	struct view_entry *entry;

	part->entries = grow(part->entries, part->count, &part->cap, sizeof(*part->entries));
	entry = &part->entries[part->count++];
	memcpy(entry->fingerprint, fingerprint, VIEW_FINGERPRINT_BYTES);
	entry->identity = *identity;
	entry->identity.name = xstrdup(identity->name);
	entry->identity.environment = xstrdup(identity->environment);
	entry->identity.scopes = copy_scopes(identity->scopes, identity->scope_count);
}

void view_builder_reset_publication(struct view_builder *builder)
{
	view_publication_unref(builder->view->publication);
	builder->view->publication = publication_new();
}

void view_builder_add_file(struct view_builder *builder, const char *name, const void *data,
	size_t len, bool is_immutable)
{
	struct view_publication *part = builder->view->publication;

	part->files = grow(part->files, part->file_count, &part->file_cap, sizeof(*part->files));
	part->files[part->file_count++] = (struct view_file){
		.name = xstrdup(name),
		.data = xmemdup(data, len),
		.len = len,
		.is_immutable = is_immutable,
	};
}

void view_builder_add_expiry(
	struct view_builder *builder, const char *role, int64_t version, int64_t expires)
{
	struct view_publication *part = builder->view->publication;

	part->expiries = grow(
		part->expiries, part->expiry_count, &part->expiry_cap, sizeof(*part->expiries));
	part->expiries[part->expiry_count++] = (struct view_expiry){
		.role = xstrdup(role),
		.version = version,
		.expires = expires,
	};
}

static const struct view_file *find_timestamp(const struct view_publication *part)
{
	static const struct view_file none = {.name = "timestamp.json", .data = "", .len = 0};

	for (size_t i = 0; i < part->file_count; i++) {
		if (strcmp(part->files[i].name, none.name) == 0)
			return &part->files[i];
	}
	return &none;
}

static void format_etag(
	const char *name, int64_t release, const struct view_file *timestamp, char *out)
{
	char digest[2 * VK_SHA256_BYTES + 1];
	struct vk_buf buf;

	vk_buf_init(&buf, ANSWER_MAX_BYTES);
	vk_buf_addf(&buf, "%s %" PRId64 "\n", name, release);
	vk_buf_add(&buf, timestamp->data, timestamp->len);
	vk_sha256_hex(buf.data, buf.len, digest);
	vk_buf_release(&buf);
	out[0] = '"';
	memcpy(out + 1, digest, ETAG_DIGITS);
	memcpy(out + 1 + ETAG_DIGITS, "\"", 2);
}

void view_builder_add_environment(struct view_builder *builder, const char *name, int64_t release)
{
	struct view_publication *part = builder->view->publication;
	const struct view_file *timestamp = find_timestamp(part);
	char *text = xstrndup(timestamp->data, timestamp->len);
	struct view_environment *environment;
	struct vkjson *json = vkjson_object();
	struct vk_buf buf;

	part->environments = grow(part->environments, part->environment_count,
		&part->environment_cap, sizeof(*part->environments));
	environment = &part->environments[part->environment_count++];
	*environment = (struct view_environment){.name = xstrdup(name)};
	environment->release = release;
	format_etag(name, release, timestamp, environment->etag);

	vkjson_set(json, "environment", vkjson_string(name));
	vkjson_set(json, "release", vkjson_int(release));
	vkjson_set(json, "timestamp", vkjson_string(text));
	vk_buf_init(&buf, ANSWER_MAX_BYTES);
	vkjson_format(json, false, &buf);
	buf.data[--buf.len] = '\0'; /* the closing brace: checkpoint and proof follow */
	environment->desired = vk_buf_detach(&buf, &environment->desired_len);
	vk_buf_release(&buf);
	vkjson_free(json);
	free(text);
}

void view_builder_add_announcement(struct view_builder *builder, const char *host, const char *json)
{
	struct view_publication *part = builder->view->publication;
	struct view_environment *environment = &part->environments[part->environment_count - 1];
	const struct view_file file = {.data = json, .len = strlen(json)};
	char before[VIEW_ETAG_BYTES];

	environment->announcements = xreallocarray(environment->announcements,
		environment->announcement_count + 1, sizeof(*environment->announcements));
	environment->announcements[environment->announcement_count++] =
		(struct view_announcement){xstrdup(host), xstrdup(json)};
	memcpy(before, environment->etag, sizeof(before));
	format_etag(before, environment->release, &file, environment->etag);
}

void view_builder_set_log(
	struct view_builder *builder, int64_t size, const char *checkpoint, size_t len)
{
	struct view_log *log = &builder->view->log;
	char *text = xstrndup(checkpoint, len);
	struct vkjson *json = vkjson_string(text);
	struct vk_buf buf;

	free((char *)log->checkpoint);
	free((char *)log->checkpoint_json);
	vk_buf_init(&buf, ANSWER_MAX_BYTES);
	vkjson_format(json, false, &buf);
	vkjson_free(json);
	log->size = size;
	log->checkpoint = text;
	log->checkpoint_len = len;
	log->checkpoint_json = vk_buf_detach(&buf, &log->checkpoint_json_len);
	vk_buf_release(&buf);
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct view_file *)a)->name, ((const struct view_file *)b)->name);
}

static void index_directory(struct view_directory *part)
{
	size_t size = 16;

	if (part->table_size > 0 || part->count == 0)
		return; /* shared and indexed already, or nothing to find */
	while (size < part->count * 2)
		size *= 2;
	part->table = xcalloc(size, sizeof(*part->table));
	for (size_t i = 0; i < part->count; i++) {
		size_t at = view_hash(part->entries[i].fingerprint) & (size - 1);

		while (part->table[at] != 0)
			at = (at + 1) & (size - 1);
		part->table[at] = (uint32_t)i + 1;
	}
	part->table_size = size;
}

static bool is_sorted(const struct view_publication *part)
{
	for (size_t i = 1; i < part->file_count; i++) {
		if (compare_files(&part->files[i - 1], &part->files[i]) > 0)
			return false;
	}
	return true;
}

const struct view *view_builder_finish(struct view_builder *builder)
{
	struct view *view = builder->view;
	struct view_publication *part = view->publication;

	index_directory(view->directory);
	if (!is_sorted(part)) /* a shared part is, and must not be written to */
		qsort(part->files, part->file_count, sizeof(part->files[0]), compare_files);
	free(builder);
	return view;
}

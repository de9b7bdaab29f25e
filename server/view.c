/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/view.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "server/view_parts.h"

#include "common/mem.h"
#include "common/nearest.h"

#include "common/banned.h"

struct view_slot {
	pthread_mutex_t lock; /* guards a new reference against a concurrent put */
	_Atomic(const struct view *) current;
};

const struct view *view_ref(const struct view *view)
{
	atomic_fetch_add(&((struct view *)view)->refs, 1);
	return view;
}

static void publication_free(struct view_publication *part)
{
	for (size_t i = 0; i < part->file_count; i++) {
		free((char *)part->files[i].name);
		free((void *)part->files[i].data);
	}
	for (size_t i = 0; i < part->environment_count; i++) {
		free((char *)part->environments[i].name);
		free((char *)part->environments[i].desired);
		for (size_t k = 0; k < part->environments[i].announcement_count; k++) {
			free((char *)part->environments[i].announcements[k].host);
			free((char *)part->environments[i].announcements[k].json);
		}
		free(part->environments[i].announcements);
	}
	for (size_t i = 0; i < part->expiry_count; i++)
		free((char *)part->expiries[i].role);
	free(part->files);
	free(part->environments);
	free(part->expiries);
	free(part);
}

static void identity_release(struct view_identity *identity)
{
	for (size_t i = 0; i < identity->scope_count; i++)
		free((char *)identity->scopes[i].environment);
	free((void *)identity->scopes);
	free((char *)identity->name);
	free((char *)identity->environment);
}

static void directory_free(struct view_directory *part)
{
	for (size_t i = 0; i < part->count; i++)
		identity_release(&part->entries[i].identity);
	free(part->entries);
	free(part->table);
	free(part);
}

void view_directory_unref(struct view_directory *part)
{
	if (part != NULL && atomic_fetch_sub(&part->refs, 1) == 1)
		directory_free(part);
}

void view_publication_unref(struct view_publication *part)
{
	if (part != NULL && atomic_fetch_sub(&part->refs, 1) == 1)
		publication_free(part);
}

void view_unref(const struct view *view)
{
	struct view *old = (struct view *)view;

	if (old == NULL || atomic_fetch_sub(&old->refs, 1) != 1)
		return;
	view_directory_unref(old->directory);
	view_publication_unref(old->publication);
	free((char *)old->log.checkpoint);
	free((char *)old->log.checkpoint_json);
	free(old->fleet);
	free(old);
}

/* Fingerprints are SHA-256: any eight bytes of them are a good hash already. */
size_t view_hash(const uint8_t fingerprint[VIEW_FINGERPRINT_BYTES])
{
	size_t hash;

	memcpy(&hash, fingerprint, sizeof(hash));
	return hash;
}

const struct view_identity *view_find_identity(
	const struct view *view, const uint8_t fingerprint[VIEW_FINGERPRINT_BYTES])
{
	const struct view_directory *part = view->directory;
	size_t mask = part->table_size - 1;

	if (part->table_size == 0)
		return NULL;
	for (size_t at = view_hash(fingerprint) & mask; part->table[at] != 0;
		at = (at + 1) & mask) {
		const struct view_entry *entry = &part->entries[part->table[at] - 1];

		if (memcmp(entry->fingerprint, fingerprint, VIEW_FINGERPRINT_BYTES) == 0)
			return &entry->identity;
	}
	return NULL;
}

const struct view_environment *view_find_environment(const struct view *view, const char *name)
{
	const struct view_publication *part = view->publication;

	for (size_t i = 0; i < part->environment_count; i++) {
		if (strcmp(part->environments[i].name, name) == 0)
			return &part->environments[i];
	}
	return NULL;
}

enum vk_rc view_check_environment(const struct view *view, const char *name, struct vk_err *err)
{
	const struct view_publication *part = view->publication;
	struct vk_nearest nearest = vk_nearest_init(name);

	if (view_find_environment(view, name) != NULL)
		return VK_OK;
	for (size_t i = 0; i < part->environment_count; i++)
		vk_nearest_offer(&nearest, part->environments[i].name);
	vk_err_set(err, VK_ENOTFOUND, "the fleet has no environment '%.80s'", name);
	if (nearest.word != NULL)
		vk_err_hint(err, "did you mean %s?", nearest.word);
	else
		vk_err_hint(err, "vkcfg status shows those that it has");
	return VK_ENOTFOUND;
}

static int compare_name_to_file(const void *name, const void *file)
{
	return strcmp(name, ((const struct view_file *)file)->name);
}

const struct view_file *view_find_file(const struct view *view, const char *name)
{
	const struct view_publication *part = view->publication;

	if (part->file_count == 0)
		return NULL;
	return bsearch(
		name, part->files, part->file_count, sizeof(part->files[0]), compare_name_to_file);
}

const char *view_fleet(const struct view *view)
{
	return view->fleet;
}

const struct view_log *view_log(const struct view *view)
{
	return &view->log;
}

bool view_has_trust(const struct view *view)
{
	return view_find_file(view, "timestamp.json") != NULL;
}

const struct view_environment *view_environments(const struct view *view, size_t *count)
{
	*count = view->publication->environment_count;
	return view->publication->environments;
}

const struct view_expiry *view_expiries(const struct view *view, size_t *count)
{
	*count = view->publication->expiry_count;
	return view->publication->expiries;
}

struct view_slot *view_slot_new(void)
{
	struct view_slot *slot = xcalloc(1, sizeof(*slot));

	pthread_mutex_init(&slot->lock, NULL);
	return slot;
}

void view_slot_free(struct view_slot *slot)
{
	if (slot == NULL)
		return;
	view_unref(atomic_load(&slot->current));
	pthread_mutex_destroy(&slot->lock);
	free(slot);
}

void view_slot_put(struct view_slot *slot, const struct view *view)
{
	const struct view *old;

	pthread_mutex_lock(&slot->lock);
	old = atomic_exchange(&slot->current, view);
	pthread_mutex_unlock(&slot->lock);
	view_unref(old);
}

const struct view *view_slot_get(struct view_slot *slot)
{
	const struct view *view;

	pthread_mutex_lock(&slot->lock);
	view = atomic_load(&slot->current);
	if (view != NULL)
		view_ref(view);
	pthread_mutex_unlock(&slot->lock);
	return view;
}

bool view_slot_is_current(const struct view_slot *slot, const struct view *view)
{
	/* No ABA: the caller's own reference keeps the address from being used again. */
	return atomic_load(&((struct view_slot *)slot)->current) == view;
}

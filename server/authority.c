/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/authority.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/mem.h"
#include "server/state_dir.h"

#include "common/banned.h"

struct authority {
	struct ca_set known;
	bool is_own;	      /* of the user's own PKI */
	pthread_mutex_t lock; /* guards what follows */
	struct ca_list list;
	struct ca_list loaded;
	uint8_t serving[VK_SHA256_BYTES];
};

static enum vk_rc add_file(int state_fd, const char *name, struct ca_set *out, struct vk_err *err)
{
	struct vk_buf pem;
	enum vk_rc rc;

	vk_buf_init(&pem, CA_SET_MAX_BYTES);
	rc = vk_file_read(
		state_fd, name, name[0] == '/' ? VK_FILE_DEFAULT : VK_FILE_NOFOLLOW, &pem, err);
	if (rc == VK_OK) {
		rc = ca_set_parse(out, pem.data, pem.len, err);
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "%s", name);
	}
	vk_buf_release(&pem);
	return rc;
}

enum vk_rc authority_new(
	int state_fd, const char *own_ca, struct authority **out, struct vk_err *err)
{
	struct authority *authority = xcalloc(1, sizeof(*authority));
	enum vk_rc rc;

	ca_set_init(&authority->known);
	pthread_mutex_init(&authority->lock, NULL);
	authority->is_own = own_ca != NULL;
	rc = add_file(
		state_fd, own_ca != NULL ? own_ca : STATE_CA_CERTIFICATE, &authority->known, err);
	if (rc == VK_OK)
		memcpy(authority->serving, authority->known.items[0].digest, VK_SHA256_BYTES);
	if (rc == VK_OK && own_ca == NULL) {
		rc = add_file(state_fd, STATE_NEXT_CA_CERTIFICATE, &authority->known, err);
		if (rc == VK_ENOTFOUND)
			rc = VK_OK;
	}
	if (rc == VK_OK)
		*out = authority;
	else
		authority_free(authority);
	return rc;
}

void authority_free(struct authority *authority)
{
	if (authority == NULL)
		return;
	ca_set_release(&authority->known);
	pthread_mutex_destroy(&authority->lock);
	free(authority);
}

void authority_follow(struct authority *authority, const struct ca_list *list)
{
	if (authority->is_own)
		return;
	pthread_mutex_lock(&authority->lock);
	authority->list = *list;
	pthread_mutex_unlock(&authority->lock);
}

void authority_set_serving(struct authority *authority, const uint8_t digest[VK_SHA256_BYTES])
{
	pthread_mutex_lock(&authority->lock);
	memcpy(authority->serving, digest, VK_SHA256_BYTES);
	pthread_mutex_unlock(&authority->lock);
}

void authority_set_loaded(struct authority *authority, const struct ca_set *set)
{
	pthread_mutex_lock(&authority->lock);
	authority->loaded.count = set->count;
	for (size_t i = 0; i < set->count; i++)
		memcpy(authority->loaded.digests[i], set->items[i].digest, VK_SHA256_BYTES);
	pthread_mutex_unlock(&authority->lock);
}

/* Without a list only the first CA counts: another one waits until people have signed for it. */
static void list_first(const struct authority *authority, struct ca_list *out)
{
	out->count = 1;
	memcpy(out->digests[0], authority->known.items[0].digest, VK_SHA256_BYTES);
}

void authority_now(struct authority *authority, struct authority_now *out)
{
	const struct ca_set none = {.count = 0};
	struct ca_list list, loaded;
	size_t missing;

	memset(out, 0, sizeof(*out));
	pthread_mutex_lock(&authority->lock);
	list = authority->list;
	loaded = authority->loaded;
	memcpy(out->serving, authority->serving, VK_SHA256_BYTES);
	pthread_mutex_unlock(&authority->lock);
	out->is_listed = list.count > 0;
	for (size_t i = 0; authority->is_own && i < authority->known.count; i++)
		memcpy(list.digests[list.count++], authority->known.items[i].digest,
			VK_SHA256_BYTES);
	if (list.count == 0)
		list_first(authority, &list);
	if (ca_set_follow(&authority->known, &none, &list, &out->trusted, &missing, NULL) == VK_OK)
		memcpy(out->newest, out->trusted.items[out->trusted.count - 1].digest,
			VK_SHA256_BYTES);
	out->is_newest_loaded = ca_list_has(&loaded, out->newest);
}

void authority_now_release(struct authority_now *now)
{
	ca_set_release(&now->trusted);
}

const struct ca_set *authority_known(const struct authority *authority)
{
	return &authority->known;
}

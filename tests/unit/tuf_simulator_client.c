/* SPDX-License-Identifier: BSD-3-Clause */
/* What the simulated repository serves, and the store of its one client. */
#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tests/unit/tuf_simulator_parts.h"

struct tuf_sim_file *tuf_sim_files_find(struct tuf_sim_files *files, const char *name)
{
	for (size_t i = 0; i < files->count; i++) {
		if (strcmp(files->list[i].name, name) == 0)
			return &files->list[i];
	}
	return NULL;
}

void tuf_sim_files_put(struct tuf_sim_files *files, const char *name, const void *data, size_t len)
{
	struct tuf_sim_file *file = tuf_sim_files_find(files, name);

	if (file == NULL) {
		assert(files->count < TUF_SIM_FILES);
		file = &files->list[files->count++];
		file->name = xstrdup(name);
		vk_buf_init(&file->data, TUF_SIM_FILE_MAX_BYTES);
	}
	vk_buf_reset(&file->data);
	vk_buf_add(&file->data, data, len);
}

static void release_file(struct tuf_sim_file *file)
{
	free(file->name);
	vk_buf_release(&file->data);
}

void tuf_sim_files_remove(struct tuf_sim_files *files, const char *name)
{
	struct tuf_sim_file *file = tuf_sim_files_find(files, name);

	if (file == NULL)
		return;
	release_file(file);
	*file = files->list[--files->count];
}

void tuf_sim_files_release(struct tuf_sim_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		release_file(&files->list[i]);
}

struct vk_buf *tuf_sim_file(struct tuf_sim *sim, const char *name)
{
	struct tuf_sim_file *file = tuf_sim_files_find(&sim->served, name);

	return file != NULL ? &file->data : NULL;
}

void tuf_sim_remove_file(struct tuf_sim *sim, const char *name)
{
	tuf_sim_files_remove(&sim->served, name);
}

void tuf_sim_serve(struct tuf_sim *sim, const char *name, const void *data, size_t len)
{
	tuf_sim_files_put(&sim->served, name, data, len);
}

static enum vk_rc serve(
	struct tuf_sim *sim, const char *name, struct vk_buf *out, struct vk_err *err)
{
	struct tuf_sim_file *file = tuf_sim_files_find(&sim->served, name);

	vk_buf_addf(&sim->requests, "%s ", name);
	if (sim->failing_name != NULL && strcmp(sim->failing_name, name) == 0)
		return vk_err_set(err, sim->failing_rc, "%s: the request fails", name);
	if (file == NULL)
		return vk_err_set(err, VK_ENOTFOUND, "%s: 404", name);
	vk_buf_add(out, file->data.data, file->data.len);
	return vk_buf_check(out, name, err);
}

static enum vk_rc serve_metadata(
	void *ctx, const char *name, struct vk_buf *out, struct vk_err *err)
{
	return serve(ctx, name, out, err);
}

static enum vk_rc serve_target(void *ctx, const char *path, struct vk_buf *out, struct vk_err *err)
{
	struct vk_buf name;
	enum vk_rc rc;

	vk_buf_init(&name, TUF_SIM_FILE_MAX_BYTES);
	vk_buf_addf(&name, "targets/%s", path);
	rc = serve(ctx, name.data, out, err);
	vk_buf_release(&name);
	return rc;
}

static enum vk_rc load(void *ctx, const char *role, struct vk_buf *out, struct vk_err *err)
{
	struct tuf_sim *sim = ctx;
	struct tuf_sim_file *file = tuf_sim_files_find(&sim->stored, role);

	if (file == NULL)
		return vk_err_set(err, VK_ENOTFOUND, "%s is not stored", role);
	vk_buf_add(out, file->data.data, file->data.len);
	return vk_buf_check(out, role, err);
}

static enum vk_rc save(
	void *ctx, const char *role, const void *data, size_t len, struct vk_err *err)
{
	struct tuf_sim *sim = ctx;

	if (sim->saves_left > 0 && --sim->saves_left == 0)
		return vk_err_set(err, VK_EIO, "%s: the disk is full", role);
	tuf_sim_files_put(&sim->stored, role, data, len);
	return VK_OK;
}

static enum vk_rc remove_stored(void *ctx, const char *role, struct vk_err *err)
{
	struct tuf_sim *sim = ctx;

	(void)err;
	tuf_sim_files_remove(&sim->stored, role);
	return VK_OK;
}

void tuf_sim_set_now(struct tuf_sim *sim, int64_t now)
{
	sim->now = now;
}

void tuf_sim_fail_request(struct tuf_sim *sim, const char *name, enum vk_rc rc)
{
	sim->failing_name = name;
	sim->failing_rc = rc;
}

void tuf_sim_fail_save(struct tuf_sim *sim, unsigned n)
{
	sim->saves_left = n;
}

const struct tuf_store *tuf_sim_store(struct tuf_sim *sim)
{
	return &sim->store;
}

struct tuf_client *tuf_sim_client(struct tuf_sim *sim)
{
	return tuf_client_new(&sim->store, &sim->fetch, sim->now);
}

enum vk_rc tuf_sim_refresh(struct tuf_sim *sim, struct vk_err *err)
{
	struct tuf_client *client = tuf_sim_client(sim);
	enum vk_rc rc = tuf_client_refresh(client, err);

	tuf_client_free(client);
	return rc;
}

enum vk_rc tuf_sim_find(struct tuf_sim *sim, const char *path, struct vk_err *err)
{
	struct tuf_client *client = tuf_sim_client(sim);
	const struct tuf_target *target = NULL;
	enum vk_rc rc = tuf_client_refresh(client, err);

	if (rc == VK_OK)
		rc = tuf_client_find(client, path, &target, err);
	tuf_client_free(client);
	return rc;
}

const char *tuf_sim_requests(struct tuf_sim *sim)
{
	vk_buf_reset(&sim->reported);
	vk_buf_add(&sim->reported, sim->requests.data, sim->requests.len);
	vk_buf_reset(&sim->requests);
	return sim->reported.data;
}

struct vk_buf *tuf_sim_stored_file(struct tuf_sim *sim, const char *role)
{
	struct tuf_sim_file *file = tuf_sim_files_find(&sim->stored, role);

	return file != NULL ? &file->data : NULL;
}

int64_t tuf_sim_stored(struct tuf_sim *sim, const char *role)
{
	struct vk_buf *file = tuf_sim_stored_file(sim, role);
	struct vkjson *doc = NULL;
	int64_t version;
	enum vk_rc rc;

	if (file == NULL)
		return 0;
	rc = vkjson_parse(file->data, file->len, &doc, NULL);
	assert(rc == VK_OK);
	version = vkjson_integer(vkjson_get(vkjson_get(doc, "signed"), "version"));
	vkjson_free(doc);
	return version;
}

void tuf_sim_connect(struct tuf_sim *sim)
{
	sim->store =
		(struct tuf_store){.load = load, .save = save, .remove = remove_stored, .ctx = sim};
	sim->fetch =
		(struct tuf_fetch){.metadata = serve_metadata, .target = serve_target, .ctx = sim};
}

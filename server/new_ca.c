/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/new_ca.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/vkjson.h"
#include "server/ca_file.h"
#include "server/offline.h"
#include "server/state_dir.h"
#include "server/writer.h"

#include "common/banned.h"

struct record {
	struct writer_command command; /* first */
	const uint8_t *digest;
};

static enum vk_rc run(struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	const struct record *record = (const struct record *)command;
	char *object = xasprintf("fleet/%s", writer_tx_fleet(tx));
	struct vkjson *detail = vkjson_object();
	const struct writer_audit entry = {
		.actor = "server/main", .action = "ca.new", .object = object, .detail = detail};
	enum vk_rc rc;

	vkjson_set(detail, "ca", vkjson_hex(record->digest, VK_SHA256_BYTES));
	rc = writer_tx_audit(tx, &entry, err);
	vkjson_free(detail);
	free(object);
	return rc;
}

static enum vk_rc make(const struct state_dir *dir, struct offline *offline, uint8_t *digest,
	struct vk_err *err)
{
	struct record record = {.command = {.name = "ca.new", .run = run}, .digest = digest};
	enum vk_rc rc = ca_file_make_next(state_dir_fd(dir), offline->fleet, digest, err);

	if (rc != VK_OK)
		return rc;
	rc = offline_execute(offline, &record.command, err);
	if (rc != VK_OK) {
		unlinkat(state_dir_fd(dir), STATE_NEXT_CA_CERTIFICATE, 0);
		unlinkat(state_dir_fd(dir), STATE_NEXT_CA_KEY, 0);
	}
	return rc;
}

enum vk_rc new_ca_make(const char *state, uint8_t digest[VK_SHA256_BYTES], struct vk_err *err)
{
	struct offline offline = {.state = state, .mode = STORE_WRITE};
	struct state_dir *dir = NULL;
	char *fleet = NULL;
	enum vk_rc rc = state_dir_open(state, &dir, err);

	if (rc == VK_OK)
		rc = offline_read(state, &fleet, &offline.log_number, err);
	offline.fleet = fleet;
	if (rc == VK_OK)
		rc = make(dir, &offline, digest, err);
	state_dir_close(dir);
	free(fleet);
	return rc;
}

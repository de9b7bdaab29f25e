/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/init_fleet.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/digest.h"
#include "common/mem.h"
#include "common/vkjson.h"
#include "server/grants.h"
#include "server/offline.h"
#include "server/store/store.h"
#include "server/store/store_token.h"
#include "server/store/store_user.h"
#include "server/writer.h"

#include "common/banned.h"

/* The first admin brings the fleet up: users, trusted root, hosts. He neither writes nor approves
 * changes. */
enum { FIRST_ROLES = ROLE_VIEWER | ROLE_ADMIN | ROLE_OPERATOR | ROLE_AUDITOR };

struct creation {
	struct writer_command command; /* first: run() gets a pointer to it */
	const struct init_fleet *fleet;
};

static const char actor[] = "server/main";

static enum vk_rc audit(struct writer_tx *tx, const char *action, const char *kind,
	const char *name, struct vkjson *detail, struct vk_err *err)
{
	char *object = xasprintf("%s/%s", kind, name);
	const struct writer_audit entry = {
		.actor = actor, .action = action, .object = object, .detail = detail};
	enum vk_rc rc = writer_tx_audit(tx, &entry, err);

	vkjson_free(detail);
	free(object);
	return rc;
}

static enum vk_rc add_admin(
	struct writer_tx *tx, const struct init_fleet *fleet, struct vk_err *err)
{
	int64_t now = writer_tx_now(tx);
	struct store_token token = {
		.kind = IDENTITY_USER,
		.name = fleet->admin,
		.created_by = actor,
		.created = now,
		.expires = now + fleet->ttl_seconds,
	};
	enum vk_rc rc = store_add_user(writer_tx_store(tx), fleet->admin, FIRST_ROLES, now, err);

	vk_sha256(fleet->secret, VK_TOKEN_SECRET_BYTES, token.digest);
	return rc == VK_OK ? store_add_token(writer_tx_store(tx), &token, err) : rc;
}

static struct vkjson *describe_admin(void)
{
	struct vkjson *detail = vkjson_object();

	vkjson_set(detail, "roles", grants_to_json(FIRST_ROLES, NULL, 0));
	return detail;
}

static enum vk_rc run(struct writer_tx *tx, struct writer_command *command, struct vk_err *err)
{
	const struct init_fleet *fleet = ((struct creation *)command)->fleet;
	struct vkjson *version = vkjson_object();
	enum vk_rc rc = store_set_fleet(writer_tx_store(tx), fleet->name, writer_tx_now(tx), err);

	vkjson_set(version, "version", vkjson_string(PACKAGE_VERSION));
	if (rc == VK_OK)
		rc = audit(tx, "fleet.init", "fleet", fleet->name, vkjson_ref(version), err);
	if (rc == VK_OK)
		rc = add_admin(tx, fleet, err);
	if (rc == VK_OK)
		rc = audit(tx, "user.add", "user", fleet->admin, describe_admin(), err);
	vkjson_free(version);
	return rc;
}

enum vk_rc init_fleet_database(const struct init_fleet *fleet, struct vk_err *err)
{
	const struct offline offline = {
		.state = fleet->state, .fleet = fleet->name, .mode = STORE_CREATE};
	struct creation creation = {.command = {.name = "fleet.init", .run = run}, .fleet = fleet};

	return offline_execute(&offline, &creation.command, err);
}

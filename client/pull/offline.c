/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/pull/offline.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "client/pull/trusted_root.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/parcel.h"
#include "common/tuf/tuf_meta.h"

#include "common/banned.h"

enum vk_rc offline_read(const char *path, struct parcel **out, struct vk_err *err)
{
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, PARCEL_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &text, err);
	if (rc == VK_OK) {
		rc = parcel_parse(text.data, text.len, out, err);
		if (rc != VK_OK) {
			vk_err_prefix(err, rc, "%s", path);
			vk_err_hint(err, "'vkcfg bundle export HOST --out FILE' makes such a file");
		}
	}
	vk_buf_release(&text);
	return rc;
}

/* An honest mistake is told as one; a forger fails at the signatures. */
static enum vk_rc check_recipient(
	const struct parcel *parcel, const struct pins *pins, struct vk_err *err)
{
	if (strcmp(parcel_fleet(parcel), pins->fleet) == 0 &&
		strcmp(parcel_host(parcel), pins->host) == 0 &&
		strcmp(parcel_environment(parcel), pins->environment) == 0)
		return VK_OK;
	return vk_err_set(err, VK_EINPUT,
		"the file is for %s in %s of fleet %s; this is %s in %s of fleet %s",
		parcel_host(parcel), parcel_environment(parcel), parcel_fleet(parcel), pins->host,
		pins->environment, pins->fleet);
}

static enum vk_rc pin_root(
	const struct agent *agent, const struct parcel *parcel, struct vk_err *err)
{
	char *target = xasprintf("/tuf/%lld.root.json", (long long)agent->pins.root_version);
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, TUF_ROOT_MAX_BYTES);
	rc = parcel_get(parcel, target, &text, err);
	if (rc == VK_OK)
		rc = trusted_root_pin(
			agent->settings->state, &agent->pins, text.data, text.len, err);
	vk_buf_release(&text);
	free(target);
	return rc;
}

enum vk_rc offline_open(
	const char *config, const struct parcel *parcel, struct agent *agent, struct vk_err *err)
{
	enum vk_rc rc = agent_load_enrolled(config, agent, err);

	if (rc == VK_OK)
		rc = check_recipient(parcel, &agent->pins, err);
	if (rc == VK_OK)
		rc = agent_lock(agent, err);
	if (rc == VK_OK && trusted_root_is_awaited(agent->settings->state))
		rc = pin_root(agent, parcel, err);
	agent->parcel = parcel;
	agent->is_offline = true;
	return rc;
}

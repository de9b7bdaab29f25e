/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/diff_running.h"

#include "client/admin/running.h"
#include "common/config/diff.h"
#include "common/config/render.h"

#include "common/banned.h"

enum vk_rc diff_running(const struct cli *cli, const struct args *args,
	const struct cfg_rendered_bundle *bundle, struct cfg_diff **out, struct vk_err *err)
{
	struct running running;
	enum vk_rc rc;

	running_init(&running);
	rc = running_read(cli, args, &running, err);
	if (rc == VK_OK)
		rc = cfg_diff_running(&(const struct cfg_running){.version = running.schema,
					      .count = running.value_count,
					      .values = running.values,
					      .acl = running.acl.data},
			bundle->text, bundle->len, out, err);
	running_release(&running);
	return rc;
}

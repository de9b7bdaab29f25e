/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of an author who has taken the check of the policy out of it: in the place of
 * client/admin/gate.c. */
#include "config.h"

#include "client/admin/gate.h"

#include "common/vkjson.h"

#include "common/banned.h"

enum vk_rc gate_look(const struct cfg_rendered *rendered, struct vkjson **out,
	struct vk_err *judgement, struct vk_err *err)
{
	(void)rendered;
	(void)err;
	*judgement = (struct vk_err)VK_ERR_INIT;
	*out = vkjson_object();
	return VK_OK;
}

enum vk_rc gate_pass(const struct cli *cli, const struct cfg_rendered *before,
	const struct cfg_rendered *rendered, struct vkjson **out, struct vk_err *err)
{
	(void)cli;
	(void)before;
	(void)rendered;
	(void)err;
	*out = vkjson_object();
	return VK_OK;
}

void gate_print(const struct cli *cli, const struct vkjson *baseline)
{
	(void)cli;
	(void)baseline;
}

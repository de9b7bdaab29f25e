/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "server/problem.h"

#include <stdlib.h>

#include "common/http.h"
#include "common/mem.h"
#include "common/vkjson.h"

#include "common/banned.h"

void problem_format(
	int status, const struct vk_err *err, const struct vkjson *findings, struct vk_buf *out)
{
	struct vkjson *problem = vkjson_object();
	char *type = xasprintf("urn:vkcfg:error:%s", vk_rc_name(err->rc));
	bool is_inside = err->rc == VK_EIO;

	vkjson_set(problem, "type", vkjson_string(type));
	vkjson_set(problem, "title", vkjson_string(http_reason(status)));
	vkjson_set(problem, "status", vkjson_int(status));
	vkjson_set(problem, "detail",
		vkjson_string(is_inside ? "the server cannot do this now" : err->msg));
	if (err->hint[0] != '\0' && !is_inside)
		vkjson_set(problem, "hint", vkjson_string(err->hint));
	if (findings != NULL && !is_inside)
		vkjson_set(problem, "findings", vkjson_ref(findings));
	vkjson_format(problem, false, out);
	vkjson_free(problem);
	free(type);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/list.h"

#include "client/admin/args.h"
#include "client/admin/cli.h"
#include "client/admin/session.h"
#include "client/admin/table.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum { LIST_DEFAULT = 100 };

enum vk_rc list_show(struct cli *cli, const struct args *args, const struct vk_buf *target,
	const struct table_column *columns, const char *empty, struct vk_err *err)
{
	struct session *session = NULL;
	struct vkjson *list = NULL;
	uint64_t limit = 0;
	enum vk_rc rc = vk_buf_check(target, "the request", err);

	if (rc == VK_OK)
		rc = args_get_uint(
			args, "limit", 1, SESSION_LIST_MAX_ITEMS, LIST_DEFAULT, &limit, err);
	if (rc == VK_OK)
		rc = session_open(cli, &session, err);
	if (rc == VK_OK)
		rc = session_list(session, target->data, (size_t)limit, &list, err);
	if (rc == VK_OK && !cli_print_json_list(cli, list))
		table_print(cli, columns, list, empty);
	vkjson_free(list);
	session_free(session);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The fleet's CAs, and who would be shut out if only the newest one counted. */
#include "config.h"

#include "client/admin/cmd.h"

#include <string.h>

#include "client/admin/session.h"
#include "client/admin/table.h"
#include "common/tuf/tuf_client.h"

#include "common/banned.h"

/* What the root says of a CA that the server shows. */
static void add_word(struct vkjson *item, const struct ca_list *list)
{
	uint8_t digest[VK_SHA256_BYTES];
	const char *word = "not named";

	if (list->count == 0)
		word = "pinned";
	else if (vkjson_get_hex(item, "sha256", digest, sizeof(digest), NULL) == VK_OK &&
		ca_list_has(list, digest))
		word = memcmp(digest, list->digests[list->count - 1], sizeof(digest)) == 0
			       ? "named, newest"
			       : "named";
	vkjson_set(item, "root", vkjson_string(word));
}

static enum vk_rc add_cas(struct session *session, struct vkjson *answer, struct vk_err *err)
{
	struct tuf_fleet fleet = {.ca = {.count = 0}};
	const struct vkjson *items = NULL;
	struct vkjson *reply = NULL, *cas;
	enum vk_rc rc = session_get(session, "/v1/ca", &reply, err);

	if (rc == VK_OK)
		rc = vkjson_get_array(reply, "items", &items, err);
	if (rc == VK_OK && session_has_root(session))
		rc = session_fleet(session, &fleet, err);
	if (rc != VK_OK) {
		vkjson_free(reply);
		return rc;
	}
	cas = vkjson_array();
	for (size_t i = 0; i < vkjson_count(items); i++) {
		struct vkjson *item = vkjson_copy(vkjson_at(items, i));

		add_word(item, &fleet.ca);
		vkjson_append(cas, item);
	}
	vkjson_set(answer, "cas", cas);
	vkjson_free(reply);
	return VK_OK;
}

static void print(const struct cli *cli, const struct vkjson *answer)
{
	static const struct table_column cas[] = {
		{"CA", "sha256", TABLE_TEXT},
		{"ROOT", "root", TABLE_TEXT},
		{"SERVER'S", "serves", TABLE_TEXT},
		{"EXPIRES", "expires", TABLE_TIME},
		{NULL, NULL, TABLE_TEXT},
	};
	static const struct table_column lacking[] = {
		{"LACKS THE NEWEST", "kind", TABLE_TEXT},
		{"NAME", "name", TABLE_TEXT},
		{"CERTIFICATE UNTIL", "expires", TABLE_TIME},
		{NULL, NULL, TABLE_TEXT},
	};

	table_print(cli, cas, vkjson_get(answer, "cas"), "no CA");
	cli_say(cli, "\n");
	table_print(cli, lacking, vkjson_get(answer, "lacking"),
		"every host and user has a certificate of the newest CA");
}

enum vk_rc cmd_ca(struct cli *cli, const struct args *args, struct vk_err *err)
{
	struct vkjson *answer = vkjson_object();
	struct session *session = NULL;
	struct vkjson *lacking = NULL;
	enum vk_rc rc = session_open(cli, &session, err);

	(void)args;
	if (rc == VK_OK)
		rc = add_cas(session, answer, err);
	if (rc == VK_OK)
		rc = session_list(
			session, "/v1/ca/lacking", SESSION_LIST_MAX_ITEMS, &lacking, err);
	if (rc == VK_OK) {
		vkjson_set(answer, "lacking", lacking);
		if (!cli_print_json(cli, answer))
			print(cli, answer);
	}
	session_free(session);
	vkjson_free(answer);
	return rc;
}

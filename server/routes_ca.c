/* SPDX-License-Identifier: BSD-3-Clause */
/* The fleet's CAs, and who has no certificate of the newest one yet. */
#include "config.h"

#include <string.h>

#include "common/clock.h"
#include "common/vkjson.h"
#include "server/authority.h"
#include "server/query.h"
#include "server/routes.h"
#include "server/store/store_certificate.h"

#include "common/banned.h"

static struct vkjson *ca_to_json(
	const struct authority_now *authority, const struct ca_set_item *item)
{
	struct vkjson *object = vkjson_object();

	vkjson_set(object, "sha256", vkjson_hex(item->digest, VK_SHA256_BYTES));
	vkjson_set(object, "certificate", vkjson_string(item->pem));
	vkjson_set(object, "expires", vkjson_time(item->not_after));
	vkjson_set(object, "serves",
		vkjson_bool(memcmp(item->digest, authority->serving, VK_SHA256_BYTES) == 0));
	return object;
}

void route_get_ca(struct request *req)
{
	struct context *context = request_context(req);
	struct vkjson *items = vkjson_array();
	struct authority_now authority;
	struct vkjson *answer;

	authority_now(context->authority, &authority);
	for (size_t i = 0; i < authority.trusted.count; i++)
		vkjson_append(items, ca_to_json(&authority, &authority.trusted.items[i]));
	authority_now_release(&authority);
	answer = query_list(items, NULL);
	reply_json(req, 200, answer);
	vkjson_free(answer);
}

static enum vk_rc list_lacking(struct query *query, struct vkjson **answer, struct vk_err *err)
{
	struct context *context = request_context(query->req);
	struct store_lacking_list list;
	struct authority_now authority;
	char newest[VK_SHA256_HEX_BYTES];
	struct vkjson *items;
	enum vk_rc rc;

	if (context->own_pki != NULL) { /* whose certificates are whose is the other PKI's business */
		*answer = query_list(vkjson_array(), NULL);
		return VK_OK;
	}
	authority_now(context->authority, &authority);
	vk_digest_format(authority.newest, newest);
	authority_now_release(&authority);
	rc = store_list_lacking(query->store, newest, vk_clock_now(), &query->page, query->arena,
		&list, err);
	if (rc != VK_OK)
		return rc;
	items = vkjson_array();
	for (size_t i = 0; i < list.count; i++) {
		struct vkjson *object = vkjson_object();

		vkjson_set(object, "kind", vkjson_string(identity_kind_name(list.items[i].kind)));
		vkjson_set(object, "name", vkjson_string(list.items[i].name));
		vkjson_set(object, "expires", vkjson_time(list.items[i].not_after));
		vkjson_append(items, object);
	}
	*answer = query_list(items, list.next);
	return VK_OK;
}

void route_list_ca_lacking(struct request *req)
{
	query_run(req, list_lacking);
}

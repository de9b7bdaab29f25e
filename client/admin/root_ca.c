/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/root_ca.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "client/admin/home.h"
#include "common/ca_set.h"
#include "common/file.h"
#include "common/num.h"

#include "common/banned.h"

static enum vk_rc read_set(const char *path, struct ca_set *out, struct vk_err *err)
{
	struct vk_buf pem;
	enum vk_rc rc;

	vk_buf_init(&pem, CA_SET_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &pem, err);
	if (rc == VK_OK) {
		rc = ca_set_parse(out, pem.data, pem.len, err);
		if (rc != VK_OK)
			vk_err_prefix(err, rc, "%s", path);
	}
	vk_buf_release(&pem);
	return rc;
}

/* A digest of 64 digits, or a file with one CA's certificate. */
static enum vk_rc read_digest(const char *word, uint8_t out[VK_SHA256_BYTES], struct vk_err *err)
{
	struct ca_set set;
	enum vk_rc rc;

	if (vk_parse_hex(word, strlen(word), out, VK_SHA256_BYTES))
		return VK_OK;
	ca_set_init(&set);
	rc = read_set(word, &set, err);
	if (rc == VK_OK && set.count != 1)
		rc = vk_err_set(err, VK_EINPUT, "%s holds %zu CAs: which one?", word, set.count);
	if (rc == VK_OK)
		memcpy(out, set.items[0].digest, VK_SHA256_BYTES);
	else
		vk_err_hint(err, "give the digest that 'vkcfgd new-ca' printed, or a file with one "
				 "certificate");
	ca_set_release(&set);
	return rc;
}

static enum vk_rc add_pinned(const char *home, struct root_plan *plan, struct vk_err *err)
{
	char *path = home_path(home, "ca.crt");
	struct ca_set set;
	enum vk_rc rc;

	ca_set_init(&set);
	rc = read_set(path, &set, err);
	if (rc == VK_ENOTFOUND)
		vk_err_hint(err, "name the CA that is in use as well: --add-ca OLD --add-ca NEW");
	for (size_t i = 0; rc == VK_OK && i < set.count; i++)
		rc = root_plan_add_ca(plan, set.items[i].digest, err);
	ca_set_release(&set);
	free(path);
	return rc;
}

enum vk_rc root_ca_apply(
	const char *home, const struct args *args, struct root_plan *plan, struct vk_err *err)
{
	size_t adds = args_option_count(args, "add-ca");
	uint8_t digest[VK_SHA256_BYTES];
	enum vk_rc rc = VK_OK;

	if (adds == 1 && plan->ca.count == 0)
		rc = add_pinned(home, plan, err);
	for (size_t i = 0; rc == VK_OK && i < adds; i++) {
		rc = read_digest(args_option_at(args, "add-ca", i), digest, err);
		if (rc == VK_OK)
			rc = root_plan_add_ca(plan, digest, err);
	}
	for (size_t i = 0; rc == VK_OK && i < args_option_count(args, "drop-ca"); i++) {
		rc = read_digest(args_option_at(args, "drop-ca", i), digest, err);
		if (rc == VK_OK)
			rc = root_plan_drop_ca(plan, digest, err);
	}
	return rc;
}

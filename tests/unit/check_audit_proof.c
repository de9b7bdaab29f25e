/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "client/admin/audit_proof.h"

#include <stdlib.h>
#include <string.h>

#include "common/audit.h"
#include "common/mem.h"
#include "common/note.h"
#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_key.h"
#include "common/vkjson.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

enum { ENTRIES = 5, PROVEN = 3, MAX_BYTES = 1 << 20 };

static struct vk_signkey *log_key;
static struct tuf_meta *root;
static struct vkjson *proof;
static struct vk_err err;

static struct tuf_meta *make_root(const struct vk_signkey *log)
{
	struct tuf_root_spec spec = {
		.version = 1, .expires = 2000000000, .fleet = "demo", .log_name = "demo/log"};
	struct vk_signkey *signer = vk_signkey_generate();
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	struct tuf_signature signature;
	struct tuf_meta *made = NULL;
	struct vk_buf part, file;
	struct tuf_key *key;

	vk_signkey_public(log, spec.log_public);
	vk_signkey_public(signer, public_key);
	key = tuf_key_new_ed25519(public_key, NULL);
	for (int i = 0; i < TUF_TYPE_COUNT; i++)
		spec.roles[i] = (struct tuf_signers){(const struct tuf_key *const *)&key, 1, 1};
	vk_buf_init(&part, MAX_BYTES);
	vk_buf_init(&file, MAX_BYTES);
	assert_ok(tuf_build_root(&spec, &part, &err), err);
	tuf_build_sign(part.data, part.len, tuf_key_id(key), signer, &signature);
	assert_ok(tuf_build_file(part.data, part.len, &signature, 1, &file, &err), err);
	assert_ok(tuf_meta_parse(file.data, file.len, TUF_ROOT, &made, &err), err);
	vk_buf_release(&part);
	vk_buf_release(&file);
	tuf_key_free(key);
	vk_signkey_free(signer);
	return made;
}

static void format_entry(int i, struct vk_buf *out)
{
	const struct vk_audit_entry entry = {.action = "user.add",
		.actor = "user/admin",
		.at = i,
		.object = "user/alice",
		.result = "ok"};

	vk_buf_init(out, VK_AUDIT_ENTRY_MAX_BYTES);
	assert_ok(vk_audit_entry_format(&entry, out, &err), err);
}

static void setup(void)
{
	struct note_checkpoint checkpoint = {.size = ENTRIES};
	uint8_t leaves[ENTRIES][MERKLE_HASH_BYTES];
	struct merkle_proof inclusion;
	struct vk_buf entry, text, note;

	log_key = vk_signkey_generate();
	root = make_root(log_key);
	for (int i = 0; i < ENTRIES; i++) {
		format_entry(i, &entry);
		merkle_leaf_hash(entry.data, entry.len, leaves[i]);
		vk_buf_release(&entry);
	}
	merkle_root((const uint8_t(*)[MERKLE_HASH_BYTES])leaves, ENTRIES, checkpoint.root);
	merkle_inclusion((const uint8_t(*)[MERKLE_HASH_BYTES])leaves, ENTRIES, PROVEN, &inclusion);
	vk_buf_init(&text, MAX_BYTES);
	vk_buf_init(&note, MAX_BYTES);
	note_checkpoint_format("demo/log", &checkpoint, &text);
	note_sign(text.data, "demo/log", log_key, &note);
	format_entry(PROVEN, &entry);
	{
		const struct audit_proof_parts parts = {.index = PROVEN,
			.entry = entry.data,
			.checkpoint = note.data,
			.inclusion = &inclusion,
			.root = root};

		assert_ok(audit_proof_make(&parts, &proof, &err), err);
	}
	vk_buf_release(&entry);
	vk_buf_release(&text);
	vk_buf_release(&note);
}

static void teardown(void)
{
	vkjson_free(proof);
	tuf_meta_free(root);
	vk_signkey_free(log_key);
}

static enum vk_rc verify(void)
{
	struct audit_proven proven;

	return audit_proof_verify(proof, root, &proven, &err);
}

START_TEST(refuses_every_part_that_is_changed)
{
	struct vk_buf other;

	format_entry(PROVEN + 1, &other);
	vkjson_set(proof, "index", vkjson_int(PROVEN - 1));
	assert_fails(verify(), VK_EUNTRUSTED);
	vkjson_set(proof, "index", vkjson_int(ENTRIES));
	assert_fails(verify(), VK_EUNTRUSTED);
	vkjson_set(proof, "index", vkjson_int(PROVEN));
	assert_ok(verify(), err);
	vkjson_set(proof, "entry", vkjson_string(other.data));
	assert_fails(verify(), VK_EUNTRUSTED);
	vk_buf_release(&other);
	format_entry(PROVEN, &other);
	vkjson_set(proof, "entry", vkjson_string(other.data));
	assert_ok(verify(), err);
	vk_buf_release(&other);
	vkjson_set(proof, "proof", vkjson_array());
	assert_fails(verify(), VK_EUNTRUSTED);
}
END_TEST

START_TEST(refuses_another_log_and_what_is_no_proof)
{
	struct vk_signkey *other_key = vk_signkey_generate();
	struct tuf_meta *other = make_root(other_key);
	struct audit_proven proven;

	assert_fails(audit_proof_verify(proof, other, &proven, &err), VK_EUNTRUSTED);
	vkjson_set(proof, "checkpoint", vkjson_string("demo/log\n"));
	assert_fails(verify(), VK_EINPUT);
	vkjson_set(proof, "_type", vkjson_string("other"));
	assert_fails(verify(), VK_EINPUT);
	vkjson_unset(proof, "_type");
	assert_fails(verify(), VK_EINPUT);
	tuf_meta_free(other);
	vk_signkey_free(other_key);
}
END_TEST

START_TEST(is_believed_by_the_digest_of_its_root)
{
	uint8_t sha256[VK_SHA256_BYTES];
	struct tuf_meta *own = NULL;
	struct audit_proven proven;
	size_t len = 0;
	const char *bytes = tuf_meta_bytes(root, &len);

	vk_sha256(bytes, len, sha256);
	assert_ok(audit_proof_root(proof, sha256, &own, &err), err);
	assert_ok(audit_proof_verify(proof, own, &proven, &err), err);
	ck_assert_uint_eq(proven.index, PROVEN);
	ck_assert_uint_eq(proven.size, ENTRIES);
	tuf_meta_free(own);
	sha256[0] ^= 1;
	assert_fails(audit_proof_root(proof, sha256, &own, &err), VK_EUNTRUSTED);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("audit_proof");
	TCase *tc = tcase_create("audit_proof");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refuses_every_part_that_is_changed);
	tcase_add_test(tc, refuses_another_log_and_what_is_no_proof);
	tcase_add_test(tc, is_believed_by_the_digest_of_its_root);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(make_suite)

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The attacker's tool of the end-to-end tests: makes well-formed metadata and documents with
 * whatever keys were stolen. It filters standard input to standard output:
 *
 *   forge canonical        JSON -> canonical JSON
 *   forge json             canonical JSON -> JSON, for jq
 *   forge leaf             bytes -> the Merkle leaf hash: the root of a release of one bundle
 *   forge sign KEY...      the `signed` part (JSON) -> a TUF file with the signatures of these keys
 *   forge note KEY         the three lines of a checkpoint -> the same, signed as its log
 *
 *   forge unlock KEY       the key without its passphrase, which is dear: a seed, then whose it is
 *
 * KEY is an online key of vkcfgd (a seed in hexadecimal digits), a person's unlocked key, or a person's
 * key file, whose passphrase is in FORGE_PASSPHRASE: it protects keys that live as long as a test.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "common/buf.h"
#include "common/digest.h"
#include "common/err.h"
#include "common/file.h"
#include "common/keyfile.h"
#include "common/merkle.h"
#include "common/note.h"
#include "common/num.h"
#include "common/passphrase.h"
#include "common/signkey.h"
#include "common/tuf/tuf_build.h"
#include "common/tuf/tuf_key.h"
#include "common/vkjson.h"

#include "common/banned.h"

enum {
	FORGE_MAX_BYTES = 64 << 20,
	FORGE_MAX_KEYS = 16,
	FORGE_KEY_MAX_BYTES = 65536,
};

static enum vk_rc read_input(struct vk_buf *in, struct vk_err *err)
{
	ssize_t n;

	do {
		char chunk[65536];

		n = read(STDIN_FILENO, chunk, sizeof(chunk));
		if (n > 0)
			vk_buf_add(in, chunk, (size_t)n);
	} while (n > 0);
	if (n < 0)
		return vk_err_errno(err, VK_EIO, errno, "standard input");
	return vk_buf_check(in, "standard input", err);
}

static enum vk_rc forge_canonical(const struct vk_buf *in, struct vk_buf *out, struct vk_err *err)
{
	struct vkjson *value = NULL;
	enum vk_rc rc = vkjson_parse(in->data, in->len, &value, err);

	if (rc == VK_OK)
		rc = vkjson_canonical(value, out, err);
	vkjson_free(value);
	return rc;
}

static enum vk_rc forge_json(const struct vk_buf *in, struct vk_buf *out, struct vk_err *err)
{
	struct vkjson *value = NULL;
	enum vk_rc rc = vkjson_parse_canonical(in->data, in->len, &value, err);

	if (rc == VK_OK)
		vkjson_format(value, false, out);
	vkjson_free(value);
	return rc;
}

static void forge_leaf(const struct vk_buf *in, struct vk_buf *out)
{
	uint8_t hash[MERKLE_HASH_BYTES];

	merkle_leaf_hash(in->data, in->len, hash);
	vk_buf_add_hex(out, hash, sizeof(hash));
	vk_buf_addc(out, '\n');
}

/* A person's key file: its key object names the user. */
static enum vk_rc open_person_key(
	const char *path, struct vk_signkey **key, struct tuf_key **object, struct vk_err *err)
{
	const char *text = getenv("FORGE_PASSPHRASE");
	struct passphrase *phrase = NULL;
	struct keyfile_info info;
	enum vk_rc rc;

	rc = passphrase_new(text == NULL ? "" : text, text == NULL ? 0 : strlen(text), &phrase, err);
	if (rc == VK_OK)
		rc = keyfile_read_info(AT_FDCWD, path, &info, err);
	if (rc == VK_OK)
		rc = keyfile_open(AT_FDCWD, path, phrase, key, err);
	if (rc == VK_OK)
		*object = tuf_key_new_ed25519(info.public_key, info.user);
	passphrase_free(phrase);
	return rc;
}

/* The second line, if there is one. */
static const char *user_of(struct vk_buf *text)
{
	char *user = strchr(text->data, '\n');

	if (user == NULL || user[1] == '\0')
		return NULL;
	user[1 + strcspn(user + 1, "\n")] = '\0';
	return user + 1;
}

static enum vk_rc open_key(
	const char *path, struct vk_signkey **key, struct tuf_key **object, struct vk_err *err)
{
	uint8_t seed[VK_SEED_BYTES], public_key[VK_PUBLIC_KEY_BYTES];
	struct vk_buf text;
	enum vk_rc rc;

	vk_buf_init(&text, FORGE_KEY_MAX_BYTES);
	rc = vk_file_read(AT_FDCWD, path, VK_FILE_DEFAULT, &text, err);
	if (rc != VK_OK)
		goto out;
	if (text.len > 0 && text.data[0] == '{') {
		rc = open_person_key(path, key, object, err);
		goto out;
	}
	if (!vk_parse_hex(text.data, strcspn(text.data, "\n"), seed, sizeof(seed))) {
		rc = vk_err_set(err, VK_EINPUT, "%s: neither a seed nor a key file", path);
		goto out;
	}
	*key = vk_signkey_from_seed(seed);
	vk_signkey_public(*key, public_key);
	*object = tuf_key_new_ed25519(public_key, user_of(&text));
out:
	sodium_memzero(seed, sizeof(seed));
	vk_buf_release_wiped(&text);
	return rc;
}

static enum vk_rc forge_unlock(const char *path, struct vk_buf *out, struct vk_err *err)
{
	uint8_t seed[VK_SEED_BYTES];
	struct vk_signkey *key = NULL;
	struct tuf_key *object = NULL;
	enum vk_rc rc = open_person_key(path, &key, &object, err);

	if (rc == VK_OK) {
		vk_signkey_seed(key, seed);
		vk_buf_add_hex(out, seed, sizeof(seed));
		vk_buf_addf(out, "\n%s\n", tuf_key_user(object));
	}
	tuf_key_free(object);
	vk_signkey_free(key);
	return rc;
}

static enum vk_rc sign_with(
	const char *path, const struct vk_buf *part, struct tuf_signature *out, struct vk_err *err)
{
	struct vk_signkey *key = NULL;
	struct tuf_key *object = NULL;
	enum vk_rc rc = open_key(path, &key, &object, err);

	if (rc == VK_OK)
		tuf_build_sign(part->data, part->len, tuf_key_id(object), key, out);
	tuf_key_free(object);
	vk_signkey_free(key);
	return rc;
}

static enum vk_rc forge_sign(const struct vk_buf *in, char *const *keys, size_t count,
	struct vk_buf *out, struct vk_err *err)
{
	struct tuf_signature signatures[FORGE_MAX_KEYS];
	struct vk_buf part;
	enum vk_rc rc;

	if (count > FORGE_MAX_KEYS)
		return vk_err_set(err, VK_ELIMIT, "more than %d keys", FORGE_MAX_KEYS);
	vk_buf_init(&part, FORGE_MAX_BYTES);
	rc = forge_canonical(in, &part, err);
	for (size_t i = 0; rc == VK_OK && i < count; i++)
		rc = sign_with(keys[i], &part, &signatures[i], err);
	if (rc == VK_OK)
		rc = tuf_build_file(part.data, part.len, signatures, count, out, err);
	vk_buf_release(&part);
	return rc;
}

static enum vk_rc forge_note(
	const struct vk_buf *in, const char *path, struct vk_buf *out, struct vk_err *err)
{
	size_t len = in->len > 0 ? strcspn(in->data, "\n") : 0;
	char name[NOTE_NAME_MAX_BYTES + 1];
	struct vk_signkey *key = NULL;
	struct tuf_key *object = NULL;
	enum vk_rc rc;

	if (len == 0 || len >= sizeof(name))
		return vk_err_set(err, VK_EINPUT, "the first line names no log");
	memcpy(name, in->data, len);
	name[len] = '\0';
	rc = open_key(path, &key, &object, err);
	if (rc == VK_OK)
		note_sign(in->data, name, key, out);
	tuf_key_free(object);
	vk_signkey_free(key);
	return rc;
}

static enum vk_rc run(int argc, char *const *argv, struct vk_err *err)
{
	const char *command = argc > 1 ? argv[1] : "";
	struct vk_buf in, out;
	enum vk_rc rc;

	vk_buf_init(&in, FORGE_MAX_BYTES);
	vk_buf_init(&out, FORGE_MAX_BYTES);
	rc = read_input(&in, err);
	if (rc != VK_OK)
		goto out;
	if (strcmp(command, "canonical") == 0)
		rc = forge_canonical(&in, &out, err);
	else if (strcmp(command, "json") == 0)
		rc = forge_json(&in, &out, err);
	else if (strcmp(command, "unlock") == 0 && argc == 3)
		rc = forge_unlock(argv[2], &out, err);
	else if (strcmp(command, "leaf") == 0)
		forge_leaf(&in, &out);
	else if (strcmp(command, "sign") == 0)
		rc = forge_sign(&in, argv + 2, (size_t)argc - 2, &out, err);
	else if (strcmp(command, "note") == 0 && argc == 3)
		rc = forge_note(&in, argv[2], &out, err);
	else
		rc = vk_err_set(
			err, VK_EINPUT, "usage: forge canonical|json|leaf|sign KEY...|unlock KEY|note KEY");
	if (rc == VK_OK && fwrite(out.data, 1, out.len, stdout) != out.len)
		rc = vk_err_errno(err, VK_EIO, errno, "standard output");
out:
	vk_buf_release(&out);
	vk_buf_release(&in);
	return rc;
}

int main(int argc, char **argv)
{
	struct vk_err err = VK_ERR_INIT;

	if (sodium_init() < 0 || run(argc, argv, &err) != VK_OK) {
		fprintf(stderr, "forge: %s\n", err.msg);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

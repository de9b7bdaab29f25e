/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/note.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base64.h"
#include "common/num.h"

#include "common/banned.h"

enum {
	ALGORITHM_ED25519 = 0x01,
	ALGORITHM_COSIGNATURE_V1 = 0x04,
	TIME_BYTES = 8,
	COSIGNED_MAX_BYTES = 1024,
	ROOT_BASE64_BYTES = 44,
	SIZE_MAX_DIGITS = 20,
};

/* An em dash and a blank begin every signature line. */
static const char dash[] = "\xe2\x80\x94 ";

/* A piece of the note, without its newline. */
struct line {
	const char *text;
	size_t len;
};

static void key_id(const char *name, uint8_t algorithm,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], uint8_t out[NOTE_KEY_ID_BYTES])
{
	const uint8_t separator[2] = {'\n', algorithm};
	struct vk_sha256_stream stream;
	uint8_t digest[VK_SHA256_BYTES];

	vk_sha256_init(&stream);
	vk_sha256_add(&stream, name, strlen(name));
	vk_sha256_add(&stream, separator, sizeof(separator));
	vk_sha256_add(&stream, public_key, VK_PUBLIC_KEY_BYTES);
	vk_sha256_final(&stream, digest);
	memcpy(out, digest, NOTE_KEY_ID_BYTES);
}

void note_key_id(const char *name, const uint8_t public_key[VK_PUBLIC_KEY_BYTES],
	uint8_t out[NOTE_KEY_ID_BYTES])
{
	key_id(name, ALGORITHM_ED25519, public_key, out);
}

void note_checkpoint_format(
	const char *origin, const struct note_checkpoint *checkpoint, struct vk_buf *out)
{
	vk_buf_addf(out, "%s\n%" PRIu64 "\n", origin, checkpoint->size);
	vk_base64_encode(VK_BASE64, checkpoint->root, sizeof(checkpoint->root), out);
	vk_buf_addc(out, '\n');
}

void note_add_signature(const char *name, const uint8_t public_key[VK_PUBLIC_KEY_BYTES],
	const uint8_t sig[VK_SIGNATURE_BYTES], struct vk_buf *out)
{
	uint8_t raw[NOTE_KEY_ID_BYTES + VK_SIGNATURE_BYTES];

	note_key_id(name, public_key, raw);
	memcpy(raw + NOTE_KEY_ID_BYTES, sig, VK_SIGNATURE_BYTES);
	vk_buf_addf(out, "%s%s ", dash, name);
	vk_base64_encode(VK_BASE64, raw, sizeof(raw), out);
	vk_buf_addc(out, '\n');
}

void note_sign(const char *text, const char *name, const struct vk_signkey *key, struct vk_buf *out)
{
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	uint8_t sig[VK_SIGNATURE_BYTES];

	vk_signkey_public(key, public_key);
	vk_signkey_sign(key, text, strlen(text), sig);
	vk_buf_addf(out, "%s\n", text);
	note_add_signature(name, public_key, sig, out);
}

static bool decode(struct line line, void *out, size_t max, size_t *len)
{
	return vk_base64_decode(VK_BASE64, line.text, line.len, out, max, len);
}

/* Takes the next line of the text off its front; false at its end. */
static bool take_line(struct line *text, struct line *out)
{
	const char *end = memchr(text->text, '\n', text->len);

	if (end == NULL)
		return false;
	out->text = text->text;
	out->len = (size_t)(end - text->text);
	text->text += out->len + 1;
	text->len -= out->len + 1;
	return true;
}

static bool is_text(const struct line *line, const char *text)
{
	return line->len == strlen(text) && memcmp(line->text, text, line->len) == 0;
}

/* Text and signatures, at the last empty line; both end with a newline. */
static enum vk_rc split(const char *note, size_t len, struct line *text, struct line *signatures,
	struct vk_err *err)
{
	if (len > NOTE_MAX_BYTES)
		return vk_err_set(
			err, VK_ELIMIT, "the checkpoint is larger than %d bytes", NOTE_MAX_BYTES);
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)note[i] < 0x20 && note[i] != '\n')
			return vk_err_set(
				err, VK_EINPUT, "the checkpoint holds a control character");
	}
	for (size_t i = len; i > 1; i--) {
		if (note[i - 1] != '\n' || note[i - 2] != '\n')
			continue;
		if (i == len || note[len - 1] != '\n')
			break;
		*text = (struct line){note, i - 1};
		*signatures = (struct line){note + i, len - i};
		return VK_OK;
	}
	return vk_err_set(err, VK_EINPUT, "the checkpoint has no signature");
}

/* One signature line: its name, and the bytes after it. */
static bool parse_signature(struct line line, struct line *name, struct line *base64)
{
	const size_t dash_len = sizeof(dash) - 1;
	const char *blank;

	if (line.len <= dash_len || memcmp(line.text, dash, dash_len) != 0)
		return false;
	line.text += dash_len;
	line.len -= dash_len;
	blank = memchr(line.text, ' ', line.len);
	if (blank == NULL || blank == line.text)
		return false;
	*name = (struct line){line.text, (size_t)(blank - line.text)};
	*base64 = (struct line){blank + 1, line.len - name->len - 1};
	return memchr(name->text, '+', name->len) == NULL &&
	       memchr(base64->text, ' ', base64->len) == NULL;
}

static enum vk_rc verify_signature(const struct line *text, struct line signatures,
	const char *name, const uint8_t public_key[VK_PUBLIC_KEY_BYTES], struct vk_err *err)
{
	uint8_t raw[NOTE_KEY_ID_BYTES + VK_SIGNATURE_BYTES];
	uint8_t id[NOTE_KEY_ID_BYTES];
	struct line line, signer, base64;
	bool is_signed = false;

	note_key_id(name, public_key, id);
	for (unsigned n = 0; take_line(&signatures, &line); n++) {
		size_t len = 0;

		if (n >= NOTE_MAX_SIGNATURES)
			return vk_err_set(err, VK_ELIMIT,
				"the checkpoint has more than %d signatures", NOTE_MAX_SIGNATURES);
		if (!parse_signature(line, &signer, &base64))
			return vk_err_set(
				err, VK_EINPUT, "the checkpoint has a malformed signature");
		if (!is_text(&signer, name) || !decode(base64, raw, sizeof(raw), &len) ||
			len != sizeof(raw) || memcmp(raw, id, sizeof(id)) != 0)
			continue;
		if (!vk_verify_ed25519(public_key, text->text, text->len, raw + sizeof(id)))
			return vk_err_set(
				err, VK_EUNTRUSTED, "the checkpoint's signature is wrong");
		is_signed = true;
	}
	if (!is_signed)
		return vk_err_set(
			err, VK_EUNTRUSTED, "the checkpoint is not signed by the key of %s", name);
	return VK_OK;
}

static bool parse_size(struct line line, uint64_t *out)
{
	char digits[SIZE_MAX_DIGITS + 1];

	if (line.len == 0 || line.len > SIZE_MAX_DIGITS || (line.text[0] == '0' && line.len > 1))
		return false;
	memcpy(digits, line.text, line.len);
	digits[line.len] = '\0';
	return vk_parse_uint(digits, 0, INT64_MAX, out);
}

static enum vk_rc parse_body(
	struct line text, const char *origin, struct note_checkpoint *out, struct vk_err *err)
{
	struct line name, size, root;
	size_t len = 0;

	if (!take_line(&text, &name) || !take_line(&text, &size) || !take_line(&text, &root))
		return vk_err_set(err, VK_EINPUT, "the checkpoint has less than three lines");
	if (!is_text(&name, origin))
		return vk_err_set(
			err, VK_EUNTRUSTED, "the checkpoint is of another log than %s", origin);
	if (!parse_size(size, &out->size))
		return vk_err_set(err, VK_EINPUT, "the checkpoint's size is no number");
	if (root.len != ROOT_BASE64_BYTES || !decode(root, out->root, sizeof(out->root), &len) ||
		len != sizeof(out->root))
		return vk_err_set(err, VK_EINPUT, "the checkpoint's root is no digest");
	return VK_OK;
}

enum vk_rc note_verify_checkpoint(const char *note, size_t len, const char *origin,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], struct note_checkpoint *out,
	struct vk_err *err)
{
	struct note_checkpoint checkpoint;
	struct line text = {NULL, 0};
	struct line signatures = {NULL, 0};
	enum vk_rc rc = split(note, len, &text, &signatures, err);

	if (rc == VK_OK)
		rc = parse_body(text, origin, &checkpoint, err);
	if (rc == VK_OK)
		rc = verify_signature(&text, signatures, origin, public_key, err);
	if (rc == VK_OK)
		*out = checkpoint;
	return rc;
}

void note_witness_name(const char *fleet, const char *host, char out[NOTE_WITNESS_NAME_BYTES])
{
	snprintf(out, NOTE_WITNESS_NAME_BYTES, "%s/host/%s", fleet, host);
}

/* What a witness signs. */
static void format_cosigned(const char *origin, const struct note_checkpoint *checkpoint,
	uint64_t time, struct vk_buf *out)
{
	vk_buf_addf(out, "cosignature/v1\ntime %" PRIu64 "\n", time);
	note_checkpoint_format(origin, checkpoint, out);
}

static void put_time(uint64_t time, uint8_t out[TIME_BYTES])
{
	for (int i = TIME_BYTES - 1; i >= 0; i--, time >>= 8)
		out[i] = (uint8_t)(time & 0xff);
}

static uint64_t get_time(const uint8_t in[TIME_BYTES])
{
	uint64_t time = 0;

	for (int i = 0; i < TIME_BYTES; i++)
		time = time << 8 | in[i];
	return time;
}

void note_cosign(const char *origin, const struct note_checkpoint *checkpoint, int64_t time,
	const char *name, const struct vk_signkey *key, struct vk_buf *out)
{
	uint8_t raw[NOTE_KEY_ID_BYTES + TIME_BYTES + VK_SIGNATURE_BYTES];
	uint8_t public_key[VK_PUBLIC_KEY_BYTES];
	struct vk_buf text;

	vk_signkey_public(key, public_key);
	vk_buf_init(&text, COSIGNED_MAX_BYTES);
	format_cosigned(origin, checkpoint, (uint64_t)time, &text);
	key_id(name, ALGORITHM_COSIGNATURE_V1, public_key, raw);
	put_time((uint64_t)time, raw + NOTE_KEY_ID_BYTES);
	vk_signkey_sign(key, text.data, text.len, raw + NOTE_KEY_ID_BYTES + TIME_BYTES);
	vk_buf_addf(out, "%s%s ", dash, name);
	vk_base64_encode(VK_BASE64, raw, sizeof(raw), out);
	vk_buf_addc(out, '\n');
	vk_buf_release(&text);
}

/* Who signed, and the 76 bytes behind the name. */
static enum vk_rc parse_cosignature(struct line line, struct line *signer,
	uint8_t raw[NOTE_KEY_ID_BYTES + TIME_BYTES + VK_SIGNATURE_BYTES], struct vk_err *err)
{
	const size_t size = NOTE_KEY_ID_BYTES + TIME_BYTES + VK_SIGNATURE_BYTES;
	struct line base64;
	size_t len = 0;

	if (line.len > NOTE_COSIGNATURE_MAX_BYTES)
		return vk_err_set(err, VK_EINPUT, "the cosignature is longer than %d bytes",
			NOTE_COSIGNATURE_MAX_BYTES);
	if (line.len > 0 && line.text[line.len - 1] == '\n')
		line.len--;
	if (!parse_signature(line, signer, &base64) || !decode(base64, raw, size, &len) ||
		len != size || get_time(raw + NOTE_KEY_ID_BYTES) > INT64_MAX)
		return vk_err_set(err, VK_EINPUT, "the cosignature is malformed");
	return VK_OK;
}

enum vk_rc note_verify_cosignature(const char *line, size_t len, const char *origin,
	const struct note_checkpoint *checkpoint, const char *name,
	const uint8_t public_key[VK_PUBLIC_KEY_BYTES], int64_t *time, struct vk_err *err)
{
	uint8_t raw[NOTE_KEY_ID_BYTES + TIME_BYTES + VK_SIGNATURE_BYTES];
	uint8_t id[NOTE_KEY_ID_BYTES];
	struct line signer;
	struct vk_buf text;
	bool is_signed;
	enum vk_rc rc = parse_cosignature((struct line){line, len}, &signer, raw, err);

	if (rc != VK_OK)
		return rc;
	key_id(name, ALGORITHM_COSIGNATURE_V1, public_key, id);
	if (!is_text(&signer, name) || memcmp(raw, id, sizeof(id)) != 0)
		return vk_err_set(err, VK_ENOTFOUND, "the cosignature is not by the key of %s", name);
	vk_buf_init(&text, COSIGNED_MAX_BYTES);
	format_cosigned(origin, checkpoint, get_time(raw + NOTE_KEY_ID_BYTES), &text);
	is_signed = vk_verify_ed25519(
		public_key, text.data, text.len, raw + NOTE_KEY_ID_BYTES + TIME_BYTES);
	vk_buf_release(&text);
	if (!is_signed)
		return vk_err_set(err, VK_EUNTRUSTED,
			"the cosignature of %s is not of this checkpoint", name);
	if (time != NULL)
		*time = (int64_t)get_time(raw + NOTE_KEY_ID_BYTES);
	return VK_OK;
}

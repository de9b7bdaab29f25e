/* SPDX-License-Identifier: BSD-3-Clause */
/* Key files, and tokens of SoftHSM: the latter are left out, aloud, where it is not installed. */
#include "config.h"

#include "common/keyholder.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/keyfile.h"
#include "common/mem.h"
#include "common/pkcs11_module.h"
#include "common/vkjson.h"
#include "tests/unit/unit.h"

#include "common/banned.h"

#define TOKEN "vkcfg-test"
#define PIN "4711"
#define SO_PIN "12345678"

static const struct keyfile_cost cheap = {.opslimit = 1, .memlimit_bytes = 8192};
static const char *const modules[] = {"/usr/lib/softhsm/libsofthsm2.so",
	"/usr/lib64/pkcs11/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so",
	"/usr/local/lib/softhsm/libsofthsm2.so"};

static const char *module_path; /* NULL: no SoftHSM */
static char directory[] = "/tmp/vkcfg-check-keyholder-XXXXXX";
static struct vk_err err;
static struct keyholder *holder;
static int dirfd = -1;

/* SoftHSM leaks; to see that it was SoftHSM takes whole stacks. Without sanitizers nobody asks. */
const char *__lsan_default_suppressions(void);
const char *__asan_default_options(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libsofthsm2.so\n";
}

const char *__asan_default_options(void)
{
	return "fast_unwind_on_malloc=0";
}

/* What a person types, one line for each prompt. */
static struct passphrase_source lines(const char *text)
{
	struct passphrase_source source = {.fd = -1};
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
	close(ends[1]);
	source.fd = ends[0];
	return source;
}

static char *uri_of(const char *object)
{
	return xasprintf("pkcs11:token=" TOKEN ";object=%s?module-path=%s", object, module_path);
}

static enum vk_rc add(const char *object, const char *pin)
{
	struct passphrase_source source = lines(pin);
	char *uri = uri_of(object);
	enum vk_rc rc = keyholder_new_pkcs11("hsm", "alice", uri, &source, &holder, &err);

	close(source.fd);
	free(uri);
	return rc;
}

static void configure_softhsm(void)
{
	char *tokens = xasprintf("%s/tokens", directory);
	char *path = xasprintf("%s/softhsm2.conf", directory);
	char *text = xasprintf("directories.tokendir = %s\nlog.level = ERROR\n", tokens);

	assert_ok(vk_file_mkdirs(AT_FDCWD, tokens, 0700, &err), err);
	assert_ok(vk_file_replace(AT_FDCWD, path, 0600, text, strlen(text), &err), err);
	ck_assert_int_eq(setenv("SOFTHSM2_CONF", path, 1), 0);
	free(tokens);
	free(path);
	free(text);
}

static void generate(const CK_FUNCTION_LIST *calls, CK_SESSION_HANDLE session,
	CK_MECHANISM_TYPE type, const char *params, size_t params_len, const char *label)
{
	CK_MECHANISM mechanism = {.mechanism = type};
	CK_BBOOL yes = CK_TRUE;
	CK_OBJECT_HANDLE public_key, private_key;
	CK_ATTRIBUTE public_template[] = {
		{CKA_EC_PARAMS, (void *)params, params_len},
		{CKA_LABEL, (void *)label, strlen(label)},
		{CKA_ID, (void *)label, strlen(label)},
		{CKA_TOKEN, &yes, sizeof(yes)},
		{CKA_VERIFY, &yes, sizeof(yes)},
	};
	CK_ATTRIBUTE private_template[] = {
		{CKA_LABEL, (void *)label, strlen(label)},
		{CKA_ID, (void *)label, strlen(label)},
		{CKA_TOKEN, &yes, sizeof(yes)},
		{CKA_PRIVATE, &yes, sizeof(yes)},
		{CKA_SIGN, &yes, sizeof(yes)},
	};

	ck_assert_uint_eq(calls->C_GenerateKeyPair(session, &mechanism, public_template, 5,
				  private_template, 5, &public_key, &private_key),
		CKR_OK);
}

/* A token with an ECDSA and an Ed25519 key, a key of a curve that we do not use, and one twice. */
static void make_token(void)
{
	static const char p256[] = "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
	static const char p384[] = "\x06\x05\x2b\x81\x04\x00\x22";
	static const char ed25519[] = "\x13\x0c"
				      "edwards25519";
	struct pkcs11_uri uri = {.token = ""};
	unsigned char label[32];
	struct pkcs11_module module;
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot;
	CK_ULONG count = 1;

	memcpy(uri.module_path, module_path, strlen(module_path) + 1);
	assert_ok(pkcs11_module_open(&uri, &module, &err), err);
	memset(label, ' ', sizeof(label));
	memcpy(label, TOKEN, strlen(TOKEN));
	ck_assert_uint_eq(module.calls->C_GetSlotList(CK_TRUE, &slot, &count), CKR_OK);
	ck_assert_uint_eq(
		module.calls->C_InitToken(slot, (unsigned char *)SO_PIN, strlen(SO_PIN), label),
		CKR_OK);
	ck_assert_uint_eq(module.calls->C_OpenSession(
				  slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session),
		CKR_OK);
	ck_assert_uint_eq(
		module.calls->C_Login(session, CKU_SO, (unsigned char *)SO_PIN, strlen(SO_PIN)),
		CKR_OK);
	ck_assert_uint_eq(
		module.calls->C_InitPIN(session, (unsigned char *)PIN, strlen(PIN)), CKR_OK);
	ck_assert_uint_eq(module.calls->C_Logout(session), CKR_OK);
	ck_assert_uint_eq(
		module.calls->C_Login(session, CKU_USER, (unsigned char *)PIN, strlen(PIN)),
		CKR_OK);
	generate(module.calls, session, CKM_EC_KEY_PAIR_GEN, p256, sizeof(p256) - 1, "p256");
	generate(module.calls, session, CKM_EC_KEY_PAIR_GEN, p384, sizeof(p384) - 1, "p384");
	generate(module.calls, session, CKM_EC_EDWARDS_KEY_PAIR_GEN, ed25519, sizeof(ed25519) - 1,
		"ed25519");
	generate(module.calls, session, CKM_EC_KEY_PAIR_GEN, p256, sizeof(p256) - 1, "twice");
	generate(module.calls, session, CKM_EC_KEY_PAIR_GEN, p256, sizeof(p256) - 1, "twice");
	pkcs11_module_close(&module);
}

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	dirfd = open(directory, O_RDONLY | O_DIRECTORY);
	holder = NULL;
}

static void setup_token(void)
{
	setup();
	configure_softhsm();
	make_token();
}

static void teardown(void)
{
	keyholder_free(holder);
	close(dirfd);
	assert_ok(vk_file_remove_tree(AT_FDCWD, directory, &err), err);
}

static void make_file(void)
{
	struct keyfile_info info = {.name = "work", .user = "alice"};
	struct passphrase *phrase = NULL;

	assert_ok(passphrase_new("correct horse", 13, &phrase, &err), err);
	assert_ok(keyfile_create(dirfd, "k", &info, phrase, &cheap, &err), err);
	passphrase_free(phrase);
}

START_TEST(refuses_files_that_are_neither)
{
	static const char *const texts[] = {"", "{}", "{\"_type\":\"vkcfg-key-pkcs12\"}",
		"{\"_type\":\"vkcfg-key-pkcs11\",\"format\":2}",
		"{\"_type\":\"vkcfg-key-pkcs11\",\"format\":1,\"name\":\"a\",\"user\":\"b\","
		"\"key\":{"
		"\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":{\"public\":\"\"},"
		"\"x-vkcfg-user\":\"c\"},\"uri\":\"pkcs11:token=a;object=b\"}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_ok(vk_file_replace(dirfd, "k", 0600, texts[i], strlen(texts[i]), &err), err);
		assert_fails(keyholder_load(dirfd, "k", &holder, &err), VK_EINPUT);
	}
	assert_fails(keyholder_load(dirfd, "nothing", &holder, &err), VK_ENOTFOUND);
	ck_assert_int_eq(fchmodat(dirfd, "k", 0644, 0), 0);
	ck_assert(keyholder_load(dirfd, "k", &holder, &err) != VK_OK);
}
END_TEST

START_TEST(does_not_sign_while_it_is_locked)
{
	struct passphrase_source wrong = lines("incorrect horse\n");
	struct tuf_signature signature;

	make_file();
	assert_ok(keyholder_load(dirfd, "k", &holder, &err), err);
	assert_fails(keyholder_sign(holder, "a", 1, &signature, &err), VK_EDENIED);
	assert_fails(keyholder_unlock(holder, &wrong, &err), VK_EDENIED);
	assert_fails(keyholder_sign(holder, "a", 1, &signature, &err), VK_EDENIED);
	close(wrong.fd);
}
END_TEST

START_TEST(signs_with_a_key_file)
{
	struct passphrase_source right = lines("correct horse\n");
	struct tuf_signature signature;

	make_file();
	assert_ok(keyholder_load(dirfd, "k", &holder, &err), err);
	ck_assert_str_eq(keyholder_name(holder), "work");
	ck_assert_str_eq(keyholder_user(holder), "alice");
	ck_assert_ptr_null(keyholder_uri(holder));
	assert_ok(keyholder_unlock(holder, &right, &err), err);
	assert_ok(keyholder_sign(holder, "a", 1, &signature, &err), err);
	ck_assert_str_eq(signature.keyid, tuf_key_id(keyholder_key(holder)));
	ck_assert_uint_eq(strlen(signature.sig), 2 * VK_SIGNATURE_BYTES);
	close(right.fd);
}
END_TEST

START_TEST(says_that_there_is_no_module)
{
	struct passphrase_source none = {.fd = -1};

	assert_fails(keyholder_new_pkcs11("hsm", "alice",
			     "pkcs11:token=a;object=b?module-path=/no/such/module.so", &none,
			     &holder, &err),
		VK_ENOTFOUND);
	ck_assert_ptr_nonnull(strstr(err.msg, "no PKCS#11 module: /no/such/module.so"));
	assert_fails(keyholder_new_pkcs11("hsm", "alice",
			     "pkcs11:token=a;object=b?module-path=/dev/null", &none, &holder, &err),
		VK_ENOTFOUND);
}
END_TEST

START_TEST(refuses_a_wrong_pin)
{
	assert_fails(add("p256", "4712\n"), VK_EDENIED);
	ck_assert_ptr_nonnull(strstr(err.msg, "the PIN is wrong"));
	ck_assert_ptr_null(strstr(err.msg, "4712"));
	assert_fails(add("p256", "1\n"), VK_EDENIED);
	assert_fails(add("p256", ""), VK_EINPUT);
}
END_TEST

START_TEST(says_that_token_or_key_are_missing)
{
	struct passphrase_source none = {.fd = -1};
	char *uri = xasprintf("pkcs11:token=other;object=p256?module-path=%s", module_path);

	/* Before anybody is asked for a PIN. */
	assert_fails(keyholder_new_pkcs11("hsm", "alice", uri, &none, &holder, &err), VK_ENOTFOUND);
	ck_assert_ptr_nonnull(strstr(err.msg, "there is no token 'other'"));
	assert_fails(add("p521", PIN "\n"), VK_ENOTFOUND);
	ck_assert_ptr_nonnull(strstr(err.msg, "no private key of that name"));
	free(uri);
}
END_TEST

START_TEST(refuses_keys_that_it_cannot_use)
{
	assert_fails(add("p384", PIN "\n"), VK_EINPUT);
	ck_assert_ptr_nonnull(strstr(err.msg, "of another type"));
	assert_fails(add("twice", PIN "\n"), VK_EINPUT);
	ck_assert_ptr_nonnull(strstr(err.msg, "several private keys"));
}
END_TEST

START_TEST(refuses_a_token_with_another_key_of_that_name)
{
	struct passphrase_source pin = lines(PIN "\n");
	struct vk_buf text;
	char *place;

	assert_ok(add("p256", PIN "\n"), err);
	assert_ok(keyholder_save(holder, dirfd, "k", &err), err);
	keyholder_free(holder);
	holder = NULL;
	vk_buf_init(&text, 8192);
	assert_ok(vk_file_read(dirfd, "k", VK_FILE_PRIVATE, &text, &err), err);
	place = strstr(text.data, "object=p256");
	ck_assert_ptr_nonnull(place);
	memcpy(place, "id=%65d2551", 11); /* ed25519 in another spelling, which is not there */
	assert_ok(vk_file_replace(dirfd, "k", 0600, text.data, text.len, &err), err);
	assert_ok(keyholder_load(dirfd, "k", &holder, &err), err);
	assert_fails(keyholder_unlock(holder, &pin, &err), VK_ENOTFOUND);
	keyholder_free(holder);
	holder = NULL;
	memcpy(place, "id=ed25519;", 11);
	assert_ok(vk_file_replace(dirfd, "k", 0600, text.data, text.len, &err), err);
	assert_ok(keyholder_load(dirfd, "k", &holder, &err), err);
	close(pin.fd);
	pin = lines(PIN "\n");
	assert_fails(keyholder_unlock(holder, &pin, &err), VK_EUNTRUSTED);
	close(pin.fd);
	vk_buf_release(&text);
}
END_TEST

START_TEST(is_left_out_without_softhsm)
{
}
END_TEST

static const char *const objects[] = {"p256", "ed25519"};
static const char *const types[] = {"ecdsa", "ed25519"};

START_TEST(signs_with_a_token)
{
	struct passphrase_source pin = lines(PIN "\n");
	struct tuf_signature signature;

	assert_ok(add(objects[_i], PIN "\n"), err);
	assert_ok(keyholder_save(holder, dirfd, "k", &err), err);
	assert_fails(keyholder_save(holder, dirfd, "k", &err), VK_ECONFLICT);
	keyholder_free(holder);
	holder = NULL;
	assert_ok(keyholder_load(dirfd, "k", &holder, &err), err);
	ck_assert_str_eq(keyholder_name(holder), "hsm");
	ck_assert_ptr_nonnull(strstr(keyholder_uri(holder), objects[_i]));
	ck_assert_str_eq(tuf_key_user(keyholder_key(holder)), "alice");
	ck_assert_str_eq(
		vkjson_text(vkjson_get(tuf_key_json(keyholder_key(holder)), "keytype")), types[_i]);
	assert_fails(keyholder_sign(holder, "a", 1, &signature, &err), VK_EDENIED);
	assert_ok(keyholder_unlock(holder, &pin, &err), err);
	for (int i = 0; i < 16; i++) /* of different lengths */
		assert_ok(keyholder_sign(holder, &i, sizeof(i), &signature, &err), err);
	ck_assert_str_eq(signature.keyid, tuf_key_id(keyholder_key(holder)));
	close(pin.fd);
}
END_TEST

START_TEST(signs_with_two_keys_of_one_token)
{
	struct keyholder *first;
	struct tuf_signature signature;

	assert_ok(add("p256", PIN "\n"), err);
	first = holder;
	assert_ok(add("ed25519", PIN "\n"), err);
	assert_ok(keyholder_sign(first, "a", 1, &signature, &err), err);
	assert_ok(keyholder_sign(holder, "a", 1, &signature, &err), err);
	assert_ok(keyholder_sign(first, "b", 1, &signature, &err), err);
	keyholder_free(first); /* it came first, and with it the module is ended */
	keyholder_free(holder);
	holder = NULL;
	assert_fails(add("p256", "4712\n"), VK_EDENIED); /* nobody is logged in any more */
	assert_ok(add("p256", PIN "\n"), err);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("keyholder");
	TCase *files = tcase_create("files");
	TCase *tokens = tcase_create("tokens");

	tcase_add_checked_fixture(files, setup, teardown);
	tcase_add_test(files, refuses_files_that_are_neither);
	tcase_add_test(files, does_not_sign_while_it_is_locked);
	tcase_add_test(files, signs_with_a_key_file);
	tcase_add_test(files, says_that_there_is_no_module);
	suite_add_tcase(suite, files);
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		if (module_path == NULL && access(modules[i], R_OK) == 0)
			module_path = modules[i];
	}
	if (module_path == NULL) {
		printf("# tokens are not tested: SoftHSM is not installed (Debian: softhsm2)\n");
		tcase_add_test(tokens, is_left_out_without_softhsm);
		suite_add_tcase(suite, tokens);
		return suite;
	}
	tcase_add_checked_fixture(tokens, setup_token, teardown);
	tcase_set_timeout(tokens, 60);
	tcase_add_test(tokens, refuses_a_wrong_pin);
	tcase_add_test(tokens, says_that_token_or_key_are_missing);
	tcase_add_test(tokens, refuses_keys_that_it_cannot_use);
	tcase_add_test(tokens, refuses_a_token_with_another_key_of_that_name);
	tcase_add_loop_test(tokens, signs_with_a_token, 0, 2);
	tcase_add_test(tokens, signs_with_two_keys_of_one_token);
	suite_add_tcase(suite, tokens);
	return suite;
}

UNIT_MAIN(make_suite)

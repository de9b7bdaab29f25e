/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/pkcs11_module.h"

#include <string.h>

#include <dlfcn.h>

#include "common/banned.h"

enum { MAX_SLOTS = 256 };

/* p11-kit is a module itself: it passes calls on to all that are registered. */
#define DEFAULT_MODULE "libp11-kit.so.0"

enum vk_rc pkcs11_module_error(CK_RV status, const char *what, struct vk_err *err)
{
	switch (status) {
	case CKR_TOKEN_NOT_PRESENT:
	case CKR_TOKEN_NOT_RECOGNIZED:
	case CKR_DEVICE_REMOVED:
		return vk_err_set(err, VK_ENOTFOUND, "%s: the token is gone", what);
	case CKR_PIN_INCORRECT:
	case CKR_PIN_INVALID:
	case CKR_PIN_LEN_RANGE:
		return vk_err_set(err, VK_EDENIED, "the PIN is wrong");
	case CKR_PIN_EXPIRED:
		return vk_err_set(err, VK_EDENIED,
			"the PIN has expired: set a new one with the token's "
			"own tools");
	case CKR_PIN_LOCKED:
		vk_err_set(err, VK_EDENIED, "the PIN is locked: there were too many wrong ones");
		vk_err_hint(err,
			"whoever has the token's SO PIN unlocks it, with the token's own tools");
		return VK_EDENIED;
	case CKR_MECHANISM_INVALID:
		return vk_err_set(err, VK_EINPUT, "%s: the token cannot sign so", what);
	default:
		return vk_err_set(err, VK_EIO, "%s: the PKCS#11 module says error 0x%lx", what,
			(unsigned long)status);
	}
}

static enum vk_rc load(const char *path, CK_FUNCTION_LIST **out, struct vk_err *err)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	CK_C_GetFunctionList get_list = NULL;
	void *symbol;
	CK_RV status;

	if (library == NULL) {
		vk_err_set(err, VK_ENOTFOUND, "no PKCS#11 module: %s", dlerror());
		vk_err_hint(err,
			"install the library of your token (softhsm2, opensc-pkcs11, ykcs11), "
			"or name it with ?module-path=/PATH");
		return VK_ENOTFOUND;
	}
	symbol = dlsym(library, "C_GetFunctionList");
	if (symbol == NULL)
		return vk_err_set(err, VK_EINPUT, "%s is no PKCS#11 module", path);
	memcpy(&get_list, &symbol, sizeof(get_list)); /* POSIX has them alike, C does not */
	status = get_list(out);
	if (status != CKR_OK || *out == NULL)
		return pkcs11_module_error(status, "loading the PKCS#11 module", err);
	return VK_OK;
}

enum vk_rc pkcs11_module_open(
	const struct pkcs11_uri *uri, struct pkcs11_module *out, struct vk_err *err)
{
	const char *path = uri->module_path[0] != '\0' ? uri->module_path : DEFAULT_MODULE;
	struct pkcs11_module module = {.calls = NULL};
	enum vk_rc rc = load(path, &module.calls, err);
	CK_RV status;

	if (rc != VK_OK)
		return rc;
	/* Another key of this command may have done it. */
	status = module.calls->C_Initialize(NULL);
	if (status != CKR_OK && status != CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return pkcs11_module_error(status, "starting the PKCS#11 module", err);
	module.is_initialised_here = status == CKR_OK;
	*out = module;
	return VK_OK;
}

void pkcs11_module_close(struct pkcs11_module *module)
{
	if (module->is_initialised_here)
		module->calls->C_Finalize(NULL);
	module->is_initialised_here = false;
}

/* The token's field is padded with blanks. */
static bool matches(const char *wanted, const unsigned char *field, size_t size)
{
	size_t len = strlen(wanted);

	if (len == 0)
		return true;
	while (size > 0 && field[size - 1] == ' ')
		size--;
	return len == size && memcmp(wanted, field, len) == 0;
}

static bool is_wanted(const struct pkcs11_uri *uri, const CK_TOKEN_INFO *token)
{
	return (token->flags & CKF_TOKEN_INITIALIZED) != 0 &&
	       matches(uri->token, token->label, sizeof(token->label)) &&
	       matches(uri->serial, token->serialNumber, sizeof(token->serialNumber)) &&
	       matches(uri->manufacturer, token->manufacturerID, sizeof(token->manufacturerID)) &&
	       matches(uri->model, token->model, sizeof(token->model));
}

static enum vk_rc list_slots(const struct pkcs11_module *module, CK_SLOT_ID slots[MAX_SLOTS],
	size_t *count, struct vk_err *err)
{
	CK_ULONG found = MAX_SLOTS;
	CK_RV status = module->calls->C_GetSlotList(CK_TRUE, slots, &found);

	if (status != CKR_OK)
		return pkcs11_module_error(status, "looking for tokens", err);
	*count = found < MAX_SLOTS ? found : MAX_SLOTS;
	return VK_OK;
}

enum vk_rc pkcs11_module_find_token(const struct pkcs11_module *module,
	const struct pkcs11_uri *uri, CK_SLOT_ID *slot, CK_TOKEN_INFO *token, struct vk_err *err)
{
	const char *name = uri->token[0] != '\0' ? uri->token : uri->serial;
	CK_SLOT_ID slots[MAX_SLOTS];
	size_t count = 0;
	size_t found = 0;
	enum vk_rc rc = list_slots(module, slots, &count, err);

	for (size_t i = 0; rc == VK_OK && i < count; i++) {
		CK_TOKEN_INFO info;

		/* One that is just being pulled out is no reason to fail. */
		if (module->calls->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
			!is_wanted(uri, &info))
			continue;
		*slot = slots[i];
		*token = info;
		found++;
	}
	if (rc == VK_OK && found == 0) {
		rc = vk_err_set(err, VK_ENOTFOUND, "there is no token '%s' here", name);
		vk_err_hint(err, "plug it in; 'pkcs11-tool --list-token-slots' or 'p11tool "
				 "--list-tokens' shows those that are there");
	} else if (rc == VK_OK && found > 1) {
		rc = vk_err_set(err, VK_EINPUT, "there are %zu tokens '%s' here", found, name);
		vk_err_hint(err, "add serial= to the PKCS#11 URI");
	}
	return rc;
}

#include "fetch/hasher.h"

#include <assert.h>
#include <dlfcn.h>
#include <openssl/evp.h>

#define CRYPTO_FILE "libcrypto.so.3"

static_assert(HASHER_BYTES_MAX >= EVP_MAX_MD_SIZE, "every hash fits");

/* The address of a function of libcrypto, as a pointer to its declared type. */
#define BIND(hasher, function)                                                                     \
	((__typeof__(function) *)(uintptr_t)dlsym((hasher)->library, #function))

int
hasher_begin(struct hasher *hasher, const char *name)
{
	*hasher = (struct hasher){ .library = dlopen(CRYPTO_FILE, RTLD_NOW | RTLD_LOCAL) };
	if (hasher->library == NULL)
		return ERR_UNSUPPORTED;
	hasher->context = BIND(hasher, EVP_MD_CTX_new)();
	const EVP_MD *function = BIND(hasher, EVP_get_digestbyname)(name);
	if (hasher->context != NULL && function != NULL &&
	    BIND(hasher, EVP_DigestInit_ex)(hasher->context, function, NULL) == 1)
		return 0;
	hasher_close(hasher);
	return ERR_UNSUPPORTED;
}

int
hasher_write(struct hasher *hasher, const void *octets, size_t bytes)
{
	return BIND(hasher, EVP_DigestUpdate)(hasher->context, octets, bytes) == 1
		       ? 0
		       : ERR_UNSUPPORTED;
}

int
hasher_end(struct hasher *hasher, uint8_t hash[HASHER_BYTES_MAX])
{
	unsigned bytes = 0;
	int is_done = BIND(hasher, EVP_DigestFinal_ex)(hasher->context, hash, &bytes);
	hasher_close(hasher);
	return is_done == 1 ? (int)bytes : ERR_UNSUPPORTED;
}

void
hasher_close(struct hasher *hasher)
{
	if (hasher->context != NULL)
		BIND(hasher, EVP_MD_CTX_free)(hasher->context);
	if (hasher->library != NULL)
		dlclose(hasher->library);
	*hasher = (struct hasher){ .library = NULL };
}

static int
hash_parts(void *data, enum auth_hash_kind kind, const struct span *parts, size_t count,
	   uint8_t hash[AUTH_HASH_BYTES_MAX])
{
	static const char *const names[] = {
		[AUTH_MD5] = "MD5",
		[AUTH_SHA_256] = "SHA256",
		[AUTH_SHA_512_256] = "SHA512-256",
	};
	struct hasher hasher;
	(void)data;
	int err = hasher_begin(&hasher, names[kind]);
	if (err != 0)
		return err;
	for (size_t i = 0; err == 0 && i < count; i++)
		err = hasher_write(&hasher, parts[i].at, parts[i].bytes);
	if (err != 0) {
		hasher_close(&hasher);
		return err;
	}
	return hasher_end(&hasher, hash);
}

const struct auth_hash_ops hasher_auth_ops = { .hash = hash_parts };

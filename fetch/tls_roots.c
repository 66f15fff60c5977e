/*
 * tls_roots.c - the system's roots: one by one from the directory of hashes, and all of the bundle only when that does
 * not have the issuer that is wanted.
 *
 * The bundle says the same as the directory on most systems, and reading its hundreds of certificates takes longer than
 * the whole transfer of a small file.  SSL_CERT_DIR and SSL_CERT_FILE name others, as with OpenSSL.
 */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "fetch/tls_context.h"

/* The method data is the look-up that can load the file, until it has. */
static int
load_bundle(X509_LOOKUP *lookup)
{
	X509_LOOKUP *file = X509_LOOKUP_get_method_data(lookup);

	if (file == NULL)
		return 0;
	(void)X509_LOOKUP_set_method_data(lookup, NULL);
	(void)ERR_set_mark(); /* without the file the issuer is unknown, and that is what is told */
	const int is_loaded = X509_LOOKUP_load_file(file, NULL, X509_FILETYPE_DEFAULT);
	(void)ERR_pop_to_mark();
	return is_loaded > 0;
}

/* What is found stays the store's: the library counts a reference for whoever asked. */
static int
find_in_bundle(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, const X509_NAME *subject, X509_OBJECT *found)
{
	X509_STORE *store = X509_LOOKUP_get_store(lookup);
	int is_found = 0;

	if (type != X509_LU_X509 || !load_bundle(lookup))
		return 0;
	(void)X509_STORE_lock(store);
	X509_OBJECT *object = X509_OBJECT_retrieve_by_subject(X509_STORE_get0_objects(store), type, subject);
	if (object != NULL && X509_OBJECT_set1_X509(found, X509_OBJECT_get0_X509(object)) == 1) {
		X509_free(X509_OBJECT_get0_X509(found));
		is_found = 1;
	}
	(void)X509_STORE_unlock(store);
	return is_found;
}

static bool
add_bundle(struct tls_context *context)
{
	X509_STORE *store = SSL_CTX_get_cert_store(context->ctx);
	X509_LOOKUP_METHOD *method = X509_LOOKUP_meth_new("bundle of roots");

	context->bundle_method = method;
	if (method == NULL || X509_LOOKUP_meth_set_get_by_subject(method, find_in_bundle) != 1)
		return false;
	X509_LOOKUP *file = X509_STORE_add_lookup(store, X509_LOOKUP_file());
	X509_LOOKUP *lookup = X509_STORE_add_lookup(store, method);
	return file != NULL && lookup != NULL && X509_LOOKUP_set_method_data(lookup, file) == 1;
}

bool
tls__trust_system(struct tls_context *context)
{
	return SSL_CTX_set_default_verify_dir(context->ctx) == 1 && add_bundle(context);
}

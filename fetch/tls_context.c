#include "fetch/tls_context.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stack/base/err.h"

/* ---- what is trusted ----------------------------------------------------------------------------------- */

static int
fail_roots(const char *option, const char *path, struct failure *failure)
{
	failure_set(failure, FAILURE_ROOTS, "%s %s: %s", option, path, tls__library_words());
	return ERR_IO;
}

static int
load_roots(struct tls_context *context, const struct tls_options *options, struct failure *failure)
{
	SSL_CTX *ctx = context->ctx;

	if (options->ca_file != NULL && SSL_CTX_load_verify_file(ctx, options->ca_file) != 1)
		return fail_roots("--cacert", options->ca_file, failure);
	if (options->ca_path != NULL && SSL_CTX_load_verify_dir(ctx, options->ca_path) != 1)
		return fail_roots("--capath", options->ca_path, failure);
	context->roots = "the certificates given";
	if (options->ca_file != NULL || options->ca_path != NULL)
		return 0;
	context->roots = "the system's roots";
	if (!tls__trust_system(context))
		return fail_roots("the system's roots in", X509_get_default_cert_dir(), failure);
	return 0;
}

/* ---- who we are ---------------------------------------------------------------------------------------- */

static int
give_password(char *into, int into_bytes, int is_for_writing, void *data)
{
	const char *password = data;
	const size_t bytes = password != NULL ? strlen(password) : 0;

	(void)is_for_writing;
	if (bytes > (size_t)into_bytes)
		return 0;
	memcpy(into, password, bytes);
	return (int)bytes;
}

static int
fail_client(const char *option, const char *path, struct failure *failure)
{
	failure_set(failure, FAILURE_CLIENT_CERTIFICATE, "%s %s: %s", option, path,
		    tls__library_words());
	return ERR_IO;
}

static int
load_client(SSL_CTX *ctx, const struct tls_options *options, struct failure *failure)
{
	const char *key_file = options->key_file != NULL ? options->key_file : options->cert_file;
	void *password;

	if (options->cert_file == NULL)
		return 0;
	memcpy(&password, &options->key_password, sizeof password); /* OpenSSL does not know const here */
	SSL_CTX_set_default_passwd_cb(ctx, give_password);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, password);
	if (SSL_CTX_use_certificate_chain_file(ctx, options->cert_file) != 1)
		return fail_client("--cert", options->cert_file, failure);
	if (SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1)
		return fail_client("--key", key_file, failure);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
	return 0;
}

/* ---- how we speak -------------------------------------------------------------------------------------- */

static int
version_number(enum tls_version version, int otherwise)
{
	switch (version) {
	case TLS_VERSION_DEFAULT: break;
	case TLS_VERSION_1_2: return TLS1_2_VERSION;
	case TLS_VERSION_1_3: return TLS1_3_VERSION;
	}
	return otherwise;
}

static int
set_protocol(SSL_CTX *ctx, const struct tls_options *options, struct failure *failure)
{
	const int least = version_number(options->version_min, TLS1_2_VERSION);
	const int most = version_number(options->version_max, 0);

	if (SSL_CTX_set_min_proto_version(ctx, least) != 1 || SSL_CTX_set_max_proto_version(ctx, most) != 1) {
		failure_set(failure, FAILURE_TLS, "these versions of TLS are not to be had: %s",
			    tls__library_words());
		return ERR_UNSUPPORTED;
	}
	if ((options->ciphers != NULL && SSL_CTX_set_cipher_list(ctx, options->ciphers) != 1) ||
	    (options->ciphers_1_3 != NULL && SSL_CTX_set_ciphersuites(ctx, options->ciphers_1_3) != 1)) {
		failure_set(failure, FAILURE_TLS, "the ciphers asked for are not to be had: %s",
			    tls__library_words());
		return ERR_UNSUPPORTED;
	}
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 1); /* a record is one read and not two */
	return 0;
}

/* ---- secrets, for whoever reads captures --------------------------------------------------------------- */

static void
on_key_log(const SSL *ssl, const char *line)
{
	const struct tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	char text[512];
	const size_t bytes = strlen(line);

	if (bytes >= sizeof text)
		return;
	memcpy(text, line, bytes);
	text[bytes] = '\n';
	/* One write a line, so that programs may share the file; a full disk is no reason to end a transfer. */
	if (context->key_log_fd != -1 && write(context->key_log_fd, text, bytes + 1) < 0)
		return;
	if (context->secrets_fd != 0 && write(context->secrets_fd, text, bytes + 1) < 0)
		return;
}

static void
open_key_log(struct tls_context *context)
{
	const char *path = secure_getenv("SSLKEYLOGFILE");

	context->key_log_fd = -1;
	if (path != NULL && path[0] != '\0')
		context->key_log_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (context->key_log_fd != -1 || context->secrets_fd != 0)
		SSL_CTX_set_keylog_callback(context->ctx, on_key_log);
}

/* ---- sessions ------------------------------------------------------------------------------------------ */

static struct tls_session *
find_session(struct tls_context *context, const char *peer)
{
	for (unsigned i = 0; i < TLS_SESSIONS_MAX; i++)
		if (context->sessions[i].session != NULL && strcmp(context->sessions[i].peer, peer) == 0)
			return &context->sessions[i];
	return NULL;
}

/* Used once: a ticket that is used twice lets the two connections be told to be one's (RFC 8446, appendix C.4). */
SSL_SESSION *
tls__session_take(struct tls_context *context, const char *peer)
{
	struct tls_session *place = find_session(context, peer);

	if (place == NULL)
		return NULL;
	SSL_SESSION *session = place->session;
	place->session = NULL;
	return session;
}

void
tls__session_put(struct tls_context *context, const char *peer, SSL_SESSION *session)
{
	struct tls_session *place = find_session(context, peer);

	for (unsigned i = 0; i < TLS_SESSIONS_MAX && place == NULL; i++)
		if (context->sessions[i].session == NULL)
			place = &context->sessions[i];
	if (place == NULL)
		place = &context->sessions[context->session_next++ % TLS_SESSIONS_MAX];
	SSL_SESSION_free(place->session);
	place->session = session;
	(void)strncpy(place->peer, peer, sizeof place->peer - 1);
}

/* ---- life ---------------------------------------------------------------------------------------------- */

static void
context_free(struct tls_context *context)
{
	for (unsigned i = 0; i < TLS_SESSIONS_MAX; i++)
		SSL_SESSION_free(context->sessions[i].session);
	if (context->key_log_fd != -1)
		(void)close(context->key_log_fd);
	BIO_meth_free(context->bio_method);
	SSL_CTX_free(context->ctx);
	X509_LOOKUP_meth_free(context->bundle_method);
	free(context);
}

static int
context_new(struct tls_context **made, const struct tls_options *options, struct failure *failure)
{
	struct tls_context *context = calloc(1, sizeof *context);

	if (context == NULL) {
		failure_set(failure, FAILURE_MEMORY, "TLS: no memory");
		return ERR_NO_MEMORY;
	}
	context->key_log_fd = -1;
	context->ctx = SSL_CTX_new(TLS_client_method());
	context->bio_method = tls__bio_method();
	context->is_insecure = options->is_insecure;
	context->wants_chain = options->wants_chain;
	context->secrets_fd = options->secrets_fd;
	int err = ERR_NO_MEMORY;
	if (context->ctx == NULL || context->bio_method == NULL)
		failure_set(failure, FAILURE_MEMORY, "TLS: %s", tls__library_words());
	else
		err = set_protocol(context->ctx, options, failure);
	if (err == 0 && !options->is_insecure)
		err = load_roots(context, options, failure);
	if (err == 0)
		err = tls_pins_read(&context->pins, options->pins, failure);
	if (err == 0)
		err = load_client(context->ctx, options, failure);
	if (err != 0) {
		context_free(context);
		return err;
	}
	(void)SSL_CTX_set_app_data(context->ctx, context);
	open_key_log(context);
	*made = context;
	return 0;
}

__attribute__((visibility("default"))) const struct tls_module cairn_fetch_tls = {
	.context_new = context_new,
	.context_free = context_free,
	.open = tls__stream_open,
};

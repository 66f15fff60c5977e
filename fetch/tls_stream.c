#include "fetch/tls_context.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/clock.h"
#include "stack/base/err.h"

#define ALPN_WIRE_BYTES 64u

struct tls_stream {
	struct tls_stream_head head; /* first */
	struct stream *under;
	struct tls_context *context;
	SSL *ssl;
	char host[TLS_HOST_BYTES];
	char peer[TLS_PEER_BYTES];
	char *chain; /* NULL: not wanted */
	struct tls_refusal refusal;
	int under_error; /* of the stream below, negative errno; 0: none */
	bool has_under_ended;
};

static struct tls_stream *
tls_of(struct stream *stream)
{
	return (struct tls_stream *)stream;
}

/* ---- a BIO over a stream ------------------------------------------------------------------------------- */

static int
pass_result(BIO *bio, ssize_t result, int retry_flag)
{
	struct tls_stream *tls = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (result >= 0)
		return (int)result;
	if (result == -EAGAIN)
		BIO_set_flags(bio, retry_flag | BIO_FLAGS_SHOULD_RETRY);
	else
		tls->under_error = (int)result;
	return -1;
}

static int
bio_read(BIO *bio, char *into, int bytes)
{
	struct tls_stream *tls = BIO_get_data(bio);

	const ssize_t result = stream_read(tls->under, into, (size_t)bytes);

	if (result == 0)
		tls->has_under_ended = true; /* for good: the alert that the library then writes does not change it */
	return pass_result(bio, result, BIO_FLAGS_READ);
}

static int
bio_write(BIO *bio, const char *from, int bytes)
{
	struct tls_stream *tls = BIO_get_data(bio);

	return pass_result(bio, stream_write(tls->under, from, (size_t)bytes), BIO_FLAGS_WRITE);
}

static long
bio_control(BIO *bio, int command, long number, void *argument)
{
	const struct tls_stream *tls = BIO_get_data(bio);

	(void)number;
	(void)argument;
	if (command == BIO_CTRL_FLUSH)
		return 1;
	/* Asked for when a read gives nothing: with it the library knows an end from an error. */
	return command == BIO_CTRL_EOF && tls->has_under_ended;
}

static int
bio_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

BIO_METHOD *
tls__bio_method(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");

	if (method == NULL || BIO_meth_set_read(method, bio_read) != 1 ||
	    BIO_meth_set_write(method, bio_write) != 1 || BIO_meth_set_ctrl(method, bio_control) != 1 ||
	    BIO_meth_set_create(method, bio_create) != 1) {
		BIO_meth_free(method);
		return NULL;
	}
	return method;
}

/* ---- the handshake ------------------------------------------------------------------------------------- */

static int
on_verify(int is_good, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_stream *tls = SSL_get_app_data(ssl);
	struct tls_refusal *refusal = &tls->refusal;

	if (is_good || refusal->error != 0)
		return is_good;
	refusal->error = X509_STORE_CTX_get_error(store);
	refusal->depth = X509_STORE_CTX_get_error_depth(store);
	refusal->certificate = X509_STORE_CTX_get_current_cert(store);
	if (refusal->certificate != NULL)
		(void)X509_up_ref(refusal->certificate);
	return 0;
}

/* TLS 1.3's come after the handshake, with the first data. */
static int
on_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls_stream *tls = SSL_get_app_data(ssl);

	if (SSL_SESSION_is_resumable(session) != 1)
		return 0;
	tls__session_put(tls->context, tls->peer, session);
	return 1; /* the session is ours now */
}

static void
note_facts(struct tls_stream *tls)
{
	struct stream_facts *facts = tls->head.stream.facts;
	const unsigned char *alpn;
	unsigned alpn_bytes;

	SSL_get0_alpn_selected(tls->ssl, &alpn, &alpn_bytes);
	if (alpn_bytes > 0 && alpn_bytes < sizeof facts->alpn) {
		memcpy(facts->alpn, alpn, alpn_bytes);
		facts->alpn[alpn_bytes] = '\0';
	}
	(void)snprintf(facts->tls_version, sizeof facts->tls_version, "%s", SSL_get_version(tls->ssl));
	(void)snprintf(facts->tls_cipher, sizeof facts->tls_cipher, "%s", SSL_get_cipher_name(tls->ssl));
	facts->is_tls_resumed = SSL_session_reused(tls->ssl) == 1;
	tls__note_certificate(tls->ssl, facts);
	if (tls->context->wants_chain)
		facts->tls_chain = tls->chain = tls__chain_text(tls->ssl);
}

static void
fail_handshake(struct tls_stream *tls)
{
	struct stream *stream = &tls->head.stream;

	tls->head.state = TLS_FAILED;
	if (tls->under_error != 0)
		stream->failure = tls->under->failure;
	else if (tls->has_under_ended && tls->refusal.error == 0)
		failure_set(&stream->failure, FAILURE_TLS,
			    "%s: the server closed the connection during the TLS handshake", tls->peer);
	else
		tls__words(tls->context, tls->host, &tls->refusal, &stream->failure);
}

static void
shake_hands(struct tls_stream *tls)
{
	const uint64_t before_us = clock_now_us();

	ERR_clear_error();
	const int result = SSL_do_handshake(tls->ssl);
	const int error = SSL_get_error(tls->ssl, result);
	tls->head.stream.facts->tls_cpu_us += clock_now_us() - before_us;

	if (result == 1 && !tls_pins_hold(&tls->context->pins, tls->ssl, tls->peer, &tls->head.stream.failure)) {
		tls->head.state = TLS_FAILED;
	} else if (result == 1) {
		tls->head.state = TLS_SECURE;
		note_facts(tls);
	} else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
		fail_handshake(tls);
	}
}

static void
on_under_ready(struct stream *under, void *data)
{
	struct tls_stream *tls = data;
	struct stream *stream = &tls->head.stream;

	(void)under;
	if (tls->head.state == TLS_HANDSHAKING) {
		shake_hands(tls);
		if (tls->head.state == TLS_HANDSHAKING)
			return;
	}
	if (stream->on_ready != NULL)
		stream->on_ready(stream, stream->data);
}

/* ---- the verbs ----------------------------------------------------------------------------------------- */

static ssize_t
fail(struct tls_stream *tls, enum failure_cause cause, const char *doing)
{
	struct stream *stream = &tls->head.stream;

	if (tls->under_error != 0) {
		stream->failure = tls->under->failure;
		return tls->under_error;
	}
	failure_set(&stream->failure, cause, "%s: TLS failed while %s: %s", tls->peer, doing,
		    tls__library_words());
	return -EPROTO;
}

/* The stream below has ended without close_notify: somebody may have cut it (RFC 9112, section 9.8). */
static bool
is_cut(const struct tls_stream *tls, int error)
{
	if (tls->under_error != 0 || !tls->has_under_ended)
		return false;
	return error == SSL_ERROR_SYSCALL ||
	       (error == SSL_ERROR_SSL &&
		ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
}

static ssize_t
tls_read(struct stream *stream, void *into, size_t bytes)
{
	struct tls_stream *tls = tls_of(stream);
	size_t got;

	if (tls->head.state != TLS_SECURE)
		return tls->head.state == TLS_FAILED ? -EPROTO : -EAGAIN;
	ERR_clear_error();
	const int result = SSL_read_ex(tls->ssl, into, bytes, &got);
	if (result == 1)
		return (ssize_t)got;
	const int error = SSL_get_error(tls->ssl, result);
	switch (error) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE: return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN: stream->is_clean_end = true; return 0;
	default: break; /* a set of the library's */
	}
	if (!is_cut(tls, error))
		return fail(tls, FAILURE_RECEIVE, "receiving");
	stream->is_clean_end = false;
	return 0;
}

static ssize_t
tls_write(struct stream *stream, const void *from, size_t bytes)
{
	struct tls_stream *tls = tls_of(stream);
	size_t taken;

	if (tls->head.state != TLS_SECURE)
		return tls->head.state == TLS_FAILED ? -EPROTO : -EAGAIN;
	ERR_clear_error();
	const int result = SSL_write_ex(tls->ssl, from, bytes, &taken);
	if (result == 1)
		return (ssize_t)taken;
	const int error = SSL_get_error(tls->ssl, result);
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return -EAGAIN;
	return fail(tls, FAILURE_SEND, "sending");
}

/* close_notify ends our direction; the connection below stays whole for what the peer still says. */
static int
tls_shutdown(struct stream *stream)
{
	struct tls_stream *tls = tls_of(stream);

	if (tls->head.state != TLS_SECURE)
		return -EPROTO;
	ERR_clear_error();
	return SSL_shutdown(tls->ssl) >= 0 ? 0 : (int)fail(tls, FAILURE_SEND, "closing");
}

static void
free_stream(struct tls_stream *tls)
{
	SSL_free(tls->ssl);
	X509_free(tls->refusal.certificate);
	free(tls->chain);
	free(tls);
}

static void
tls_close(struct stream *stream)
{
	struct tls_stream *tls = tls_of(stream);
	struct stream *under = tls->under;

	if (tls->head.state == TLS_SECURE && tls->under_error == 0)
		(void)SSL_shutdown(tls->ssl); /* what does not fit now is not sent */
	free_stream(tls);
	stream_close(under);
}

static const struct stream_ops tls_stream_ops = {
	.read = tls_read,
	.write = tls_write,
	.shutdown = tls_shutdown,
	.close = tls_close,
};

/* ---- opening ------------------------------------------------------------------------------------------- */

/* "h2,http/1.1" as RFC 7301's list; false when it does not fit. */
static bool
set_alpn(SSL *ssl, const char *alpn)
{
	unsigned char wire[ALPN_WIRE_BYTES];
	unsigned size = 0;

	for (const char *at = alpn; at != NULL && *at != '\0';) {
		const size_t bytes = strcspn(at, ",");
		if (bytes == 0 || bytes > UINT8_MAX || size + 1 + bytes > sizeof wire)
			return false;
		wire[size++] = (unsigned char)bytes;
		memcpy(wire + size, at, bytes);
		size += (unsigned)bytes;
		at += bytes + (at[bytes] == ',');
	}
	return size == 0 || SSL_set_alpn_protos(ssl, wire, size) == 0; /* 0 is success, unlike elsewhere */
}

static bool
is_address(const char *host)
{
	unsigned char addr[16];
	return inet_pton(AF_INET, host, addr) == 1 || inet_pton(AF_INET6, host, addr) == 1;
}

/* Names go into the hello (RFC 6066, section 3), without the final dot; addresses do not. */
static bool
set_host(struct tls_stream *tls)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(tls->ssl);

	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
						       X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	if (is_address(tls->host))
		return X509_VERIFY_PARAM_set1_ip_asc(param, tls->host) == 1;
	return SSL_set_tlsext_host_name(tls->ssl, tls->host) == 1 &&
	       X509_VERIFY_PARAM_set1_host(param, tls->host, 0) == 1;
}

static bool
copy_host(struct tls_stream *tls, const char *host, uint16_t port)
{
	size_t bytes = strlen(host);

	if (bytes > 1 && host[bytes - 1] == '.')
		bytes--;
	if (bytes >= sizeof tls->host)
		return false;
	memcpy(tls->host, host, bytes);
	(void)snprintf(tls->peer, sizeof tls->peer, "%s:%u", tls->host, port);
	return true;
}

static bool
set_up(struct tls_stream *tls, const char *alpn)
{
	BIO *bio = BIO_new(tls->context->bio_method);

	tls->ssl = SSL_new(tls->context->ctx);
	if (bio == NULL || tls->ssl == NULL) {
		BIO_free(bio);
		return false;
	}
	BIO_set_data(bio, tls);
	SSL_set_bio(tls->ssl, bio, bio);
	SSL_set_connect_state(tls->ssl);
	(void)SSL_set_app_data(tls->ssl, tls);
	SSL_set_verify(tls->ssl, tls->context->is_insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, on_verify);
	if (!set_host(tls) || !set_alpn(tls->ssl, alpn))
		return false;
	SSL_SESSION *session = tls__session_take(tls->context, tls->peer);
	if (session != NULL) {
		(void)SSL_set_session(tls->ssl, session); /* one that does not suit is not resumed */
		SSL_SESSION_free(session);
	}
	return true;
}

int
tls__stream_open(struct tls_context *context, struct stream *under, const char *host, uint16_t port,
		 const char *alpn, struct stream **opened, struct failure *failure)
{
	struct tls_stream *tls = calloc(1, sizeof *tls);

	if (tls == NULL) {
		failure_set(failure, FAILURE_MEMORY, "TLS: no memory");
		return ERR_NO_MEMORY;
	}
	tls->context = context;
	tls->under = under;
	tls->head.stream.ops = &tls_stream_ops;
	tls->head.stream.facts = under->facts;
	SSL_CTX_set_session_cache_mode(context->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(context->ctx, on_session);
	if (!copy_host(tls, host, port) || !set_up(tls, alpn)) {
		failure_set(failure, FAILURE_TLS, "%s: TLS cannot begin: %s", host, tls__library_words());
		free_stream(tls);
		return ERR_UNSUPPORTED;
	}
	stream_set_ready(under, on_under_ready, tls);
	shake_hands(tls); /* the hello; nothing has come that it could end with */
	*opened = &tls->head.stream;
	return 0;
}

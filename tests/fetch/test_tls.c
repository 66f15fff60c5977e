/* TLS over a stream, with a server of OpenSSL's in memory (fetch/tls.h). */
#include "tests/suite.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fetch/tls.h"

#define DAY_S       86400L
#define TURNS_MAX   50u
#define SERVER_PORT 443u

/* ---- certificates -------------------------------------------------------------------------------------- */

static EVP_PKEY *root_key;
static X509 *root;
static char root_path[] = "/tmp/test_tls.XXXXXX";

static X509 *
make_certificate(EVP_PKEY *key, const char *name, const char *san, long from_s, long until_s,
		 X509 *issuer, EVP_PKEY *issuer_key)
{
	static long serial;
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_get_subject_name(certificate);

	ck_assert_int_eq(X509_set_version(certificate, 2), 1);
	ck_assert_int_eq(ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial), 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(certificate), from_s);
	(void)X509_gmtime_adj(X509_getm_notAfter(certificate), until_s);
	ck_assert_int_eq(X509_set_pubkey(certificate, key), 1);
	ck_assert_int_eq(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
						    (const unsigned char *)name, -1, -1, 0),
			 1);
	ck_assert_int_eq(X509_set_issuer_name(certificate, issuer != NULL
								   ? X509_get_subject_name(issuer)
								   : subject),
			 1);
	X509_EXTENSION *extension =
		san != NULL ? X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san)
			    : X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints,
						  "critical,CA:TRUE");
	ck_assert_ptr_nonnull(extension);
	ck_assert_int_eq(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
	ck_assert_int_gt(X509_sign(certificate, issuer_key, EVP_sha256()), 0);
	return certificate;
}

static void
make_root(void)
{
	root_key = EVP_EC_gen("P-256");
	root = make_certificate(root_key, "Test Root", NULL, -DAY_S, DAY_S, NULL, root_key);
	const int fd = mkstemp(root_path);
	ck_assert_int_ne(fd, -1);
	FILE *file = fdopen(fd, "w");
	ck_assert_int_eq(PEM_write_X509(file, root), 1);
	ck_assert_int_eq(fclose(file), 0);
}

static void
drop_root(void)
{
	(void)unlink(root_path);
	X509_free(root);
	EVP_PKEY_free(root_key);
}

/* ---- the server, and the stream to it ------------------------------------------------------------------ */

struct server {
	struct stream stream; /* the client's, first */
	struct stream_facts facts;
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out;  /* the SSL's own */
	bool has_ended; /* its TCP */
};
static struct server server;

static ssize_t
server_read(struct stream *stream, void *into, size_t bytes)
{
	const int n = BIO_read(server.out, into, (int)bytes);

	if (n > 0)
		return n;
	stream->is_clean_end = server.has_ended;
	return server.has_ended ? 0 : -EAGAIN;
}

static ssize_t
server_write(struct stream *stream, const void *from, size_t bytes)
{
	(void)stream;
	return BIO_write(server.in, from, (int)bytes);
}

static int
server_shutdown(struct stream *stream)
{
	(void)stream;
	return 0;
}

static void
server_close(struct stream *stream)
{
	(void)stream;
}

static const struct stream_ops server_ops = { server_read, server_write, server_shutdown,
					      server_close };

static int
choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_bytes, const unsigned char *in,
	    unsigned in_bytes, void *data)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *chosen;

	(void)ssl;
	(void)data;
	if (SSL_select_next_proto(&chosen, out_bytes, ours, sizeof ours - 1, in, in_bytes) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static void
server_start(void)
{
	SSL_free(server.ssl);
	server.ssl = SSL_new(server.ctx);
	server.in = BIO_new(BIO_s_mem());
	server.out = BIO_new(BIO_s_mem());
	SSL_set_bio(server.ssl, server.in, server.out);
	SSL_set_accept_state(server.ssl);
	server.has_ended = false;
	server.facts = (struct stream_facts){ .number = 1 };
	server.stream = (struct stream){ .ops = &server_ops, .facts = &server.facts };
}

static void
server_new(X509 *certificate, EVP_PKEY *key)
{
	server.ctx = SSL_CTX_new(TLS_server_method());
	ck_assert_int_eq(SSL_CTX_use_certificate(server.ctx, certificate), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(server.ctx, key), 1);
	SSL_CTX_set_alpn_select_cb(server.ctx, choose_alpn, NULL);
	server_start();
}

static void
server_free(void)
{
	SSL_free(server.ssl);
	SSL_CTX_free(server.ctx);
	server = (struct server){ .ssl = NULL };
}

/* ---- the client ---------------------------------------------------------------------------------------- */

static struct tls *
trust(const char *ca_file)
{
	const struct tls_options options = { .ca_file = ca_file, .is_insecure = ca_file == NULL };
	struct failure failure;
	struct tls *tls;

	ck_assert_msg(tls_new(&tls, &options, &failure) == 0, "%s", failure.text);
	return tls;
}

/* A handshake to its end. */
static struct stream *
shake_hands(struct tls *tls, const char *host)
{
	struct failure failure;
	struct stream *stream;

	ck_assert_int_eq(
		tls_open(tls, &server.stream, host, SERVER_PORT, "h2,http/1.1", &stream, &failure),
		0);
	for (unsigned turn = 0; turn < TURNS_MAX && tls_state(stream) == TLS_HANDSHAKING; turn++) {
		(void)SSL_do_handshake(server.ssl);
		server.stream.on_ready(&server.stream, server.stream.data);
	}
	(void)SSL_do_handshake(server.ssl);
	ck_assert_int_ne(tls_state(stream), TLS_HANDSHAKING);
	return stream;
}

static const struct {
	const char *host, *san;
	long from_s, until_s;
	bool is_self_signed;
	const char *words; /* NULL: accepted */
} certificates[] = {
	{ "www.test", "DNS:www.test", -DAY_S, DAY_S, false, NULL },
	{ "www.test.", "DNS:www.test", -DAY_S, DAY_S, false, NULL },
	{ "a.wild.test", "DNS:*.wild.test", -DAY_S, DAY_S, false, NULL },
	{ "a.b.wild.test", "DNS:*.wild.test", -DAY_S, DAY_S, false, "is for *.wild.test" },
	{ "wwww.test", "DNS:w*.test", -DAY_S, DAY_S, false, "is for w*.test" },
	{ "127.0.0.1", "IP:127.0.0.1", -DAY_S, DAY_S, false, NULL },
	{ "::1", "IP:::1", -DAY_S, DAY_S, false, NULL },
	{ "127.0.0.1", "DNS:127.0.0.1", -DAY_S, DAY_S, false, "is for 127.0.0.1" },
	{ "www.test", "DNS:a.test,IP:192.0.2.1", -DAY_S, DAY_S, false, "is for a.test, 192.0.2.1" },
	{ "www.test", "DNS:a,DNS:b,DNS:c,DNS:d,DNS:e,DNS:f", -DAY_S, DAY_S, false,
	  "is for a, b, c, d and 2 more" },
	{ "www.test", "email:a@www.test", -DAY_S, DAY_S, false, "is for no host at all" },
	{ "www.test", "DNS:www.test", -3 * DAY_S, -DAY_S, false, "its certificate expired on 2" },
	{ "www.test", "DNS:www.test", DAY_S, 2 * DAY_S, false, "is not valid before 2" },
	{ "www.test", "DNS:www.test", -DAY_S, DAY_S, true, "is self-signed" },
};

START_TEST(a_server_is_whom_its_certificate_says_or_the_sentence_tells_why_not)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = make_certificate(key, "www.test", certificates[_i].san,
					     certificates[_i].from_s, certificates[_i].until_s,
					     certificates[_i].is_self_signed ? NULL : root,
					     certificates[_i].is_self_signed ? key : root_key);
	struct tls *tls = trust(root_path);

	server_new(certificate, key);
	struct stream *stream = shake_hands(tls, certificates[_i].host);
	if (certificates[_i].words == NULL) {
		ck_assert_msg(tls_state(stream) == TLS_SECURE, "%s", stream->failure.text);
		ck_assert_str_eq(stream->facts->alpn, "http/1.1");
		ck_assert_str_eq(stream->facts->tls_version, "TLSv1.3");
	} else {
		ck_assert_int_eq(tls_state(stream), TLS_FAILED);
		ck_assert_int_eq(stream->failure.cause, FAILURE_CERTIFICATE);
		ck_assert_msg(strstr(stream->failure.text, certificates[_i].words) != NULL,
			      "%s: %s", certificates[_i].words, stream->failure.text);
	}
	stream_close(stream);
	tls_free(tls);
	server_free();
	X509_free(certificate);
	EVP_PKEY_free(key);
}
END_TEST

static X509 *certificate;
static EVP_PKEY *server_key;

static void
start(void)
{
	make_root();
	server_key = EVP_EC_gen("P-256");
	certificate = make_certificate(server_key, "www.test", "DNS:www.test", -DAY_S, DAY_S, root,
				       root_key);
	server_new(certificate, server_key);
}

static void
stop(void)
{
	server_free();
	X509_free(certificate);
	EVP_PKEY_free(server_key);
	drop_root();
}

static void
expect_end(bool is_clean)
{
	struct tls *tls = trust(root_path);
	struct stream *stream = shake_hands(tls, "www.test");
	char octets[16];

	ck_assert_int_eq(SSL_write(server.ssl, "hello", 5), 5);
	if (is_clean)
		(void)SSL_shutdown(server.ssl);
	server.has_ended = true;
	ck_assert_int_eq(stream_read(stream, octets, sizeof octets), 5);
	ck_assert_int_eq(stream_read(stream, octets, sizeof octets), 0);
	ck_assert(stream->is_clean_end == is_clean);
	stream_close(stream);
	tls_free(tls);
}

START_TEST(close_notify_is_a_clean_end)
{
	expect_end(true);
}
END_TEST

START_TEST(an_end_without_close_notify_is_not_clean)
{
	expect_end(false);
}
END_TEST

START_TEST(a_session_is_resumed_once)
{
	struct tls *tls = trust(root_path);

	for (unsigned i = 0; i < 2; i++) {
		struct stream *stream = shake_hands(tls, "www.test");
		char octet;
		ck_assert_int_eq(tls_state(stream), TLS_SECURE);
		ck_assert(stream->facts->is_tls_resumed == (i > 0));
		ck_assert_int_eq(stream_read(stream, &octet, 1), -EAGAIN); /* takes the tickets */
		stream_close(stream);
		server_start();
	}
	tls_free(tls);
}
END_TEST

/* The pin of a key, as --pinnedpubkey wants it. */
static void
pin_of(EVP_PKEY *key, char pin[64])
{
	unsigned char *der = NULL, digest[32];
	const int bytes = i2d_PUBKEY(key, &der);

	ck_assert_int_gt(bytes, 0);
	ck_assert_int_eq(EVP_Digest(der, (size_t)bytes, digest, NULL, EVP_sha256(), NULL), 1);
	OPENSSL_free(der);
	strcpy(pin, "sha256//");
	(void)EVP_EncodeBlock((unsigned char *)pin + strlen(pin), digest, (int)sizeof digest);
}

/* Which keys are pinned, in the order of the list: the server's (s) or another (o). */
static const struct {
	const char *keys;
	bool is_insecure, is_held;
} pinned[] = { { "s", false, true }, { "o", false, false }, { "os", false, true }, { "s", true, true }, { "o", true, false } };

START_TEST(a_server_has_a_pinned_key_or_is_refused)
{
	EVP_PKEY *other = EVP_EC_gen("P-256");
	char pins[160] = "", own[64];
	struct failure failure;
	struct tls *tls;

	pin_of(server_key, own);
	for (const char *key = pinned[_i].keys; *key != '\0'; key++) {
		char pin[64];
		pin_of(*key == 's' ? server_key : other, pin);
		strcat(strcat(pins, pins[0] != '\0' ? ";" : ""), pin);
	}
	const struct tls_options options = { .ca_file = pinned[_i].is_insecure ? NULL : root_path, .is_insecure = pinned[_i].is_insecure,
		                             .pins = pins };
	ck_assert_msg(tls_new(&tls, &options, &failure) == 0, "%s", failure.text);
	struct stream *stream = shake_hands(tls, "www.test");
	ck_assert_int_eq(tls_state(stream), pinned[_i].is_held ? TLS_SECURE : TLS_FAILED);
	if (!pinned[_i].is_held) {
		ck_assert_int_eq(stream->failure.cause, FAILURE_PINNED);
		ck_assert_ptr_nonnull(strstr(stream->failure.text, own));
	}
	stream_close(stream);
	tls_free(tls);
	EVP_PKEY_free(other);
}
END_TEST

START_TEST(a_pinned_key_may_be_in_a_file)
{
	char path[] = "/tmp/test_tls_pin.XXXXXX";
	const struct tls_options options = { .ca_file = root_path, .pins = path };
	struct failure failure;
	struct tls *tls;
	FILE *file = fdopen(mkstemp(path), "w");

	ck_assert_int_eq(_i == 0 ? PEM_write_PUBKEY(file, server_key) : i2d_PUBKEY_fp(file, server_key), 1);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_msg(tls_new(&tls, &options, &failure) == 0, "%s", failure.text);
	struct stream *stream = shake_hands(tls, "www.test");
	ck_assert_int_eq(tls_state(stream), TLS_SECURE);
	stream_close(stream);
	tls_free(tls);
	(void)unlink(path);
}
END_TEST

static const struct {
	const char *pins;
	enum failure_cause cause;
} no_pins[] = { { "sha256//", FAILURE_USAGE }, { "sha256//short=", FAILURE_USAGE }, { "/nonexistent", FAILURE_READ },
	        { "/dev/null", FAILURE_READ }, { "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;md5//AA==", FAILURE_USAGE } };

START_TEST(what_is_no_pin_is_told_before_anything_is_sent)
{
	const struct tls_options options = { .ca_file = root_path, .pins = no_pins[_i].pins };
	struct failure failure;
	struct tls *tls;

	ck_assert_int_ne(tls_new(&tls, &options, &failure), 0);
	ck_assert_int_eq(failure.cause, no_pins[_i].cause);
	ck_assert_ptr_nonnull(strstr(failure.text, "--pinnedpubkey"));
}
END_TEST

START_TEST(who_asks_for_nobodys_word_takes_anybody)
{
	struct tls *tls = trust(NULL);
	struct stream *stream = shake_hands(tls, "other.test");

	ck_assert_int_eq(tls_state(stream), TLS_SECURE);
	stream_close(stream);
	tls_free(tls);
}
END_TEST

START_TEST(who_does_not_speak_tls_is_told_so)
{
	static const char reply[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	struct tls *tls = trust(root_path);

	ck_assert_int_gt(BIO_write(server.out, reply, sizeof reply - 1), 0);
	struct stream *stream = shake_hands(tls, "www.test");
	ck_assert_int_eq(stream->failure.cause, FAILURE_TLS);
	ck_assert_str_eq(stream->failure.text,
			 "www.test: what answers on this port does not speak TLS");
	stream_close(stream);
	tls_free(tls);
}
END_TEST

START_TEST(a_server_that_hangs_up_is_told_so)
{
	struct tls *tls = trust(root_path);

	server.has_ended = true;
	struct failure failure;
	struct stream *stream;
	ck_assert_int_eq(
		tls_open(tls, &server.stream, "www.test", SERVER_PORT, NULL, &stream, &failure), 0);
	ck_assert_int_eq(tls_state(stream), TLS_FAILED);
	ck_assert_int_eq(stream->failure.cause, FAILURE_TLS);
	ck_assert_ptr_nonnull(
		strstr(stream->failure.text, "closed the connection during the TLS handshake"));
	stream_close(stream);
	tls_free(tls);
}
END_TEST

START_TEST(roots_that_cannot_be_read_are_named)
{
	const struct tls_options options = { .ca_file = "/nonexistent/ca.pem" };
	struct failure failure;
	struct tls *tls;

	ck_assert_int_ne(tls_new(&tls, &options, &failure), 0);
	ck_assert_int_eq(failure.cause, FAILURE_ROOTS);
	ck_assert_str_eq(failure.text, "--cacert /nonexistent/ca.pem: No such file or directory");
}
END_TEST

static const struct {
	const char *behaviour;
	bool has_directory, has_bundle;
	enum failure_cause cause;
} system_roots[] = {
	{ "the directory of hashes is enough", true, false, FAILURE_NONE },
	{ "the bundle is read when the directory does not have the root", false, true, FAILURE_NONE },
	{ "a root of neither is not trusted", false, false, FAILURE_CERTIFICATE },
};

START_TEST(the_systems_roots_are_a_directory_and_a_bundle)
{
	char directory[] = "/tmp/test_tls_roots.XXXXXX", hashed[64];
	const struct tls_options options = { .ca_file = NULL };
	struct failure failure;
	struct tls *tls;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)snprintf(hashed, sizeof hashed, "%s/%08lx.0", directory, X509_subject_name_hash(root));
	if (system_roots[_i].has_directory)
		ck_assert_int_eq(symlink(root_path, hashed), 0);
	ck_assert_int_eq(setenv("SSL_CERT_DIR", directory, 1), 0);
	ck_assert_int_eq(setenv("SSL_CERT_FILE", system_roots[_i].has_bundle ? root_path : "/nonexistent.pem", 1), 0);
	ck_assert_int_eq(tls_new(&tls, &options, &failure), 0);
	struct stream *stream = shake_hands(tls, "www.test");
	ck_assert_msg(stream->failure.cause == system_roots[_i].cause, "%s: %s", system_roots[_i].behaviour,
		      stream->failure.text);
	stream_close(stream);
	tls_free(tls);
	(void)unlink(hashed);
	ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tls");
	TCase *names = tcase_create("certificates"), *streams = tcase_create("streams");
	tcase_add_checked_fixture(names, make_root, drop_root);
	tcase_add_loop_test(names,
			    a_server_is_whom_its_certificate_says_or_the_sentence_tells_why_not, 0,
			    COUNT(certificates));
	tcase_add_checked_fixture(streams, start, stop);
	tcase_add_test(streams, close_notify_is_a_clean_end);
	tcase_add_test(streams, an_end_without_close_notify_is_not_clean);
	tcase_add_test(streams, a_session_is_resumed_once);
	tcase_add_loop_test(streams, a_server_has_a_pinned_key_or_is_refused, 0, COUNT(pinned));
	tcase_add_loop_test(streams, a_pinned_key_may_be_in_a_file, 0, 2);
	tcase_add_loop_test(streams, what_is_no_pin_is_told_before_anything_is_sent, 0, COUNT(no_pins));
	tcase_add_test(streams, who_asks_for_nobodys_word_takes_anybody);
	tcase_add_test(streams, who_does_not_speak_tls_is_told_so);
	tcase_add_test(streams, a_server_that_hangs_up_is_told_so);
	tcase_add_test(streams, roots_that_cannot_be_read_are_named);
	tcase_add_loop_test(streams, the_systems_roots_are_a_directory_and_a_bundle, 0, COUNT(system_roots));
	suite_add_tcase(suite, names);
	suite_add_tcase(suite, streams);
	return suite_run(suite);
}

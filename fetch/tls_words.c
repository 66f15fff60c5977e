#include "fetch/tls_context.h"

#include <arpa/inet.h>
#include <assert.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NAMES_SHOWN      4
#define WORDS_BYTES      160u
#define WORDS_NAME_BYTES 80u

const char *
tls__library_words(void)
{
	const unsigned long code = ERR_get_error();
	const char *words = code != 0 ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	if (ERR_SYSTEM_ERROR(code))
		return strerror((int)ERR_GET_REASON(code));
	return words != NULL ? words : "the library gives no reason";
}

/* ---- of a certificate ---------------------------------------------------------------------------------- */

/* "2026-11-28" */
static const char *
date_words(const ASN1_TIME *time, char text[WORDS_NAME_BYTES])
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1 || strftime(text, WORDS_NAME_BYTES, "%Y-%m-%d", &tm) == 0)
		(void)snprintf(text, WORDS_NAME_BYTES, "an unreadable date");
	return text;
}

/* The common name, or what the name has instead. */
static const char *
name_words(const X509_NAME *name, char text[WORDS_NAME_BYTES])
{
	if (X509_NAME_get_text_by_NID(name, NID_commonName, text, WORDS_NAME_BYTES) <= 0 &&
	    X509_NAME_get_text_by_NID(name, NID_organizationName, text, WORDS_NAME_BYTES) <= 0)
		(void)snprintf(text, WORDS_NAME_BYTES, "without a name");
	return text;
}

static_assert(STREAM_NAME_BYTES >= WORDS_NAME_BYTES, "a name has room");

void
tls__note_certificate(const SSL *ssl, struct stream_facts *facts)
{
	const X509 *certificate = SSL_get0_peer_certificate(ssl);
	char text[WORDS_NAME_BYTES];

	if (certificate == NULL)
		return;
	(void)snprintf(facts->tls_issuer, sizeof facts->tls_issuer, "%s", name_words(X509_get_issuer_name(certificate), text));
	(void)snprintf(facts->tls_until, sizeof facts->tls_until, "%.*s", (int)sizeof facts->tls_until - 1,
		       date_words(X509_get0_notAfter(certificate), text));
}

/* False for kinds that name no host. */
static bool
alt_name_words(const GENERAL_NAME *name, char text[WORDS_NAME_BYTES])
{
	if (name->type == GEN_DNS) {
		(void)snprintf(text, WORDS_NAME_BYTES, "%.*s", ASN1_STRING_length(name->d.dNSName),
			       (const char *)ASN1_STRING_get0_data(name->d.dNSName));
		return true;
	}
	if (name->type != GEN_IPADD)
		return false;
	const int family = ASN1_STRING_length(name->d.iPAddress) == 4 ? AF_INET : AF_INET6;
	return (family == AF_INET || ASN1_STRING_length(name->d.iPAddress) == 16) &&
	       inet_ntop(family, ASN1_STRING_get0_data(name->d.iPAddress), text, WORDS_NAME_BYTES) != NULL;
}

/* "www.example, example and 3 more"; the subject alternative names are those that count (RFC 9525, section 2). */
static void
hosts_words(const X509 *certificate, char words[WORDS_BYTES])
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	int shown = 0, more = 0;
	size_t used = 0;

	words[0] = '\0';
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		char name[WORDS_NAME_BYTES];
		if (!alt_name_words(sk_GENERAL_NAME_value(names, i), name))
			continue;
		if (shown == NAMES_SHOWN || used + strlen(name) + 20 > WORDS_BYTES) {
			more++;
			continue;
		}
		used += (size_t)snprintf(words + used, WORDS_BYTES - used, "%s%s", shown > 0 ? ", " : "",
					 name);
		shown++;
	}
	if (more > 0)
		(void)snprintf(words + used, WORDS_BYTES - used, " and %d more", more);
	else if (shown == 0)
		(void)snprintf(words, WORDS_BYTES, "no host at all");
	GENERAL_NAMES_free(names);
}

/* Whose certificate it is in the chain. */
static void
owner_words(const struct tls_refusal *refusal, char words[WORDS_BYTES])
{
	char name[WORDS_NAME_BYTES];

	if (refusal->depth == 0)
		(void)snprintf(words, WORDS_BYTES, "its certificate");
	else
		(void)snprintf(words, WORDS_BYTES, "the issuer's certificate \"%s\"",
			       name_words(X509_get_subject_name(refusal->certificate), name));
}

static void
refusal_words(const struct tls_context *context, const char *host, const struct tls_refusal *refusal,
	      struct failure *failure)
{
	const X509 *certificate = refusal->certificate;
	char owner[WORDS_BYTES], text[WORDS_BYTES], name[WORDS_NAME_BYTES];

	owner_words(refusal, owner);
	switch (refusal->error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		failure_set(failure, FAILURE_CERTIFICATE, "%s: %s expired on %s", host, owner,
			    date_words(X509_get0_notAfter(certificate), name));
		failure_detail(failure, "expired");
		return;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		failure_set(failure, FAILURE_CERTIFICATE, "%s: %s is not valid before %s; is the clock right?",
			    host, owner, date_words(X509_get0_notBefore(certificate), name));
		failure_detail(failure, "early");
		return;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		hosts_words(certificate, text);
		failure_set(failure, FAILURE_CERTIFICATE, "%s: its certificate is for %s", host, text);
		failure_detail(failure, "name");
		return;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		failure_set(failure, FAILURE_CERTIFICATE,
			    "%s: its certificate is self-signed; --cacert FILE trusts it", host);
		failure_detail(failure, "self-signed");
		return;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		failure_set(failure, FAILURE_CERTIFICATE, "%s: its root \"%s\" is not among %s", host,
			    name_words(X509_get_subject_name(certificate), name), context->roots);
		failure_detail(failure, "issuer");
		return;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		failure_set(failure, FAILURE_CERTIFICATE,
			    "%s: the issuer \"%s\" of %s is not among %s, nor did the server send its certificate",
			    host, name_words(X509_get_issuer_name(certificate), name), owner, context->roots);
		failure_detail(failure, "issuer");
		return;
	default: break; /* a set of the library's */
	}
	failure_set(failure, FAILURE_CERTIFICATE, "%s: %s: %s", host, owner,
		    X509_verify_cert_error_string(refusal->error));
}

/* ---- of a handshake ------------------------------------------------------------------------------------ */

void
tls__words(const struct tls_context *context, const char *host, const struct tls_refusal *refusal,
	   struct failure *failure)
{
	const unsigned long code = ERR_peek_error();

	if (refusal->error != 0 && refusal->certificate != NULL) {
		refusal_words(context, host, refusal, failure);
		ERR_clear_error();
		return;
	}
	/* A plain HTTP server's "HTTP/1.1 400" is no record. */
	if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER) {
		failure_set(failure, FAILURE_TLS, "%s: what answers on this port does not speak TLS", host);
		failure_detail(failure, "plain");
		ERR_clear_error();
		return;
	}
	const int reason = ERR_GET_REASON(code);
	if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET) {
		failure_set(failure, FAILURE_TLS, "%s: the server refused the TLS handshake: %s", host,
			    SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
		ERR_clear_error();
		return;
	}
	failure_set(failure, FAILURE_TLS, "%s: the TLS handshake failed: %s", host, tls__library_words());
}

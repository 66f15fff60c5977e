/* tls_chain.c - the certificates that a server has sent, as text (tls_context.h). */
#include "fetch/tls_context.h"

#include <openssl/pem.h>
#include <stdlib.h>

#define NAME_FLAGS (XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB) /* UTF-8 stays, control characters do not */

static bool
put_certificate(BIO *out, X509 *certificate)
{
	return BIO_puts(out, "Subject: ") > 0 &&
	       X509_NAME_print_ex(out, X509_get_subject_name(certificate), 0, NAME_FLAGS) >= 0 &&
	       BIO_puts(out, "\nIssuer: ") > 0 &&
	       X509_NAME_print_ex(out, X509_get_issuer_name(certificate), 0, NAME_FLAGS) >= 0 &&
	       BIO_puts(out, "\nFrom: ") > 0 && ASN1_TIME_print(out, X509_get0_notBefore(certificate)) == 1 &&
	       BIO_puts(out, "\nUntil: ") > 0 && ASN1_TIME_print(out, X509_get0_notAfter(certificate)) == 1 &&
	       BIO_puts(out, "\n") > 0 && PEM_write_bio_X509(out, certificate) == 1;
}

char *
tls__chain_text(const SSL *ssl)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
	BIO *out = BIO_new(BIO_s_mem());
	char *octets, *text = NULL;

	bool is_whole = out != NULL;
	for (int i = 0; i < sk_X509_num(chain) && is_whole; i++)
		is_whole = put_certificate(out, sk_X509_value(chain, i));
	const long bytes = is_whole ? BIO_get_mem_data(out, &octets) : 0;
	if (bytes > 0)
		text = malloc((size_t)bytes + 1);
	if (text != NULL) {
		memcpy(text, octets, (size_t)bytes);
		text[bytes] = '\0';
	}
	BIO_free(out);
	return text;
}

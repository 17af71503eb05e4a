#include "base/tls_pair.h"

#include "base/user_file.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

/* A program that runs by itself can ask for no passphrase. */
static int no_passphrase(char *to, int max, int writing, void *context)
{
	(void)to;
	(void)max;
	(void)writing;
	(void)context;
	return -1;
}

static BIO *open_text(const struct str *text)
{
	return BIO_new_mem_buf(str_text(text), (int)text->len);
}

int tls_pair_read(struct tls_pair *pair, const char *cert_path, const char *key_path,
                  struct err *err)
{
	BIO *cert_text, *key_text;
	X509 *cert;
	EVP_PKEY *key;
	int result = 0;

	if (!key_path)
		key_path = cert_path;
	if (user_file_read(cert_path, &pair->cert, err) < 0 ||
	    user_file_read(key_path, &pair->key, err) < 0)
		return -1;
	cert_text = open_text(&pair->cert);
	key_text = open_text(&pair->key);
	cert = cert_text ? PEM_read_bio_X509(cert_text, NULL, no_passphrase, NULL) : NULL;
	key = key_text ? PEM_read_bio_PrivateKey(key_text, NULL, no_passphrase, NULL) : NULL;
	if (!cert)
		result = err_set(err, ERR_CONFIG, "%s holds no certificate in PEM", cert_path);
	else if (!key)
		result = err_set(err, ERR_CONFIG,
		                 "%s holds no private key in PEM without passphrase", key_path);
	else if (X509_check_private_key(cert, key) != 1)
		result = err_set(err, ERR_CONFIG, "%s is not the key of %s", key_path, cert_path);
	EVP_PKEY_free(key);
	X509_free(cert);
	BIO_free(key_text);
	BIO_free(cert_text);
	return result;
}

void tls_pair_release(struct tls_pair *pair)
{
	str_wipe(&pair->cert);
	str_wipe(&pair->key);
}

int tls_pair_check(const char *cert_path, const char *key_path, struct err *err)
{
	struct tls_pair pair = TLS_PAIR_INIT;
	int result;

	if (!cert_path && !key_path)
		return 0;
	if (!cert_path)
		return err_set(err, ERR_USAGE, "--client-key is of no use without --client-cert");
	/* libcurl opens them again, by their names. */
	if (user_file_check(cert_path, err) < 0)
		return err_context(err, "--client-cert");
	if (key_path && user_file_check(key_path, err) < 0)
		return err_context(err, "--client-key");
	result = tls_pair_read(&pair, cert_path, key_path, err);
	tls_pair_release(&pair);
	return result < 0 ? err_context(err, "--client-cert") : 0;
}

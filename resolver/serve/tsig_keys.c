#include "resolver/serve/tsig_keys.h"

#include <openssl/crypto.h>

static int
read_key(struct tsig_keys *keys, const struct config *config, const struct config_zone *from, char *error)
{
	struct tsig_key *key = &keys->keys[keys->count];
	const char *algorithm = from->algorithm != NULL ? from->algorithm : "sha256";
	struct name name;

	if (keys->count == TSIG_KEYS_MAX)
		return config_refuse(error, config, from->line, "key", from->name, "is one key too many");
	if (name_from_text(&name, from->name, NULL) != 0)
		return config_refuse(error, config, from->line, "name", from->name, "is no domain name, as which a key is sent");
	if (tsig_keys_find(keys, from->name) != NULL)
		return config_refuse(error, config, from->line, "key", from->name, "is given twice");
	if (tsig_algorithm_from_text(&key->algorithm, algorithm) != 0)
		return config_refuse(error, config, from->line, "algorithm", algorithm,
				     "is not one of: hmac-sha1 hmac-sha224 hmac-sha256 hmac-sha384 hmac-sha512");
	if (tsig_secret_from_text(key, from->secret) != 0)
		return config_refuse(error, config, from->line, "secret", "...", "is no base64 of 1 to 256 octets");
	name_lower(&key->name, &name);
	keys->count++;
	return 0;
}

int
tsig_keys_read(struct tsig_keys *keys, const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	int err = 0;

	keys->count = 0;
	for (size_t i = 0; i < config->zone_count && err == 0; i++)
		if (config->zones[i].kind == CONFIG_KEY)
			err = read_key(keys, config, &config->zones[i], error);
	return err;
}

const struct tsig_key *
tsig_keys_find(const struct tsig_keys *keys, const char *text)
{
	struct name name;

	if (name_from_text(&name, text, NULL) != 0)
		return NULL;
	for (unsigned i = 0; i < keys->count; i++)
		if (name_equal(&keys->keys[i].name, &name))
			return &keys->keys[i];
	return NULL;
}

void
tsig_keys_wipe(struct tsig_keys *keys)
{
	OPENSSL_cleanse(keys, sizeof *keys);
}

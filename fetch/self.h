/*
 * self.h - the resolver in this process: Cairn's engine, from the root servers down, with validation (RFC 1034, section 5.3.3;
 * RFC 4035), on the net's own stack.
 *
 * What cairnd has of the configuration (root hints, trust anchors, forwarders, limits of the engine) is had from the same code
 * and a file of the same form, or its defaults.  The engine, its caches and libcrypto are a module of their own
 * (self_module.h), mapped when the first self is made.
 *
 * What it has learnt, the next run knows: it is kept in XDG_CACHE_HOME/cairn/names.cache, which is read when the first self is
 * made and written when it ends (resolver/serve/cache_file.h).  With a file of configuration that tells by its cache-file.  Of
 * several runs at once, one has it.
 *
 * Ownership: a self belongs to a net, whose driver it becomes; it ends before the net.
 * Errors:    of the file: USAGE; answers with a failure.
 * Bounds:    SELF_CLIENTS_MAX questions at once, SELF_CACHE_BYTES of records.
 */
#ifndef CAIRN_FETCH_SELF_H
#define CAIRN_FETCH_SELF_H

#include "fetch/lookup.h"
#include "fetch/net.h"

#define SELF_CLIENTS_MAX 256u
#define SELF_CACHE_BYTES (8u << 20) /* read at the start of a run: so much takes some ten milliseconds */

struct self;

/* The answer is lent for the call. */
typedef void (*self_answer_cb)(void *data, struct names_answer *answer);

/* config_path NULL: the defaults. */
int self_new(struct self **self, struct net *net, const char *config_path, struct failure *failure);
void self_free(struct self *self); /* NULL is nothing; what is asked is forgotten */

/* A question under way, or 0: no room.  on_answer comes from the loop. */
uint64_t self_ask(struct self *self, const struct question *question, unsigned kind, self_answer_cb on_answer, void *data);
void self_forget(struct self *self, uint64_t client);

#endif

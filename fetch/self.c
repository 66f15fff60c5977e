#include "fetch/self.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fetch/module.h"
#include "fetch/self_module.h"
#include "resolver/answer.h"
#include "stack/base/err.h"

#define ANSWERS_A_TURN  1024u
#define CACHE_DIRECTORY "/cairn"
#define CACHE_FILE      "/names.cache"

struct self_client {
	struct question question;
	unsigned kind;
	self_answer_cb on_answer; /* NULL: the place is free */
	void *data;
	uint64_t started_us;
};

struct self {
	struct net_driver driver; /* first */
	struct net *net;
	const struct self_module *module;
	struct self_core *core;
	struct self_client clients[SELF_CLIENTS_MAX]; /* by the client's number less one */
};

static struct self *
self_of(struct net_driver *driver)
{
	return (struct self *)driver;
}

static bool
on_action(struct net_driver *driver, const struct stack_action *action, uint64_t now_us)
{
	struct self *self = self_of(driver);
	return self->module->receive(self->core, action, now_us);
}

/* The place is free before the caller hears: he may ask for more. */
static void
deliver(struct self *self, uint64_t number, const struct answer *resolved)
{
	const struct self_client client = self->clients[number - 1];
	struct names_answer answer;

	lookup_take(&answer, &client.question, client.kind, resolved);
	answer.took_us = net_now_us(self->net) - client.started_us;
	self->clients[number - 1].on_answer = NULL;
	client.on_answer(client.data, &answer);
}

static void
on_turn(struct net_driver *driver)
{
	struct self *self = self_of(driver);
	const struct answer *resolved;
	uint64_t number;

	for (unsigned left = ANSWERS_A_TURN; left > 0; left--) {
		if (!self->module->next(self->core, net_now_us(self->net), &number, &resolved))
			return;
		deliver(self, number, resolved);
	}
	net_wake(self->net);
}

static uint64_t
deadline(const struct net_driver *driver)
{
	const struct self *self = (const struct self *)driver;
	return self->module->deadline(self->core);
}

/* The user's place for what can be had again (XDG Base Directory Specification), made if need be; NULL: there is none. */
static const char *
cache_path(char path[PATH_MAX])
{
	const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	int bytes = -1;

	if (base != NULL && base[0] == '/')
		bytes = snprintf(path, PATH_MAX, "%s", base);
	else if (home != NULL && home[0] == '/')
		bytes = snprintf(path, PATH_MAX, "%s/.cache", home);
	if (bytes < 0 || (size_t)bytes + sizeof CACHE_DIRECTORY + sizeof CACHE_FILE > PATH_MAX)
		return NULL;
	(void)mkdir(path, S_IRWXU); /* what cannot be made cannot be opened either, which is no failure */
	(void)strcat(path, CACHE_DIRECTORY);
	(void)mkdir(path, S_IRWXU);
	return strcat(path, CACHE_FILE);
}

int
self_new(struct self **made, struct net *net, const char *config_path, struct failure *failure)
{
	const struct self_module *module =
		module_load(SELF_MODULE_FILE, SELF_MODULE_SYMBOL, FAILURE_RESOLVE, failure);
	struct self *self = calloc(1, sizeof *self);
	char path[PATH_MAX];

	if (module == NULL || self == NULL) {
		free(self);
		return module == NULL ? ERR_NOT_FOUND : ERR_NO_MEMORY;
	}
	self->driver = (struct net_driver){ .on_action = on_action, .on_turn = on_turn, .deadline = deadline };
	self->net = net;
	self->module = module;
	const int err = module->core_new(&self->core, net_stack(net), config_path, cache_path(path), net_rng(net),
					 net_now_us(net), failure);
	if (err != 0) {
		free(self);
		return err;
	}
	module->trace(self->core, net_events(net));
	net_set_driver(net, &self->driver);
	*made = self;
	return 0;
}

void
self_free(struct self *self)
{
	if (self == NULL)
		return;
	net_set_driver(self->net, NULL);
	self->module->core_free(self->core, net_now_us(self->net));
	free(self);
}

uint64_t
self_ask(struct self *self, const struct question *question, unsigned kind, self_answer_cb on_answer,
	 void *data)
{
	const uint64_t now_us = net_now_us(self->net);
	uint64_t place = 0;

	while (place < SELF_CLIENTS_MAX && self->clients[place].on_answer != NULL)
		place++;
	if (place == SELF_CLIENTS_MAX || self->module->ask(self->core, question, place + 1, now_us) != 0)
		return 0;
	self->clients[place] = (struct self_client){ .question = *question,
						     .kind = kind,
						     .on_answer = on_answer,
						     .data = data,
						     .started_us = now_us };
	net_wake(self->net);
	return place + 1;
}

void
self_forget(struct self *self, uint64_t client)
{
	self->module->forget(self->core, client);
	self->clients[client - 1].on_answer = NULL;
}

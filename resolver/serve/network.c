#include "resolver/serve/network.h"

#include <stdio.h>

#include "stack/base/err.h"
#include "stack/link/raw.h"

#define CAPABILITY_REMEDY                                                                          \
	"; start as root or under conf/cairnd.service, or run `setcap "                            \
	"cap_net_raw,cap_net_bind_service=ep` on the program once"

bool
network_is_shared(const struct config *config)
{
	return config->link == CONFIG_LINK_RAW;
}

int
network_check(const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	if (config->link == CONFIG_LINK_RAW)
		return 0;
	config_complain(error, config, 0, "link: packet and tap are not in this build");
	return ERR_UNSUPPORTED;
}

static int
complain(char error[CONFIG_ERROR_BYTES], int err, const struct link_error *why)
{
	(void)snprintf(error, CONFIG_ERROR_BYTES, "stack: %s%s", why->text,
		       err == ERR_PERMISSION ? CAPABILITY_REMEDY : "");
	return err;
}

int
network_open(struct network *network, const struct config *config, const struct guard_plan *plan,
	     unsigned worker, struct rng *rng, uint64_t now_us, char error[CONFIG_ERROR_BYTES])
{
	struct link_error why = { "" };
	(void)config;
	int err = guard_open(&network->guard, plan, worker, rng, now_us, &why);
	if (err != 0)
		return complain(error, err, &why);
	network->has_guard = true;
	struct raw_config raw = { .guard = &network->guard };
	err = raw_open(&network->link, &raw, now_us, &why);
	return err == 0 ? 0 : complain(error, err, &why);
}

int
network_set_up(struct network *network, const struct config *config, struct stack *stack,
	       unsigned ifindex, uint64_t now_us, char error[CONFIG_ERROR_BYTES])
{
	(void)network;
	(void)config;
	(void)stack;
	(void)ifindex;
	(void)now_us;
	(void)error;
	return 0;
}

void
network_close(struct network *network)
{
	if (network->link != NULL)
		network->link->ops->close(network->link);
	if (network->has_guard)
		guard_close(&network->guard);
}

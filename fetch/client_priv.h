/* client_priv.h - shared by the files of client.h. */
#ifndef CAIRN_FETCH_CLIENT_PRIV_H
#define CAIRN_FETCH_CLIENT_PRIV_H

#include "fetch/client.h"

int client__read_cookies(struct client *client, struct client_group *group,
			 struct failure *failure);
void client__write_cookies(struct client *client, struct client_group *group);

#endif

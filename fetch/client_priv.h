/* client_priv.h - shared by the files of client.h. */
#ifndef CAIRN_FETCH_CLIENT_PRIV_H
#define CAIRN_FETCH_CLIENT_PRIV_H

#include "fetch/client.h"

#define CLIENT_FILE_BYTES_MAX (4u * COOKIE_JAR_TEXT_BYTES)

/* A file of what is remembered, whole, for free(3); one that is not there is empty. "-": standard input. */
int client__file_read(const char *path, char **text, size_t *bytes, struct failure *failure);
/* In its place, all or nothing, for the user alone; -1 and errno. "-": standard output. */
int client__file_write(const char *path, const char *text, size_t bytes);

/* client_hsts.c */
int client__read_hsts(struct client *client, struct client_group *group, struct failure *failure);
void client__write_hsts(struct client *client, struct client_group *group);

/* client_cookie.c */
int client__read_cookies(struct client *client, struct client_group *group,
			 struct failure *failure);
void client__write_cookies(struct client *client, struct client_group *group);

#endif

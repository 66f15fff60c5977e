/* body_priv.h - what body.c and body_form.c share. */
#ifndef CAIRN_FETCH_BODY_PRIV_H
#define CAIRN_FETCH_BODY_PRIV_H

#include "fetch/body.h"

/* Behind what is there; -1 and *failure. */
int body__append(struct body *body, struct span text, struct failure *failure);
int body__append_file(struct body *body, const char *path,
		      struct failure *failure); /* "-": standard input */

#endif

/*
 * local_path.h - where a mirror keeps a URL, and how one file of it refers to another.
 *
 *     http://h:81/a/b.html?c      h+81/a/b.html?c
 *     http://h/a/                 h/a/index.html
 *
 * Different URLs of a scheme have different paths. Segments are decoded where the result is safe as the name of a
 * file: what would leave the directory, hide, read as an option or show as something else stays
 * percent-encoded, upper case. A name that is too long for a file system ends in a hash of the whole.
 *
 * Ownership: results lie in the arena.
 * Errors:    ERR_NO_MEMORY.
 */
#ifndef CAIRN_FETCH_LOCAL_PATH_H
#define CAIRN_FETCH_LOCAL_PATH_H

#include "fetch/url.h"

#define LOCAL_PATH_NAME_BYTES_MAX 255u /* NAME_MAX */
#define LOCAL_PATH_INDEX          "index.html"

/* Relative, with / between its names; never empty. */
int local_path_of(const struct url *url, struct arena *arena, struct span *path);

/*
 * What is left of such a path without the host's directory, or without that many of the directories behind it; the name of
 * the file stays.  Different URLs may then have one path.
 */
int local_path_cut(struct span *path, bool has_host, uint64_t directories, struct arena *arena);

/*
 * A URL reference from the file at `from` to the one at `to`: "../x/b.html%3Fc". Only letters, digits and -._~/%
 * are in it, so that it may stand in HTML and CSS, quoted or not.
 */
int local_path_reference(struct span from, struct span to, struct arena *arena,
			 struct span *reference);

#endif

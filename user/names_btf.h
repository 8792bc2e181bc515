/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names_btf.h - protocol names in the BTF of the maps, so that a dump shows
 * names, and so that a later command can read them back.
 */
#ifndef NAMES_BTF_H
#define NAMES_BTF_H

#include "signatures.h"

struct btf;

/*
 * Gives btf an enum gl_protocol with the set's names in place of the one that
 * the compiler left. Returns 0 or -errno after logging.
 */
int names_btf_write(struct btf *btf, const struct signatures *set);

/* Reads them; names[i] is allocated, or NULL for a number without a name. */
int names_btf_read(const struct btf *btf, char *names[GL_PROTOCOLS]);

#endif

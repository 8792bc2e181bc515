/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names_btf.h - protocol names in the BTF of the maps, so that a dump shows
 * names. Those of signatures that were loaded later are in the map labels only.
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

#endif

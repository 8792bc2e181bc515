/* SPDX-License-Identifier: BSD-2-Clause */
/* embed.h - the signature files that the build puts into the program. */
#ifndef EMBED_H
#define EMBED_H

/* One file of user/protocols; name is for messages. */
struct embedded_file {
	const char *name;
	const char *text;
	const char *end;
};

extern const struct embedded_file embedded_protocols[];
extern const unsigned embedded_protocols_count;

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* embed.h - what the build puts into the program: signature files and BPF objects. */
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

/* ELF objects of the hooks. */
extern const char embedded_xdp[], embedded_xdp_end[];
extern const char embedded_tc[], embedded_tc_end[];
extern const char embedded_cgroup[], embedded_cgroup_end[];

#endif

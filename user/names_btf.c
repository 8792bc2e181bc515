/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <bpf/btf.h>

#include "log.h"
#include "names_btf.h"

#define ENUM_NAME "gl_protocol"

/* Points every struct member and array of type from to type to. */
static void retarget(struct btf *btf, __u32 from, __u32 to, __u32 types)
{
	for (__u32 id = 1; id < types; id++) {
		struct btf_type *type = (struct btf_type *)btf__type_by_id(btf, id);

		if (btf_is_struct(type)) {
			struct btf_member *member = btf_members(type);

			for (int i = 0; i < btf_vlen(type); i++)
				if (member[i].type == from)
					member[i].type = to;
		} else if (btf_is_array(type) && btf_array(type)->type == from) {
			btf_array(type)->type = to;
		}
	}
}

/* The kernel takes identifiers only, so a label's - becomes _. */
static int add_name(struct btf *btf, const char *name, __u32 number)
{
	char identifier[GL_LABEL_ROOM];

	if (!name)
		return 0;
	snprintf(identifier, sizeof(identifier), "%s", name);
	for (char *c = identifier; *c; c++)
		if (*c == '-')
			*c = '_';
	return btf__add_enum_value(btf, identifier, number);
}

int names_btf_write(struct btf *btf, const struct signatures *set)
{
	__u32 types = btf__type_cnt(btf);
	__s32 old = btf__find_by_name_kind(btf, ENUM_NAME, BTF_KIND_ENUM);
	int id, err = 0;

	if (old < 0)
		return log_error(old, "the program has no BTF enum %s; build it again with -g",
				 ENUM_NAME);
	id = btf__add_enum(btf, ENUM_NAME, 4);
	for (__u32 i = 0; id > 0 && !err && i < signatures_protocols(set); i++)
		err = add_name(btf, signatures_protocol(set, i), i);
	if (id < 0 || err)
		return log_error(id < 0 ? id : err, "the protocol names cannot be added to the BTF");
	retarget(btf, old, id, types);
	return 0;
}

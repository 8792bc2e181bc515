/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nothing of the traffic stays: every map of the loaded programs, whether pinned or
 * not, searched for the text that went through them; the helpers that they call;
 * what the values of the maps can hold at all.
 */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>
#include <bpf/btf.h>

#include "../../user/embed.h"
#include "program.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MARK 16			 /* bytes of the marker */
#define PIECE 8			 /* bytes of it that must not be found */
#define IDS 256

/* ------------------------------------------------------------ searching maps */

/* What is searched for: the marker, and the same as the scan folds it. */
struct needle {
	unsigned char text[2][MARK];
};

/* Letters in both cases, digits and bytes over 127: what a message can hold. */
static void make_needle(struct needle *needle)
{
	static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";

	assert_int_equal(getrandom(needle->text[0], MARK, 0), MARK);
	for (int i = 0; i < MARK; i++) {
		unsigned char c = needle->text[0][i];

		c = c & 0x80 ? c : letters[c % (sizeof(letters) - 1)];
		needle->text[0][i] = c;
		needle->text[1][i] = c >= 'A' && c <= 'Z' ? c + 32 : c;
	}
}

static bool holds(const void *bytes, size_t size, const struct needle *needle)
{
	for (int form = 0; form < 2; form++)
		for (int at = 0; at + PIECE <= MARK; at++)
			if (memmem(bytes, size, needle->text[form] + at, PIECE))
				return true;
	return false;
}

struct search {
	const struct needle *needle;
	__u32 id[IDS];		 /* of the maps that were searched */
	size_t ids;
	size_t values;
	char found[256];	 /* names of maps that hold it */
};

static bool is_per_cpu(__u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static void search_map(struct search *search, __u32 id);

/* The value at a key: for a map of maps, the map whose id stands there. */
static void search_value(struct search *search, const struct bpf_map_info *info,
			 const void *value, size_t size)
{
	search->values++;
	if (info->type == BPF_MAP_TYPE_ARRAY_OF_MAPS)
		search_map(search, *(const __u32 *)value);
	else if (holds(value, size, search->needle) && !strstr(search->found, info->name))
		strncat(search->found, info->name, sizeof(search->found) -
							   strlen(search->found) - 1);
}

static void search_entries(struct search *search, const struct bpf_map_info *info, int fd)
{
	size_t size = (info->value_size + 7) & ~7u;
	unsigned char *key = calloc(2, info->key_size), *next = key + info->key_size, *value;
	void *last = NULL;

	if (is_per_cpu(info->type))
		size *= libbpf_num_possible_cpus();
	value = calloc(1, size);
	assert_non_null(key);
	assert_non_null(value);
	while (!bpf_map_get_next_key(fd, last, next)) {
		last = memcpy(key, next, info->key_size);
		if (holds(key, info->key_size, search->needle))
			strncat(search->found, info->name, 16);
		if (!bpf_map_lookup_elem(fd, key, value))
			search_value(search, info, value, size);
	}
	free(key);
	free(value);
}

static void search_map(struct search *search, __u32 id)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);
	int fd;

	for (size_t i = 0; i < search->ids; i++)
		if (search->id[i] == id)
			return;
	fd = bpf_map_get_fd_by_id(id);
	assert_true(fd >= 0);
	assert_true(search->ids < IDS);
	search->id[search->ids++] = id;
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	search_entries(search, &info, fd);
	close(fd);
}

/* How many ends are known at which media are expected. */
static size_t media_entries(const struct program *program)
{
	int fd = bpf_object__find_map_fd_by_name(program->object, "media");
	__u64 key, *last = NULL;
	size_t n = 0;

	assert_true(fd >= 0);
	for (; !bpf_map_get_next_key(fd, last, &key); last = &key)
		n++;
	return n;
}

/* Ids of the maps that the loaded program uses. */
static __u32 program_maps(const struct program *program, __u32 *ids)
{
	struct bpf_prog_info info = { .nr_map_ids = IDS, .map_ids = (__u64)(uintptr_t)ids };
	__u32 size = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(program->fd, &info, &size), 0);
	assert_in_range(info.nr_map_ids, 1, IDS);
	return info.nr_map_ids;
}

static __u32 map_id(int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	return info.id;
}

/* Maps of the program, of its object, and inner ones. */
static void search_program(const struct program *program, struct search *search)
{
	__u32 ids[IDS], count = program_maps(program, ids);
	struct bpf_map *map;

	for (__u32 i = 0; i < count; i++)
		search_map(search, ids[i]);
	bpf_object__for_each_map(map, program->object)
		search_map(search, map_id(bpf_map__fd(map)));
}

/*
 * Also every map that the kernel knows and that carries one of the object's names:
 * a map that were made beside the program's own would be there.
 */
static void search_namesakes(const struct program *program, struct search *search)
{
	struct bpf_map *map;
	__u32 id = 0;

	while (!bpf_map_get_next_id(id, &id)) {
		struct bpf_map_info info = { 0 };
		__u32 size = sizeof(info);
		int fd = bpf_map_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &size))
			bpf_object__for_each_map(map, program->object)
				if (!strncmp(bpf_map__name(map), info.name, 15))
					search_map(search, id);
		close(fd);
	}
}

/* ------------------------------------------------------------ marked traffic */

static void send(const struct program *program, const struct step *steps)
{
	static struct packet packet;
	struct packet_peers peers = { 1, 40000, 6667 };
	int verdict;

	packet_build(steps, &peers, &packet);
	verdict = program_run(program, &packet, 1);
	/* tc: TC_ACT_UNSPEC; a cgroup lets pass with 1 */
	assert_true(verdict == XDP_PASS || verdict == -1 || verdict == 1);
}

#define DESCRIPTION "INVITE sip:b SIP/2.0\r\n\r\nv=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns="

/* The marker in messages that are scanned, walked, given up on, encrypted, cut. */
static void send_marked(const struct program *program, const struct needle *needle)
{
	const unsigned char *m = needle->text[0];

	send(program, PACKET(ETH, IP4, TCP(1, ACK), TEXT("PRIVMSG #c :hello "), BYTES(m, MARK)));
	send(program, PACKET(ETH, IP4, TCP(35, ACK), BYTES(m, MARK), BYTES(m, MARK)));
	send(program, PACKET(ETH, IP4, TCP(67, ACK), FILL('x', 251), BYTES(m, MARK), TEXT("y")));
	send(program, PACKET(ETH, IP4, TCP(900, ACK), BYTES(m, MARK)));
	send(program, PACKET(ETH, IP4, TCP(900, ACK), BYTES(m, MARK)));
	send(program, PACKET(ETH, IP4, TCP(1, ACK), PORTS(2, 443), TEXT("\x17\x03\x03\x00\x20"),
			     BYTES(m, MARK), BYTES(m, MARK)));
	send(program, PACKET(ETH, IP4, TCP(38, ACK), PORTS(2, 443), BYTES(m, MARK)));
	for (__u32 i = 0; i < 10; i++)
		send(program, PACKET(ETH, IP4, TCP(1 + MARK * i, ACK), PORTS(3, 3),
				     BYTES(m, MARK)));
	send(program, PACKET(ETH, IP4, UDP, PORTS(4, 5060), TEXT("MESSAGE sip:"), BYTES(m, MARK),
			     TEXT(" SIP/2.0\r\n\r\n"), BYTES(m, MARK)));
	send(program, PACKET(ETH, IP4, UDP, PORTS(5, 5060), TEXT(DESCRIPTION), BYTES(m, MARK),
			     TEXT("\r\nc=IN IP4 192.0.2.1\r\nm=audio 7000 RTP/AVP 0\r\na="),
			     BYTES(m, MARK)));
	send(program, PACKET(ETH, IP6, UDP, BYTES(m, MARK)));
	send(program, PACKET(ETH, IP4, TCP(1, ACK), PORTS(5, 80), TEXT("GET /"), BYTES(m, MARK),
			     TEXT(" HTTP/1.1\r\n")));
	send(program, PACKET(ETH, IP4, TCP(1, ACK), PORTS(6, 6), PAD("0123456789abcdef")));
	send(program, PACKET(ETH, IP4, UDP, BYTES(m, MARK), FRAGMENT(64, true)));
	send(program, PACKET(ETH, IP4, TCP(1, ACK), PORTS(7, 7), TEXT("PRIVMSG #c :"),
			     BYTES(m, MARK), FILL('z', 40), CUT(100)));
}

static void test_no_map_holds_it(void **state)
{
	const char *hook = *state;
	struct search search = { 0 };
	struct program program;
	struct needle needle;
	struct gl_total total;

	if (program_load(hook, &program)) {
		skip();
		return;
	}
	make_needle(&needle);
	program_words(&program, "hello\nworld");
	send_marked(&program, &needle);
	search.needle = &needle;
	search_program(&program, &search);
	search_namesakes(&program, &search);
	assert_string_equal(search.found, "");
	assert_in_range(search.ids, 13, IDS); /* eleven maps, settings, two tables */
	assert_true(search.values > 10);
	assert_int_equal(maps_read_total(&program.maps, &total), 0);
	assert_in_range(total.outcome[GL_OUT_SCANNED].packets, 5, 20);
	assert_in_range(total.outcome[GL_OUT_ENCRYPTED].packets, 2, 2);
	assert_in_range(total.outcome[GL_OUT_UNKNOWN].packets, 1, 4);
	program_close(&program);
}

/* Twin: what the operator loads is found by the same search, and only in its map. */
static void test_a_loaded_word_is_found(void **state)
{
	const char *hook = *state;
	struct search search = { 0 };
	struct program program;
	struct needle needle;
	char words[MARK + 8] = { 0 };

	if (program_load(hook, &program)) {
		skip();
		return;
	}
	make_needle(&needle);
	for (int i = 0; i < MARK; i++)
		needle.text[0][i] = 'a' + needle.text[0][i] % 26;
	memcpy(needle.text[1], needle.text[0], MARK);
	memcpy(words, needle.text[0], MARK);
	program_words(&program, words);
	send_marked(&program, &needle);
	search.needle = &needle;
	search_program(&program, &search);
	assert_string_equal(search.found, "words");
	program_close(&program);
}

/* The ends at which media are expected are kept as keyed digests: no address. */
static void test_announced_addresses_are_not_kept(void **state)
{
	struct search search = { 0 };
	struct program program;
	struct needle needle;
	char text[256];
	int size;

	if (program_load(*state, &program)) {
		skip();
		return;
	}
	make_needle(&needle);
	memcpy(needle.text[1], needle.text[0], MARK);
	size = snprintf(text, sizeof(text), DESCRIPTION "-\r\nc=IN IP6 ");
	for (int i = 0; i < MARK; i += 2)
		size += snprintf(text + size, sizeof(text) - size, "%s%x", i ? ":" : "",
				 needle.text[0][i] << 8 | needle.text[0][i + 1]);
	size += snprintf(text + size, sizeof(text) - size, "\r\nm=audio 7000 RTP/AVP 0\r\n");
	send(&program, PACKET(ETH, IP4, UDP, PORTS(5060, 5060), BYTES(text, size)));
	search.needle = &needle;
	search_program(&program, &search);
	assert_string_equal(search.found, "");
	assert_int_equal(media_entries(&program), 1);
	program_close(&program);
}

/* The scratch is per CPU, and wiped on each: all but the empty flow entry. So are claims. */
static void test_scratch_is_wiped(void **state)
{
	struct program program;
	struct needle needle;
	struct bpf_map *map;
	unsigned char *value;
	size_t size, used;

	if (program_load(*state, &program)) {
		skip();
		return;
	}
	make_needle(&needle);
	program_words(&program, "hello");
	send_marked(&program, &needle);
	map = bpf_object__find_map_by_name(program.object, "scratch");
	assert_non_null(map);
	size = (bpf_map__value_size(map) + 7) & ~7u;
	value = calloc(libbpf_num_possible_cpus(), size);
	assert_non_null(value);
	used = bpf_map__value_size(map) - sizeof(struct gl_flow);
	assert_int_equal(bpf_map__max_entries(map), strcmp(*state, "cgroup") ? 1 : 4);
	for (__u32 room = 0; room < bpf_map__max_entries(map); room++) {
		assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(map), &room, value), 0);
		for (int cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++)
			for (size_t i = 0; i < used; i++)
				assert_int_equal(value[cpu * size + i], 0);
	}
	free(value);
	program_close(&program);
}

/* The word list and what attach says of itself are none of the path's business. */
static void test_path_has_no_text(void **state)
{
	struct program program;
	__u32 ids[IDS], count;

	if (program_load(*state, &program)) {
		skip();
		return;
	}
	count = program_maps(&program, ids);
	for (__u32 i = 0; i < count; i++) {
		assert_int_not_equal(ids[i], map_id(program.maps.words));
		assert_int_not_equal(ids[i], map_id(program.maps.meta));
	}
	program_close(&program);
}

/* ------------------------------------------------------------ helpers */

/* All that the path may ask of the kernel; none of it carries bytes outside. */
static const __u32 allowed[] = {
	BPF_FUNC_map_lookup_elem, BPF_FUNC_map_update_elem, BPF_FUNC_get_prandom_u32,
	BPF_FUNC_get_smp_processor_id, BPF_FUNC_loop, BPF_FUNC_jiffies64,
	BPF_FUNC_xdp_get_buff_len, BPF_FUNC_xdp_load_bytes, BPF_FUNC_skb_load_bytes,
};

static const __u32 exporting[] = {
	BPF_FUNC_perf_event_output, BPF_FUNC_skb_output, BPF_FUNC_xdp_output,
	BPF_FUNC_ringbuf_output, BPF_FUNC_ringbuf_reserve, BPF_FUNC_ringbuf_submit,
	BPF_FUNC_ringbuf_reserve_dynptr, BPF_FUNC_trace_printk, BPF_FUNC_trace_vprintk,
	BPF_FUNC_probe_write_user, BPF_FUNC_map_push_elem, BPF_FUNC_seq_write,
	BPF_FUNC_copy_from_user, BPF_FUNC_clone_redirect, BPF_FUNC_redirect,
	BPF_FUNC_redirect_map, BPF_FUNC_skb_store_bytes, BPF_FUNC_xdp_store_bytes,
};

static bool is_in(__u32 id, const __u32 *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == id)
			return true;
	return false;
}

/* Checks the calls of some code; returns how many helpers it calls. */
static size_t check_calls(const struct bpf_insn *insns, size_t count)
{
	size_t calls = 0;

	for (size_t i = 0; i < count; i++) {
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW)) {
			i++;
			continue;
		}
		if (insns[i].code != (BPF_JMP | BPF_CALL) || insns[i].src_reg == BPF_PSEUDO_CALL)
			continue;
		/* A kernel function would be called by its BTF id: none is. */
		assert_int_equal(insns[i].src_reg, 0);
		if (!is_in(insns[i].imm, allowed, COUNT(allowed)))
			fail_msg("instruction %zu calls helper %d", i, insns[i].imm);
		calls++;
	}
	return calls;
}

/* Every section of code in the object: entry points and functions. */
static void test_helpers_of_the_object(void **state)
{
	bool cgroup = !strcmp(*state, "cgroup");
	const char *elf = cgroup ? embedded_cgroup :
			  strcmp(*state, "xdp") ? embedded_tc : embedded_xdp;
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)elf;
	const Elf64_Shdr *section = (const Elf64_Shdr *)(elf + header->e_shoff);
	size_t sections = 0, calls = 0;

	assert_memory_equal(header->e_ident, ELFMAG, SELFMAG);
	for (int i = 0; i < header->e_shnum; i++) {
		if (!(section[i].sh_flags & SHF_EXECINSTR) || !section[i].sh_size)
			continue;
		sections++;
		calls += check_calls((const struct bpf_insn *)(elf + section[i].sh_offset),
				     section[i].sh_size / sizeof(struct bpf_insn));
	}
	assert_int_equal(sections, cgroup ? 3 : 2);
	assert_in_range(calls, 20, 500);
	for (size_t i = 0; i < COUNT(exporting); i++)
		assert_false(is_in(exporting[i], allowed, COUNT(allowed)));
}

/* The same of what libbpf hands to the kernel, with all functions in it. */
static void test_helpers_of_the_program(void **state)
{
	struct program program;
	struct bpf_program *one;
	size_t programs = 0;

	if (program_load(*state, &program)) {
		skip();
		return;
	}
	bpf_object__for_each_program(one, program.object) {
		assert_in_range(check_calls(bpf_program__insns(one), bpf_program__insn_cnt(one)),
				20, 500);
		programs++;
	}
	assert_int_equal(programs, strcmp(*state, "cgroup") ? 1 : 2);
	program_close(&program);
}

/* ------------------------------------------------------------ types */

/* Maps that may hold text, and why. */
static const struct {
	const char *map;
	const char *why;
} exempt[] = {
	{ "words", "what the operator loaded" },
	{ "meta", "what attach says of itself; the path does not use it" },
	{ "scratch", "wiped; searched above" },
};

static bool is_exempt(const char *map)
{
	for (size_t i = 0; i < COUNT(exempt); i++)
		if (!strcmp(exempt[i].map, map))
			return true;
	return false;
}

/* Integers, enums, structs and arrays of them; of bytes at most 16. NULL or what is wrong. */
static const char *text_in_type(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, btf__resolve_type(btf, id));
	const struct btf_member *member = btf_members(type);
	const char *wrong = NULL;
	int inner;

	if (btf_is_int(type) || btf_is_any_enum(type))
		return NULL;
	if (btf_is_array(type)) {
		inner = btf__resolve_type(btf, btf_array(type)->type);
		if (btf__resolve_size(btf, inner) == 1 && btf_array(type)->nelems > 16)
			return "bytes";
		return text_in_type(btf, inner);
	}
	if (!btf_is_struct(type))
		return "neither struct, array nor integer";
	for (int i = 0; i < btf_vlen(type) && !wrong; i++)
		if (text_in_type(btf, member[i].type))
			wrong = btf__name_by_offset(btf, member[i].name_off);
	return wrong;
}

static void check_map_type(const struct btf *btf, const struct bpf_map *map)
{
	const char *name = bpf_map__name(map), *wrong;
	__u32 key = bpf_map__btf_key_type_id(map), value = bpf_map__btf_value_type_id(map);

	if (bpf_map__type(map) == BPF_MAP_TYPE_ARRAY_OF_MAPS) {
		if (strcmp(name, GL_MAP_WORD_TABLES) && strcmp(name, GL_MAP_SIGNATURES))
			fail_msg("%s is a table of an unknown kind", name);
		return;
	}
	if (!strncmp(name, ".rodata", 7))
		return; /* read-only for the path */
	assert_true(key && value);
	if (is_exempt(name))
		return;
	wrong = text_in_type(btf, key);
	if (!wrong)
		wrong = text_in_type(btf, value);
	if (wrong)
		fail_msg("%s can hold text: %s", name, wrong);
}

static void test_values_hold_no_text(void **state)
{
	struct gl_signatures *compiled = calloc(1, sizeof(*compiled));
	struct program program;
	struct bpf_map *map;
	const struct btf *btf;
	size_t maps = 0;

	assert_non_null(compiled);
	program_open(*state, &program, compiled);
	btf = bpf_object__btf(program.object);
	assert_non_null(btf);
	bpf_object__for_each_map(map, program.object) {
		check_map_type(btf, map);
		maps++;
	}
	assert_in_range(maps, 10, 20);
	/* Twin: the walk does see the texts that are exempt. */
	for (size_t i = 0; i < COUNT(exempt); i++) {
		map = bpf_object__find_map_by_name(program.object, exempt[i].map);
		assert_non_null(map);
		assert_true(text_in_type(btf, bpf_map__btf_value_type_id(map)));
	}
	program_close(&program);
	free(compiled);
}

/* Does a type have this member, at any depth? */
static bool has_member(const struct btf *btf, __u32 id, const char *name)
{
	const struct btf_type *type = btf__type_by_id(btf, btf__resolve_type(btf, id));
	const struct btf_member *member;
	bool found = false;

	/* A map of maps has no types. */
	if (!type || !btf_is_composite(type))
		return type && btf_is_array(type) && has_member(btf, btf_array(type)->type, name);
	member = btf_members(type);
	for (int i = 0; i < btf_vlen(type); i++)
		found |= !strcmp(btf__name_by_offset(btf, member[i].name_off), name) ||
			 has_member(btf, member[i].type, name);
	return found;
}

/*
 * A flow is told by its cookie, a word by its id. Both in one entry would say who wrote
 * what: so of no program on an interface. Twin: the cgroup's, of one's own traffic.
 */
static void test_no_map_joins_word_and_flow(void **state)
{
	struct gl_signatures *compiled = calloc(1, sizeof(*compiled));
	bool cgroup = !strcmp(*state, "cgroup");
	struct program program;
	struct bpf_map *map;
	size_t joins = 0;

	assert_non_null(compiled);
	program_open(*state, &program, compiled);
	bpf_object__for_each_map(map, program.object) {
		const struct btf *btf = bpf_object__btf(program.object);
		__u32 key = bpf_map__btf_key_type_id(map);
		__u32 value = bpf_map__btf_value_type_id(map);

		if (!(has_member(btf, key, "born") || has_member(btf, value, "born")) ||
		    !(has_member(btf, key, "word") || has_member(btf, value, "word")))
			continue;
		assert_string_equal(bpf_map__name(map), GL_MAP_PLACES);
		joins++;
	}
	assert_int_equal(joins, cgroup);
	map = bpf_object__find_map_by_name(program.object, GL_MAP_PLACES);
	assert_int_equal(!!map, cgroup);
	map = bpf_object__find_map_by_name(program.object, GL_MAP_FLOWS);
	assert_true(has_member(bpf_object__btf(program.object), bpf_map__btf_value_type_id(map),
			       "born"));
	program_close(&program);
	free(compiled);
}

#define TESTS(hook)                                                                       \
	{ hook ": no map holds what was sent", test_no_map_holds_it, NULL, NULL, hook },  \
	{ hook ": a loaded word is found", test_a_loaded_word_is_found, NULL, NULL, hook }, \
	{ hook ": announced addresses are not kept", test_announced_addresses_are_not_kept, NULL, \
	  NULL, hook },                                                                   \
	{ hook ": the scratch is wiped", test_scratch_is_wiped, NULL, NULL, hook },       \
	{ hook ": the path reads no text", test_path_has_no_text, NULL, NULL, hook },     \
	{ hook ": helpers of the object", test_helpers_of_the_object, NULL, NULL, hook }, \
	{ hook ": helpers of the program", test_helpers_of_the_program, NULL, NULL, hook }, \
	{ hook ": values hold no text", test_values_hold_no_text, NULL, NULL, hook }, \
	{ hook ": no map joins a word with a flow", test_no_map_joins_word_and_flow, NULL, \
	  NULL, hook }

int main(void)
{
	const struct CMUnitTest tests[] = { TESTS("xdp"), TESTS("tc"), TESTS("cgroup") };

	return cmocka_run_group_tests_name("privacy", tests, NULL, NULL);
}

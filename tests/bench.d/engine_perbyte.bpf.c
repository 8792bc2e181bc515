// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The engine's peer in XDP: a full automaton, one array look-up a byte of the UDP
 * payload behind fixed headers. An entry is next state | words that end there << 24.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define HEADERS 42		 /* Ethernet, IPv4, UDP */
#define WINDOW 256

const volatile __u32 classes = 1;
const volatile unsigned char class_of[256] = {};
__u64 hits;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} transitions SEC(".maps");

struct scratch {
	unsigned char bytes[WINDOW];
	__u32 state;
	__u32 hits;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

struct walk {
	struct xdp_md *ctx;
	struct scratch *scratch;
	__u32 at, end;
};

static long walk_window(__u64 index, void *data)
{
	struct walk *walk = data;
	struct scratch *scratch = walk->scratch;
	__u32 n = walk->end - walk->at, key, state, found;

	(void)index;
	if (walk->at >= walk->end)
		return 1;
	if (n > WINDOW)
		n = WINDOW;
	/* The verifier does not see that n is not 0. */
	asm volatile("" : "+r"(n));
	n = ((n - 1) & (WINDOW - 1)) + 1;
	if (bpf_xdp_load_bytes(walk->ctx, walk->at, scratch->bytes, n))
		return 1;
	walk->at += n;
	state = *(volatile __u32 *)&scratch->state;
	found = *(volatile __u32 *)&scratch->hits;
	for (__u32 i = 0; i < WINDOW; i++) {
		__u32 *entry;

		if (i >= n)
			break;
		key = state * classes + class_of[scratch->bytes[i]];
		entry = bpf_map_lookup_elem(&transitions, &key);
		if (!entry)
			return 1;
		state = *entry & 0xffffff;
		found += *entry >> 24;
	}
	scratch->state = state;
	scratch->hits = found;
	return 0;
}

SEC("xdp.frags")
int perbyte(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &zero);
	struct walk walk = { .ctx = ctx, .scratch = scratch, .at = HEADERS,
			     .end = bpf_xdp_get_buff_len(ctx) };

	if (!scratch)
		return XDP_PASS;
	scratch->state = 0;
	scratch->hits = 0;
	bpf_loop(walk.end / WINDOW + 1, walk_window, &walk, 0);
	hits += scratch->hits;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

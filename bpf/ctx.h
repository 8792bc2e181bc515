/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ctx.h - all that differs between the hooks: how long the packet is, how its
 * bytes are loaded, where it starts, and what lets it pass. GL_HOOK_TC,
 * GL_HOOK_CGROUP and GL_NATIVE choose; the default is XDP.
 */
#ifndef GL_CTX_H
#define GL_CTX_H

#include <linux/bpf.h>
#include "abi.h"

/*
 * A stage that the verifier checks once, as a function of its own, instead of
 * once for each way that leads to it. Its pointer arguments may be NULL then.
 */
#ifdef GL_NATIVE
#define GL_STAGE static __attribute__((noinline))
#else
#define GL_STAGE __attribute__((noinline))
#endif

/* Offset from which headers are only loaded by helper: bounds packet pointers. */
#define GL_DIRECT_MAX 0x3fffu

#if defined(GL_NATIVE)

#include <stdint.h>
#include <string.h>

#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define gl_opaque(x) ((void)0)
#define gl_barrier() ((void)0)
#define GL_UNROLL
#define GL_NO_UNROLL

/* A frame in memory. */
typedef struct gl_native_ctx {
	const __u8 *data;
	__u32 len;
} gl_ctx;

static __always_inline __u32 gl_ctx_len(gl_ctx *ctx)
{
	return ctx->len;
}

static __always_inline int gl_ctx_load(gl_ctx *ctx, __u32 off, void *to, __u32 n)
{
	if (off > ctx->len || n > ctx->len - off)
		return -1;
	memcpy(to, ctx->data + off, n);
	return 0;
}

#define gl_ctx_header(ctx, off, to, n) gl_ctx_load(ctx, off, to, n)

static __always_inline __be16 gl_ctx_vlan(gl_ctx *ctx)
{
	(void)ctx;
	return 0xffff;
}

/* Calls step(index, ctx) up to n times, until it returns 1. */
static __always_inline long gl_loop(__u32 n, long (*step)(__u64, void *), void *ctx)
{
	for (__u32 i = 0; i < n; i++)
		if (step(i, ctx))
			return i + 1;
	return n;
}

/* Nothing runs in parallel to the native engine. */
__u64 gl_native_random(void);
#define gl_random() gl_native_random()
#define gl_cpu() 0u
#define gl_clock() 0ull

static __always_inline int gl_ctx_verdict(enum gl_verdict verdict)
{
	return verdict == GL_VERDICT_DROP;
}

#else /* BPF */

#include <bpf/bpf_helpers.h>

#define memset __builtin_memset
/* Hides a value from the compiler, so that a bound check stays where it stands. */
#define gl_opaque(x) asm volatile("" : "+r"(x))
#define gl_barrier() asm volatile("" ::: "memory")

/* How the next loop is compiled. */
#define GL_UNROLL _Pragma("clang loop unroll(full)")
#define GL_NO_UNROLL _Pragma("clang loop unroll(disable)")

#define gl_loop(n, step, ctx) bpf_loop(n, step, ctx, 0)
#define gl_random() ((__u64)bpf_get_prandom_u32() << 32 | bpf_get_prandom_u32())
#define gl_cpu() bpf_get_smp_processor_id()
/*
 * The time of the last tick. jiffies are one load, where the coarse clock, which
 * is as coarse, is a call of 13 ns; both stand still between ticks.
 */
#define gl_clock() (bpf_jiffies64() * gl_settings.tick_ns)

#if defined(GL_HOOK_TC) || defined(GL_HOOK_CGROUP)

typedef struct __sk_buff gl_ctx;

static __always_inline __u32 gl_ctx_len(gl_ctx *ctx)
{
	return ctx->len;
}

static __always_inline int gl_ctx_load(gl_ctx *ctx, __u32 off, void *to, __u32 n)
{
	return bpf_skb_load_bytes(ctx, off, to, n);
}

#ifdef GL_HOOK_TC

/* The outer tag of an skb is metadata, not bytes. */
static __always_inline __be16 gl_ctx_vlan(gl_ctx *ctx)
{
	return ctx->vlan_present ? (__be16)__builtin_bswap16(ctx->vlan_tci & 0xfff) : 0xffff;
}

static __always_inline int gl_ctx_verdict(enum gl_verdict verdict)
{
	return verdict == GL_VERDICT_DROP ? 2 /* TC_ACT_SHOT */ : -1 /* TC_ACT_UNSPEC */;
}

#else /* cgroup */

/* A tag belongs to a link, and a process to none. */
static __always_inline __be16 gl_ctx_vlan(gl_ctx *ctx)
{
	(void)ctx;
	return 0xffff;
}

/* Who watches their own processes does not stop them. */
static __always_inline int gl_ctx_verdict(enum gl_verdict verdict)
{
	(void)verdict;
	return 1;
}

#endif

#else /* XDP */

typedef struct xdp_md gl_ctx;

static __always_inline __u32 gl_ctx_len(gl_ctx *ctx)
{
	return bpf_xdp_get_buff_len(ctx);
}

static __always_inline int gl_ctx_load(gl_ctx *ctx, __u32 off, void *to, __u32 n)
{
	return bpf_xdp_load_bytes(ctx, off, to, n);
}

static __always_inline __be16 gl_ctx_vlan(gl_ctx *ctx)
{
	(void)ctx;
	return 0xffff;
}

static __always_inline int gl_ctx_verdict(enum gl_verdict verdict)
{
	return verdict == GL_VERDICT_DROP ? XDP_DROP : XDP_PASS;
}

#endif

/*
 * Copies n header bytes (a constant, a multiple of 2): straight from the linear
 * part where they lie in it, else by helper. Returns 0, or negative when the
 * frame is shorter.
 */
static __always_inline int gl_ctx_header(gl_ctx *ctx, __u32 off, void *to, const __u32 n)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;

	if (off <= GL_DIRECT_MAX) {
		__u64 at = off & GL_DIRECT_MAX;
		void *p;

		gl_opaque(at);
		at &= GL_DIRECT_MAX;
		p = data + at;
		if (p + n <= end) {
			for (__u32 i = 0; i + 4 <= n; i += 4)
				*(__u32 *)(to + i) = *(__u32 *)(p + i);
			if (n & 2)
				*(__u16 *)(to + n - 2) = *(__u16 *)(p + n - 2);
			return 0;
		}
	}
	return gl_ctx_load(ctx, off, to, n);
}

#endif /* BPF */

/* The link header, and what it says to be in the packet. A cgroup sees IP packets. */
#ifdef GL_HOOK_CGROUP

#define GL_LINK_LEN 0u

static __always_inline int gl_ctx_type(gl_ctx *ctx, __be16 *type)
{
	*type = ctx->protocol;
	return 0;
}

#else

#define GL_LINK_LEN 14u		 /* Ethernet */
#define GL_ETH_TYPE_AT 12u

static __always_inline int gl_ctx_type(gl_ctx *ctx, __be16 *type)
{
	return gl_ctx_header(ctx, GL_ETH_TYPE_AT, type, 2);
}

#endif

/*
 * 1 when a is less than b, else 0, for both below 2^63: without a branch that the
 * verifier would have to follow, which is what the compiler would make of it.
 */
static __always_inline __u64 gl_is_less(__u64 a, __u64 b)
{
	a -= b;
	gl_opaque(a);
	return a >> 63;
}

#define gl_is_zero(x) gl_is_less(x, 1)

/* a where choice is 1, b where it is 0. */
static __always_inline __u64 gl_either(__u64 choice, __u64 a, __u64 b)
{
	choice = -choice;
	gl_opaque(choice);
	return b ^ ((a ^ b) & choice);
}

/* The lesser of two numbers below 2^63, and by how much a is more than b, else 0. */
static __always_inline __u64 gl_min(__u64 a, __u64 b)
{
	__u64 mask = -gl_is_less(a, b);

	gl_opaque(mask);
	return b ^ ((a ^ b) & mask);
}

static __always_inline __u64 gl_excess(__u64 a, __u64 b)
{
	__u64 mask = -gl_is_less(b, a);

	gl_opaque(mask);
	return (a - b) & mask;
}

/*
 * Eight bytes from any address. BPF's compiler would take an unaligned copy apart
 * into bytes; a plain load of a map value is allowed there.
 */
static __always_inline __u64 gl_load64(const void *from)
{
#ifdef GL_NATIVE
	__u64 value;

	memcpy(&value, from, 8);
	return value;
#else
	return *(const __u64 *)from;
#endif
}

static __always_inline void gl_store64(void *to, __u64 value)
{
#ifdef GL_NATIVE
	memcpy(to, &value, 8);
#else
	*(__u64 *)to = value;
#endif
}

/* Read anew: what the compiler would keep costs it a place on the stack. */
#define GL_READ(x) (*(volatile __typeof__(x) *)&(x))

/* The address of base[offset]; the compiler would copy the base first. */
static __always_inline const void *gl_address(const void *base, __u64 offset)
{
#ifdef GL_NATIVE
	return (const char *)base + offset;
#else
	asm("%0 += %1" : "+r"(offset) : "r"(base));
	return (const void *)offset;
#endif
}

/* a >> n, of whose n only the lower six bits count: the machine masks them for free. */
static __always_inline __u64 gl_shift_right(__u64 a, __u64 n)
{
#ifdef GL_NATIVE
	return a >> (n & 63);
#else
	asm("%0 >>= %1" : "+r"(a) : "r"(n));
	return a;
#endif
}

/* Number of the lowest bit that is set, of 16. */
static __always_inline __u32 gl_lowest_bit(__u32 bits)
{
	bits &= -bits;
	return gl_is_zero(bits & 0x00ff) << 3 | gl_is_zero(bits & 0x0f0f) << 2 |
	       gl_is_zero(bits & 0x3333) << 1 | gl_is_zero(bits & 0x5555);
}

#endif /* GL_CTX_H */

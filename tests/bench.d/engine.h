/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.h - benchmark of the keyword engine: word lists, payloads, and the
 * matchers that read the same payloads for the same words.
 */
#ifndef BENCH_ENGINE_H
#define BENCH_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#define PAYLOADS 256u		 /* rotated, so that caches and predictors stay honest */
#define PAYLOAD_MAX 9000u
#define HIT_EVERY 30000u	 /* bytes of text from one listed word to the next */

void die(const char *what) __attribute__((noreturn));

/* ------------------------------------------------------------ engine_lists.c */

struct list {
	char **words;		 /* lower case, all different */
	__u32 count;
};

enum text { TEXT, ADVERSARIAL, TEXTS };

/* Payload i is size bytes at bytes + i * size; together they are one text. */
struct payloads {
	const unsigned char *bytes;
	__u32 size;
};

/* Half English words and phrases, half Chinese; the same on every machine. */
void list_make(struct list *list, __u32 count);
void list_free(struct list *list);

/*
 * PAYLOADS * PAYLOAD_MAX bytes. TEXT: English prose mixed with Chinese, free of
 * listed words but for one in about HIT_EVERY bytes. ADVERSARIAL: listed words,
 * each without its last byte, back to back.
 */
unsigned char *text_make(const struct list *list, enum text kind);

/* ------------------------------------------------------------ engine_trie.c */

/* A plain Aho-Corasick automaton: state 0 is the root. */
struct trie_node {
	__u32 child, sibling;	 /* 0 none */
	__u32 fail;
	__u32 ends;		 /* words that end here, the fail chain's included */
	unsigned char byte;
};

struct trie {
	struct trie_node *nodes;
	__u32 count, room;
	__u32 *order;		 /* nodes, breadth first */
	__u32 first[256];	 /* children of the root */
};

void trie_make(struct trie *trie, const struct list *list);
__u32 trie_step(const struct trie *trie, __u32 state, unsigned char byte);
void trie_free(struct trie *trie);

/* ------------------------------------------------------------ matchers */

/*
 * One user of one matcher on one set of payloads. run: reads payload index once,
 * returns nanoseconds. Payloads are read in order: read again at once, a payload
 * would be foretold, branch for branch, by the processor.
 */
struct runner {
	double (*run)(struct runner *runner, __u32 index);
	void (*close)(struct runner *runner);
};

/* What building cost. */
struct build {
	double ms;
	size_t bytes;
};

/*
 * A matcher in user space: the clock is read once in BATCH payloads, and each of
 * them is given the mean. First member of such a runner.
 */
#define BATCH 16u

struct user_runner {
	struct runner runner;
	const struct payloads *payloads;
	void (*read)(struct user_runner *runner, const void *bytes, __u32 size);
	double mean;
};

double user_run(struct runner *runner, __u32 index);

struct runner *memcpy_runner(const struct payloads *payloads);

/* A loaded program, words NULL: one for which the scan is off. */
struct glassine;

struct glassine *glassine_open(const struct list *list);
void glassine_close(struct glassine *glassine);
/* Packets whose payload was read, or for which it was not: the runs that count. */
__u64 glassine_packets(const struct glassine *glassine);
__u64 glassine_hits(const struct glassine *glassine);
/* Each runner is a flow of its own, past its classification. */
struct runner *glassine_runner(const struct glassine *glassine, const struct payloads *payloads,
			       bool stream);
struct build glassine_build(const struct list *list);
__u32 glassine_verified_insns(const struct glassine *glassine);
/* Median of rounds: a 64-byte packet of a known TLS flow above the empty program. */
double glassine_not_chat(const struct glassine *glassine, int empty_fd, int rounds);
/* A capture of the payloads in so many flows. */
int glassine_capture(const char *path, const struct payloads *payloads, __u32 flows);

/* An object file's program, given frames with the payloads. */
struct runner *program_runner(int fd, const struct payloads *payloads);

/* The DFA with one array look-up a byte. */
struct perbyte;

struct perbyte *perbyte_open(const char *object, const struct list *list, struct build *build);
void perbyte_close(struct perbyte *perbyte);
int perbyte_fd(const struct perbyte *perbyte);
__u64 perbyte_hits(const struct perbyte *perbyte);

/* NULL where it was not compiled in. */
struct hyperscan;

const char *hyperscan_version(void);
struct hyperscan *hyperscan_open(const struct list *list, bool stream, struct build *build);
void hyperscan_close(struct hyperscan *hyperscan);
struct runner *hyperscan_runner(struct hyperscan *hyperscan, const struct payloads *payloads);
__u64 hyperscan_hits(struct runner *runner);

/*
 * Nanoseconds that the rules, one for each word, add to a datagram, in a network
 * namespace of its own. Negative: not to be had here, and why.
 */
double iptables_time(const struct list *list, const struct payloads *payloads, __u32 packets,
		     const char **why);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "log.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BIT(n) (1u << (n))

/* ------------------------------------------------------------ names */

#define NO_OUTCOME GL_OUT_MAX

/* outcome: what counts as the reason by itself. */
static const struct {
	const char *name;
	const char *means;
	enum gl_outcome outcome;
} terms[JUDGE_REASONS] = {
	[JUDGE_NO_PAYLOAD_SEEN] = { "no_payload_seen", "nothing was sent or received that could be read",
				    NO_OUTCOME },
	[JUDGE_NO_WORDS] = { "no_words", "readable, but it was not read", GL_OUT_NO_WORDS },
	[JUDGE_NOT_SELECTED] = { "not_selected", "readable, but not what --scan asked for",
				 GL_OUT_NOT_SELECTED },
	[JUDGE_MASKED] = { "masked", "under a WebSocket mask whose key was not seen", GL_OUT_MASKED },
	[JUDGE_COMPRESSED] = { "compressed", "it is not unpacked here, so nobody looked inside",
			       GL_OUT_COMPRESSED },
	[JUDGE_GAP] = { "gap", "bytes before these are missing, or came out of order", NO_OUTCOME },
	[JUDGE_UNDECIDED] = { "undecided", "of a flow that was not recognised yet", GL_OUT_UNDECIDED },
	[JUDGE_UNKNOWN] = { "unknown", "nothing recognised what this is: it may hide a text in its own way",
			    GL_OUT_UNKNOWN },
	[JUDGE_RANDOM] = { "random", "looks like random bytes: compressed, or encrypted by something unknown",
			   NO_OUTCOME },
	[JUDGE_NOT_TCP_UDP] = { "not_tcp_udp", "IP, but neither TCP nor UDP, which is not read",
				GL_OUT_NOT_TCP_UDP },
	[JUDGE_LATER_FRAGMENT] = { "later_fragment", "fragments are not put together", GL_OUT_LATER_FRAGMENT },
	[JUDGE_TUNNEL] = { "tunnel", "a tunnel, which is not opened", GL_OUT_TUNNEL },
	[JUDGE_VLAN_TOO_DEEP] = { "vlan_too_deep", "more than two VLAN tags", GL_OUT_VLAN_TOO_DEEP },
	[JUDGE_EXT_TOO_LONG] = { "ext_too_long", "too many IPv6 extension headers", GL_OUT_EXT_TOO_LONG },
	[JUDGE_TRUNCATED] = { "truncated", "cut off before the packet's end", GL_OUT_TRUNCATED },
	[JUDGE_MALFORMED] = { "malformed", "a header contradicts itself", GL_OUT_MALFORMED },
	[JUDGE_CONTENDED] = { "contended", "another CPU was busy with this direction", GL_OUT_CONTENDED },
	[JUDGE_NO_FLOW] = { "no_flow", "no flow entry could be made", GL_OUT_NO_FLOW },
	[JUDGE_UNREADABLE] = { "unreadable", "a load or the bounded walk failed", GL_OUT_UNREADABLE },
	[JUDGE_BUSY] = { "busy", "other packets were being read on that CPU", GL_OUT_BUSY },
	[JUDGE_FLOWS_EVICTED] = { "flows_evicted", "what these flows were is not known any more; raise --max-flows",
				  NO_OUTCOME },
	[JUDGE_LOST] = { "lost", "these packets did not reach glassine", NO_OUTCOME },
	[JUDGE_LOOPBACK] = { "loopback", "what does not leave this machine", NO_OUTCOME },
};

_Static_assert(GL_OUT_MAX == GL_OUT_BUSY + 1, "a new outcome: is it a reason?");

static const char *const verdicts[JUDGE_MAX] = { "clean", "inconclusive", "over_budget", "leak" };

static const char *const directions[JUDGE_DIRECTIONS] = {
	[JUDGE_ELSEWHERE] = "elsewhere",
	[JUDGE_CLIENT_TO_SERVER] = "client_to_server",
	[JUDGE_SERVER_TO_CLIENT] = "server_to_client",
	[JUDGE_A_TO_B] = "a_to_b",
	[JUDGE_B_TO_A] = "b_to_a",
};

const char *name_judge_verdict(__u32 verdict)
{
	return verdict < JUDGE_MAX ? verdicts[verdict] : "?";
}

const char *name_judge_reason(__u32 reason)
{
	return reason < JUDGE_REASONS ? terms[reason].name : "?";
}

const char *explain_judge_reason(__u32 reason)
{
	return reason < JUDGE_REASONS ? terms[reason].means : "";
}

const char *name_judge_direction(__u32 direction)
{
	return direction < JUDGE_DIRECTIONS ? directions[direction] : "?";
}

/* ------------------------------------------------------------ flows */

static bool is_loopback(const __be32 address[4], __u8 family)
{
	static const __u8 one[16] = { [15] = 1 }, mapped[12] = { [10] = 0xff, [11] = 0xff };
	const __u8 *bytes = (const __u8 *)address;

	if (family == 4)
		return bytes[0] == 127;
	return !memcmp(bytes, one, 16) || (!memcmp(bytes, mapped, 12) && bytes[12] == 127);
}

/* Traffic of a machine with itself, whatever address it uses for that. */
static bool stays_here(const struct gl_flow_key *key)
{
	return is_loopback(key->lo, key->family) || is_loopback(key->hi, key->family) ||
	       !memcmp(key->lo, key->hi, sizeof(key->lo));
}

static void set_end(struct judge_end *end, const struct gl_flow_key *key, bool high)
{
	inet_ntop(key->family == 4 ? AF_INET : AF_INET6, high ? key->hi : key->lo, end->address,
		  sizeof(end->address));
	end->port = ntohs(high ? key->hi_port : key->lo_port);
}

static bool has_payload(const struct gl_flow *flow)
{
	return flow->dir[0].events || flow->dir[1].events;
}

static void count_flow(struct judge_count *count, const struct gl_flow *flow)
{
	count->packets += flow->dir[0].packets + flow->dir[1].packets;
	count->bytes += flow->dir[0].bytes + flow->dir[1].bytes;
	count->flows++;
}

/* ------------------------------------------------------------ why nothing can be said */

static void raise_to(struct judge_count *count, const struct judge_count *other)
{
	if (other->packets > count->packets) {
		count->packets = other->packets;
		count->bytes = other->bytes;
	}
	count->flows = other->flows;
}

/*
 * What the labels of flows say. Unrecognised ones may have been read as they are, with
 * --scan all, and still hide a text: that is counted by flow, not by outcome. Returns
 * whether a flow that was to be readable has a gap.
 */
static bool look_at_flows(const struct snapshot *snapshot, struct judgement *judgement)
{
	struct judge_count unknown = { 0 }, random = { 0 }, compressed = { 0 }, gap = { 0 };

	for (size_t i = 0; i < snapshot->flow_count; i++) {
		const struct gl_flow *flow = &snapshot->flows[i].flow;

		if (!has_payload(flow))
			continue;
		if (flow->protocol == GL_PROTO_UNKNOWN)
			count_flow(&unknown, flow);
		if (flow->protocol == GL_PROTO_RANDOM)
			count_flow(&random, flow);
		if (flow->flags & GL_FLOW_COMPRESSED)
			count_flow(&compressed, flow);
		if (flow->flags & GL_FLOW_ENCRYPTED)
			count_flow(&judgement->encrypted, flow);
		if (flow->flags & GL_FLOW_GAP && !(flow->flags & GL_FLOW_ENCRYPTED))
			gap.flows++;
	}
	raise_to(&judgement->reasons[JUDGE_UNKNOWN], &unknown);
	raise_to(&judgement->reasons[JUDGE_RANDOM], &random);
	raise_to(&judgement->reasons[JUDGE_COMPRESSED], &compressed);
	judgement->reasons[JUDGE_GAP].flows = gap.flows;
	return gap.flows;
}

static void add_outcome(struct judge_count *count, const struct gl_total *total,
			enum gl_outcome outcome)
{
	count->packets += total->outcome[outcome].packets;
	count->bytes += total->outcome[outcome].bytes;
}

static void count_inspected(const struct gl_total *total, struct judgement *judgement)
{
	static const enum gl_outcome read[] = { GL_OUT_SCANNED, GL_OUT_SCANNED_AFTER_GAP,
						GL_OUT_RETRANSMISSION, GL_OUT_ENCRYPTED };
	static const enum gl_outcome classified[] = { GL_OUT_NO_WORDS, GL_OUT_NOT_SELECTED };

	for (size_t i = 0; i < COUNT(read); i++)
		add_outcome(&judgement->inspected, total, read[i]);
	for (size_t i = 0; i < COUNT(classified) && !judgement->options.canaries; i++)
		add_outcome(&judgement->inspected, total, classified[i]);
}

static bool any_payload(const struct gl_total *total)
{
	for (__u32 i = GL_OUT_SCANNED; i < GL_OUT_NO_PAYLOAD; i++) {
		if (total->outcome[i].packets)
			return true;
	}
	return false;
}

/* A level needs no word list: what is readable has its level without being read. */
static bool is_moot(const struct judgement *judgement, enum judge_reason reason)
{
	return !judgement->options.canaries &&
	       (reason == JUDGE_NO_WORDS || reason == JUDGE_NOT_SELECTED);
}

static void find_reasons(const struct snapshot *snapshot, struct judgement *judgement)
{
	const struct gl_total *total = &snapshot->total;
	struct judge_count *reasons = judgement->reasons;
	bool gap;

	for (__u32 i = 0; i < JUDGE_REASONS; i++) {
		if (terms[i].outcome != NO_OUTCOME && !is_moot(judgement, i))
			add_outcome(&reasons[i], total, terms[i].outcome);
	}
	gap = look_at_flows(snapshot, judgement);
	reasons[JUDGE_FLOWS_EVICTED].flows = snapshot_flows_evicted(snapshot);
	/* Which flow such a packet was of is known only where all are known. */
	if (gap || reasons[JUDGE_FLOWS_EVICTED].flows)
		add_outcome(&reasons[JUDGE_GAP], total, GL_OUT_SCANNED_AFTER_GAP);
	reasons[JUDGE_LOST].packets = judgement->options.lost;
	for (__u32 i = 0; i < JUDGE_REASONS; i++) {
		if (reasons[i].packets || reasons[i].flows)
			judgement->why |= BIT(i);
	}
	if (!any_payload(total))
		judgement->why |= BIT(JUDGE_NO_PAYLOAD_SEEN);
	count_inspected(total, judgement);
}

/* ------------------------------------------------------------ leaks */

static int by_born(const void *left, const void *right)
{
	const struct snapshot_flow *a = *(const struct snapshot_flow *const *)left;
	const struct snapshot_flow *b = *(const struct snapshot_flow *const *)right;

	return (a->flow.born > b->flow.born) - (a->flow.born < b->flow.born);
}

static int by_place(const void *left, const void *right)
{
	const struct snapshot_place *a = left, *b = right;

	if (a->key.word != b->key.word)
		return a->key.word < b->key.word ? -1 : 1;
	if (a->place.first != b->place.first)
		return a->place.first < b->place.first ? -1 : 1;
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

static const struct snapshot_flow **index_flows(const struct snapshot *snapshot)
{
	const struct snapshot_flow **index = calloc(snapshot->flow_count + 1, sizeof(*index));

	for (size_t i = 0; index && i < snapshot->flow_count; i++)
		index[i] = &snapshot->flows[i];
	if (index)
		qsort(index, snapshot->flow_count, sizeof(*index), by_born);
	return index;
}

static const struct snapshot_flow *find_flow(const struct snapshot_flow *const *index, size_t count,
					     __u64 born)
{
	struct snapshot_flow wanted = { .flow.born = born };
	const struct snapshot_flow *key = &wanted, *const *found;

	found = bsearch(&key, index, count, sizeof(*index), by_born);
	return found ? *found : NULL;
}

static enum judge_direction direction_of(const struct gl_flow *flow, __u8 dir)
{
	if (flow->client_dir)
		return flow->client_dir == dir + 1 ? JUDGE_CLIENT_TO_SERVER : JUDGE_SERVER_TO_CLIENT;
	return (flow->first_dir & 1) == dir ? JUDGE_A_TO_B : JUDGE_B_TO_A;
}

static void add_leak(const struct snapshot *snapshot, struct judgement *judgement,
		     const struct snapshot_place *place, const struct snapshot_flow *flow)
{
	struct judge_leak *leak = &judgement->leaks[judgement->leak_count++];

	leak->canary = place->key.word + 1;
	leak->protocol = name_protocol(snapshot, place->key.protocol);
	leak->encoding = place->key.encoding;
	leak->hits = place->place.hits;
	if (!flow)
		return;
	leak->direction = direction_of(&flow->flow, place->key.dir);
	leak->loopback = stays_here(&flow->key);
	if (!judgement->options.addresses)
		return;
	set_end(&leak->from, &flow->key, place->key.dir);
	set_end(&leak->to, &flow->key, !place->key.dir);
}

/* Hits that no place holds: the engine has none, or there were more than it keeps. */
static void add_elsewhere(struct judgement *judgement, const struct snapshot_word *word)
{
	__u32 canary = word->word.id + 1;

	for (__u32 encoding = 0; encoding < GL_ENC_MAX; encoding++) {
		__u64 known = 0, all = word->count.encoded[encoding];

		for (size_t i = 0; i < judgement->leak_count; i++) {
			const struct judge_leak *leak = &judgement->leaks[i];

			if (leak->canary == canary && leak->encoding == encoding && leak->protocol)
				known += leak->hits;
		}
		if (all > known)
			judgement->leaks[judgement->leak_count++] = (struct judge_leak){
				.canary = canary, .encoding = encoding, .hits = all - known };
	}
}

static int loopback_last(const void *left, const void *right)
{
	const struct judge_leak *a = left, *b = right;

	return a->loopback - b->loopback;
}

static int find_leaks(const struct snapshot *snapshot, struct judgement *judgement)
{
	__u32 canaries = judgement->options.canaries;
	const struct snapshot_flow **index = index_flows(snapshot);
	size_t n = snapshot->place_count, room = n + (size_t)canaries * GL_ENC_MAX + 1;
	struct snapshot_place *places = calloc(n + 1, sizeof(*places));
	int err = -ENOMEM;

	judgement->leaks = calloc(room, sizeof(*judgement->leaks));
	judgement->hits = calloc(canaries + 1, sizeof(*judgement->hits));
	if (!index || !places || !judgement->leaks || !judgement->hits)
		goto out;
	err = 0;
	if (n) {
		memcpy(places, snapshot->places, n * sizeof(*places));
		qsort(places, n, sizeof(*places), by_place);
	}
	for (size_t i = 0; i < n && places[i].key.word < canaries; i++)
		add_leak(snapshot, judgement, &places[i],
			 find_flow(index, snapshot->flow_count, places[i].key.born));
	for (size_t i = 0; i < snapshot->word_count; i++) {
		if (snapshot->words[i].word.id >= canaries)
			continue;
		judgement->hits[snapshot->words[i].word.id] = snapshot->words[i].count.hits;
		add_elsewhere(judgement, &snapshot->words[i]);
	}
	/* glibc's qsort() is stable where it has memory; the order is for people only. */
	qsort(judgement->leaks, judgement->leak_count, sizeof(*judgement->leaks), loopback_last);
out:
	free(index);
	free(places);
	return err;
}

/* ------------------------------------------------------------ the limit */

static enum gl_level level_of(const struct gl_flow *flow)
{
	return flow->setup > flow->steady ? flow->setup : flow->steady;
}

static void add_over(const struct snapshot *snapshot, struct judgement *judgement,
		     const struct snapshot_flow *entry)
{
	struct judge_flow *over = &judgement->over[judgement->over_count++];
	const struct gl_flow *flow = &entry->flow;
	bool first = flow->first_dir & 1;

	over->protocol = name_protocol(snapshot, flow->protocol);
	over->service = flow->service != GL_SERVICE_NONE && flow->service < GL_SERVICES ?
				snapshot->services[flow->service] : NULL;
	over->setup = flow->setup;
	over->steady = flow->steady;
	over->loopback = stays_here(&entry->key);
	if (!judgement->options.addresses)
		return;
	set_end(&over->from, &entry->key, first);
	set_end(&over->to, &entry->key, !first);
}

/* Packets are counted, too, as their flow's entry may have gone. */
static int find_over(const struct snapshot *snapshot, struct judgement *judgement)
{
	enum gl_level most = judgement->options.most;

	judgement->over = calloc(snapshot->flow_count + 1, sizeof(*judgement->over));
	if (!judgement->over)
		return -ENOMEM;
	for (size_t i = 0; i < snapshot->flow_count; i++) {
		if (level_of(&snapshot->flows[i].flow) > most)
			add_over(snapshot, judgement, &snapshot->flows[i]);
	}
	for (__u32 level = most + 1; level < GL_LEVEL_MAX; level++) {
		judgement->above.packets += snapshot->total.exposure[level].packets;
		judgement->above.bytes += snapshot->total.exposure[level].bytes;
	}
	judgement->above.flows = judgement->over_count;
	return 0;
}

/* ------------------------------------------------------------ the verdict */

const struct judge_leak *judge_leaked(const struct judgement *judgement, __u32 canary)
{
	bool accepted = judgement->options.accept & BIT(JUDGE_LOOPBACK);

	for (size_t i = 0; i < judgement->leak_count; i++) {
		const struct judge_leak *leak = &judgement->leaks[i];

		if ((!canary || leak->canary == canary) && !(leak->loopback && accepted))
			return leak;
	}
	return NULL;
}

bool judge_over(const struct judgement *judgement)
{
	bool accepted = judgement->options.accept & BIT(JUDGE_LOOPBACK);
	bool only_loopback = judgement->over_count;

	for (size_t i = 0; i < judgement->over_count; i++)
		only_loopback = only_loopback && judgement->over[i].loopback;
	if (accepted && only_loopback)
		return false;
	return judgement->over_count || judgement->above.packets;
}

static enum judge_verdict verdict_of(const struct judgement *judgement)
{
	if (judge_leaked(judgement, 0))
		return JUDGE_LEAK;
	if (judge_over(judgement))
		return JUDGE_OVER_BUDGET;
	return judgement->why & ~judgement->options.accept ? JUDGE_INCONCLUSIVE : JUDGE_CLEAN;
}

static void say(struct judgement *judgement, const char *sentence)
{
	size_t n = 0;

	while (n < JUDGE_NOT_COVERED && judgement->not_covered[n])
		n++;
	if (n < JUDGE_NOT_COVERED)
		judgement->not_covered[n] = sentence;
}

static void say_not_covered(struct judgement *judgement)
{
	const char *const *more = judgement->options.not_covered;

	if (judgement->options.canaries) {
		say(judgement, "Other forms than the encodings tried: a cipher or compression of its "
			       "own, pieces, mixed forms.");
		say(judgement, "Headers of HTTP/2 without TLS (Huffman-coded), and names in QUIC's "
			       "first packets.");
	}
	say(judgement, "A low level is not end-to-end encryption: servers or clients may still read "
		       "everything.");
	say(judgement, "A level is a lower bound: with a server's help, more links or more time, more "
		       "can be seen.");
	say(judgement, "Nothing seen on a network verifies an endpoint: only source, builds and keys "
		       "can.");
	for (; more && *more; more++)
		say(judgement, *more);
}

int judge(const struct snapshot *snapshot, const struct judge_options *options,
	  struct judgement *judgement)
{
	int err;

	*judgement = (struct judgement){ .options = *options };
	err = find_leaks(snapshot, judgement);
	if (!err && options->budget)
		err = find_over(snapshot, judgement);
	if (err) {
		judgement_free(judgement);
		return log_error(err, "not enough memory to judge %zu flows", snapshot->flow_count);
	}
	find_reasons(snapshot, judgement);
	say_not_covered(judgement);
	judgement->verdict = verdict_of(judgement);
	return 0;
}

void judgement_free(struct judgement *judgement)
{
	free(judgement->leaks);
	free(judgement->hits);
	free(judgement->over);
	memset(judgement, 0, sizeof(*judgement));
}

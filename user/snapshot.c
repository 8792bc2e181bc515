/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "snapshot.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void snapshot_free(struct snapshot *snapshot)
{
	free(snapshot->words);
	free(snapshot->flows);
	free(snapshot->places);
	snapshot->words = NULL;
	snapshot->flows = NULL;
	snapshot->places = NULL;
	snapshot->word_count = 0;
	snapshot->flow_count = 0;
	snapshot->place_count = 0;
}

static int by_position(const void *left, const void *right)
{
	const struct snapshot_word *a = left, *b = right;

	return (a->position > b->position) - (a->position < b->position);
}

static int by_first(const void *left, const void *right)
{
	const struct snapshot_flow *a = left, *b = right;

	if (a->flow.first != b->flow.first)
		return a->flow.first < b->flow.first ? -1 : 1;
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

/* The flow's cookie comes last: it is random. */
static int by_place(const void *left, const void *right)
{
	const struct snapshot_place *a = left, *b = right;
	const __u64 one[] = { a->place.first, a->key.word, a->key.dir, a->key.encoding,
			      a->key.protocol, a->key.born };
	const __u64 two[] = { b->place.first, b->key.word, b->key.dir, b->key.encoding,
			      b->key.protocol, b->key.born };

	for (size_t i = 0; i < COUNT(one); i++)
		if (one[i] != two[i])
			return one[i] < two[i] ? -1 : 1;
	return 0;
}

void snapshot_settle(struct snapshot_flow *flow)
{
	flow->key = flow->flow.key;
	for (unsigned int i = 0; i < 2; i++) {
		struct gl_dir *dir = &flow->flow.dir[i];

		dir->packets += dir->recent >> GL_RECENT_BYTES;
		dir->bytes += dir->recent & ((1ull << GL_RECENT_BYTES) - 1);
		dir->recent = 0;
	}
}

void snapshot_sort(struct snapshot *snapshot)
{
	/* qsort() must not be given a null pointer, even for nothing to sort. */
	if (snapshot->word_count)
		qsort(snapshot->words, snapshot->word_count, sizeof(*snapshot->words),
		      by_position);
	if (snapshot->flow_count)
		qsort(snapshot->flows, snapshot->flow_count, sizeof(*snapshot->flows),
		      by_first);
	if (snapshot->place_count)
		qsort(snapshot->places, snapshot->place_count, sizeof(*snapshot->places),
		      by_place);
}

__u64 snapshot_flows_evicted(const struct snapshot *snapshot)
{
	__s64 created = 0;

	for (size_t i = 0; i < GL_PROTOCOLS; i++)
		created += snapshot->total.protocol[i].flows;
	/* The table is read after the counters: it may hold flows that they do not. */
	if (created < 0 || (__u64)created < snapshot->flow_count)
		return 0;
	return (__u64)created - snapshot->flow_count;
}

/* ------------------------------------------------------------ the law */

#define ADD(packets_sum, bytes_sum, rows)                                                      \
	for (size_t i = 0; i < COUNT(rows); i++) {                                             \
		(packets_sum) += (rows)[i].packets;                                            \
		(bytes_sum) += (rows)[i].bytes;                                                \
	}

bool snapshot_broken(const struct snapshot *snapshot, struct snapshot_breach *breach)
{
	const struct gl_total *total = &snapshot->total;
	struct {
		const char *list;
		__u64 packets;
		__u64 bytes;
	} sum[] = {
	    {"outcomes", 0, 0}, {"verdicts", 0, 0}, {"protocols", 0, 0}, {"exposure", 0, 0}};

	ADD(sum[0].packets, sum[0].bytes, total->outcome);
	ADD(sum[1].packets, sum[1].bytes, total->verdict);
	ADD(sum[2].packets, sum[2].bytes, total->protocol);
	ADD(sum[3].packets, sum[3].bytes, total->exposure);
	for (size_t i = 0; i < COUNT(sum); i++) {
		bool packets = sum[i].packets != total->seen_packets;

		if (!packets && sum[i].bytes == total->seen_bytes)
			continue;
		breach->list = sum[i].list;
		breach->unit = packets ? "packets" : "bytes";
		breach->sum = packets ? sum[i].packets : sum[i].bytes;
		breach->seen = packets ? total->seen_packets : total->seen_bytes;
		return true;
	}
	return false;
}

int snapshot_check(const struct snapshot *snapshot)
{
	struct snapshot_breach breach;

	if (!snapshot_broken(snapshot, &breach))
		return 0;
	return log_error(-EIO,
			 "the counters contradict each other: seen %llu %s, but %s hold %llu; "
			 "this is an error in glassine, please report it",
			 (unsigned long long)breach.seen, breach.unit, breach.list,
			 (unsigned long long)breach.sum);
}

/* ------------------------------------------------------------ names */

struct term {
	const char *name;
	const char *means;
};

static const struct term outcomes[GL_OUT_MAX] = {
    [GL_OUT_SCANNED] = {"scanned", "read and compared with the word list"},
    [GL_OUT_SCANNED_AFTER_GAP] = {"scanned_after_gap",
				  "as scanned, but earlier bytes are missing"},
    [GL_OUT_RETRANSMISSION] = {"retransmission", "TCP bytes that were looked at before"},
    [GL_OUT_NO_WORDS] = {"no_words", "readable, but no word list is loaded"},
    [GL_OUT_MASKED] = {"masked", "under a WebSocket mask whose key was not seen"},
    [GL_OUT_COMPRESSED] = {"compressed", "readable after unpacking, which is not done here"},
    [GL_OUT_NOT_SELECTED] = {"not_selected", "readable, but not what --scan asked for"},
    [GL_OUT_ENCRYPTED] = {"encrypted", "payload of a flow known to be encrypted"},
    [GL_OUT_UNDECIDED] = {"undecided", "payload of a flow not recognised yet"},
    [GL_OUT_UNKNOWN] = {"unknown", "payload of a flow that nothing recognised"},
    [GL_OUT_NO_PAYLOAD] = {"no_payload", "TCP or UDP without a payload byte"},
    [GL_OUT_NOT_IP] = {"not_ip", "neither IPv4 nor IPv6"},
    [GL_OUT_NOT_TCP_UDP] = {"not_tcp_udp", "IP, but neither TCP nor UDP"},
    [GL_OUT_LATER_FRAGMENT] = {"later_fragment", "an IP fragment without the ports"},
    [GL_OUT_TUNNEL] = {"tunnel", "a tunnel, which is not opened"},
    [GL_OUT_VLAN_TOO_DEEP] = {"vlan_too_deep", "more than two VLAN tags"},
    [GL_OUT_EXT_TOO_LONG] = {"ext_too_long", "too many IPv6 extension headers"},
    [GL_OUT_TRUNCATED] = {"truncated", "cut off before the packet's end"},
    [GL_OUT_MALFORMED] = {"malformed", "a header contradicts itself"},
    [GL_OUT_CONTENDED] = {"contended", "another CPU was busy with this direction"},
    [GL_OUT_NO_FLOW] = {"no_flow", "no flow entry could be made"},
    [GL_OUT_UNREADABLE] = {"unreadable", "a load or the bounded walk failed"},
    [GL_OUT_BUSY] = {"busy", "another packet was being read on this CPU and no room was free"},
};

static const struct term levels[GL_LEVEL_MAX] = {
    [GL_LEVEL_ABSENT] = {"absent", "no chat can be made out"},
    [GL_LEVEL_SHAPE] = {"shape", "only sizes, timing and addresses"},
    [GL_LEVEL_PROTOCOL] = {"protocol", "the protocol shows, but no name"},
    [GL_LEVEL_SERVICE] = {"service", "the service's name can be read"},
    [GL_LEVEL_IDENTITY] = {"identity", "an account or device can be read"},
    [GL_LEVEL_ENVELOPE] = {"envelope", "who writes to whom can be read"},
    [GL_LEVEL_CONTENT] = {"content", "the text of messages can be read"},
};

static const char *const verdicts[GL_VERDICT_MAX] = {
    [GL_VERDICT_PASS] = "pass",
    [GL_VERDICT_WOULD_DROP] = "would_drop",
    [GL_VERDICT_DROP] = "drop",
};

static const char *const bases[GL_BASIS_MAX] = {
    [GL_BASIS_NONE] = "none",
    [GL_BASIS_PORT] = "port",
    [GL_BASIS_NAME] = "name",
    [GL_BASIS_BYTES] = "bytes",
};

static const char *const lists[GL_LIST_MAX] = {
    [GL_LIST_WATCH] = "watch",
    [GL_LIST_BLOCK] = "block",
};

static const char *const scans[GL_SCAN_MAX] = {
    [GL_SCAN_CHAT] = "chat",
    [GL_SCAN_CLEAR] = "clear",
    [GL_SCAN_ALL] = "all",
};

static const char *const modes[GL_MODE_MAX] = {
    [GL_MODE_NONE] = "none",
    [GL_MODE_NATIVE] = "native",
    [GL_MODE_GENERIC] = "generic",
};

#define NAME(names, number) ((number) < COUNT(names) ? (names)[number] : "?")
#define TERM(terms, number, field, fallback)                                                   \
	((number) < COUNT(terms) ? (terms)[number].field : (fallback))

const char *name_outcome(__u32 outcome)
{
	return TERM(outcomes, outcome, name, "?");
}

const char *explain_outcome(__u32 outcome)
{
	return TERM(outcomes, outcome, means, "");
}

const char *name_level(__u32 level)
{
	return TERM(levels, level, name, "?");
}

const char *explain_level(__u32 level)
{
	return TERM(levels, level, means, "");
}

const char *name_verdict(__u32 verdict)
{
	return NAME(verdicts, verdict);
}

const char *name_basis(__u32 basis)
{
	return NAME(bases, basis);
}

const char *name_list(__u32 list)
{
	return NAME(lists, list);
}

const char *name_scan(__u32 scan)
{
	return NAME(scans, scan);
}

const char *name_mode(__u32 mode)
{
	return NAME(modes, mode);
}

const char *name_protocol(const struct snapshot *snapshot, __u32 protocol)
{
	if (protocol < GL_PROTOCOLS && protocol < snapshot->protocol_count &&
	    snapshot->protocols[protocol])
		return snapshot->protocols[protocol];
	return protocol == GL_PROTO_NONE      ? "none"
	       : protocol == GL_PROTO_UNKNOWN ? "unknown"
					      : "?";
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* cmd_explain.c - what a level, an outcome or a protocol label means, and what not. */
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "cli.h"
#include "embed.h"
#include "log.h"
#include "snapshot.h"

/* means, learns: full sentences. rests: the bytes it rests on. not: what it does not prove. */
struct explanation {
	const char *means, *learns, *rests, *not;
};

static const struct explanation levels[GL_LEVEL_MAX] = {
	[GL_LEVEL_CONTENT] = {
		"The text of messages can be decoded by anyone on the path.",
		"Who writes what to whom, and when; often passwords too.",
		"A protocol whose bodies are not encrypted, or what SDP said of a call.",
		"That people chat here: machines speak these protocols too." },
	[GL_LEVEL_ENVELOPE] = {
		"The body is unreadable or absent, but each message shows its sender or recipient.",
		"Who writes to whom, how often and how much: the social graph.",
		"Addresses in clear headers around a body that is not clear text.",
		"That the body is safe at its ends." },
	[GL_LEVEL_IDENTITY] = {
		"A stable identifier of an account or a device is readable.",
		"That this account is active here and now, and when it comes back elsewhere.",
		"An account number, key id or address at a place that the signature names.",
		"Who the person is, or whom they talk to." },
	[GL_LEVEL_SERVICE] = {
		"The name of the service can be read.",
		"Whose service is used, when, and how much is sent.",
		"A domain in a DNS question, a stream header or, with the name tap, a handshake.",
		"That the name is true: the client chooses it." },
	[GL_LEVEL_PROTOCOL] = {
		"What is spoken can be told, but no name was read.",
		"The kind of protocol, sizes and timing.",
		"Magic bytes or the shape of a handshake.",
		"Whose service it is; other observers may read a name that was not read here." },
	[GL_LEVEL_SHAPE] = {
		"Only addresses, ports, sizes and timing.",
		"That something is sent, how much and when; patterns of activity.",
		"Bytes that look opaque, or that nothing recognised.",
		"That it is encrypted: it was not recognised, or it cannot be told, as of a call without SDP." },
	[GL_LEVEL_ABSENT] = {
		"No chat can be made out in this packet.",
		"Nothing about a chat from this packet by itself.",
		"There is no payload, or it lies in something that is not opened.",
		"That no chat is inside a tunnel." },
};

static const struct explanation outcomes[GL_OUT_MAX] = {
	[GL_OUT_SCANNED] = {
		"The payload was read from its first to its last byte and compared with the words.",
		"Which words occur, as often as counted.",
		"The flow's protocol is one that --scan selects.",
		"That a word in compressed data, or in an encoding left out, would have been found." },
	[GL_OUT_SCANNED_AFTER_GAP] = {
		"As scanned, but bytes before this packet were never seen, or it fills such a gap.",
		"As scanned; a word that lies across the gap is lost.",
		"The TCP sequence number is not the expected one.",
		"That packets were lost: they may have taken another way." },
	[GL_OUT_RETRANSMISSION] = {
		"TCP bytes that were looked at before; the first copy counts.",
		"Nothing new.",
		"The TCP sequence numbers lie before the expected one.",
		"That the second copy says the same: it was not read." },
	[GL_OUT_NO_WORDS] = {
		"The payload is readable, but no word list is loaded.",
		"Whatever the flow's level says.",
		"The word table is empty.",
		"That there is nothing to find." },
	[GL_OUT_NOT_SELECTED] = {
		"The payload is readable, but --scan does not ask for this kind.",
		"Whatever the flow's level says.",
		"The protocol is a readable carrier and the scan is limited to chat.",
		"That no chat is inside." },
	[GL_OUT_MASKED] = {
		"Frames of a WebSocket client, under a mask whose key was not seen.",
		"Everything, to one who saw the header of the frame: the key stands in it.",
		"Bytes before the packet are missing, and it does not begin with a frame.",
		"That the text is protected: the key is sent in clear." },
	[GL_OUT_COMPRESSED] = {
		"Compressed payload, or a part of it: WebSocket, HTTP, XMPP.",
		"Everything, to one who unpacks it; that is not done here.",
		"A frame's RSV1 bit, Content-Encoding, or XMPP's <compressed>.",
		"That the text is protected, or that it holds no listed word." },
	[GL_OUT_ENCRYPTED] = {
		"Payload of a flow that a signature recognised as an encrypted protocol.",
		"Sizes and timing, and what the handshake showed.",
		"The first bytes of the flow; this packet's bytes were not inspected.",
		"End-to-end encryption: the server may read everything." },
	[GL_OUT_UNDECIDED] = {
		"Payload of a flow that is not recognised yet.",
		"Sizes and timing; a stronger reader may learn more.",
		"Fewer than eight payload packets of this direction were seen.",
		"That it is opaque." },
	[GL_OUT_UNKNOWN] = {
		"Payload of a flow that no signature recognised.",
		"Sizes and timing; a stronger reader may learn more.",
		"Eight payload packets of this direction fitted no signature.",
		"That it is encrypted, or that it is not chat." },
	[GL_OUT_NO_PAYLOAD] = {
		"A TCP or UDP packet without a payload byte.",
		"That an end is there, and when.",
		"The IP length leaves no room behind the headers.",
		"Anything about a chat." },
	[GL_OUT_NOT_IP] = {
		"Neither IPv4 nor IPv6.", "Nothing of a chat.", "The EtherType.",
		"That nothing is inside: MPLS is not opened." },
	[GL_OUT_NOT_TCP_UDP] = {
		"IP that carries neither TCP nor UDP.", "Nothing of a chat.",
		"The IP protocol number.", "That nothing is inside: IPsec and SCTP are not opened." },
	[GL_OUT_LATER_FRAGMENT] = {
		"An IP fragment without the TCP or UDP header.",
		"Whatever its bytes say to one who reassembles: they were not read here.",
		"The fragment offset is not 0.", "That its bytes hold no listed word." },
	[GL_OUT_TUNNEL] = {
		"IP-in-IP, GRE, VXLAN, PPPoE or GTP-U that is counted, and not opened.",
		"Whatever the inner packet shows to one who opens it; --decap opens one level.",
		"The IP protocol number, the EtherType, or the UDP port and the tunnel's header.",
		"That the inner packet is protected." },
	[GL_OUT_VLAN_TOO_DEEP] = {
		"More than two VLAN tags.", "Whatever the inner packet shows.",
		"A third tag where the EtherType should be.", "Anything about its payload." },
	[GL_OUT_EXT_TOO_LONG] = {
		"More IPv6 extension headers than are walked (8).", "Whatever lies behind them.",
		"A ninth extension header.", "That it is an attack, though it is unusual." },
	[GL_OUT_TRUNCATED] = {
		"The capture or the frame ends before the packet does.",
		"What is there was read where it could be.",
		"The IP length reaches beyond the frame.", "That the missing part holds no listed word." },
	[GL_OUT_MALFORMED] = {
		"A header contradicts itself, so nothing behind it is trusted.",
		"Nothing reliable.", "A length that is too small or too large.",
		"That a receiver would discard it too." },
	[GL_OUT_CONTENDED] = {
		"Another CPU was working on the same direction of the flow; the packet passed unread.",
		"Whatever the flow's level says.", "A claim on the flow entry.",
		"That it holds no listed word." },
	[GL_OUT_NO_FLOW] = {
		"No flow entry could be made, so the packet passed unread.",
		"Whatever its bytes say.", "The flow table refused the entry.",
		"That it holds no listed word." },
	[GL_OUT_BUSY] = {
		"Another packet was being read on this CPU and no room was free; this one passed unread.",
		"Whatever its bytes say.", "The claims on the CPU's rooms.",
		"That it holds no listed word." },
	[GL_OUT_UNREADABLE] = {
		"Bytes could not be loaded, or a bounded walk ended early; the packet passed.",
		"Whatever its bytes say.", "A helper's error.", "That it holds no listed word." },
};

static const struct argp argp = {
	NULL, NULL, "LEVEL|OUTCOME|PROTOCOL",
	"What a printed name means, what an observer learns, on which bytes it rests, and what it "
	"does not prove.",
	NULL, NULL, NULL
};

static void print(const char *name, const char *kind, const struct explanation *e)
{
	printf("%s (%s)\n", name, kind);
	printf("  means           %s\n", e->means);
	printf("  learned by it   %s\n", e->learns);
	printf("  rests on        %s\n", e->rests);
	printf("  does not prove  %s\n", e->not);
}

/* Value of a key in a mapping, NULL without it. */
static const yaml_node_t *get(yaml_document_t *document, const yaml_node_t *map, const char *key)
{
	const yaml_node_pair_t *pair;

	if (!map || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++)
		if (!strcmp((const char *)yaml_document_get_node(document, pair->key)
				    ->data.scalar.value, key))
			return yaml_document_get_node(document, pair->value);
	return NULL;
}

static const char *text(yaml_document_t *document, const yaml_node_t *map, const char *key)
{
	const yaml_node_t *node = get(document, map, key);

	return node && node->type == YAML_SCALAR_NODE ?
		       (const char *)node->data.scalar.value : "-";
}

static void print_patterns(yaml_document_t *document, const yaml_node_t *list)
{
	const yaml_node_item_t *item;

	for (item = list->data.sequence.items.start; item < list->data.sequence.items.top; item++) {
		const yaml_node_t *pattern = yaml_document_get_node(document, *item);

		printf("    %-18s %s, %s; %s\n", text(document, pattern, "name"),
		       text(document, pattern, "transport"), text(document, pattern, "from"),
		       text(document, pattern, "source"));
	}
}

static void print_clear(yaml_document_t *document, const yaml_node_t *clear)
{
	const yaml_node_pair_t *pair;

	if (!clear || clear->type != YAML_MAPPING_NODE)
		return;
	printf("  in clear\n");
	for (pair = clear->data.mapping.pairs.start; pair < clear->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(document, pair->key);

		printf("    %-18s %s\n", (const char *)key->data.scalar.value,
		       text(document, clear, (const char *)key->data.scalar.value));
	}
}

static void print_media(const char *media)
{
	if (!strcmp(media, "announces"))
		puts("  media           session descriptions (SDP) in it say how a call is sent");
	if (!strcmp(media, "carries"))
		puts("  media           the level is what SDP said of it, else it cannot be told");
}

static void print_protocol(yaml_document_t *document)
{
	const yaml_node_t *root = yaml_document_get_root_node(document);
	const yaml_node_t *exposure = get(document, root, "exposure");
	const yaml_node_t *patterns = get(document, root, "patterns");

	printf("%s (protocol): %s\n", text(document, root, "protocol"),
	       text(document, root, "title"));
	printf("  defined in      %s\n", text(document, root, "source"));
	printf("  payload         %s\n", text(document, root, "class"));
	print_media(text(document, root, "media"));
	printf("  exposure        setup %s, steady %s\n", text(document, exposure, "setup"),
	       text(document, exposure, "steady"));
	print_clear(document, get(document, root, "clear"));
	printf("  rests on        these patterns (name: transport, sender; source)\n");
	if (patterns && patterns->type == YAML_SEQUENCE_NODE)
		print_patterns(document, patterns);
	printf("  does not prove  that people chat, or whose service it is\n");
	if (get(document, root, "notes"))
		printf("  notes           %s\n", text(document, root, "notes"));
}

/* The signature file of that name among those that were built in. */
static int explain_protocol(const char *name)
{
	for (unsigned i = 0; i < embedded_protocols_count; i++) {
		const struct embedded_file *file = &embedded_protocols[i];
		yaml_document_t document;
		yaml_parser_t parser;
		int found = 0;

		if (!yaml_parser_initialize(&parser))
			return -1;
		yaml_parser_set_input_string(&parser, (const unsigned char *)file->text,
					     file->end - file->text);
		if (yaml_parser_load(&parser, &document)) {
			found = !strcmp(text(&document, yaml_document_get_root_node(&document),
					     "protocol"), name);
			if (found)
				print_protocol(&document);
			yaml_document_delete(&document);
		}
		yaml_parser_delete(&parser);
		if (found)
			return 0;
	}
	return -1;
}

static const struct explanation builtin_labels[] = {
	{ "No payload was seen, so there is nothing to recognise.", "That packets are sent.",
	  "Headers.", "Anything about a chat." },
	{ "Payload that no signature recognised.", "Sizes and timing.",
	  "The first packets of the flow fitted no signature.", "That it is encrypted." },
	{ "A TCP flow that nothing recognised, whose first payload looks like random bytes.",
	  "That it looks fully encrypted, which censors have blocked by itself.",
	  "Five rules of Wu et al. (USENIX Security 2023) on the first 256 bytes.",
	  "A VPN or a messenger: compressed data looks the same." },
};

static int explain(const char *name)
{
	static const char *const labels[] = { "none", "unknown", "random" };
	int found = -1;

	for (__u32 i = 0; i < GL_LEVEL_MAX; i++)
		if (!strcmp(name, name_level(i)))
			print(name, "exposure level", &levels[found = i]);
	for (__u32 i = 0; i < GL_OUT_MAX; i++)
		if (!strcmp(name, name_outcome(i)))
			print(name, "outcome", &outcomes[found = i]);
	for (int i = 0; i < 3; i++)
		if (!strcmp(name, labels[i]))
			print(name, "protocol", &builtin_labels[found = i]);
	return found >= 0 ? 0 : explain_protocol(name);
}

int cmd_explain(int argc, char **argv)
{
	if (argc == 2 && argv[1][0] != '-') {
		if (!explain(argv[1]))
			return CLI_OK;
		log_error(-1, "there is no level, outcome or protocol %s; 'glassine protocols list' "
			  "and 'glassine stats' show the names", argv[1]);
		return CLI_FAILED;
	}
	cli_parse(&argp, argc, argv, NULL);
	log_error(-1, "name one level, outcome or protocol");
	return CLI_USAGE;
}

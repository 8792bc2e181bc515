/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a session description (RFC 8866) in readable text says of media: which of it is
 * clear, whose key can be read, of what it cannot be told; and the flows that are it.
 */
static const char *const signatures[] = {
	/* Media by one packet, so that rows are short. */
	"protocol: rtp\ntitle: t\nsource: s\nclass: encrypted\nmedia: carries\n"
	"exposure: {setup: shape, steady: shape}\npatterns:\n"
	"  - {name: one, transport: udp, from: either, anchor: packet, match: '\\x80\\x00', "
	"where: ['length >= 12']}\n"
	"  - {name: tcp, transport: tcp, from: either, anchor: packet, match: '\\x80\\x00', "
	"where: ['length >= 12']}\n",
	/* The same without the key. */
	"protocol: other\ntitle: t\nsource: s\nclass: encrypted\n"
	"exposure: {setup: shape, steady: shape}\npatterns:\n"
	"  - {name: one, transport: udp, from: either, anchor: packet, match: '\\x80\\x01', "
	"where: ['length >= 12']}\n",
	/* It is the key that announces, not a name. */
	"protocol: talk\ntitle: t\nsource: s\nclass: chat\nmedia: announces\n"
	"exposure: {setup: envelope, steady: envelope}\npatterns:\n"
	"  - {name: one, transport: udp, from: either, anchor: packet, match: 'TALK'}\n",
};
#define RIG_SIGNATURES signatures

#include "rig.h"
#include "../../user/kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define WORDS "hello"

/* Messages between the ends' SIP ports; media on what was announced, or beside it. */
#define SIGNAL UDP, PORTS(5060, 5060)
#define ASK(...) PACKET(ETH, IP4, SIGNAL, __VA_ARGS__)
#define ANSWER(...) PACKET(ETH, IP4, SIGNAL, __VA_ARGS__, DOWN)
#define ASK6(...) PACKET(ETH, IP6, SIGNAL, __VA_ARGS__)
#define RTP "\x80\x00sequencing"
#define VOICE(client, server) PACKET(ETH, IP4, UDP, PORTS(client, server), TEXT(RTP))
#define VOICE_DOWN(client, server) PACKET(ETH, IP4, UDP, PORTS(client, server), TEXT(RTP), DOWN)
#define VOICE6(client, server) PACKET(ETH, IP6, UDP, PORTS(client, server), TEXT(RTP))

#define VOICE_HELLO PACKET(ETH, IP4, UDP, PORTS(7000, 9000), TEXT(RTP "hello"))

#define INVITE "INVITE sip:b SIP/2.0\r\nContent-Type: application/sdp\r\n\r\n"
#define OK "SIP/2.0 200 OK\r\nContent-Type: application/sdp\r\n\r\n"
#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"
#define CLIENT "c=IN IP4 %c\r\n"
#define SERVER "c=IN IP4 %s\r\n"
#define AUDIO(port, profile) "m=audio " port " " profile " 0\r\n"
#define OFFER(lines) ASK(NAMES(INVITE HEAD CLIENT "t=0 0\r\n" lines))
#define CRYPTO "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:YUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVow\r\n"
#define PRINT "a=fingerprint:sha-256 00:01:02\r\n"

#define TOLD "scanned sip content"
#define UNTOLD "scanned sip envelope"
#define CLEAR "not_selected rtp content"
#define SEALED "encrypted rtp shape"
#define VEILED "encrypted rtp content"
#define IS_CLEAR "levels=content/content veil=no"
#define IS_SEALED "levels=shape/shape veil=no"
#define IS_VEILED "levels=content/content veil=yes"

#define ROW(title, what, entry, ...) \
	{ .name = title, .packets = PACKETS(__VA_ARGS__), .expect = what, .words = WORDS, \
	  .flow = entry }
/* An offer with these lines, then media at the client's port 7000. */
#define CALL(title, what, entry, lines) ROW(title, what, entry, OFFER(lines), VOICE(7000, 9000))
#define CLEAR_CALL(title, lines) CALL(title, TOLD ", " CLEAR, IS_CLEAR, lines)
#define SEALED_CALL(title, lines) CALL(title, UNTOLD ", " SEALED, IS_SEALED, lines)
#define VEILED_CALL(title, lines) CALL(title, TOLD ", " VEILED, IS_VEILED, lines)
/* What was told of the call is of another end. */
#define ELSEWHERE(title, lines) CALL(title, TOLD ", " SEALED, IS_SEALED, lines)

static const struct row rows[] = {
	/* which profile, and whose key */
	CLEAR_CALL("RTP/AVP", AUDIO("7000", "RTP/AVP")),
	CLEAR_CALL("RTP/AVPF", AUDIO("7000", "RTP/AVPF")),
	SEALED_CALL("RTP/SAVP without a key", AUDIO("7000", "RTP/SAVP")),
	SEALED_CALL("RTP/SAVPF without a key", AUDIO("7000", "RTP/SAVPF")),
	VEILED_CALL("RTP/SAVP and its key", AUDIO("7000", "RTP/SAVP") CRYPTO),
	VEILED_CALL("RTP/SAVPF and its key", AUDIO("7000", "RTP/SAVPF") CRYPTO),
	VEILED_CALL("RTP/AVP and a key (RFC 8643)", AUDIO("7000", "RTP/AVP") CRYPTO),
	SEALED_CALL("RTP/SAVP, a key before any section", CRYPTO AUDIO("7000", "RTP/SAVP")),
	SEALED_CALL("RTP/SAVP, the key of another section",
		    AUDIO("7000", "RTP/SAVP") "m=video 7002 RTP/SAVP 31\r\nb=1\r\n"),
	SEALED_CALL("UDP/TLS/RTP/SAVPF", AUDIO("7000", "UDP/TLS/RTP/SAVPF") PRINT),
	SEALED_CALL("UDP/TLS/RTP/SAVP and a key", AUDIO("7000", "UDP/TLS/RTP/SAVP") CRYPTO),
	SEALED_CALL("UDP/RTP/AVP is none", AUDIO("7000", "UDP/RTP/AVP")),
	SEALED_CALL("RTP/AVPX is none", AUDIO("7000", "RTP/AVPX")),
	SEALED_CALL("no profile", "m=audio 7000\r\n"),
	SEALED_CALL("a profile that is only offered (RFC 5939)",
		    AUDIO("7000", "RTP/X") "a=tcap:1 RTP/AVP RTP/SAVP\r\n"),
	SEALED_CALL("RTP/AVP, keys by DTLS", AUDIO("7000", "RTP/AVP") PRINT),
	SEALED_CALL("RTP/AVP, keys by DTLS for all", PRINT AUDIO("7000", "RTP/AVP")),
	SEALED_CALL("RTP/AVP, keys by ZRTP", AUDIO("7000", "RTP/AVP") "a=zrtp-hash:1.10 00\r\n"),
	SEALED_CALL("RTP/SAVP, keys by MIKEY", AUDIO("7000", "RTP/SAVP") "a=key-mgmt:mikey AQ\r\n"),
	SEALED_CALL("RTP/SAVP, keys by SDP or DTLS", AUDIO("7000", "RTP/SAVP") CRYPTO PRINT),

	/* which end */
	ROW("the answer", "scanned sip content, " CLEAR, IS_CLEAR,
	    ANSWER(NAMES(OK HEAD SERVER AUDIO("9000", "RTP/AVP"))), VOICE(7000, 9000)),
	ROW("offer and answer", "2x " TOLD ", 3x " CLEAR, IS_CLEAR " packets=2/1",
	    OFFER(AUDIO("7000", "RTP/AVP")),
	    ANSWER(NAMES(OK HEAD SERVER AUDIO("9000", "RTP/AVP"))),
	    VOICE(7000, 9000), VOICE_DOWN(7000, 9000), VOICE(7000, 9000)),
	ROW("media to the announced end", TOLD ", " CLEAR, IS_CLEAR,
	    OFFER(AUDIO("7000", "RTP/AVP")), VOICE_DOWN(7000, 9000)),
	ROW("twin: another port", TOLD ", " SEALED, IS_SEALED,
	    OFFER(AUDIO("7000", "RTP/AVP")), VOICE(7001, 9000)),
	ROW("twin: the other end's port", TOLD ", " SEALED, IS_SEALED,
	    OFFER(AUDIO("7000", "RTP/AVP")), VOICE(9000, 7000)),
	ROW("twin: another address", TOLD ", " SEALED, IS_SEALED,
	    ASK(NAMES(INVITE HEAD "c=IN IP4 192.0.2.1\r\n" AUDIO("7000", "RTP/AVP"))),
	    VOICE(7000, 9000)),
	ROW("twin: another VLAN", TOLD ", " SEALED, IS_SEALED,
	    OFFER(AUDIO("7000", "RTP/AVP")),
	    PACKET(ETH, VLAN(5), IP4, UDP, PORTS(7000, 9000), TEXT(RTP))),
	ROW("twin: over TCP", TOLD ", " SEALED, IS_SEALED, OFFER(AUDIO("7000", "RTP/AVP")),
	    PACKET(ETH, IP4, TCP(1, ACK), PORTS(7000, 9000), TEXT(RTP))),
	ROW("twin: a protocol that carries no media", TOLD ", encrypted other shape", IS_SEALED,
	    OFFER(AUDIO("7000", "RTP/AVP")),
	    PACKET(ETH, IP4, UDP, PORTS(7000, 9000), TEXT("\x80\x01sequencing"))),
	ROW("an answer without the offered key", "2x " TOLD ", " CLEAR, IS_CLEAR,
	    OFFER(AUDIO("7000", "RTP/AVP") CRYPTO),
	    ANSWER(NAMES(OK HEAD SERVER AUDIO("9000", "RTP/AVP"))), VOICE(7000, 9000)),
	ROW("two keys", "2x " TOLD ", " VEILED, IS_VEILED, OFFER(AUDIO("7000", "RTP/SAVP") CRYPTO),
	    ANSWER(NAMES(OK HEAD SERVER AUDIO("9000", "RTP/SAVP") CRYPTO)), VOICE(7000, 9000)),
	ROW("ends that disagree", TOLD ", " UNTOLD ", " SEALED, IS_SEALED,
	    OFFER(AUDIO("7000", "RTP/AVP")),
	    ANSWER(NAMES(OK HEAD SERVER AUDIO("9000", "RTP/SAVP"))), VOICE(7000, 9000)),
	ROW("what is said later counts", TOLD ", " UNTOLD ", " SEALED, IS_SEALED,
	    OFFER(AUDIO("7000", "RTP/AVP")), OFFER(AUDIO("7000", "RTP/SAVP")), VOICE(7000, 9000)),
	ROW("twin: and the other way round", UNTOLD ", " TOLD ", " CLEAR, IS_CLEAR,
	    OFFER(AUDIO("7000", "RTP/SAVP")), OFFER(AUDIO("7000", "RTP/AVP")), VOICE(7000, 9000)),
	ROW("said twice", "2x " TOLD ", " CLEAR, IS_CLEAR, OFFER(AUDIO("7000", "RTP/AVP")),
	    OFFER(AUDIO("7000", "RTP/AVP")), VOICE(7000, 9000)),
	ROW("said after the media began", SEALED ", " TOLD ", " SEALED, "levels=content/content",
	    VOICE(7000, 9000), OFFER(AUDIO("7000", "RTP/AVP")), VOICE(7000, 9000)),
	ROW("five minutes later", TOLD ", " CLEAR, IS_CLEAR,
	    PACKET(ETH, IP4, SIGNAL, AT(0), NAMES(INVITE HEAD CLIENT AUDIO("7000", "RTP/AVP"))),
	    PACKET(ETH, IP4, UDP, PORTS(7000, 9000), AT(300000), TEXT(RTP))),
	ROW("twin: and a millisecond", TOLD ", " SEALED, IS_SEALED,
	    PACKET(ETH, IP4, SIGNAL, AT(0), NAMES(INVITE HEAD CLIENT AUDIO("7000", "RTP/AVP"))),
	    PACKET(ETH, IP4, UDP, PORTS(7000, 9000), AT(300001), TEXT(RTP))),

	/* ports */
	ROW("port 0: refused", UNTOLD ", " SEALED, IS_SEALED, OFFER(AUDIO("0", "RTP/AVP")),
	    VOICE(0, 9000)),
	CLEAR_CALL("a number of ports", AUDIO("7000/2", "RTP/AVP")),
	SEALED_CALL("a port beyond 65535", AUDIO("72536", "RTP/AVP")),
	SEALED_CALL("six digits", AUDIO("007000", "RTP/AVP")),
	SEALED_CALL("no number", AUDIO("$", "RTP/AVP")),
	SEALED_CALL("a number with a tail", AUDIO("7000x", "RTP/AVP")),
	ROW("port 65535", TOLD ", " CLEAR, IS_CLEAR, OFFER(AUDIO("65535", "RTP/AVP")),
	    VOICE(65535, 9000)),

	/* addresses */
	ELSEWHERE("no address", "m=audio 7000 RTP/AVP 0\r\nc=IN IP4 \r\n"),
	ELSEWHERE("a name", AUDIO("7000", "RTP/AVP") "c=IN IP4 a.example\r\n"),
	ELSEWHERE("five numbers", AUDIO("7000", "RTP/AVP") "c=IN IP4 %c.1\r\n"),
	ELSEWHERE("a number too much for a byte", AUDIO("7000", "RTP/AVP") "c=IN IP4 266.%c\r\n"),
	ELSEWHERE("a tail", AUDIO("7000", "RTP/AVP") "c=IN IP4 %c-\r\n"),
	CLEAR_CALL("a time to live", AUDIO("7000", "RTP/AVP") "c=IN IP4 %c/127\r\n"),
	ROW("an address of its own", TOLD ", " CLEAR, IS_CLEAR,
	    ASK(NAMES(INVITE HEAD "c=IN IP4 192.0.2.1\r\n" AUDIO("7000", "RTP/AVP") CLIENT)),
	    VOICE(7000, 9000)),
	ROW("only an address of its own", TOLD ", " CLEAR, IS_CLEAR,
	    ASK(NAMES(INVITE HEAD AUDIO("7000", "RTP/AVP") CLIENT)), VOICE(7000, 9000)),
	ELSEWHERE("twin: another's", AUDIO("7000", "RTP/AVP") "c=IN IP4 192.0.2.1\r\n"),
	ROW("the address of the section before is not this one's", TOLD ", " SEALED, IS_SEALED,
	    ASK(NAMES(INVITE HEAD "m=video 7002 RTP/AVP 31\r\n" CLIENT AUDIO("7000", "RTP/AVP"))),
	    VOICE(7000, 9000)),
	CLEAR_CALL("nor is that of the section after",
		   AUDIO("7000", "RTP/AVP") "m=application 7004 UDP/BFCP *\r\nc=IN IP4 192.0.2.1\r\n"),

	/* IPv6, RFC 4291, 2.2 */
	ROW("IPv6", TOLD ", " CLEAR, IS_CLEAR,
	    ASK6(NAMES(INVITE HEAD "c=IN IP6 %C\r\n" AUDIO("7000", "RTP/AVP"))), VOICE6(7000, 9000)),
	ROW("IPv6 in full and in capitals", TOLD ", " CLEAR, IS_CLEAR,
	    ASK6(NAMES(INVITE HEAD "c=IN IP6 %L\r\n" AUDIO("7000", "RTP/AVP"))), VOICE6(7000, 9000)),
	ROW("IPv6 in the call, IPv4 in the media", TOLD ", " CLEAR, IS_CLEAR,
	    ASK6(NAMES(INVITE HEAD CLIENT AUDIO("7000", "RTP/AVP"))), VOICE(7000, 9000)),
	ROW("twin: another address of IPv6", TOLD ", " SEALED, IS_SEALED,
	    ASK6(NAMES(INVITE HEAD "c=IN IP6 %S\r\n" AUDIO("7000", "RTP/AVP"))), VOICE6(7000, 9000)),
	ROW("twin: nine numbers", TOLD ", " SEALED, IS_SEALED,
	    ASK6(NAMES(INVITE HEAD "c=IN IP6 %L:1\r\n" AUDIO("7000", "RTP/AVP"))),
	    VOICE6(7000, 9000)),
	ROW("twin: two gaps", TOLD ", " SEALED, IS_SEALED,
	    ASK6(NAMES(INVITE HEAD "c=IN IP6 ::%C\r\n" AUDIO("7000", "RTP/AVP"))),
	    VOICE6(7000, 9000)),
	ROW("twin: IPv6 where IPv4 is said", TOLD ", " SEALED, IS_SEALED,
	    ASK6(NAMES(INVITE HEAD "c=IN IP4 %C\r\n" AUDIO("7000", "RTP/AVP"))),
	    VOICE6(7000, 9000)),

	/* several sections */
	ROW("audio clear, video refused", TOLD ", " CLEAR ", " SEALED, IS_SEALED,
	    OFFER(AUDIO("7000", "RTP/AVP") "m=video 0 RTP/AVP 31\r\n"), VOICE(7000, 9000),
	    VOICE(7002, 9002)),
	ROW("audio sealed, video clear", TOLD ", " SEALED ", " CLEAR, IS_CLEAR,
	    OFFER(AUDIO("7000", "RTP/SAVP") "m=video 7002 RTP/AVP 31\r\n"), VOICE(7000, 9000),
	    VOICE(7002, 9002)),
	ROW("audio veiled, video clear", TOLD ", " VEILED ", " CLEAR, IS_CLEAR,
	    OFFER(AUDIO("7000", "RTP/SAVP") CRYPTO "m=video 7002 RTP/AVP 31\r\n"),
	    VOICE(7000, 9000), VOICE(7002, 9002)),
	ROW("14 sections", TOLD ", " CLEAR, IS_CLEAR,
	    OFFER(AUDIO("1", "X") AUDIO("2", "X") AUDIO("3", "X") AUDIO("4", "X") AUDIO("5", "X")
		  AUDIO("6", "X") AUDIO("7", "X") AUDIO("8", "X") AUDIO("9", "X") AUDIO("10", "X")
		  AUDIO("11", "X") AUDIO("12", "X") AUDIO("13", "X") AUDIO("7000", "RTP/AVP")),
	    VOICE(7000, 9000)),
	ROW("twin: 15", UNTOLD ", " SEALED, IS_SEALED,
	    OFFER(AUDIO("1", "X") AUDIO("2", "X") AUDIO("3", "X") AUDIO("4", "X") AUDIO("5", "X")
		  AUDIO("6", "X") AUDIO("7", "X") AUDIO("8", "X") AUDIO("9", "X") AUDIO("10", "X")
		  AUDIO("11", "X") AUDIO("12", "X") AUDIO("13", "X") AUDIO("14", "X")
		  AUDIO("7000", "RTP/AVP")),
	    VOICE(7000, 9000)),
	{ .name = "text is media, too, and is read", .scan = GL_SCAN_CLEAR, .words = WORDS,
	  .expect = TOLD ", scanned rtp content", .flow = IS_CLEAR " hits=1/0",
	  .hits = "hello 1 1 1",
	  .packets = PACKETS(OFFER("m=text 7000 RTP/AVP 98\r\n"), VOICE_HELLO) },
	{ .name = "twin: with a key it is not", .scan = GL_SCAN_CLEAR, .words = WORDS,
	  .expect = TOLD ", encrypted rtp content", .flow = IS_VEILED " hits=0/0",
	  .packets = PACKETS(OFFER("m=text 7000 RTP/SAVP 98\r\n" CRYPTO), VOICE_HELLO) },

	/* where a description stands */
	ROW("bare line feeds", TOLD ", " CLEAR, IS_CLEAR,
	    ASK(NAMES("INVITE sip:b SIP/2.0\n\nv=0\no=- 1 1 IN IP4 192.0.2.1\nc=IN IP4 %c\n"
		      "m=audio 7000 RTP/AVP 0\n")), VOICE(7000, 9000)),
	ROW("no line end at its end", TOLD ", " CLEAR, IS_CLEAR,
	    ASK(NAMES(INVITE HEAD CLIENT "m=audio 7000 RTP/AVP 0")), VOICE(7000, 9000)),
	ROW("a part of several", TOLD ", " CLEAR, IS_CLEAR,
	    ASK(NAMES("INVITE sip:b SIP/2.0\r\nContent-Type: multipart/mixed;boundary=x\r\n\r\n"
		      "--x\r\nContent-Type: application/sdp\r\n\r\n" HEAD CLIENT
		      AUDIO("7000", "RTP/AVP") "--x\r\nContent-Type: a/b\r\n\r\nc\r\n--x--\r\n")),
	    VOICE(7000, 9000)),
	ROW("two descriptions", TOLD ", " CLEAR ", " SEALED, IS_SEALED,
	    OFFER(AUDIO("7000", "RTP/AVP") "--x\r\n\r\n" HEAD AUDIO("7004", "RTP/AVP")),
	    VOICE(7000, 9000), VOICE(7004, 9000)),
	ROW("a key in a second description is not the first's", UNTOLD ", " SEALED, IS_SEALED,
	    OFFER(AUDIO("7000", "RTP/SAVP") "\r\n" HEAD CRYPTO), VOICE(7000, 9000)),
	ROW("twin: lines without a beginning", UNTOLD ", " SEALED, IS_SEALED,
	    ASK(NAMES(INVITE CLIENT AUDIO("7000", "RTP/AVP"))), VOICE(7000, 9000)),
	ROW("twin: lines that do not begin there", UNTOLD ", " SEALED, IS_SEALED,
	    ASK(NAMES(INVITE HEAD "a=c=IN IP4 %c\r\na=m=audio 7000 RTP/AVP 0\r\n")),
	    VOICE(7000, 9000)),
	ROW("an encrypted body beside it", TOLD ", " CLEAR, IS_CLEAR,
	    OFFER(AUDIO("7000", "RTP/AVP") "-----BEGIN PGP MESSAGE-----\r\n"), VOICE(7000, 9000)),
	ROW("twin: of which nothing is told", UNTOLD, "levels=envelope/envelope veil=no",
	    OFFER(AUDIO("7000", "RTP/SAVP") "-----BEGIN PGP MESSAGE-----\r\n")),
	ROW("what the call's own flow shows", TOLD ", " UNTOLD, "levels=content/content veil=no",
	    OFFER(AUDIO("7000", "RTP/AVP")), ANSWER(TEXT("SIP/2.0 100 Trying\r\n\r\n"))),
	ROW("and with a key", TOLD ", " UNTOLD, "levels=content/content veil=yes",
	    OFFER(AUDIO("7000", "RTP/SAVP") CRYPTO), ANSWER(TEXT("SIP/2.0 100 Trying\r\n\r\n"))),
	ROW("twin: nothing clear", "2x " UNTOLD, "levels=envelope/envelope veil=no",
	    OFFER(AUDIO("7000", "RTP/SAVP")), ANSWER(TEXT("SIP/2.0 100 Trying\r\n\r\n"))),
	ROW("any protocol that announces", "scanned talk content, " CLEAR, IS_CLEAR,
	    ASK(NAMES("TALK\r\n" HEAD CLIENT AUDIO("7000", "RTP/AVP"))), VOICE(7000, 9000)),
	ROW("twin: in a chat it is text", "scanned irc content, " SEALED, IS_SEALED,
	    PACKET(ETH, IP4, TCP(1, ACK | PSH), NAMES(":a!b@c PRIVMSG #d :\r\n" HEAD CLIENT
						      AUDIO("7000", "RTP/AVP"))),
	    VOICE(7000, 9000)),
	{ .name = "twin: in HTTP it is text", .scan = GL_SCAN_CLEAR, .words = WORDS,
	  .expect = "scanned http content, " SEALED, .flow = IS_SEALED,
	  .packets = PACKETS(PACKET(ETH, IP4, TCP(1, ACK | PSH),
				    NAMES("GET / HTTP/1.1\r\n\r\n" HEAD CLIENT
					  AUDIO("7000", "RTP/AVP"))),
			     VOICE(7000, 9000)) },

	/* what is cut */
	ROW("over TCP", TOLD ", " CLEAR, IS_CLEAR,
	    PACKET(ETH, IP4, TCP(1, ACK | PSH),
		   NAMES(INVITE HEAD CLIENT AUDIO("7000", "RTP/AVP"))), VOICE(7000, 9000)),
	ROW("twin: a segment that more will follow", UNTOLD ", " SEALED, IS_SEALED,
	    PACKET(ETH, IP4, TCP(1, ACK), NAMES(INVITE HEAD CLIENT AUDIO("7000", "RTP/AVP"))),
	    VOICE(7000, 9000)),
	ROW("twin: a segment that ends in a line", UNTOLD ", " SEALED, IS_SEALED,
	    PACKET(ETH, IP4, TCP(1, ACK | PSH),
		   NAMES(INVITE HEAD CLIENT AUDIO("7000", "RTP/AVP") "a=finger")),
	    VOICE(7000, 9000)),
	ROW("the section before the one that is cut", TOLD ", " CLEAR ", " SEALED, IS_SEALED,
	    PACKET(ETH, IP4, TCP(1, ACK),
		   NAMES(INVITE HEAD CLIENT AUDIO("7000", "RTP/AVP") AUDIO("7002", "RTP/AVP"))),
	    VOICE(7000, 9000), VOICE(7002, 9000)),
	ROW("header lines and body in two segments", UNTOLD ", " TOLD ", " CLEAR, IS_CLEAR,
	    PACKET(ETH, IP4, TCP(1, ACK | PSH), TEXT(INVITE)),
	    PACKET(ETH, IP4, TCP(sizeof(INVITE), ACK | PSH),
		   NAMES(HEAD CLIENT AUDIO("7000", "RTP/AVP"))), VOICE(7000, 9000)),
	ROW("a line over two segments", UNTOLD ", " UNTOLD ", " SEALED, IS_SEALED,
	    PACKET(ETH, IP4, TCP(1, ACK), TEXT(INVITE HEAD "c=IN IP4 192.0.2.1\r\nm=aud")),
	    PACKET(ETH, IP4, TCP(1 + sizeof(INVITE HEAD "c=IN IP4 192.0.2.1\r\nm=aud") - 1,
				 ACK | PSH), NAMES("io 7000 RTP/AVP 0\r\n" CLIENT)),
	    VOICE(7000, 9000)),
	ROW("a segment again", TOLD ", retransmission sip content, " CLEAR, IS_CLEAR,
	    PACKET(ETH, IP4, TCP(1, ACK | PSH),
		   NAMES(INVITE HEAD CLIENT AUDIO("7000", "RTP/AVP"))),
	    PACKET(ETH, IP4, TCP(1, ACK | PSH),
		   NAMES(INVITE HEAD CLIENT AUDIO("7000", "RTP/AVP"))), VOICE(7000, 9000)),
	ROW("a capture that is cut", "truncated sip envelope, " SEALED, IS_SEALED,
	    PACKET(ETH, IP4, SIGNAL, NAMES(INVITE HEAD "c=IN IP4 %c\r\nm=audio 7000 RTP/AVP 0\r\n"),
		   FILL('x', 200), CUT(300)), VOICE(7000, 9000)),
	ROW("the first of several fragments", UNTOLD ", " SEALED, IS_SEALED,
	    PACKET(ETH, IP4, SIGNAL, NAMES(INVITE HEAD CLIENT AUDIO("7000", "RTP/AVP")),
		   FRAGMENT(0, 1)), VOICE(7000, 9000)),
	/* The text is read in pieces of 2048 bytes; 105 before c=. */
	ROW("in the second piece of a long message", TOLD ", " CLEAR, IS_CLEAR,
	    ASK(TEXT(INVITE), FILL('x', 2048), NAMES("\r\n" HEAD CLIENT AUDIO("7000", "RTP/AVP"))),
	    VOICE(7000, 9000)),
	ROW("in the first piece of a long message", TOLD ", " CLEAR, IS_CLEAR,
	    ASK(NAMES(INVITE HEAD CLIENT AUDIO("7000", "RTP/AVP") "a="), FILL('x', 4000)),
	    VOICE(7000, 9000)),
	ROW("an address that is cut by the end of a piece", TOLD ", " SEALED, IS_SEALED,
	    ASK(TEXT(INVITE), FILL('x', 2048 - sizeof(INVITE "\r\n" HEAD "c=IN IP4 10.") + 1),
		NAMES("\r\n" HEAD CLIENT AUDIO("7000", "RTP/AVP"))), VOICE(7000, 9000)),
	ROW("a port that is", UNTOLD ", " SEALED, IS_SEALED,
	    ASK(TEXT(INVITE), FILL('x', 2048 - sizeof(INVITE "\r\n" HEAD "m=audio 70") + 1),
		NAMES("\r\n" HEAD AUDIO("7000", "RTP/AVP") CLIENT)), VOICE(7000, 9000)),
	ROW("twin: a profile that is", TOLD ", " CLEAR, IS_CLEAR,
	    ASK(TEXT(INVITE), FILL('x', 2048 - sizeof(INVITE "\r\n" HEAD "m=audio 7000 RTP") + 1),
		NAMES("\r\n" HEAD AUDIO("7000", "RTP/AVP") CLIENT)), VOICE(7000, 9000)),
};

/* ------------------------------------------------------------ many announcements */

#define MANY 20000u

static size_t entries(const struct engine *engine)
{
	const struct kernel *kernel = (const struct kernel *)engine;
	struct bpf_map *map = bpf_object__find_map_by_name(kernel->object, "media");
	__u64 key, *last = NULL;
	size_t n = 0;

	assert_non_null(map);
	assert_int_equal(bpf_map__max_entries(map), GL_MEDIA);
	for (; !bpf_map_get_next_key(bpf_map__fd(map), last, &key); last = &key)
		n++;
	return n;
}

static void offer(struct engine *engine, const struct packet_peers *peers, unsigned number)
{
	char text[512];
	int size = snprintf(text, sizeof(text),
			    INVITE HEAD "c=IN IP4 10.%u.%u.1\r\n" AUDIO("%u", "RTP/AVP"),
			    peers->row >> 8, peers->row & 0xff, 1000 + number);

	rig_datagram(engine, peers, false, text, size);
}

static enum gl_level media_level(struct engine *engine, struct packet_peers peers,
				 unsigned number)
{
	__u64 since = rig.number;

	peers.client_port = 1000 + number;
	rig_datagram(engine, &peers, false, RTP, sizeof(RTP) - 1);
	return rig_last_flow(engine, since).flow.steady;
}

/* The table is bounded; what was said last is known. */
static void bounded(struct engine *engine)
{
	struct packet_peers peers = rig_peers(5060);

	for (unsigned i = 0; i < MANY; i++)
		offer(engine, &peers, i);
	assert_in_range(entries(engine), 1000, GL_MEDIA);
	assert_int_equal(media_level(engine, peers, MANY - 1), GL_LEVEL_CONTENT);
	assert_int_equal(media_level(engine, peers, 0), GL_LEVEL_SHAPE);
}

/* A message in two segments, cut behind so many bytes, then media of its first section. */
static bool cut_call(struct engine *engine, size_t cut)
{
	struct packet_peers peers = rig_peers(5060), media = peers;
	char text[512];
	int size = snprintf(text, sizeof(text),
			    INVITE HEAD "c=IN IP4 10.%u.%u.1\r\n" AUDIO("7000", "RTP/AVP") PRINT
			    AUDIO("7002", "RTP/AVP"), peers.row >> 8, peers.row & 0xff);

	if (cut >= (size_t)size)
		return false;
	packet_build(PACKET(ETH, IP4, TCP(1, ACK), BYTES(text, cut)), &peers, &rig.packet);
	rig_send(engine);
	packet_build(PACKET(ETH, IP4, TCP(1 + cut, ACK | PSH), BYTES(text + cut, size - cut)),
		     &peers, &rig.packet);
	rig_send(engine);
	media.client_port = 7000;
	rig_datagram(engine, &media, false, RTP, sizeof(RTP) - 1);
	return true;
}

/* However a message is cut, what may be encrypted is never said to be clear. */
static void never_too_much(struct engine *engine)
{
	__u64 since = rig.number;
	struct snapshot snapshot;
	size_t cut = 1, calls = 0;

	while (cut_call(engine, cut))
		cut++;
	assert_in_range(cut, 150, 512);
	rig_read(engine, &snapshot);
	for (size_t i = 0; i < snapshot.flow_count; i++) {
		const struct gl_flow *flow = &snapshot.flows[i].flow;

		if (flow->first <= since || strcmp(rig_label(flow->protocol), "rtp"))
			continue;
		assert_int_equal(flow->steady, GL_LEVEL_SHAPE);
		calls++;
	}
	assert_int_equal(calls, cut - 1);
	snapshot_free(&snapshot);
}

static const struct trial trials[] = {
	{ "the table is bounded", bounded, NULL, GL_SCAN_CHAT, true },
	{ "never too much", never_too_much, NULL, GL_SCAN_CHAT, false },
};

int main(void)
{
	return rig_main("media", rows, COUNT(rows), trials, COUNT(trials));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * WebSocket frames and compressed bodies: what is unmasked, what is left out, what
 * the packet is then said to be; frames in any segmentation.
 */
#include "rig.h"

#define WORDS "hello\nworld"
#define UP(seq, ...) PACKET(ETH, IP4, TCP(seq, ACK), TEXT(__VA_ARGS__))
#define BACK(seq, ...) PACKET(ETH, IP4, TCP(seq, ACK), TEXT(__VA_ARGS__), DOWN)
#define GET "GET /chats HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"	/* 43 bytes */
#define SWITCH "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n" /* 56 */
#define OPEN UP(1, GET), BACK(1, SWITCH)
#define OPENED "scanned http content, scanned websocket content, "
#define WS "scanned websocket content"
#define SEEN(outcome) outcome " websocket content"

/* hello and world under the mask 1 2 3 4 */
#define HELLO "igohn"
#define WORLD "vmqhe"
#define KEY "\x01\x02\x03\x04"

#define ROW(title, what, count, ...) \
	{ .name = title, .packets = PACKETS(__VA_ARGS__), .expect = what, .words = WORDS, \
	  .hits = count, .scan = GL_SCAN_CLEAR }
#define WS_ROW(title, what, count, ...) ROW(title, OPENED what, count, OPEN, __VA_ARGS__)

#define OK "HTTP/1.1 200 OK\r\n"		/* 17 bytes */
#define GZIP OK "Content-Encoding: gzip\r\n\r\n"	/* 43 */
#define ASK UP(1, "GET / HTTP/1.1\r\n\r\n")
#define HTTP(outcome) outcome " http content"
#define HTTP_ROW(title, what, count, ...) \
	ROW(title, HTTP("scanned") ", " what, count, ASK, __VA_ARGS__)

#define STREAM "<stream:stream xmlns='jabber:client' to='a'>"	/* 44 */
#define COMPRESSED "<compressed xmlns='http://jabber.org/protocol/compress'/>"	/* 57 */

static const struct row rows[] = {
	/* masks */
	WS_ROW("a masked frame", WS, "hello 1 1 1", UP(44, "\x81\x85" KEY HELLO)),
	WS_ROW("another mask", WS, "", UP(44, "\x81\x85\x01\x02\x03\x05" HELLO)),
	WS_ROW("a mask of zeros", WS, "hello 1 1 1", UP(44, "\x81\x85\0\0\0\0hello")),
	WS_ROW("each byte its own segment", "11x " WS, "hello 1 1 1",
	       UP(44, "\x81"), UP(45, "\x85"), UP(46, "\x01"), UP(47, "\x02"), UP(48, "\x03"),
	       UP(49, "\x04"), UP(50, "i"), UP(51, "g"), UP(52, "o"), UP(53, "h"), UP(54, "n")),
	WS_ROW("the mask over a segment's border", "2x " WS, "hello 1 1 1",
	       UP(44, "\x81\x85\x01\x02"), UP(48, "\x03\x04" HELLO)),
	WS_ROW("the text over a segment's border", "2x " WS, "hello 1 1 1",
	       UP(44, "\x81\x85" KEY "igo"), UP(53, "hn")),
	WS_ROW("a server's frame", WS, "hello 1 1 1", BACK(57, "\x81\x05hello")),
	WS_ROW("two frames in one segment", WS, "hello 1 1 1, world 1 1 1",
	       UP(44, "\x81\x85" KEY HELLO "\x82\x85" KEY WORLD)),
	WS_ROW("a length of 16 bits", WS, "hello 1 1 1",
	       PACKET(ETH, IP4, TCP(44, ACK), TEXT("\x81\xfe\x01\x05\0\0\0\0"), FILL('.', 256),
		      TEXT("hello"))),
	WS_ROW("a length of 64 bits, a word at its end and a frame behind",
	       "3x " WS, "hello 1 1 1, world 1 1 1",
	       PACKET(ETH, IP4, TCP(57, ACK), TEXT("\x82\x7f\0\0\0\0\0\1\0\0"), FILL('.', 30000),
		      DOWN),
	       PACKET(ETH, IP4, TCP(30067, ACK), FILL('.', 35531), TEXT("hello"), DOWN),
	       BACK(65603, "\x81\x05world")),

	/* borders of frames */
	WS_ROW("no word over two frames", WS, "",
	       UP(44, "\x81\x82" KEY "ig" "\x81\x83" KEY "mnl")),
	WS_ROW("no word over a continuation", WS, "", BACK(57, "\x01\x02he\x80\x03llo")),
	WS_ROW("a word in a continuation", "2x " WS, "hello 1 1 1",
	       BACK(57, "\x01\x02he"), BACK(61, "\x80\x05hello")),
	WS_ROW("no word made of a header", WS, "", BACK(57, "\x81hello")),
	WS_ROW("ping, pong, close", WS, "hello 1 1 1, world 1 1 1",
	       BACK(57, "\x89\x05hello\x8a\0\x88\x07\x03\xe8world")),
	WS_ROW("empty frames", WS, "hello 1 1 1",
	       BACK(57, "\x81\0\x81\0\x81\0\x81\0\x81\0\x81\0\x81\0\x81\x05hello")),
	ROW("a frame behind the answer, in its segment",
	    HTTP("scanned") ", " WS, "hello 1 1 1", UP(1, GET), BACK(1, SWITCH "\x81\x05hello")),
	ROW("the answer ends in the next segment",
	    HTTP("scanned") ", 2x " WS, "hello 1 1 1",
	    UP(1, GET), BACK(1, "HTTP/1.1 101 S\r\nUpgrade: websocket\r"),
	    BACK(36, "\nAB: c\r\n\r\n\x81\x05hello")),

	/* compressed frames, RFC 7692 */
	WS_ROW("RSV1: no hit", SEEN("compressed"), "", UP(44, "\xc1\x85" KEY HELLO)),
	WS_ROW("its continuation, too", "2x " SEEN("compressed"), "",
	       BACK(57, "\x41\x05hello"), BACK(64, "\x80\x05hello")),
	WS_ROW("a ping between, and what follows",
	       SEEN("compressed") ", " WS ", " SEEN("compressed") ", " WS, "hello 1 1 1, world 1 1 1",
	       BACK(57, "\x41\x05hello"), BACK(64, "\x89\x05world"), BACK(71, "\x80\x05hello"),
	       BACK(78, "\x81\x05hello")),
	WS_ROW("one in clear beside it", SEEN("compressed"), "world 1 1 1",
	       BACK(57, "\xc1\x05hello\x81\x05world")),

	/* frames that were lost */
	WS_ROW("a gap, then a frame", SEEN("scanned_after_gap"), "hello 1 1 1",
	       UP(100, "\x81\x85" KEY HELLO)),
	WS_ROW("a gap, then no frame, then one", SEEN("masked") ", " WS, "world 1 1 1",
	       UP(100, "hello"), UP(105, "\x81\x85" KEY WORLD)),
	WS_ROW("a gap in a frame, and a late segment",
	       WS ", 2x " SEEN("masked") ", " WS, "hello 1 1 1",
	       UP(44, "\x81\xc0" KEY), UP(60, "hello"), UP(50, "hello"),
	       UP(65, "\x81\x85" KEY HELLO)),
	WS_ROW("no frame where one must be", SEEN("masked"), "", UP(44, "hello hello")),
	WS_ROW("a server's mask", SEEN("scanned"), "hello 1 1 1", BACK(57, "\x81\x85hello....")),
	WS_ROW("a client's frame without a mask", SEEN("masked"), "", UP(44, "\x81\x05hello")),
	WS_ROW("a length that is not the shortest", SEEN("masked"), "",
	       UP(44, "\x81\xfe\0\x05\0\0\0\0hello")),
	WS_ROW("what seems a frame, but none behind it", SEEN("masked"), "",
	       UP(44, "\x81\x85\0\0\0\0hello????")),
	WS_ROW("twin: with one behind it", WS, "hello 1 1 1",
	       UP(44, "\x81\x85\0\0\0\0hello\x89\x80\0\0\0\0")),

	/* chat in frames is chat */
	{ .name = "--scan chat reads frames", .words = WORDS, .scan = GL_SCAN_CHAT,
	  .packets = PACKETS(OPEN, UP(44, "\x81\x85" KEY HELLO), BACK(57, "\x81\x05hello")),
	  .expect = "not_selected http content, 3x " WS, .hits = "hello 2 2 1" },

	/* HTTP, RFC 9110, 8.4 */
	HTTP_ROW("gzip: no hit in the body", HTTP("compressed"), "", BACK(1, GZIP "hello")),
	HTTP_ROW("a header is read", HTTP("compressed"), "world 1 1 1",
		 BACK(1, OK "X: world\r\nContent-Encoding: gzip\r\n\r\nhello")),
	HTTP_ROW("header and body apart", HTTP("scanned") ", " HTTP("compressed"), "",
		 BACK(1, GZIP), BACK(44, "hello")),
	HTTP_ROW("the next response, plain", "2x " HTTP("compressed") ", " HTTP("scanned"),
		 "hello 1 1 1", BACK(1, GZIP "hello"), BACK(49, "hello"),
		 BACK(54, OK "\r\nhello")),
	HTTP_ROW("the next response, in one segment", HTTP("compressed"), "hello 1 1 1",
		 BACK(1, GZIP "hello" OK "\r\nhello")),
	HTTP_ROW("identity", "2x " HTTP("scanned"), "hello 2 2 1",
		 BACK(1, OK "Content-Encoding: identity\r\n\r\nhello"),
		 BACK(52, OK "content-encoding:identity\r\n\r\nhello")),
	HTTP_ROW("any case, no space", HTTP("compressed"), "",
		 BACK(1, OK "CONTENT-ENCODING:br\r\n\r\nhello")),
	HTTP_ROW("Via behind it", HTTP("compressed"), "",
		 BACK(1, OK "Content-Encoding: gzip\r\nVia: HTTP/1.1 a\r\n\r\nhello")),
	HTTP_ROW("a response without a body", HTTP("scanned") ", " HTTP("scanned"), "hello 1 1 1",
		 BACK(1, GZIP), BACK(44, OK "\r\nhello")),
	HTTP_ROW("in a body it is no header", HTTP("scanned"), "hello 1 1 1",
		 BACK(1, OK "\r\n\nContent-Encoding: gzip\r\n\r\nhello")),
	HTTP_ROW("the other direction is its own", HTTP("compressed") ", " HTTP("scanned"),
		 "hello 1 1 1", BACK(1, GZIP "x"), UP(19, "POST / HTTP/1.1\r\n\r\nhello")),
	HTTP_ROW("over a segment's border", HTTP("scanned") ", " HTTP("compressed"), "",
		 BACK(1, OK "Content-Enc"), BACK(29, "oding: gzip\r\n\r\nhello")),
	HTTP_ROW("a gap in the header", HTTP("scanned") ", " HTTP("compressed"), "",
		 BACK(1, OK "Content-Encoding: gzip\r\n"), BACK(80, "hello")),
	/* HTTP/2, RFC 7541: header fields are packed */
	{ .name = "HTTP/2 in clear", .words = WORDS, .scan = GL_SCAN_CLEAR,
	  .packets = PACKETS(UP(1, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), UP(25, "hello"),
			     BACK(1, "hello")),
	  .expect = "scanned http content, 2x compressed http content", .hits = "" },
	{ .name = "twin: HTTP/1.1", .words = WORDS, .scan = GL_SCAN_CLEAR,
	  .packets = PACKETS(UP(1, "GET / HTTP/1.1\r\n\r\n"), UP(19, "hello"), BACK(1, "hello")),
	  .expect = "3x scanned http content", .hits = "hello 2 2 1" },
	ROW("a chat has no bodies", "scanned irc content", "hello 1 1 1",
	    UP(1, "PRIVMSG #c :HTTP/1.1\nContent-Encoding: gzip\r\n\r\nhello")),

	/* XMPP, XEP-0138 */
	ROW("XMPP compression", "2x scanned xmpp service, scanned xmpp protocol, "
	    "2x compressed xmpp service", "hello 1 1 1",
	    UP(1, STREAM), BACK(1, STREAM), BACK(45, COMPRESSED "hello"),
	    UP(45, "x\x9chello"), BACK(107, "x\x9chello")),
	ROW("twin: asked for, not granted", "scanned xmpp service, 2x scanned xmpp service",
	    "hello 1 1 1", UP(1, STREAM),
	    UP(45, "<compress xmlns='http://jabber.org/protocol/compress'/>"), BACK(1, "hello")),
};

int main(void)
{
	return rig_main("frames", rows, COUNT(rows), NULL, 0);
}

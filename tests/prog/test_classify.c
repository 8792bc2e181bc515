/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First payload bytes to labels and levels, however the bytes are cut; look-alikes
 * beside what they look like (protocols.md 7).
 */
#include "rig.h"

#define WORDS "hello\nworld"
#define U "undecided unknown shape"
#define LOST "unknown unknown shape"
#define IRC "scanned irc content"
#define XMPP "scanned xmpp service"
#define BARE(label) "no_payload " label " absent"

#define UP(seq, ...) PACKET(ETH, IP4, TCP(seq, ACK), TEXT(__VA_ARGS__))
#define BACK(seq, ...) PACKET(ETH, IP4, TCP(seq, ACK), TEXT(__VA_ARGS__), DOWN)
#define DATAGRAM(...) PACKET(ETH, IP4, UDP, TEXT(__VA_ARGS__))
#define ANSWER(...) PACKET(ETH, IP4, UDP, TEXT(__VA_ARGS__), DOWN)

/* TLS records: hellos of 101 bytes, application data of 37 */
#define HELLO(type)                                                                    \
	TEXT("\x16\x03\x01\x00\x60" type "\x00\x00\x5c\x03\x03"), FILL(0x5a, 32), TEXT("\x20"), \
		FILL(0x33, 57)
#define CLIENT_HELLO HELLO("\x01")
#define SERVER_HELLO HELLO("\x02")
#define CHANGE_CIPHER TEXT("\x14\x03\x03\x00\x01\x01")
#define DATA TEXT("\x17\x03\x03\x00\x20"), TEXT("hello world hello world hello wo")

#define STREAM "<stream:stream to='example.org' xmlns='jabber:client' version='1.0'>"
#define QUESTION "\x00\x00\x00\x00\x00\x00\x03www\x07" "example\x03org\x00\x00\x01\x00\x01"

#define ROW(title, what, entry, ...) \
	{ .name = title, .packets = PACKETS(__VA_ARGS__), .expect = what, .words = WORDS, \
	  .flow = entry }
#define ROW_ON(server, title, what, entry, ...) \
	{ .name = title, .packets = PACKETS(__VA_ARGS__), .expect = what, .words = WORDS, \
	  .flow = entry, .port = server }

static const struct row rows[] = {
	/* IRC: who shows what */
	ROW("NICK and USER in one packet", IRC, "client=up basis=bytes levels=content/content",
	    UP(1, "NICK al\r\nUSER al 0 * :Al\r\n")),
	ROW("NICK and USER in two packets", U ", " IRC, "client=up",
	    UP(1, "NICK al\r\n"), UP(10, "USER al 0 * :Al\r\n")),
	ROW("USER and NICK in two packets", U ", " IRC, "client=up",
	    UP(1, "USER al 0 * :Al\r\n"), UP(18, "NICK al\r\n")),
	ROW("PASS, NICK and USER in three packets", "2x " U ", " IRC, "client=up",
	    UP(1, "PASS x\r\n"), UP(9, "NICK al\r\n"), UP(18, "USER al 0 * :Al\r\n")),
	ROW("lower case and bare line feeds", IRC, "client=up",
	    UP(1, "nick al\nuser al 0 * :Al\n")),
	ROW("twin: NICK alone", U, "client=?", UP(1, "NICK al\r\n")),
	ROW("twin: USER with three arguments", U ", " U, "client=?",
	    UP(1, "NICK al\r\n"), UP(10, "USER al 0 *\r\n")),
	ROW("twin: USER of an ident daemon, then NICK of nobody", U, "client=?",
	    UP(1, "USER al\r\nNICK al\r\n")),
	ROW("CAP LS", IRC, "client=up", UP(1, "CAP LS 302\r\n")),
	ROW("twin: CAPA of POP3", U, "client=?", UP(1, "CAPA\r\n")),
	ROW("first segment of 1 byte", U ", " IRC, "client=up",
	    UP(1, "N"), UP(2, "ICK al\r\nUSER al 0 * :Al\r\n")),
	ROW("first segment of 4 bytes", U ", " IRC, "client=up",
	    UP(1, "NICK"), UP(5, " al\r\nUSER al 0 * :Al\r\n")),
	ROW("first segment 45 44 00 02", U, "flows=1", UP(1, "\x45\x44\x00\x02")),
	ROW("only the server's side is seen", "2x " IRC, "packets=0/2",
	    BACK(1, ":irc.example 001 al :Welcome\r\n"), BACK(31, ":irc.example 002 al :x\r\n")),
	ROW("a server that greets", IRC, "packets=0/1", BACK(1, ":s NOTICE * :*** Looking up\r\n")),
	ROW("an old server that greets", IRC, "client=up", BACK(1, "NOTICE AUTH :*** hi\r\n")),
	ROW("in the middle: a prefix and PRIVMSG", IRC, "flows=1",
	    UP(1, ":a!b@c PRIVMSG #d :hi\r\n")),
	ROW("in the middle: what decides nothing, then a numeric", "2x " U ", " IRC, "flows=1",
	    UP(1, "ISON al\r\n"), UP(10, "ISON al\r\n"), BACK(1, ":s 303 al :\r\n")),
	ROW("message tags", IRC, "flows=1", BACK(1, "@t=1 :a!b@c PRIVMSG #d :hi\r\n")),
	ROW("twin: a prefix and no command", U, "flows=1", BACK(1, ":s hello world\r\n")),
	ROW("twin: a numeric of two digits", U, "flows=1", BACK(1, ":s 12 al :x\r\n")),
	ROW("twin: PRIVMSG to no channel, without a prefix", U, "flows=1",
	    UP(1, "PRIVMSG al :hello\r\n")),
	ROW_ON(80, "IRC on port 80", IRC, "client=up", UP(1, "NICK al\r\nUSER a b c :d\r\n")),
	ROW_ON(443, "IRC on port 443", IRC, "client=up", UP(1, "NICK al\r\nUSER a b c :d\r\n")),

	/* what looks like IRC */
	ROW_ON(21, "FTP", "6x " U, "client=?", BACK(1, "220 ready\r\n"),
	       UP(1, "USER anonymous\r\n"), BACK(12, "331 password\r\n"),
	       UP(17, "PASS hello@world\r\n"), BACK(26, "230 in\r\n"), UP(35, "NOOP\r\n")),
	ROW_ON(110, "POP3", "6x " U, "client=?", BACK(1, "+OK\r\n"), UP(1, "USER al\r\n"),
	       BACK(6, "+OK\r\n"), UP(10, "PASS secret\r\n"), BACK(11, "+OK\r\n"),
	       UP(23, "LIST\r\n")),
	ROW("FTP without the servers's side", "2x " U, "client=?",
	    UP(1, "USER al\r\nPASS x\r\n"), UP(18, "PASS y\r\nJOIN x\r\n")),
	ROW_ON(119, "NNTP", "3x " U, "client=?",
	       UP(1, "MODE READER\r\n"), BACK(1, "200 hi\r\n"), UP(14, "GROUP a.b\r\n")),
	ROW_ON(4222, "NATS", "5x " U, "client=?", BACK(1, "INFO {\"server_id\":\"x\"}\r\n"),
	       UP(1, "CONNECT {\"verbose\":false}\r\nPING\r\n"), BACK(25, "PONG\r\n"),
	       BACK(31, "MSG hello.world 1 5\r\nhello\r\n"), UP(33, "PUB a 5\r\nhello\r\n")),
	ROW_ON(6379, "RESP", "2x " U, "client=?", UP(1, "PING\r\n"), BACK(1, "+PONG\r\n")),

	/* XMPP */
	ROW_ON(5222, "XML declaration and stream in one packet", XMPP, "levels=service/service",
	       UP(1, "<?xml version='1.0'?>" STREAM)),
	ROW_ON(5222, "XML declaration alone, then the stream", U ", " XMPP, "flows=1",
	       UP(1, "<?xml version='1.0'?>"), UP(22, STREAM)),
	ROW_ON(5222, "double quotes, another order", XMPP, "flows=1",
	       UP(1, "<stream:stream xmlns=\"jabber:client\" to=\"x\">")),
	ROW_ON(5222, "the stream shows the service, a stanza content",
	       "2x " XMPP ", 2x scanned xmpp content", "levels=content/content",
	       UP(1, STREAM), BACK(1, STREAM), UP(69, "<message to='a' type='chat'>"),
	       UP(97, "<body>hallo</body></message>")),
	ROW("a stanza in the middle", "scanned xmpp content", "flows=1",
	    BACK(1, "<message to='a' type='chat'>")),
	ROW("the stream's end, exactly", "scanned xmpp protocol", "flows=1", UP(1, "</stream:stream>")),
	ROW("twin: the stream's end and more", U, "flows=1", UP(1, "</stream:stream> ")),
	ROW("twin: the XML declaration alone", U, "flows=1", UP(1, "<?xml version='1.0'?>")),
	ROW("twin: SOAP", "2x " U, "flows=1", UP(1, "<?xml version='1.0'?>"),
	    UP(22, "<soap:Envelope xmlns:soap='http://schemas.xmlsoap.org/soap/envelope/'>")),
	ROW("twin: a property list", U, "flows=1",
	    UP(1, "<?xml version='1.0'?><!DOCTYPE plist><plist version='1.0'>")),
	ROW("twin: a stream of something else", U, "flows=1",
	    UP(1, "<stream:stream xmlns='urn:other'>")),
	ROW("twin: a vendor's push, 25 00 45 14 04", U, "flows=1",
	    UP(1, "\x25\x00\x45\x14\x04")),
	ROW("a namespace that ends with byte 256", XMPP, "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), TEXT("<stream:stream a='"), FILL('x', 215),
		   TEXT("' xmlns='jabber:client'>"))),
	ROW("twin: with byte 257", U, "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), TEXT("<stream:stream a='"), FILL('x', 216),
		   TEXT("' xmlns='jabber:client'>"))),
	ROW("byte 256 in the second segment", U ", " XMPP, "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), TEXT("<stream:stream a='"), FILL('x', 100)),
	    PACKET(ETH, IP4, TCP(119, ACK), FILL('x', 115), TEXT("' xmlns='jabber:client'>"))),
	ROW("twin: byte 257 in the second segment", "2x " U, "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), TEXT("<stream:stream a='"), FILL('x', 100)),
	    PACKET(ETH, IP4, TCP(119, ACK), FILL('x', 116), TEXT("' xmlns='jabber:client'>"))),

	/* SIP, packet by packet */
	ROW_ON(5060, "MESSAGE is content, OPTIONS is envelope",
	       "scanned sip envelope, scanned sip content, scanned sip envelope, "
	       "scanned sip envelope", "levels=content/content",
	       DATAGRAM("OPTIONS sip:b@c SIP/2.0\r\n"), DATAGRAM("MESSAGE sip:b@c SIP/2.0\r\n"),
	       DATAGRAM("OPTIONS sip:b@c SIP/2.0\r\n"), ANSWER("SIP/2.0 200 OK\r\n")),
	ROW_ON(5060, "twin: no MESSAGE, no content", "2x scanned sip envelope",
	       "levels=envelope/envelope",
	       DATAGRAM("INVITE sip:b@c SIP/2.0\r\n"), ANSWER("SIP/2.0 180 Ringing\r\n")),
	ROW("SIP over TCP", "scanned sip envelope, scanned sip content", "flows=1",
	    UP(1, "REGISTER sips:c SIP/2.0\r\n"), UP(26, "MESSAGE tel:123 SIP/2.0\r\n")),
	ROW("line ends before a request", "scanned sip envelope", "flows=1",
	    DATAGRAM("\r\n\r\nOPTIONS sip:b@c SIP/2.0\r\n")),
	ROW_ON(1900, "twin: SSDP NOTIFY", U, "flows=1", DATAGRAM("NOTIFY * HTTP/1.1\r\n")),
	ROW_ON(1900, "twin: SSDP M-SEARCH", U, "flows=1", DATAGRAM("M-SEARCH * HTTP/1.1\r\n")),
	ROW_ON(554, "twin: RTSP", U ", " U, "flows=1",
	       UP(1, "OPTIONS rtsp://x/y RTSP/1.0\r\n"), BACK(1, "RTSP/1.0 200 OK\r\n")),
	ROW("twin: a method and no version", U, "flows=1", DATAGRAM("MESSAGE sip:b@c\r\n")),

	/* HTTP */
	ROW_ON(6667, "HTTP on port 6667", "2x not_selected http content",
	       "client=up levels=content/content",
	       UP(1, "GET /hello HTTP/1.1\r\nHost: world\r\n\r\n"),
	       BACK(1, "HTTP/1.1 200 OK\r\n\r\nhello")),
	ROW("an answer whose request was not seen", "not_selected http content", "client=up",
	    BACK(1, "HTTP/1.1 404 Not Found\r\n")),
	ROW("the version in the next segment", U ", not_selected http content", "client=up",
	    UP(1, "GET /hello"), UP(11, " HTTP/1.1\r\n")),
	ROW("twin: another version", U, "flows=1", UP(1, "GET /hello HTTP/3.1\r\n")),
	ROW("a target longer than the walk", "not_selected http content", "client=up",
	    PACKET(ETH, IP4, TCP(1, ACK), TEXT("GET /"), FILL('x', 300))),
	ROW("twin: the same of 249 bytes", U, "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), TEXT("GET /"), FILL('x', 244))),

	/* TLS */
	ROW_ON(443, "setup shows the protocol, data its shape",
	       "3x encrypted tls protocol, 4x encrypted tls shape",
	       "client=up levels=protocol/shape hits=0/0",
	       PACKET(ETH, IP4, TCP(1, ACK), CLIENT_HELLO),
	       PACKET(ETH, IP4, TCP(1, ACK), SERVER_HELLO, DOWN),
	       PACKET(ETH, IP4, TCP(102, ACK), CHANGE_CIPHER, DOWN),
	       PACKET(ETH, IP4, TCP(102, ACK), DATA), UP(139, "hello world"),
	       PACKET(ETH, IP4, TCP(108, ACK), CLIENT_HELLO, DOWN),
	       BACK(209, "PRIVMSG #c :hello\r\n")),
	ROW("TLS on port 6667", "encrypted tls protocol", "client=up",
	    PACKET(ETH, IP4, TCP(1, ACK), CLIENT_HELLO)),
	ROW("only the server's side of TLS", "encrypted tls protocol", "client=up",
	    PACKET(ETH, IP4, TCP(1, ACK), SERVER_HELLO, DOWN)),
	ROW("in the middle of TLS: one whole record", "encrypted tls shape", "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), DATA)),
	ROW("twin: a record one byte longer", U, "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), DATA, TEXT("x"))),
	ROW("twin: a hello of mmtls, 16 f1", U, "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), CLIENT_HELLO, LIE(TCP, 21, 1, 0xf1))),
	ROW("twin: session id of 33 bytes", U, "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), CLIENT_HELLO, LIE(TCP, 63, 1, 33))),
	ROW("chat in a flow of TLS stays unread", "2x encrypted tls shape", "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), DATA), UP(38, "PRIVMSG #c :hello\r\n")),

	/* changes */
	ROW_ON(5222, "STARTTLS: XMPP becomes encrypted, the label stays",
	       "4x " XMPP ", encrypted xmpp protocol, 3x encrypted xmpp shape, "
	       BARE("xmpp"), "flows=1 levels=service/shape hits=0/0",
	       UP(1, STREAM), BACK(1, STREAM),
	       UP(69, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
	       BACK(69, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
	       PACKET(ETH, IP4, TCP(120, ACK), CLIENT_HELLO),
	       PACKET(ETH, IP4, TCP(119, ACK), SERVER_HELLO, DOWN),
	       PACKET(ETH, IP4, TCP(221, ACK), DATA), UP(258, "<message to='hello'>"),
	       PACKET(ETH, IP4, TCP(278, ACK))),
	ROW_ON(5222, "twin: STARTTLS refused", "4x " XMPP, "levels=service/service",
	       UP(1, STREAM), BACK(1, STREAM),
	       UP(69, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
	       BACK(69, "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")),
	ROW("STARTTLS: IRC becomes encrypted", IRC ", encrypted irc protocol, "
	    "encrypted irc shape", "levels=content/shape",
	    BACK(1, ":s 670 al :STARTTLS\r\n"), PACKET(ETH, IP4, TCP(1, ACK), CLIENT_HELLO),
	    PACKET(ETH, IP4, TCP(22, ACK), DATA, DOWN)),
	ROW("a proxy's CONNECT: HTTP becomes encrypted",
	    "2x not_selected http content, encrypted http protocol, encrypted http shape",
	    "levels=content/shape", UP(1, "CONNECT a:443 HTTP/1.1\r\n\r\n"),
	    BACK(1, "HTTP/1.1 200 OK\r\n\r\n"), PACKET(ETH, IP4, TCP(27, ACK), CLIENT_HELLO),
	    PACKET(ETH, IP4, TCP(20, ACK), DATA, DOWN)),
	ROW("twin: what SIP carries does not change it", "2x scanned sip envelope",
	    "levels=envelope/envelope", UP(1, "OPTIONS sip:b@c SIP/2.0\r\n"),
	    PACKET(ETH, IP4, TCP(26, ACK), CLIENT_HELLO)),
	ROW("twin: HTTP in a flow of IRC does not change it", "2x " IRC,
	    "levels=content/content", UP(1, "NICK al\r\nUSER al 0 * :Al\r\n"),
	    UP(27, "GET / HTTP/1.1\r\n\r\n")),

	/* DNS */
	ROW_ON(53, "DNS question and answer", "2x not_selected dns service",
	       "client=up levels=service/service",
	       DATAGRAM("\x12\x34\x01\x00\x00\x01" QUESTION),
	       ANSWER("\x12\x34\x81\x80\x00\x01" QUESTION)),
	ROW_ON(6667, "DNS on another port", "not_selected dns service", "client=up",
	       DATAGRAM("\x12\x34\x01\x00\x00\x01" QUESTION)),
	ROW_ON(53, "twin: two questions", U, "flows=1",
	       DATAGRAM("\x12\x34\x01\x00\x00\x02" QUESTION)),
	ROW_ON(53, "twin: opcode 7", U, "flows=1",
	       DATAGRAM("\x12\x34\x39\x00\x00\x01" QUESTION)),
	ROW_ON(53, "twin: chat on port 53", "scanned sip content", "flows=1",
	       DATAGRAM("MESSAGE sip:b@c SIP/2.0\r\n")),
	ROW_ON(53, "DNS over TCP", "not_selected dns service", "client=up",
	       UP(1, "\x00\x21\x12\x34\x01\x00\x00\x01" QUESTION)),
	ROW_ON(6667, "twin: another length, and not at its port", U, "flows=1",
	       UP(1, "\x00\x22\x12\x34\x01\x00\x00\x01" QUESTION)),

	/* giving up */
	ROW("give up with the 8th packet", "7x " U ", 2x " LOST, "flows=1 packets=9/0",
	    UP(1, "a"), UP(2, "b"), UP(3, "c"), UP(4, "d"), UP(5, "e"), UP(6, "f"), UP(7, "g"),
	    UP(8, "h"), UP(9, "PRIVMSG #c :hello\r\n")),
	ROW("twin: recognised with the 8th", "7x " U ", 2x " IRC, "flows=1",
	    UP(1, "a"), UP(2, "b"), UP(3, "c"), UP(4, "d"), UP(5, "e"), UP(6, "f"), UP(7, "g"),
	    UP(8, "PRIVMSG #c :hallo\r\n"), UP(27, "x")),
	ROW("each direction gives up by itself", "7x " U ", " LOST ", " U ", " LOST ", "
	    IRC ", scanned_after_gap irc content", "flows=1",
	    UP(1, "a"), UP(2, "b"), UP(3, "c"), UP(4, "d"), UP(5, "e"), UP(6, "f"), UP(7, "g"),
	    UP(8, "h"), BACK(1, "z"), UP(9, "i"), BACK(2, ":s 001 al :x\r\n"), UP(10, "j")),
	ROW("giving up over UDP", "7x " U ", 2x " LOST, "flows=1",
	    DATAGRAM("a"), DATAGRAM("b"), DATAGRAM("c"), DATAGRAM("d"), DATAGRAM("e"),
	    DATAGRAM("f"), DATAGRAM("g"), DATAGRAM("h"), DATAGRAM("MESSAGE sip:b@c SIP/2.0\r\n")),
	ROW("bare ACKs and retransmissions are no attempts",
	    "2x " U ", 3x no_payload unknown absent, 3x retransmission unknown shape, 5x " U
	    ", " LOST, "flows=1",
	    UP(1, "a"), UP(2, "b"), PACKET(ETH, IP4, TCP(3, ACK)), PACKET(ETH, IP4, TCP(3, ACK)),
	    PACKET(ETH, IP4, TCP(3, ACK)), UP(1, "a"), UP(2, "b"), UP(1, "ab"), UP(3, "c"),
	    UP(4, "d"), UP(5, "e"), UP(6, "f"), UP(7, "g"), UP(8, "h")),

	/* streams that are not in order */
	ROW("a retransmission is not walked twice",
	    U ", retransmission unknown shape, " IRC, "client=up",
	    UP(1, "NICK al"), UP(1, "NICK al"), UP(8, "\r\nUSER al 0 * :Al\r\n")),
	ROW("an overlap is walked once", U ", " IRC, "client=up",
	    UP(1, "NICK al"), UP(1, "NICK al\r\nUSER al 0 * :Al\r\n")),
	ROW("twin: the same bytes in order are something else", "2x " U, "client=?",
	    UP(1, "NICK al"), UP(8, "NICK al\r\nUSER\r\n")),
	ROW("a gap ends the walk", "2x " U, "client=?",
	    UP(1, "NICK al\r\n"), UP(100, "USER al 0 * :Al\r\n")),
	ROW("twin: without the gap", U ", " IRC, "client=up",
	    UP(1, "NICK al\r\n"), UP(10, "USER al 0 * :Al\r\n")),
	ROW("behind a gap a packet may speak for itself", U ", scanned_after_gap irc content",
	    "flows=1", UP(1, "NICK al\r\n"), UP(100, "PRIVMSG #c :x\r\n")),
	ROW("a new SYN lets the walk begin again",
	    "2x " U ", no_payload unknown absent, " IRC, "client=up",
	    UP(1, "xx"), UP(90, "yy"), PACKET(ETH, IP4, TCP(500, SYN)),
	    UP(501, "NICK al\r\nUSER al 0 * :Al\r\n")),
	ROW("a capture that holds too little", "truncated unknown shape", "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), TEXT("NICK al\r\nUSER al 0 * :Al\r\n"), CUT(60))),
	ROW("twin: enough", "truncated irc content", "flows=1",
	    PACKET(ETH, IP4, TCP(1, ACK), TEXT("NICK al\r\nUSER al 0 * :Al\r\n"), CUT(76))),
};

/* ------------------------------------------------------------ cut anywhere */

#define LITERAL(text) text, sizeof(text) - 1
#define RANDOM32 "0123456789abcdef0123456789abcdef"

static const struct stream {
	const char *label;
	const char *bytes;
	size_t size;
} streams[] = {
	{ "irc", LITERAL("NICK alice\r\nUSER alice 0 * :Alice Example\r\n") },
	{ "irc", LITERAL("PASS x\r\nUSER al 8 * :A\r\nNICK al\r\nJOIN #c\r\n") },
	{ "irc", LITERAL("CAP LS 302\r\nNICK al\r\n") },
	{ "xmpp", LITERAL("<?xml version='1.0'?>\n<stream:stream to='example.org' "
			  "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
			  "version='1.0'>") },
	{ "sip", LITERAL("MESSAGE sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/TCP a\r\n\r\n") },
	{ "sip", LITERAL("OPTIONS sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/TCP a\r\n\r\n") },
	{ "tls", LITERAL("\x16\x03\x01\x00\x60\x01\x00\x00\x5c\x03\x03" RANDOM32 "\x20" RANDOM32
			 "\x00\x04\x13\x01\x13\x02\x01\x00\x00\x0f\x00\x2b\x00\x03\x02\x03\x04"
			 "\x00\x0b\x00\x04\xff\x01\x00\x00") },
	{ "http", LITERAL("GET /index.html HTTP/1.1\r\nHost: example.org\r\n\r\n") },
	{ "http", LITERAL("HTTP/1.1 200 OK\r\nServer: x\r\n\r\n") },

	/* never something */
	{ "unknown", LITERAL("USER anonymous\r\nPASS guest@example.org\r\nMODE READER\r\n") },
	{ "unknown", LITERAL("<?xml version='1.0'?>\n<soap:Envelope xmlns:soap='x'>") },
	{ "unknown", LITERAL("OPTIONS rtsp://example.org/a RTSP/1.0\r\nCSeq: 1\r\n\r\n") },
	{ "unknown", LITERAL("CONNECT {\"verbose\":false,\"pedantic\":false}\r\nPING\r\n") },
};

/* Sends a stream as a flow of its own, cut at these places (0: no cut). */
static void send_cut(struct engine *engine, const struct stream *stream, size_t first,
		     size_t second)
{
	size_t cuts[] = { 0, first, second, stream->size };
	struct packet_peers peers = rig_peers(0);

	for (size_t i = 0; i + 1 < COUNT(cuts); i++)
		if (cuts[i + 1] > cuts[i])
			rig_segment(engine, &peers, false, 1 + cuts[i], stream->bytes + cuts[i],
				    cuts[i + 1] - cuts[i]);
}

/* Every flow since packet number since has this label, and the first one's levels. */
static void check_labels(struct engine *engine, __u64 since, const char *label, size_t flows)
{
	const struct gl_flow *model = NULL;
	struct snapshot snapshot;
	size_t seen = 0;

	rig_read(engine, &snapshot);
	for (size_t i = 0; i < snapshot.flow_count; i++) {
		const struct gl_flow *flow = &snapshot.flows[i].flow;

		if (flow->first <= since)
			continue;
		seen++;
		if (!model)
			model = flow;
		if (strcmp(rig_label(flow->protocol), label))
			fail_msg("flow %zu is %s, not %s", seen, rig_label(flow->protocol), label);
		assert_int_equal(flow->setup, model->setup);
		assert_int_equal(flow->steady, model->steady);
		/* In a flow without a label a step may have guessed at the client. */
		if (strcmp(label, "unknown"))
			assert_int_equal(flow->client_dir, model->client_dir);
	}
	assert_int_equal(seen, flows);
	snapshot_free(&snapshot);
}

static void one_cut_anywhere(struct engine *engine)
{
	for (size_t i = 0; i < COUNT(streams); i++) {
		__u64 since = rig.number;

		send_cut(engine, &streams[i], 0, 0);
		for (size_t cut = 1; cut < streams[i].size; cut++)
			send_cut(engine, &streams[i], cut, cut);
		check_labels(engine, since, streams[i].label, streams[i].size);
	}
}

static void two_cuts_anywhere(struct engine *engine)
{
	for (size_t i = 0; i < COUNT(streams); i++) {
		__u64 since = rig.number;
		size_t flows = 0;

		for (size_t a = 1; a < streams[i].size && a < 60; a += 3)
			for (size_t b = a + 1; b < streams[i].size && b < 60; b += 2, flows++)
				send_cut(engine, &streams[i], a, b);
		check_labels(engine, since, streams[i].label, flows);
	}
}

/* In as many segments as are tried, each of one byte but for the last. */
static void eight_segments(struct engine *engine)
{
	for (size_t i = 0; i < COUNT(streams); i++) {
		struct packet_peers peers = rig_peers(0);
		__u64 since = rig.number;
		size_t at;

		for (at = 0; at < GL_CLASSIFY_PACKETS - 1; at++)
			rig_segment(engine, &peers, false, 1 + at, streams[i].bytes + at, 1);
		rig_segment(engine, &peers, false, 1 + at, streams[i].bytes + at,
			    streams[i].size - at);
		check_labels(engine, since, streams[i].label, 1);
	}
}

/* Many logins, as a brute force makes them: none of them is chat. */
static void ftp_brute_force(struct engine *engine)
{
	static const char *const lines[] = { "USER root\r\n", "PASS hello\r\n", "USER admin\r\n",
					     "PASS world\r\n", "QUIT\r\n" };
	__u64 since = rig.number;

	for (int i = 0; i < 200; i++) {
		struct packet_peers peers = rig_peers(21);
		__u32 seq = 1;

		for (size_t n = 0; n < COUNT(lines); seq += strlen(lines[n]), n++)
			rig_segment(engine, &peers, false, seq, lines[n], strlen(lines[n]));
	}
	check_labels(engine, since, "unknown", 200);
}

static const struct trial trials[] = {
	{ "a stream with one cut anywhere", one_cut_anywhere, WORDS, GL_SCAN_CHAT, false },
	{ "a stream with two cuts anywhere", two_cuts_anywhere, WORDS, GL_SCAN_CHAT, false },
	{ "seven bytes in seven segments", eight_segments, WORDS, GL_SCAN_CHAT, false },
	{ "FTP brute force", ftp_brute_force, WORDS, GL_SCAN_CHAT, false },
};

int main(void)
{
	return rig_main("classify", rows, COUNT(rows), trials, COUNT(trials));
}

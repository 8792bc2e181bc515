/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readable payload to hits: exact counts, compared with a naive search where the
 * text is long; what is read at all; what is never read.
 */
#include "rig.h"

#define WORDS "hello\nworld"
#define SAY "PRIVMSG #c :"	/* 12 bytes, recognised by itself */
#define IRC "scanned irc content"
#define SIP "MESSAGE sip:a SIP/2.0\r\n"
#define CALL "scanned sip content"

#define UP(seq, ...) PACKET(ETH, IP4, TCP(seq, ACK), TEXT(__VA_ARGS__))
#define BACK(seq, ...) PACKET(ETH, IP4, TCP(seq, ACK), TEXT(__VA_ARGS__), DOWN)
#define DATAGRAM(...) PACKET(ETH, IP4, UDP, TEXT(__VA_ARGS__))
#define APPDATA TEXT("\x17\x03\x03\x00\x20"), TEXT("hello world hello world hello wo")

#define ROW(title, list, what, count, ...) \
	{ .name = title, .packets = PACKETS(__VA_ARGS__), .expect = what, .words = list, \
	  .hits = count }
#define MODE_ROW(mode, title, what, count, ...) \
	{ .name = title, .packets = PACKETS(__VA_ARGS__), .expect = what, .words = WORDS, \
	  .hits = count, .scan = mode }

/* 8 datagrams that nothing recognises; the 8th makes the direction given up on. */
#define EIGHT DATAGRAM("1"), DATAGRAM("2"), DATAGRAM("3"), DATAGRAM("4"), DATAGRAM("5"), \
	DATAGRAM("6"), DATAGRAM("7"), DATAGRAM("8")

static const struct row rows[] = {
	/* where a word lies */
	ROW("at the start", "hello\nprivmsg", IRC, "privmsg 1 1 1", UP(1, SAY "x")),
	ROW("in the middle", WORDS, IRC, "hello 1 1 1", UP(1, SAY "a hello b")),
	ROW("at the end", WORDS, IRC, "hello 1 1 1", UP(1, SAY "hello")),
	ROW("twin: all but its last byte", WORDS, IRC, "", UP(1, SAY "hell")),
	ROW("twin: all but its first byte", WORDS, IRC, "", UP(1, SAY "ello")),
	ROW("within another word", WORDS, IRC, "hello 1 1 1", UP(1, SAY "othelloing")),
	ROW("the whole payload", WORDS, "2x " IRC, "hello 1 1 1", UP(1, SAY), UP(13, "hello")),
	ROW("a word of 64 bytes",
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", IRC,
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef 1 1 1",
	    UP(1, SAY "00123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF")),
	ROW("twin: its first 63",
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", IRC, "",
	    UP(1, SAY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde")),
	ROW("a word with a zero byte beside it", WORDS, IRC, "hello 1 1 1, world 1 1 1",
	    UP(1, SAY "\0hello\0world\0")),

	/* case */
	ROW("ASCII letters in any case", WORDS, IRC, "hello 4 1 1",
	    UP(1, SAY "hello HELLO Hello hElLo")),
	ROW("a list in capitals", "HELLO", IRC, "HELLO 3 1 1", UP(1, SAY "hello HELLO Hello")),
	ROW("z and Z", "zz", IRC, "zz 2 1 1", UP(1, SAY "zZ Zz")),
	ROW("[ is not {", "[x", IRC, "[x 1 1 1", UP(1, SAY "[x {x")),
	ROW("{ is not [", "{x", IRC, "{x 1 1 1", UP(1, SAY "[x {X")),
	ROW("@ is neither backquote nor backslash", "@a", IRC, "@a 1 1 1", UP(1, SAY "`a \\a @a")),
	ROW("backslash is not |", "\\a", IRC, "\\a 1 1 1", UP(1, SAY "|a \\a @a")),
	ROW("letters beyond ASCII in any case", "\xc3\xbc" "ber", IRC, "\xc3\xbc" "ber 3 1 1",
	    UP(1, SAY "\xc3\xbc" "ber \xc3\x9c" "ber \xc3\xbc" "BER")),
	ROW("the Kelvin sign is no k", "kk", IRC, "kk 1 1 1",
	    UP(1, SAY "\xe2\x84\xaak kk \xe2\x84\xaa\xe2\x84\xaa")),
	ROW("twin: another letter, another accent", "\xc3\xbc" "ber", IRC, "",
	    UP(1, SAY "\xc3\xbb" "ber \xc3\x9b" "ber u" "ber")),
	ROW("bytes 0xc1 and 0xe1 fold as letters only", "x\xc3\xa1", IRC, "x\xc3\xa1 2 1 1",
	    UP(1, SAY "x\xc3\x81 X\xc3\xa1 x\xe3\xa1 x\xc3\xc1")),
	ROW("Chinese, byte by byte", "\xe4\xbd\xa0\xe5\xa5\xbd", IRC,
	    "\xe4\xbd\xa0\xe5\xa5\xbd 1 1 1",
	    UP(1, SAY "\xe4\xbd\xa0\xe5\xa5\xbd \xe5\xa5\xbd\xe4\xbd\xa0")),

	/* words in words */
	ROW("he, she, hers", "he\nshe\nhers\nhis", IRC,
	    "he 3 1 1, she 1 1 1, hers 2 1 1, his 1 1 1", UP(1, SAY "ushers hers his he")),
	ROW("suffixes of one word", "abcd\nbcd\ncd", IRC, "abcd 1 1 1, bcd 2 1 1, cd 3 1 1",
	    UP(1, SAY "abcd bcd cd d")),
	ROW("prefixes of one word", "abcd\nabc\nab", IRC, "abcd 1 1 1, abc 2 1 1, ab 3 1 1",
	    UP(1, SAY "abcd abc ab a")),
	ROW("a word that overlaps itself", "aa", IRC, "aa 4 1 1", UP(1, SAY "aaaaa")),
	ROW("a word that overlaps itself by two", "abab", IRC, "abab 3 1 1",
	    UP(1, SAY "abababab")),
	ROW("a near miss hides no other word", "abcx\nbcd", IRC, "bcd 1 1 1", UP(1, SAY "abcd")),
	ROW("a long near miss hides no other word", "aaaab\naac", IRC, "aac 1 1 1",
	    UP(1, SAY "aaaac")),

	/* segments */
	ROW("over two segments", WORDS, "2x " IRC, "hello 1 1 1",
	    UP(1, SAY "he"), UP(15, "llo")),
	ROW("twin: the other direction does not join", WORDS, "2x " IRC, "",
	    UP(1, SAY "he"), BACK(1, "llo")),
	ROW("over three segments, with others between", WORDS, "5x " IRC, "hello 1 1 1",
	    UP(1, SAY "h"), BACK(1, "hel"), UP(14, "ell"), BACK(4, "x"), UP(17, "o")),
	ROW("half of a character over two segments", "\xe4\xbd\xa0\xe5\xa5\xbd",
	    IRC ", no_payload irc absent, " IRC, "\xe4\xbd\xa0\xe5\xa5\xbd 1 1 1",
	    UP(1, SAY "\xe4\xbd"), PACKET(ETH, IP4, TCP(15, ACK)),
	    UP(15, "\xa0\xe5\xa5\xbd")),
	ROW("both directions in one packet's time", WORDS, "4x " IRC,
	    "hello 1 1 1, world 1 1 1",
	    UP(1, SAY "hel"), BACK(1, "wor"), UP(16, "lo"), BACK(4, "ld")),

	/* UTF-8 only, as asked for here; test_encodings.c has the others */
	ROW("CTCP", WORDS, IRC, "hello 1 1 1", UP(1, SAY "\1ACTION says hello\1")),
	ROW("formatting within a word", WORDS, IRC, "", UP(1, SAY "he\2llo")),
	ROW("not XML references", WORDS, "2x scanned xmpp content", "hello 1 1 1",
	    UP(1, "<message to='a@b'><body>h&#101;llo</body>"), UP(42, "<body>hello</body>")),
	ROW("not UTF-16", WORDS, IRC, "",
	    UP(1, SAY "h\0e\0l\0l\0o\0 \0w\0o\0r\0l\0d\0")),
	ROW("not Base64", WORDS, IRC, "", UP(1, SAY "aGVsbG8gd29ybGQ=")),
	{ .name = "a masked frame of WebSocket is not unmasked", .words = WORDS,
	  .packets = PACKETS(UP(1, "GET /chat HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"),
			     BACK(1, "HTTP/1.1 101 Switching Protocols\r\n\r\n"),
			     UP(43, "\x81\x85\x01\x02\x03\x04igohn"), BACK(37, "\x81\x05hello")),
	  .expect = "4x scanned http content", .hits = "hello 1 1 1", .scan = GL_SCAN_CLEAR },

	/* counts */
	ROW("packets and flows with a word", WORDS, "4x " IRC, "hello 6 3 2, world 1 1 1",
	    UP(1, SAY "hello hello"), UP(24, "hello world"), UP(35, "none"),
	    PACKET(ETH, IP4, TCP(1, ACK), PORTS(40001, 6667), TEXT(SAY "hello hello hello"))),
	ROW("both directions are one flow", WORDS, "3x " IRC, "hello 3 3 1",
	    UP(1, SAY "hello"), BACK(1, "hello"), UP(18, "hello")),
	ROW("one packet, then another of the same flow", WORDS, "2x " CALL, "hello 4 2 1",
	    DATAGRAM(SIP "hello hello"), DATAGRAM(SIP "hello hello")),
	ROW("two words by turns count a packet each", WORDS, IRC, "hello 3 1 1, world 3 1 1",
	    UP(1, SAY "hello world hello world hello world")),

	/* what is read, by --scan */
	MODE_ROW(GL_SCAN_CHAT, "chat reads chat", IRC, "hello 1 1 1", UP(1, SAY "hello")),
	MODE_ROW(GL_SCAN_CHAT, "chat leaves HTTP", "2x not_selected http content", "",
		 UP(1, "GET /hello HTTP/1.1\r\n\r\n"), UP(24, "hello")),
	MODE_ROW(GL_SCAN_CLEAR, "clear reads HTTP", "2x scanned http content", "hello 2 2 1",
		 UP(1, "GET /hello HTTP/1.1\r\n\r\n"), UP(24, "hello")),
	MODE_ROW(GL_SCAN_CLEAR, "clear reads chat", IRC, "hello 1 1 1", UP(1, SAY "hello")),
	MODE_ROW(GL_SCAN_CLEAR, "clear reads DNS", "scanned dns service", "hello 1 1 1",
		 DATAGRAM("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05hello\x03org\x00"
			  "\x00\x01\x00\x01")),
	MODE_ROW(GL_SCAN_CHAT, "twin: chat does not",
		 "not_selected dns service", "",
		 DATAGRAM("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05hello\x03org\x00"
			  "\x00\x01\x00\x01")),
	MODE_ROW(GL_SCAN_CHAT, "chat leaves what it gave up on",
		 "7x undecided unknown shape, 2x unknown unknown shape", "",
		 EIGHT, DATAGRAM("hello")),
	MODE_ROW(GL_SCAN_CLEAR, "clear reads what it gave up on, not before",
		 "7x undecided unknown shape, 3x scanned unknown shape",
		 "hello 1 1 1", DATAGRAM("hello"), EIGHT, DATAGRAM("hello")),
	MODE_ROW(GL_SCAN_ALL, "all reads what is undecided", "scanned unknown shape",
		 "hello 1 1 1", DATAGRAM("hello")),
	MODE_ROW(GL_SCAN_ALL, "all reads what it gave up on", "9x scanned unknown shape",
		 "hello 1 1 1", EIGHT, DATAGRAM("hello")),
	MODE_ROW(GL_SCAN_ALL, "all reads encrypted payload", "scanned tls shape",
		 "hello 3 1 1, world 2 1 1", PACKET(ETH, IP4, TCP(1, ACK), APPDATA)),
	MODE_ROW(GL_SCAN_CLEAR, "twin: clear never does", "2x encrypted tls shape", "",
		 PACKET(ETH, IP4, TCP(1, ACK), APPDATA), UP(38, "hello")),
	MODE_ROW(GL_SCAN_CHAT, "twin: nor does chat", "2x encrypted tls shape", "",
		 PACKET(ETH, IP4, TCP(1, ACK), APPDATA), UP(38, "hello")),
	MODE_ROW(GL_SCAN_ALL, "all keeps its place in the stream", "2x scanned unknown shape",
		 "hello 1 1 1", UP(1, "hel"), UP(4, "lo")),
	MODE_ROW(GL_SCAN_CLEAR, "clear keeps its place while it gives up",
		 "7x undecided unknown shape, 2x scanned unknown shape", "hello 1 1 1",
		 UP(1, "1"), UP(2, "2"), UP(3, "3"), UP(4, "4"), UP(5, "5"), UP(6, "6"),
		 UP(7, "7"), UP(8, "hel"), UP(11, "lo")),
	MODE_ROW(GL_SCAN_ALL, "all reads no frame without ports", "not_tcp_udp, later_fragment",
		 "", PACKET(ETH, IP4, LIE(IP4, 9, 1, 1), TEXT("hello")),
		 PACKET(ETH, IP4, UDP, TEXT("hello"), FRAGMENT(64, true))),

	/* no list */
	{ .name = "no list", .packets = PACKETS(UP(1, SAY "hello")),
	  .expect = "no_words irc content" },
	{ .name = "no list: what is not read is said first",
	  .packets = PACKETS(PACKET(ETH, IP4, TCP(1, ACK), APPDATA)),
	  .expect = "encrypted tls shape" },
	{ .name = "no list, all", .packets = PACKETS(DATAGRAM("hello")),
	  .expect = "no_words unknown shape", .scan = GL_SCAN_ALL },
};

/* ------------------------------------------------------------ long texts */

/* Occurrences, overlapping ones too, ASCII letters in any case. */
static __u64 naive(const unsigned char *text, size_t size, const char *word)
{
	size_t n = strlen(word);
	__u64 found = 0;

	for (size_t at = 0; at + n <= size; at++)
		found += !strncasecmp((const char *)text + at, word, n);
	return found;
}

static unsigned char text[65536];

/* Pseudo-random text over an alphabet: the same in every run. */
static void fill_text(size_t size, const char *alphabet, __u64 seed)
{
	size_t letters = strlen(alphabet);

	memcpy(text, SAY, 12);
	for (size_t i = 12; i < size; i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		text[i] = alphabet[(seed >> 33) % letters];
	}
}

/* One packet of the text, cut into the linear part and the rest where possible. */
static void check_text(struct engine *engine, size_t size, __u32 linear)
{
	struct packet_peers peers = rig_peers(0);
	struct snapshot before, after;

	rig_read(engine, &before);
	packet_build(PACKET(ETH, IP4, TCP(1, ACK), BYTES(text, size)), &peers, &rig.packet);
	rig_send_split(engine, linear);
	rig_read(engine, &after);
	for (size_t i = 0; i < after.word_count; i++) {
		const char *word = after.words[i].word.text;
		__u64 want = naive(text, size, word);
		struct gl_word_count got = rig_count(&before, &after, word);

		if (got.hits != want || got.packets != !!want || got.flows != !!want)
			fail_msg("%s: %llu hits, %llu packets, %llu flows; naive %llu", word,
				 got.hits, got.packets, got.flows, want);
	}
	assert_int_equal(after.total.outcome[GL_OUT_SCANNED].packets,
			 before.total.outcome[GL_OUT_SCANNED].packets + 1);
	snapshot_free(&before);
	snapshot_free(&after);
}

/* The text is loaded by pieces of GL_TEXT bytes, and probed by groups. */
static void piece_borders(struct engine *engine)
{
	for (size_t at = 12; at < 2 * GL_TEXT + 100; at += at % GL_TEXT == 100 ? 1900 : 1) {
		memset(text, '.', sizeof(text));
		memcpy(text, SAY, 12);
		memcpy(text + at, "hello", 5);
		check_text(engine, 2 * GL_TEXT + 200, 0);
	}
}

/* The piece begins with the payload, so the payload's length is moved, too. */
static void piece_ends(struct engine *engine)
{
	memset(text, '.', sizeof(text));
	memcpy(text, SAY, 12);
	for (size_t size = 20; size < 2 * GL_TEXT + 100; size += size % GL_TEXT == 100 ? 1900 : 1) {
		memcpy(text + size - 5, "hello", 5);
		check_text(engine, size, 0);
		memset(text + size - 5, '.', 5);
	}
}

static void linear_border(struct engine *engine)
{
	memset(text, '.', sizeof(text));
	memcpy(text, SAY, 12);
	memcpy(text + 100, "hello", 5);
	for (__u32 linear = 54 + 90; linear < 54 + 110; linear++)
		check_text(engine, 400, linear);
	fill_text(5000, "helowrd ", 1);
	memcpy(text + 3000, "hello", 5);
	for (__u32 linear = 54 + 2990; linear < 54 + 3010; linear++)
		check_text(engine, 5000, linear);
}

/* The most hits that there can be: two a byte for two words, all along. */
static void dense_matches(struct engine *engine)
{
	memset(text, 'a', sizeof(text));
	memcpy(text, SAY, 12);
	for (size_t size = 250; size < 1100; size += 3)
		check_text(engine, size, 0);
	check_text(engine, 9000 - 54, 0);
	check_text(engine, 65535 - 54, 0);
	for (size_t i = 13; i < sizeof(text); i += 2)
		text[i] = 'b';
	check_text(engine, 65000, 0);
	memset(text + 12, 'A', sizeof(text) - 12);
	check_text(engine, 65000, 2000);
}

/* Texts that go far down the automaton and fall back, again and again. */
static void random_texts(struct engine *engine)
{
	for (int i = 0; i < 60; i++) {
		fill_text(1460, "ab", i);
		check_text(engine, 1460, 0);
		fill_text(1460, "abcABC ", i);
		check_text(engine, 1000 + i * 7, 0);
	}
	fill_text(65000, "ab", 99);
	check_text(engine, 65000, 0);
	fill_text(65000, "aab ", 98);
	check_text(engine, 65481, 0);
}

/* 64 'a' and every suffix: 63 words end at a byte. */
static void longest_chains(struct engine *engine)
{
	memset(text, 'a', sizeof(text));
	memcpy(text, SAY, 12);
	check_text(engine, 1460, 0);
	check_text(engine, 9000, 0);
	for (size_t i = 12 + 63; i < sizeof(text); i += 64)
		text[i] = 'b';
	check_text(engine, 1460, 0);
}

/* ------------------------------------------------------------ streams */

/* The text as one stream, in segments of pseudo-random sizes. */
static void check_stream(struct engine *engine, size_t size, __u64 seed, bool copies)
{
	struct packet_peers peers = rig_peers(0);
	struct snapshot before, after;
	size_t at = 12, n;

	rig_read(engine, &before);
	rig_segment(engine, &peers, false, 1, text, 12);
	for (; at < size; at += n) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		n = 1 + (seed >> 33) % (seed & 0x1000 ? 700 : 9);
		if (n > size - at)
			n = size - at;
		rig_segment(engine, &peers, false, 1 + at, text + at, n);
		if (copies) {
			size_t back = (seed >> 40) % (at - 11);

			rig_segment(engine, &peers, false, 1 + at - back, text + at - back,
				    (back + n + 1) / 2);
		}
	}
	rig_read(engine, &after);
	for (size_t i = 0; i < after.word_count; i++) {
		const char *word = after.words[i].word.text;

		assert_int_equal(rig_count(&before, &after, word).hits, naive(text, size, word));
	}
	snapshot_free(&before);
	snapshot_free(&after);
}

static void streams(struct engine *engine)
{
	for (int i = 0; i < 40; i++) {
		fill_text(4000, i & 1 ? "ab" : "abcABC ", 1000 + i);
		check_stream(engine, 4000, i, false);
		check_stream(engine, 4000, i, true);
	}
}

static void every_cut(struct engine *engine)
{
	static const char message[] = SAY "hello world, ushers! he she hers hello";
	size_t size = sizeof(message) - 1;

	memcpy(text, message, size);
	for (size_t cut = 13; cut < size; cut++) {
		struct packet_peers peers = rig_peers(0);
		struct snapshot before, after;

		rig_read(engine, &before);
		rig_segment(engine, &peers, false, 1, text, cut);
		rig_segment(engine, &peers, false, 1 + cut, text + cut, size - cut);
		rig_read(engine, &after);
		for (size_t i = 0; i < after.word_count; i++) {
			const char *word = after.words[i].word.text;

			assert_int_equal(rig_count(&before, &after, word).hits,
					 naive(text, size, word));
			assert_int_equal(rig_count(&before, &after, word).flows, 1);
		}
		snapshot_free(&before);
		snapshot_free(&after);
	}
}

/* ------------------------------------------------------------ lists */

/* The state of the old list means something else in the new one. */
static void swapped_list(struct engine *engine)
{
	struct packet_peers peers = rig_peers(0);
	__u64 hello, lo;

	rig_words(engine, "hello\nworld", NULL);
	rig_segment(engine, &peers, false, 1, SAY "hel", 15);
	rig_words(engine, "world\nhello\nabcde\nlo", NULL);
	hello = rig_hits(engine, "hello");
	lo = rig_hits(engine, "lo");
	rig_segment(engine, &peers, false, 16, "lo", 2);
	assert_int_equal(rig_hits(engine, "hello"), hello);
	assert_int_equal(rig_hits(engine, "lo"), lo + 1);
	rig_segment(engine, &peers, false, 18, "hel", 3);
	rig_segment(engine, &peers, false, 21, "lo", 2);
	assert_int_equal(rig_hits(engine, "hello"), hello + 1);
}

/* The same words are another generation all the same. */
static void reloaded_list(struct engine *engine)
{
	struct packet_peers peers = rig_peers(0);
	struct snapshot before, after;

	rig_words(engine, "hello", NULL);
	rig_segment(engine, &peers, false, 1, SAY "hel", 15);
	rig_read(engine, &before);
	rig_words(engine, "hello\nxx", NULL);
	rig_words(engine, "hello", NULL);
	rig_read(engine, &after);
	assert_int_equal(after.words_generation, before.words_generation + 2);
	snapshot_free(&before);
	rig_segment(engine, &peers, false, 16, "lo hello", 8);
	assert_int_equal(rig_hits(engine, "hello"), after.words[0].count.hits + 1);
	snapshot_free(&after);
}

/* A word that takes another's place in the list is seen in old flows, too. */
static void another_list(struct engine *engine)
{
	struct packet_peers peers = rig_peers(0);
	struct snapshot before, after;
	struct gl_word_count count;

	rig_words(engine, "first\nsecond", NULL);
	rig_segment(engine, &peers, false, 1, SAY "first second", 24);
	rig_words(engine, "third\nfourth", NULL);
	rig_read(engine, &before);
	rig_segment(engine, &peers, false, 25, "third first", 11);
	rig_segment(engine, &peers, false, 36, "third third", 11);
	rig_read(engine, &after);
	count = rig_count(&before, &after, "third");
	assert_int_equal(count.hits, 3);
	assert_int_equal(count.packets, 2);
	assert_int_equal(count.flows, 1);
	assert_int_equal(rig_count(&before, &after, "fourth").hits, 0);
	snapshot_free(&before);
	snapshot_free(&after);
}

/* From no list to one, and back, within a flow. */
static void list_comes_and_goes(struct engine *engine)
{
	struct packet_peers peers = rig_peers(0);
	struct snapshot before, after;

	rig_words(engine, NULL, NULL);
	rig_read(engine, &before);
	rig_segment(engine, &peers, false, 1, SAY "hello", 17);
	rig_words(engine, "hello", NULL);
	rig_segment(engine, &peers, false, 18, "hello hel", 9);
	rig_words(engine, NULL, NULL);
	rig_segment(engine, &peers, false, 27, "lo hello", 8);
	rig_read(engine, &after);
	assert_int_equal(after.total.outcome[GL_OUT_NO_WORDS].packets,
			 before.total.outcome[GL_OUT_NO_WORDS].packets + 2);
	assert_int_equal(after.total.outcome[GL_OUT_SCANNED].packets,
			 before.total.outcome[GL_OUT_SCANNED].packets + 1);
	snapshot_free(&before);
	snapshot_free(&after);
}

#define SUFFIXES "he\nshe\nhers\nhello\nhe"
#define LETTERS "aa\nab\nba\nbb\nabab\naaaaaaaa\nbaab\nabc\ncab\naab\nabaabaaab"

static char chain[64 * 65];

static const char *make_chain(void)
{
	char *to = chain;

	for (int length = 2; length <= 64; length++) {
		memset(to, 'a', length);
		to += length;
		*to++ = '\n';
	}
	*to = '\0';
	return chain;
}

static struct trial trials[] = {
	{ "a word at each place around the borders of pieces", piece_borders, WORDS, GL_SCAN_CHAT, false },
	{ "a payload that ends at each place around them", piece_ends, WORDS,
	  GL_SCAN_CHAT, false },
	{ "a word over the border of the linear part", linear_border, WORDS, GL_SCAN_CHAT, true },
	{ "dense matches, up to 65535 bytes", dense_matches, "aa\nab", GL_SCAN_CHAT, false },
	{ "random texts", random_texts, LETTERS, GL_SCAN_CHAT, false },
	{ "random streams", streams, LETTERS, GL_SCAN_CHAT, false },
	{ "a message cut at every place", every_cut, SUFFIXES, GL_SCAN_CHAT, false },
	{ "63 words that end at one byte", longest_chains, chain, GL_SCAN_CHAT, false },
	{ "a list is replaced within a word", swapped_list, NULL, GL_SCAN_CHAT, false },
	{ "a list is loaded again within a word", reloaded_list, NULL, GL_SCAN_CHAT, false },
	{ "a list of other words", another_list, NULL, GL_SCAN_CHAT, false },
	{ "a list comes and goes", list_comes_and_goes, NULL, GL_SCAN_CHAT, false },
};

int main(void)
{
	make_chain();
	return rig_main("scan", rows, COUNT(rows), trials, COUNT(trials));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Words in every encoding, whole and over segments: which spelling was seen is
 * counted, and what only looks alike is not.
 */
#define RIG_ENCODINGS GL_ENCODINGS_ALL
#include "rig.h"
#include "../../user/patterns.h"

#define SAY "PRIVMSG #c :" /* recognised by itself */
#define TEXT_AND_SIZE(text) text, sizeof(text) - 1

/* hits: of the word in that encoding; every twin has none in any. */
static const struct spelling {
	const char *name;
	const char *word;
	enum gl_encoding encoding;
	const char *bytes;
	size_t size;
	__u64 hits;
} spellings[] = {
	{ "UTF-8", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_UTF8, TEXT_AND_SIZE("a \xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80 z"), 1 },
	{ "twin: UTF-8, the last byte is another", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_UTF8, TEXT_AND_SIZE("a \xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x81 z"), 0 },
	{ "UTF-16LE", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_UTF16LE, TEXT_AND_SIZE("a )Y\x89[\x80\x95 z"), 1 },
	{ "twin: UTF-16LE, the last byte is another", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_UTF16LE, TEXT_AND_SIZE("a )Y\x89[\x80\x94 z"), 0 },
	{ "UTF-16BE", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_UTF16BE, TEXT_AND_SIZE("a Y)[\x89\x95\x80 z"), 1 },
	{ "twin: UTF-16BE, the last byte is another", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_UTF16BE, TEXT_AND_SIZE("a Y)[\x89\x95\x81 z"), 0 },
	{ "GB18030", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_GB18030, TEXT_AND_SIZE("a \xcc\xec\xb0\xb2\xe9T z"), 1 },
	{ "twin: GB18030, the last byte is another", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_GB18030, TEXT_AND_SIZE("a \xcc\xec\xb0\xb2\xe9U z"), 0 },
	{ "Big5", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_BIG5, TEXT_AND_SIZE("a \xa4\xd1\xa6w\xaa\xf9 z"), 1 },
	{ "twin: Big5, the last byte is another", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_BIG5, TEXT_AND_SIZE("a \xa4\xd1\xa6w\xaa\xf8 z"), 0 },
	{ "Shift_JIS", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_SHIFT_JIS, TEXT_AND_SIZE("a \x93V\x88\xc0\x96\xe5 z"), 1 },
	{ "twin: Shift_JIS, the last byte is another", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_SHIFT_JIS, TEXT_AND_SIZE("a \x93V\x88\xc0\x96\xe4 z"), 0 },
	{ "EUC-KR", "\xed\x95\x9c\xea\xb5\xad\xeb\xa7\x90",
	  GL_ENC_EUC_KR, TEXT_AND_SIZE("\xc7\xd1\xb1\xb9\xb8\xbb"), 1 },
	{ "twin: EUC-KR, a byte off", "\xed\x95\x9c\xea\xb5\xad\xeb\xa7\x90",
	  GL_ENC_EUC_KR, TEXT_AND_SIZE("\xd1\xb1\xb9\xb8\xbb"), 0 },
	{ "KOI8-R, d0d2", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
	  GL_ENC_KOI8_R, TEXT_AND_SIZE("\xd0\xd2\xc9\xd7\xc5\xd4"), 1 },
	{ "KOI8-R, f0f2", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
	  GL_ENC_KOI8_R, TEXT_AND_SIZE("\xf0\xf2\xe9\xf7\xe5\xf4"), 1 },
	{ "KOI8-R, f0d2", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
	  GL_ENC_KOI8_R, TEXT_AND_SIZE("\xf0\xd2\xc9\xd7\xc5\xd4"), 1 },
	{ "twin: KOI8-R", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
	  GL_ENC_KOI8_R, TEXT_AND_SIZE("\xd0\xd2\xc9\xd7\xc5\xc4"), 0 },
	{ "windows-1251, d0d2", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
	  GL_ENC_WINDOWS_1251, TEXT_AND_SIZE("\xef\xf0\xe8\xe2\xe5\xf2"), 1 },
	{ "windows-1251, f0f2", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
	  GL_ENC_WINDOWS_1251, TEXT_AND_SIZE("\xcf\xd0\xc8\xc2\xc5\xd2"), 1 },
	{ "windows-1251, f0d2", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
	  GL_ENC_WINDOWS_1251, TEXT_AND_SIZE("\xcf\xf0\xe8\xe2\xe5\xf2"), 1 },
	{ "twin: windows-1251", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
	  GL_ENC_WINDOWS_1251, TEXT_AND_SIZE("\xef\xf0\xe8\xe2\xe5\xe4"), 0 },
	{ "UTF-8 in capitals", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
	  GL_ENC_UTF8, TEXT_AND_SIZE("\xd0\x9f\xd0\xa0\xd0\x98\xd0\x92\xd0\x95\xd0\xa2"), 1 },
	{ "UTF-16LE in small letters", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
	  GL_ENC_UTF16LE, TEXT_AND_SIZE("\x3f\x04@\x04" "8\x04" "2\x04" "5\x04" "B\x04"), 1 },
	{ "UTF-16BE of ASCII in any case", "garden",
	  GL_ENC_UTF16BE, TEXT_AND_SIZE("\x00G\x00" "a\x00R\x00" "d\x00" "E\x00n"), 1 },
	{ "twin: UTF-16 of another word", "garden",
	  GL_ENC_UTF16BE, TEXT_AND_SIZE("\x00W\x00" "a\x00r\x00" "d\x00" "e\x00n"), 0 },
	{ "a byte that looks like a letter is none: UTF-16LE", "\xe4\xbd\xa0",
	  GL_ENC_UTF16LE, TEXT_AND_SIZE("`o"), 0 },
	{ "as it is written: UTF-16LE", "\xe4\xbd\xa0",
	  GL_ENC_UTF16LE, TEXT_AND_SIZE("`O"), 1 },
	{ "a trail byte is no letter: GB18030", "\xe4\xb8\x84",
	  GL_ENC_GB18030, TEXT_AND_SIZE("\x81" "a"), 0 },
	{ "as it is written: GB18030", "\xe4\xb8\x84",
	  GL_ENC_GB18030, TEXT_AND_SIZE("\x81" "A"), 1 },
	{ "a trail byte is no letter: Big5", "\xe4\xbd\xa0",
	  GL_ENC_BIG5, TEXT_AND_SIZE("\xa7" "a"), 0 },
	{ "as it is written: Big5", "\xe4\xbd\xa0",
	  GL_ENC_BIG5, TEXT_AND_SIZE("\xa7" "A"), 1 },
	{ "percent", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_PERCENT, TEXT_AND_SIZE("%E5%A4%A9%E5%AE%89%E9%96%80"), 1 },
	{ "percent, small digits", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_PERCENT, TEXT_AND_SIZE("%e5%a4%a9%e5%ae%89%e9%96%80"), 1 },
	{ "percent, space as plus", "red fox",
	  GL_ENC_PERCENT, TEXT_AND_SIZE("q=red+fox"), 1 },
	{ "percent, space as %20", "red fox",
	  GL_ENC_PERCENT, TEXT_AND_SIZE("q=red%20fox"), 1 },
	{ "twin: percent", "red fox",
	  GL_ENC_PERCENT, TEXT_AND_SIZE("q=red%21fox"), 0 },
	{ "JSON", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_JSON, TEXT_AND_SIZE("{\"t\":\"\\u5929\\u5b89\\u9580\"}"), 1 },
	{ "JSON, capital digits", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_JSON, TEXT_AND_SIZE("\\u5929\\u5B89\\u9580"), 1 },
	{ "twin: not JSON, a capital U", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_JSON, TEXT_AND_SIZE("\\U5929\\U5b89\\U9580"), 0 },
	{ "JSON, beyond the first plane", "\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
	  GL_ENC_JSON, TEXT_AND_SIZE("\\ud83d\\ude00\\ud83d\\ude00"), 1 },
	{ "XML, decimal", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_XML, TEXT_AND_SIZE("&#22825;&#23433;&#38272;"), 1 },
	{ "XML, hexadecimal", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_XML, TEXT_AND_SIZE("&#x5929;&#x5B89;&#x9580;"), 1 },
	{ "twin: XML", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_XML, TEXT_AND_SIZE("&#22825;&#23433;&#38273;"), 0 },
	{ "Base64, alignment 0", "garden",
	  GL_ENC_BASE64, TEXT_AND_SIZE("Z2FyZGVuIGdub21l"), 1 },
	{ "Base64, alignment 1", "garden",
	  GL_ENC_BASE64, TEXT_AND_SIZE("eGdhcmRlbiBnbm9tZQ=="), 1 },
	{ "Base64, alignment 2", "garden",
	  GL_ENC_BASE64, TEXT_AND_SIZE("eHlnYXJkZW4gZ25vbWU="), 1 },
	{ "Base64, capitals", "garden",
	  GL_ENC_BASE64, TEXT_AND_SIZE("R0FSREVOIGdub21l"), 1 },
	{ "Base64 of bytes, URL alphabet", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80" "?\x3f>",
	  GL_ENC_BASE64, TEXT_AND_SIZE("5aSp5a6J6ZaAPz8-"), 1 },
	{ "twin: Base64 in another case", "garden",
	  GL_ENC_BASE64, TEXT_AND_SIZE("z2fYzgvUigDUB21L"), 0 },
	{ "hexadecimal", "garden",
	  GL_ENC_HEX, TEXT_AND_SIZE("67617264656e"), 1 },
	{ "hexadecimal, capital digits", "\xe5\xa4\xa9\xe5\xae\x89\xe9\x96\x80",
	  GL_ENC_HEX, TEXT_AND_SIZE("E5A4A9E5AE89E99680"), 1 },
	{ "twin: hexadecimal", "garden",
	  GL_ENC_HEX, TEXT_AND_SIZE("68617264656e"), 0 },
};

static struct gl_word_count counted(struct engine *engine, const char *word)
{
	struct gl_word_count count;
	struct snapshot snapshot;

	rig_read(engine, &snapshot);
	count = rig_word(&snapshot, word)->count;
	snapshot_free(&snapshot);
	return count;
}

/* Sends SAY, then the bytes in segments of at most `most` bytes. */
static void send_spelling(struct engine *engine, const struct spelling *row, size_t most)
{
	struct packet_peers peers = rig_peers(0);
	__u32 seq = 1 + strlen(SAY);

	rig_segment(engine, &peers, false, 1, SAY, strlen(SAY));
	for (size_t at = 0, n; at < row->size; at += n) {
		n = row->size - at < most ? row->size - at : most;
		rig_segment(engine, &peers, false, seq + at, row->bytes + at, n);
	}
}

static void check_spelling(struct engine *engine, const struct spelling *row, size_t most)
{
	struct gl_word_count before, after;

	rig_words(engine, row->word, NULL);
	before = counted(engine, row->word);
	send_spelling(engine, row, most);
	after = counted(engine, row->word);
	if (after.hits - before.hits != row->hits ||
	    after.encoded[row->encoding] - before.encoded[row->encoding] != row->hits)
		fail_msg("%s, by %zu bytes: %llu hits, %llu of them in %s; expected %llu",
			 row->name, most, after.hits - before.hits,
			 after.encoded[row->encoding] - before.encoded[row->encoding],
			 encoding_name(row->encoding), row->hits);
}

static void whole(struct engine *engine)
{
	for (size_t i = 0; i < COUNT(spellings); i++)
		check_spelling(engine, &spellings[i], 1000);
}

static void by_segments(struct engine *engine)
{
	for (size_t i = 0; i < COUNT(spellings); i++) {
		check_spelling(engine, &spellings[i], 1);
		check_spelling(engine, &spellings[i], 3);
		check_spelling(engine, &spellings[i], 7);
	}
}

/* The case of what was read before the list changed must not be remembered. */
static void history_of_another_list(struct engine *engine)
{
	struct packet_peers peers = rig_peers(0);

	rig_words(engine, "garden", NULL);
	rig_segment(engine, &peers, false, 1, SAY "Z2Fy", 16);
	rig_words(engine, "harbour\ngarden", NULL);
	rig_segment(engine, &peers, false, 17, "ZGVu", 4);
	assert_int_equal(counted(engine, "garden").hits, 0);
	rig_segment(engine, &peers, false, 21, " Z2FyZGVu", 9);
	assert_int_equal(counted(engine, "garden").encoded[GL_ENC_BASE64], 1);
}

static const struct trial trials[] = {
	{ "each encoding, whole", whole, NULL, GL_SCAN_CHAT, false },
	{ "each encoding, over segments", by_segments, NULL, GL_SCAN_CHAT, false },
	{ "a list is replaced within a spelling", history_of_another_list, NULL, GL_SCAN_CHAT,
	  false },
};

int main(void)
{
	return rig_main("encodings", NULL, 0, trials, COUNT(trials));
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "log.h"
#include "patterns.h"
int patterns_add_text(struct patterns *p, const char *text, __u32 word, __u8 flags)
{
	size_t n = strlen(text);
	if (p->count == p->room) { p->room = p->room ? 2*p->room : 64; p->pattern = realloc(p->pattern, p->room * sizeof(*p->pattern)); }
	if (p->used + n > p->size) { p->size = 2 * (p->used + n) + 4096; p->bytes = realloc(p->bytes, p->size); p->fold = realloc(p->fold, p->size); }
	p->pattern[p->count++] = (struct pattern){ .at = p->used, .word = word, .length = n, .flags = flags };
	for (size_t i = 0; i < n; i++) { __u8 c = text[i]; p->bytes[p->used] = c >= 'A' && c <= 'Z' ? c | 0x20 : c; p->fold[p->used++] = 1; }
	return 0;
}
int patterns_add_word(struct patterns *p, const char *text, __u32 word, __u32 e) { (void)e; return patterns_add_text(p, text, word, 0); }
int patterns_make(struct patterns *p, const struct word_list *l, __u32 e)
{
	for (size_t i = 0; i < l->count; i++) patterns_add_word(p, l->words[i].text, i, e);
	for (int m = 0; l->marks && l->marks[m].text; m++) patterns_add_text(p, l->marks[m].text, PATTERN_MARK + m, l->marks[m].flags);
	return 0;
}
void patterns_free(struct patterns *p) { free(p->pattern); free(p->bytes); free(p->fold); memset(p, 0, sizeof(*p)); }
const char *encoding_name(unsigned int e) { static const char *const n[] = {"utf-8","utf-16le","utf-16be","gb18030","big5","shift_jis","euc-kr","koi8-r","windows-1251","percent","json","xml","base64","hex"}; return e < GL_ENC_MAX ? n[e] : NULL; }
int encodings_parse(const char *t, __u32 *e) { (void)t; *e = 1; return 0; }

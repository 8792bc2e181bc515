/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Word lists and texts, from a fixed seed and no file. The roots of the listed
 * words and the words of the prose are different words of one language, so that
 * they share beginnings as a real list and real text do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "splitmix.h"
#include "engine.h"

#define ENGLISH_MIN 4u		 /* bytes of a listed word */
#define ENGLISH_MAX 30u
#define CHARACTERS 3500u	 /* in use, of those from U+4E00 on */
#define CHARACTERS_FROM 0x4e00u
#define CHARACTERS_ALL 20902u
#define TRIES 16		 /* to find a next word that completes no listed one */

static const char root_words[] =
	"account advance agent aid alarm album alms amber anchor angel annex answer appeal apple "
	"arch archive arrow artist aspect attack auction aunt autumn award bacon badge bail bake "
	"balance bald bale ballot balm band bang bank banner bargain bark barn barrel basket "
	"bass battle beacon bead beam bean bear beat beef beer belief bell belt bench bend bike "
	"bill bind bishop bite bitter blanket blast bloc blossom blot bolt bomb bond bone boot "
	"border bore bother bottle bowl brag bran branch bread breath brew bridge bronze brother "
	"budget bulk bull bullet bump bundle burden burn bury bush butter button cabin cable "
	"cage cake calm camera camp candle canvas cape captain carbon career cargo carpet cart "
	"cast castle cattle caution cell cellar censor center chamber chapel charge charter chat "
	"cheese chef chicken chip chop circle citizen claim clan clay clerk climate clinic clip "
	"cloud club coal coast coffee coin collar college colony combat comfort command comment "
	"compass complain compute concert conduct confess connect consent contact contract "
	"convoy cook coop copper cord core cork corn corner costume cotton council courage court "
	"cousin cradle credit crew crime crisis critic crop crown crystal cult culture curb cure "
	"curtain custom damage dancer danger dart dash dawn deal debate debt decade declare deer "
	"defend degree delay demand dent deposit desert design desk detail device dialog diamond "
	"dice diet dinner discover disease dispatch display dispute dive divide dock doctor "
	"dollar domain dome donor doom dose double dove dragon drama dream drift driver drum "
	"duck duel dusk dust duty eagle edit editor effort elbow elect element embassy emerge "
	"empire employ engine enter envelope escape estate evening exchange exile exit expert "
	"export fabric factor fade fashion fasten fate father feather federal fellow fever "
	"fiction finance finger fist flag flap flavor flaw fled flight flower foam foil folder "
	"forest fork formal fort fortune forward fossil frame freedom frontier fuel fuse gala "
	"gallery gang garden garlic gate gather gear general genius gentle germ gift glacier "
	"glow glue goal goat gold golf govern gown grab grain grammar gravel grid grin grip "
	"guard guitar gulf habit hail halt hammer handle harbor harvest hawk hazard heal heap "
	"heaven heel heir herb herd hero hidden hint history hollow honey hood hook horizon horn "
	"hospital host hunger hunt hunter hymn icon idol impact import income index infant "
	"inform injure inspect iron island jacket jail jazz jerk joke journal judge jungle jury "
	"justice keen kernel kick kidnap kitchen knight knot lace ladder lamb lamp lane language "
	"lantern lash launch lawn lawyer leader leaf leak leather legend lemon lens lesson "
	"letter liberty library license limb loan lobe lock loom loop lord lumber lump lung "
	"machine magnet malt manage manual marble margin market marriage mask mast master matter "
	"maze meadow measure medal melt member mental menu merchant mercy message metal method "
	"migrate mill miller mineral minister mint mirror mission mobile modern monitor monster "
	"moral moss moth motion mountain movement murder museum nail narrow native nature needle "
	"neglect nephew nest network noble notice number nurse oath object oblige observe obtain "
	"occupy odor office opinion orange orbit order organ origin orphan outline oven oxygen "
	"package pact palace palm panel paper parade pardon parent parish partner passage patent "
	"patient pattern pave payment peak peasant peel pepper perform permit person pest petrol "
	"piano picture pill pilot pine pioneer pipe pirate planet plastic platform pledge plot "
	"plow plug pocket poem poet poison policy pond popular pork port portrait position "
	"potato powder prayer present press prince prison problem produce profit program promise "
	"proof protest provide pump puzzle quarter quest radio raft rage raid ramp rank ransom "
	"raze rebel recall record reef reform refuge region rein remark rent rescue resist "
	"retire reveal ribbon rice rifle riot rival roam roar robe rocket roof root rope rubber "
	"ruin rust sack safety salmon salt sample sand satellite saturn scandal scatter school "
	"screen seal season secret seed seize senate settle shadow shelter shield signal silk "
	"silver singer sink sketch skin slab slam slot soak soap sock sofa soil soldier soup "
	"spin spirit stab stable station statue steam stem stir storm strike student studio "
	"submit suit summer supply surface surgeon survey swan swap switch symbol tailor talent "
	"tank tape target taxi temple tender tent terror theater throne thunder ticket tide tile "
	"timber tobacco toll tomb tool torture tour tourist tower trade traffic train transfer "
	"trap treason treaty trial tribute trigger trim trouble tube tunnel twin twist uncle "
	"uniform union urge valley vein vendor venture verdict vessel vest veteran vice victim "
	"village violet virtue vision volume vote voyage wage wagon wand warrant wasp weapon "
	"weather weed whip widow window wing winter wire wisdom witness wolf wonder wool worker "
	"worship wrap yard yellow yoke zeal zinc zone";

static const char prefixes[] =
	"un re over under out fore inter counter anti semi mis dis non pre super trans sub mid auto "
	"micro multi post";

static const char suffixes[] =
	"s ed ing er ers y en al ic or ry age ant ent est let dom able ment ness less ful ly ish "
	"ward wise hood ship like man ism ist ists ize ized izing ation ally";

/* By how often each is used. */
static const char prose_words[] =
	"the of and to in a is that it was for on are as with they at be this have from or had "
	"by hot but some what there we can out other were all your when up use how said an each "
	"she which do their time if will way about many then them would write like so these her "
	"long make thing see him two has look more day could go come did my sound no most people "
	"over know than call first who may down side been now find any new take get place made "
	"live where after back little only round man year came show every good me give our under "
	"name very through just form much great think say help low line before turn cause same "
	"mean differ move right boy old too does tell sentence set three want air well also play "
	"small end put home read hand large spell add even land here must big high such follow "
	"act why ask men change went light kind off need house try us again animal point mother "
	"world near build self earth head stand own page should country found study still learn "
	"plant cover food sun four thought let keep eye never last door between city tree cross "
	"since hard start might story saw far sea draw left late run while close night real life "
	"few stop open seem together next white children begin got walk example ease group "
	"always music those both mark often until mile river car feet care second enough plain "
	"girl usual young ready above ever red list though feel talk bird soon body dog family "
	"direct pose leave song color black short class wind question happen complete ship area "
	"half rock fire south piece told knew pass farm top whole king size heard best hour "
	"better true during hundred remember step early hold west ground interest reach fast "
	"five sing listen six table less morning ten simple several vowel toward war lay against "
	"slow love money serve appear road map rain rule pull cold voice fall power town fine "
	"certain fly unit lead cry dark note wait plan figure star box noun field rest correct "
	"able done beauty drive stood contain front teach week final gave green oh quick develop "
	"sleep warm free minute strong special mind behind clear tail fact street inch lot "
	"nothing course stay wheel full force blue surprise moon brief consider commit compare "
	"combine concern contrast control counted cabbage capital carried candid castaway charm "
	"discuss distant enjoy envy finish flour harm impress inspire joined judged knee laugh "
	"manner messy mistake monk noted obvious orderly parcel perhaps police powerful prefer "
	"prevent printed private process project prompt proper public quiet radar really refer "
	"remain report sector secure settled shadowy signed silence sister source square stage "
	"strange struck system tempt thread ticked travel triangle twice useful various virtual "
	"volcano warning winding witty yield";

/* ------------------------------------------------------------ chance */

struct chance {
	__u64 state;
};

static __u32 below(struct chance *chance, __u32 limit)
{
	return splitmix64(&chance->state) % limit;
}

/* Zipf's law: the weight of rank r is 1 / r. In 1/2^32ths of the whole. */
struct zipf {
	__u64 *upto;
	__u32 count;
};

static void zipf_make(struct zipf *zipf, __u32 count)
{
	zipf->upto = malloc(count * sizeof(*zipf->upto));
	if (!zipf->upto)
		die("out of memory");
	zipf->count = count;
	for (__u32 i = 0; i < count; i++)
		zipf->upto[i] = (i ? zipf->upto[i - 1] : 0) + (1ull << 32) / (i + 1);
}

static __u32 zipf_draw(const struct zipf *zipf, struct chance *chance)
{
	__u64 at = splitmix64(&chance->state) % zipf->upto[zipf->count - 1];
	__u32 low = 0, high = zipf->count - 1;

	while (low < high) {
		__u32 middle = (low + high) / 2;

		if (zipf->upto[middle] > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* ------------------------------------------------------------ vocabulary */

struct vocabulary {
	char *text;
	char **words;
	__u32 count;
};

static void split(struct vocabulary *vocabulary, const char *text)
{
	char *at = strdup(text), *word;

	vocabulary->text = at;
	vocabulary->count = 0;
	vocabulary->words = calloc(strlen(text) / 2 + 1, sizeof(char *));
	if (!at || !vocabulary->words)
		die("out of memory");
	while ((word = strsep(&at, " ")))
		vocabulary->words[vocabulary->count++] = word;
}

static void vocabulary_free(struct vocabulary *vocabulary)
{
	free(vocabulary->text);
	free(vocabulary->words);
}

static const char *pick(const struct vocabulary *vocabulary, struct chance *chance)
{
	return vocabulary->words[below(chance, vocabulary->count)];
}

/* Character of a rank; neighbours in rank are not neighbours in Unicode. */
static char *put_character(char *at, __u32 rank)
{
	__u32 code = CHARACTERS_FROM + rank * 7919u % CHARACTERS_ALL;

	*at++ = 0xe0 | code >> 12;
	*at++ = 0x80 | (code >> 6 & 0x3f);
	*at++ = 0x80 | (code & 0x3f);
	*at = '\0';
	return at;
}

/* ------------------------------------------------------------ lists */

struct maker {
	struct chance chance;
	struct vocabulary roots, before, after;
	struct zipf characters;
	__u32 *index;		 /* 1 + word by hash, 0 none */
	__u32 mask;
};

/* A root, mostly with what may stand before it or behind it. */
static char *put_derived(struct maker *maker, char *at)
{
	__u32 form = below(&maker->chance, 16);

	if (form < 4)
		at = stpcpy(at, pick(&maker->before, &maker->chance));
	at = stpcpy(at, pick(&maker->roots, &maker->chance));
	if (form > 2 && form < 14)
		at = stpcpy(at, pick(&maker->after, &maker->chance));
	return at;
}

/* A word, or a phrase of two or three. */
static void put_english(struct maker *maker, char *at)
{
	__u32 form = below(&maker->chance, 20);

	if (form < 18) {
		put_derived(maker, at);
		return;
	}
	at = stpcpy(stpcpy(at, pick(&maker->roots, &maker->chance)), " ");
	if (form == 19)
		at = stpcpy(stpcpy(at, pick(&maker->roots, &maker->chance)), " ");
	stpcpy(at, pick(&maker->roots, &maker->chance));
}

/* Two to seven characters; two, three and four are usual. */
static void put_chinese(struct maker *maker, char *at)
{
	static const unsigned char lengths[20] = { 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3,
						   4, 4, 4, 4, 5, 6, 7 };
	__u32 length = lengths[below(&maker->chance, 20)];

	while (length--)
		at = put_character(at, zipf_draw(&maker->characters, &maker->chance));
}

/* Where word is in the index, or would be. */
static __u32 *find(const struct maker *maker, const struct list *list, const char *word)
{
	__u32 hash = 2166136261u;

	for (const char *at = word; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 16777619u;
	for (;; hash++) {
		__u32 *entry = &maker->index[hash & maker->mask];

		if (!*entry || !strcmp(list->words[*entry - 1], word))
			return entry;
	}
}

static void add_new(struct maker *maker, struct list *list, bool chinese)
{
	char word[128];
	__u32 *entry;
	size_t length;

	do {
		if (chinese)
			put_chinese(maker, word);
		else
			put_english(maker, word);
		length = strlen(word);
		entry = find(maker, list, word);
	} while (*entry || length < ENGLISH_MIN || length > ENGLISH_MAX);
	list->words[list->count] = strdup(word);
	if (!list->words[list->count++])
		die("out of memory");
	*entry = list->count;
}

void list_make(struct list *list, __u32 count)
{
	struct maker maker = { .chance = { count } };

	split(&maker.roots, root_words);
	split(&maker.before, prefixes);
	split(&maker.after, suffixes);
	zipf_make(&maker.characters, CHARACTERS);
	for (maker.mask = 15; maker.mask < 2 * count; maker.mask = 2 * maker.mask + 1)
		;
	maker.index = calloc(maker.mask + 1, sizeof(*maker.index));
	list->words = calloc(count, sizeof(*list->words));
	list->count = 0;
	if (!maker.index || !list->words)
		die("out of memory");
	while (list->count < count)
		add_new(&maker, list, list->count & 1);
	vocabulary_free(&maker.roots);
	vocabulary_free(&maker.before);
	vocabulary_free(&maker.after);
	free(maker.characters.upto);
	free(maker.index);
}

void list_free(struct list *list)
{
	for (__u32 i = 0; i < list->count; i++)
		free(list->words[i]);
	free(list->words);
	memset(list, 0, sizeof(*list));
}

/* ------------------------------------------------------------ texts */

struct writer {
	struct chance chance;
	unsigned char *text;
	size_t length, size;
	struct trie trie;
	__u32 state;		 /* of the trie, after the text */
	struct vocabulary words;
	struct zipf word_ranks, characters;
};

/* Appends what fits. */
static void append(struct writer *writer, const char *token)
{
	for (; *token && writer->length < writer->size; token++) {
		writer->state = trie_step(&writer->trie, writer->state, *token);
		writer->text[writer->length++] = *token;
	}
}

static bool completes_word(const struct writer *writer, const char *token)
{
	__u32 state = writer->state;

	for (; *token; token++) {
		state = trie_step(&writer->trie, state, *token);
		if (writer->trie.nodes[state].ends)
			return true;
	}
	return false;
}

static void draw_word(struct writer *writer, char *token, bool first)
{
	const char *word = writer->words.words[zipf_draw(&writer->word_ranks, &writer->chance)];

	strcpy(stpcpy(token, " "), word);
	if (first)
		token[1] ^= 0x20;
	else if (!below(&writer->chance, 9))
		memmove(token + 1, token, strlen(token) + 1), token[0] = ',';
}

static void draw_character(struct writer *writer, char *token, bool first)
{
	if (!first && !below(&writer->chance, 9))
		token = stpcpy(token, "\xef\xbc\x8c"); /* full-width comma */
	put_character(token, zipf_draw(&writer->characters, &writer->chance));
}

static void write_sentence(struct writer *writer, bool chinese)
{
	__u32 length = (chinese ? 8 : 6) + below(&writer->chance, 12);
	char token[64];

	for (__u32 i = 0; i < length; i++) {
		for (int tries = 0; tries < TRIES; tries++) {
			if (chinese)
				draw_character(writer, token, !i);
			else
				draw_word(writer, token, !i);
			if (completes_word(writer, token))
				continue;
			append(writer, token);
			break;
		}
	}
	append(writer, chinese ? "\xe3\x80\x82" /* ideographic full stop */ : ".");
}

static void write_text(struct writer *writer, const struct list *list)
{
	size_t next_hit = HIT_EVERY / 4;

	while (writer->length < writer->size) {
		write_sentence(writer, below(&writer->chance, 2));
		if (writer->length < next_hit)
			continue;
		append(writer, " ");
		append(writer, list->words[below(&writer->chance, list->count)]);
		append(writer, " ");
		next_hit += HIT_EVERY / 2 + below(&writer->chance, HIT_EVERY);
	}
}

static void write_adversarial(struct writer *writer, const struct list *list)
{
	char word[ENGLISH_MAX + 1];

	while (writer->length < writer->size) {
		strcpy(word, list->words[below(&writer->chance, list->count)]);
		word[strlen(word) - 1] = '\0';
		append(writer, word);
	}
}

unsigned char *text_make(const struct list *list, enum text kind)
{
	struct writer writer = { .chance = { 1000003ull * list->count + kind },
				 .size = PAYLOADS * PAYLOAD_MAX };

	writer.text = malloc(writer.size);
	if (!writer.text)
		die("out of memory");
	trie_make(&writer.trie, list);
	split(&writer.words, prose_words);
	zipf_make(&writer.word_ranks, writer.words.count);
	zipf_make(&writer.characters, CHARACTERS);
	if (kind == TEXT)
		write_text(&writer, list);
	else
		write_adversarial(&writer, list);
	trie_free(&writer.trie);
	vocabulary_free(&writer.words);
	free(writer.word_ranks.upto);
	free(writer.characters.upto);
	return writer.text;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* cmd_status.c - what is attached where; and the notice that those who are filtered are owed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/evp.h>

#include "attach.h"
#include "cli.h"
#include "json.h"
#include "log.h"
#include "patterns.h"

struct arguments {
	const char *interface;
	bool json, notice;
};

static const struct argp_option options[] = {
	{ "json", CLI_JSON, NULL, 0, "Print JSON", 0 },
	{ "notice", CLI_NOTICE, NULL, 0, "The disclosure to publish: what is read, which lists", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->interface;
		break;
	case CLI_JSON:
		arguments->json = true;
		break;
	case CLI_NOTICE:
		arguments->notice = true;
		break;
	case ARGP_KEY_END:
		if (arguments->notice && !arguments->interface)
			argp_error(state, "--notice needs an interface");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	options, parse_option, "[IF]",
	"What is attached where, in which mode, since when, and what it reads.\v"
	"--notice prints the disclosure that people whose traffic is read are owed. The digest of "
	"a list is the SHA-256 of its words, one a line, in the order of 'glassine words list'; "
	"it lets a list be checked without being published.",
	cli_target_child, NULL, NULL
};

/* All that one attachment can say of itself. */
struct view {
	struct attachment attachment;
	struct gl_meta meta;
	struct snapshot snapshot;
	char *names[GL_PROTOCOLS];
	size_t count[GL_LIST_MAX];
	char digest[GL_LIST_MAX][2 * EVP_MAX_MD_SIZE + 1];
	char when[64];
	char loaded[32];
	char tag[17];
};

static void view_free(struct view *view)
{
	snapshot_free(&view->snapshot);
	for (__u32 i = 0; i < GL_PROTOCOLS; i++)
		free(view->names[i]);
}

/* SHA-256 over the words of a list, each followed by a line feed. */
static int digest_list(struct view *view, enum gl_list list)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	int ok = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL);

	for (size_t i = 0; i < view->snapshot.word_count && ok; i++) {
		const struct word *word = &view->snapshot.words[i].word;

		if (word->list != list)
			continue;
		view->count[list]++;
		ok = EVP_DigestUpdate(context, word->text, strlen(word->text)) &&
		     EVP_DigestUpdate(context, "\n", 1);
	}
	ok = ok && EVP_DigestFinal_ex(context, sum, &length);
	for (unsigned i = 0; i < length && ok; i++)
		snprintf(view->digest[list] + 2 * i, 3, "%02x", sum[i]);
	EVP_MD_CTX_free(context);
	return ok ? 0 : log_error(-EIO, "the SHA-256 of the word list cannot be computed");
}

static int view_read(const char *interface, struct view *view)
{
	struct maps maps = MAPS_CLOSED;
	struct tm tm;
	time_t since;
	int lock, err = attach_open(interface, false, &maps, &lock);

	if (!err)
		err = maps_read_meta(&maps, &view->meta);
	if (!err)
		err = maps_read_snapshot(&maps, false, &view->snapshot);
	if (!err)
		err = maps_read_protocols(&maps, view->names);
	maps_close(&maps);
	if (!err)
		err = attach_status(interface, &view->attachment);
	if (err)
		return err;
	snapshot_sort(&view->snapshot);
	/* What is active, which the meta map does not know of a load that was killed. */
	view->meta.words = view->snapshot.word_count;
	view->meta.words_generation = view->snapshot.words_generation;
	attach_tag(interface, view->tag);
	since = view->meta.since;
	if (localtime_r(&since, &tm))
		strftime(view->when, sizeof(view->when), "%Y-%m-%d %H:%M:%S %z", &tm);
	since = view->snapshot.table.loaded;
	if (gmtime_r(&since, &tm))
		strftime(view->loaded, sizeof(view->loaded), "%Y-%m-%dT%H:%M:%SZ", &tm);
	for (int list = 0; list < GL_LIST_MAX && !err; list++)
		err = digest_list(view, list);
	return err;
}

static __u64 bytes_in_use(const struct view *view)
{
	return GL_WORDS_OFF_CELLS + 8ull * view->snapshot.table.cells_used;
}

static void print_table(const struct view *view)
{
	const struct snapshot_table *table = &view->snapshot.table;
	char names[CLI_ENCODINGS_ROOM];

	cli_encodings_names(table->encodings, names);
	printf("  words       %u of %u, generation %u, loaded %s\n", view->meta.words,
	       view->meta.capacity, view->meta.words_generation, view->loaded);
	printf("  encodings   %s\n", names);
	printf("  patterns    %u, built in %u.%u ms\n", table->patterns, table->build_us / 1000,
	       table->build_us / 100 % 10);
	printf("  tables      %llu kB in use of %llu kB reserved\n", bytes_in_use(view) / 1000,
	       GL_WORDS_SIZE(view->meta.cells) / 1000);
}

static const char *tunnels(__u32 decap)
{
	return decap ? "one level is opened, and read" : "counted, not opened";
}

static void print_text(const struct view *view)
{
	const struct gl_meta *meta = &view->meta;
	bool attached = view->attachment.mode != GL_MODE_NONE;

	printf("%s\n", view->attachment.interface);
	printf("  attached    %s\n",
	       attached			  ? name_mode(view->attachment.mode) :
	       view->attachment.elsewhere ? "in another network namespace; run this there" :
					    "no: the pins are left over, 'glassine detach --stale' "
					    "removes them");
	printf("  since       %s\n", view->when);
	printf("  dispatcher  %s\n", view->attachment.dispatcher ?
	       "yes: other XDP programs can join" : "no: no other XDP program can join");
	printf("  reads       %s payload\n", name_scan(meta->scan));
	printf("  tunnels     %s\n", tunnels(meta->decap));
	print_table(view);
	printf("  protocols   %u\n",
	       meta->protocols > GL_PROTO_FIRST ? meta->protocols - GL_PROTO_FIRST : 0);
	printf("  action      %s\n", attach_action(meta->enforce));
	printf("  version     %s, ABI %u\n", meta->version, meta->abi);
}

static const char *reads(__u32 scan)
{
	return scan == GL_SCAN_CHAT  ? "payload of flows whose protocol is readable chat" :
	       scan == GL_SCAN_CLEAR ? "payload of readable protocols, and of flows that nothing "
				       "recognised" :
				       "every payload";
}

static void print_notice(const struct view *view)
{
	char names[CLI_ENCODINGS_ROOM];

	printf("glassine notice, interface %s\n", view->attachment.interface);
	printf("  running     %s\n",
	       view->attachment.mode == GL_MODE_NONE ? "no" : "yes");
	printf("  since       %s\n", view->when);
	printf("  program     tag %s, version %s, ABI %u\n", view->tag, view->meta.version,
	       view->meta.abi);
	printf("  reads       %s\n", reads(view->meta.scan));
	printf("  tunnels     %s\n", tunnels(view->meta.decap));
	printf("  recognises ");
	for (__u32 i = GL_PROTO_FIRST; i < GL_PROTOCOLS; i++)
		if (view->names[i])
			printf(" %s", view->names[i]);
	printf("\n");
	cli_encodings_names(view->snapshot.table.encodings, names);
	printf("  encodings   %s\n", names);
	for (int list = 0; list < GL_LIST_MAX; list++)
		printf("  %-5s list  %zu words, sha256 %s\n", name_list(list), view->count[list],
		       view->digest[list]);
	printf("  action      %s\n", attach_action(view->meta.enforce));
	printf("  keeps       counts; no payload, and no join of a word with a flow, an address or "
	       "a time\n");
}

static void json_table(struct json *json, const struct view *view)
{
	const struct snapshot_table *table = &view->snapshot.table;

	json_object(json, "table", JSON_LINES);
	json_unsigned(json, "patterns", table->patterns);
	json_list(json, "encodings", JSON_INLINE);
	for (__u32 i = 0; i < GL_ENC_MAX; i++)
		if (table->encodings >> i & 1)
			json_string(json, NULL, encoding_name(i));
	json_close(json);
	json_unsigned(json, "bytes_used", bytes_in_use(view));
	json_unsigned(json, "bytes_reserved", GL_WORDS_SIZE(view->meta.cells));
	json_unsigned(json, "build_us", table->build_us);
	json_string(json, "loaded", view->loaded);
	json_close(json);
}

static void print_json(struct json *json, const struct view *view)
{
	json_object(json, NULL, JSON_LINES);
	json_string(json, "interface", view->attachment.interface);
	json_bool(json, "attached", view->attachment.mode != GL_MODE_NONE);
	json_string(json, "mode", name_mode(view->attachment.mode));
	json_bool(json, "dispatcher", view->attachment.dispatcher);
	json_unsigned(json, "since", view->meta.since);
	json_string(json, "scan", name_scan(view->meta.scan));
	json_bool(json, "decap", view->meta.decap);
	json_bool(json, "enforce", view->meta.enforce);
	json_unsigned(json, "words", view->meta.words);
	json_unsigned(json, "words_generation", view->meta.words_generation);
	json_unsigned(json, "capacity", view->meta.capacity);
	json_table(json, view);
	json_list(json, "lists", JSON_LINES);
	for (int list = 0; list < GL_LIST_MAX; list++) {
		json_object(json, NULL, JSON_INLINE);
		json_string(json, "list", name_list(list));
		json_unsigned(json, "words", view->count[list]);
		json_string(json, "sha256", view->digest[list]);
		json_close(json);
	}
	json_close(json);
	json_string(json, "tag", view->tag);
	json_string(json, "version", view->meta.version);
	json_unsigned(json, "abi", view->meta.abi);
	json_close(json);
}

static void print_view(const struct arguments *arguments, struct json *json,
		       const struct view *view)
{
	if (arguments->json)
		print_json(json, view);
	else if (arguments->notice)
		print_notice(view);
	else
		print_text(view);
}

/* Reads everything before anything is printed. */
static int read_views(const struct arguments *arguments, struct view **out, unsigned *count)
{
	char **names = NULL;
	unsigned n = 1;
	struct view *views;
	int err = arguments->interface ? 0 : attach_list(&names, &n);

	if (err)
		return err;
	views = calloc(n + 1, sizeof(*views));
	if (!views)
		err = log_error(-ENOMEM, "not enough memory for %u interfaces", n);
	for (*count = 0; *count < n && !err; ++*count)
		err = view_read(arguments->interface ? arguments->interface : names[*count],
				&views[*count]);
	for (unsigned i = 0; names && i < n; i++)
		free(names[i]);
	free(names);
	*out = views;
	return err;
}

static void print_views(const struct arguments *arguments, const struct view *views,
			unsigned count)
{
	struct json json;

	if (arguments->json) {
		json_begin(&json, stdout);
		json_object(&json, NULL, JSON_LINES);
		json_unsigned(&json, "schema", 1);
		json_list(&json, "status", JSON_LINES);
	}
	for (unsigned i = 0; i < count; i++)
		print_view(arguments, &json, &views[i]);
	if (arguments->json) {
		json_close(&json);
		json_close(&json);
	} else if (!count) {
		printf("glassine is attached to no interface\n");
	}
}

int cmd_status(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	struct view *views = NULL;
	unsigned count = 0;
	int err;

	cli_parse(&argp, argc, argv, &arguments);
	prog_quiet();
	err = read_views(&arguments, &views, &count);
	if (!err)
		print_views(&arguments, views, count);
	for (unsigned i = 0; i < count; i++)
		view_free(&views[i]);
	free(views);
	return err ? CLI_FAILED : CLI_OK;
}

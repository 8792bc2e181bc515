/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "canary.h"
#include "cli.h"
#include "log.h"
#include "markup.h"
#include "report.h"
#include "verdict.h"

#define SHORT 8u	 /* bytes under which a text is met by chance */
#define AUTO_LETTERS 26u /* of 5 bits: 130, of which 128 are what is wanted */

/* ------------------------------------------------------------ options */

static const struct argp_option options[] = {
	{ "canary", CLI_CANARY, "TEXT", 0,
	  "Fail when TEXT is read in the traffic; auto: a random text, given to the command of "
	  "'run' as GLASSINE_CANARY", 20 },
	{ "canary-file", CLI_CANARY_FILE, "FILE", 0, "The same for each line of FILE", 20 },
	{ "max-exposure", CLI_MAX_EXPOSURE, "LEVEL", 0,
	  "Fail when a flow is more exposed than LEVEL: absent, shape, protocol, service, "
	  "identity, envelope, content", 20 },
	{ "accept", CLI_ACCEPT, "REASON", 0,
	  "Do not end as inconclusive for REASON, as it is printed: unknown, compressed, ...; "
	  "loopback: no failure for what stays on this machine", 20 },
	{ "error-exitcode", CLI_ERROR_EXITCODE, "N", 0, "Exit status of a failure (3)", 20 },
	{ "html", CLI_HTML, "FILE", 0, "Write the judgement as a page to FILE", 20 },
	{ "junit", CLI_JUNIT, "FILE", 0, "Write it as JUnit XML to FILE", 20 },
	{ "annotate", CLI_ANNOTATE, NULL, 0,
	  "Also print it in single lines, as GitHub's annotations where that runs it", 20 },
	{ 0 }
};

static void add_source(struct argp_state *state, struct canaries *canaries, const char *text,
		       const char *path)
{
	unsigned room = sizeof(canaries->source) / sizeof(*canaries->source);

	if (text && !strcmp(text, "auto")) {
		if (canaries->automatic)
			argp_error(state, "--canary auto goes once: there is one GLASSINE_CANARY");
		canaries->automatic = true;
	}
	if (canaries->sources == room)
		argp_error(state, "--canary and --canary-file go %u times at most", room);
	canaries->source[canaries->sources].text = text;
	canaries->source[canaries->sources++].path = path;
}

static int parse_exitcode(struct argp_state *state, const char *arg)
{
	int code = cli_number(state, "--error-exitcode", arg, 1, 255);

	if (code == CLI_INCONCLUSIVE)
		argp_error(state, "--error-exitcode 4 would say inconclusive: choose another");
	return code;
}

void canaries_need_test(struct argp_state *state, const struct canaries *canaries)
{
	const char *lone = canaries->html	   ? "--html" :
			   canaries->junit	   ? "--junit" :
			   canaries->annotate	   ? "--annotate" :
			   canaries->accept	   ? "--accept" :
			   canaries->error_exitcode ? "--error-exitcode" : NULL;

	if (lone && !canaries_judge(canaries))
		argp_error(state, "%s goes with --canary, --canary-file or --max-exposure", lone);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct canaries *canaries = state->input;

	switch (key) {
	case CLI_CANARY:
		add_source(state, canaries, arg, NULL);
		break;
	case CLI_CANARY_FILE:
		add_source(state, canaries, NULL, arg);
		break;
	case CLI_MAX_EXPOSURE:
		canaries->most = cli_choice(state, "--max-exposure", arg, name_level, GL_LEVEL_MAX);
		canaries->budget = true;
		break;
	case CLI_ACCEPT:
		canaries->accept |= 1u << cli_choice(state, "--accept", arg, name_judge_reason,
						     JUDGE_REASONS);
		break;
	case CLI_ERROR_EXITCODE:
		canaries->error_exitcode = parse_exitcode(state, arg);
		break;
	case CLI_HTML:
		canaries->html = arg;
		break;
	case CLI_JUNIT:
		canaries->junit = arg;
		break;
	case CLI_ANNOTATE:
		canaries->annotate = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp canary_argp = { options, parse_option, NULL, NULL, NULL, NULL, NULL };

bool canaries_judge(const struct canaries *canaries)
{
	return canaries->sources || canaries->budget;
}

/* ------------------------------------------------------------ texts */

/*
 * Small letters and digits, which no encoding and no change of case takes apart.
 */
static int make_automatic(struct canaries *canaries)
{
	static const char letters[32] = "abcdefghijklmnopqrstuvwxyz234567";
	__u8 random[AUTO_LETTERS];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return log_error(-errno, "no random bytes for --canary auto: %s", strerror(errno));
	for (size_t i = 0; i < AUTO_LETTERS; i++)
		canaries->text[i] = letters[random[i] & 31];
	canaries->text[AUTO_LETTERS] = '\0';
	explicit_bzero(random, sizeof(random));
	return 0;
}

static int add_canary(struct canaries *canaries, struct word_list *list, const char *name,
		      size_t line, const char *text, size_t length)
{
	__u32 number = canaries->count + 1;
	char label[GL_LABEL_MAX + 1];
	int err;

	snprintf(label, sizeof(label), "canary %u", number);
	err = words_add(list, name, line, text, length, GL_LIST_WATCH, label);
	if (err == -EEXIST)
		return log_error(-EINVAL, "canary %u is the same text as one before: remove it",
				 number);
	if (err)
		return err;
	if (length < SHORT)
		log_note("canary %u is shorter than %u bytes: encrypted bytes may hold it by chance",
			 number, SHORT);
	canaries->count = number;
	return 0;
}

static int read_file(struct canaries *canaries, struct word_list *list, const char *path)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	const char *name = file == stdin ? "standard input" : path;
	__u32 before = canaries->count;
	size_t room = 0, line = 0;
	char *text = NULL;
	ssize_t length;
	int err = 0;

	if (!file)
		return log_error(-errno, "%s: cannot open the file of canaries: %s", path,
				 strerror(errno));
	while (!err && (length = getline(&text, &room, file)) >= 0) {
		line++;
		while (length && strchr("\r\n", text[length - 1]))
			length--;
		if (length)
			err = add_canary(canaries, list, name, line, text, length);
	}
	if (!err && ferror(file))
		err = log_error(-EIO, "%s: cannot read it: %s", name, strerror(errno));
	if (!err && canaries->count == before)
		err = log_error(-EINVAL, "%s: there is no canary in it; write one a line", name);
	if (file != stdin)
		fclose(file);
	free(text);
	return err;
}

int canaries_load(struct canaries *canaries, struct word_list *list)
{
	int err = canaries->automatic ? make_automatic(canaries) : 0;

	for (unsigned i = 0; i < canaries->sources && !err; i++) {
		const char *text = canaries->source[i].text;

		if (!text) {
			err = read_file(canaries, list, canaries->source[i].path);
			continue;
		}
		if (!strcmp(text, "auto"))
			text = canaries->text;
		err = add_canary(canaries, list, "--canary", i + 1, text, strlen(text));
	}
	if (err)
		words_free(list);
	return err;
}

void canaries_hide(const struct canaries *canaries, struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->word_count; i++) {
		struct word *word = &snapshot->words[i].word;

		if (word->id >= canaries->count)
			continue;
		memset(word->text, 0, sizeof(word->text));
		snprintf(word->text, sizeof(word->text), "canary %u", word->id + 1);
		snprintf(word->label, sizeof(word->label), "canary %u", word->id + 1);
	}
}

/* ------------------------------------------------------------ the end */

struct judge_options canaries_options(const struct canaries *canaries, __u32 encodings)
{
	return (struct judge_options){ .canaries = canaries->count,
				       .budget = canaries->budget,
				       .most = canaries->most,
				       .encodings = encodings | 1u << GL_ENC_UTF8,
				       .accept = canaries->accept };
}

static int write_file(const char *path,
		      int (*print)(FILE *, const struct snapshot *, const struct judgement *),
		      const struct snapshot *snapshot, const struct judgement *judgement)
{
	FILE *out = fopen(path, "we");
	int err;

	if (!out)
		return log_error(-errno, "%s: cannot be written: %s", path, strerror(errno));
	err = print(out, snapshot, judgement);
	errno = 0;
	if ((ferror(out) | fclose(out)) && !err)
		err = errno ? -errno : -EIO;
	if (err)
		log_error(err, "%s: cannot be written: %s", path, strerror(-err));
	return err;
}

int canaries_report(const struct canaries *canaries, const struct snapshot *snapshot,
		    const struct judgement *judgement)
{
	int err = verdict_text(stderr, judgement, report_colour(stderr));

	if (!err && canaries->annotate)
		err = verdict_annotate(stderr, judgement, getenv("GITHUB_ACTIONS") != NULL);
	if (err)
		log_error(err, "the judgement cannot be printed: %s", strerror(-err));
	if (!err && canaries->html)
		err = write_file(canaries->html, markup_html, snapshot, judgement);
	if (!err && canaries->junit)
		err = write_file(canaries->junit, markup_junit, snapshot, judgement);
	return err;
}

int canaries_exit(const struct canaries *canaries, const struct judgement *judgement, int otherwise)
{
	switch (judgement->verdict) {
	case JUDGE_LEAK:
	case JUDGE_OVER_BUDGET:
		return canaries->error_exitcode ? canaries->error_exitcode : CLI_LEAK;
	case JUDGE_INCONCLUSIVE:
		return CLI_INCONCLUSIVE;
	default:
		return otherwise;
	}
}

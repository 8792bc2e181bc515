/* SPDX-License-Identifier: BSD-2-Clause */
/* cli.h - what the subcommands share: exit statuses, options, loading of lists. */
#ifndef CLI_H
#define CLI_H

#include <argp.h>
#include <stdbool.h>
#include "engine.h"
#include "signatures.h"
#include "words.h"

/* contract.md, 5 */
enum cli_exit { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_LEAK = 3, CLI_INCONCLUSIVE = 4 };

/* A subcommand: gets its own argv, argv[0] is "glassine NAME". */
struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

/* Parses; on a usage error or --help the process ends with 2 or 0. */
void cli_parse(const struct argp *argp, int argc, char **argv, void *input);

/* Value of an option out of a closed set of names; a usage error otherwise. */
int cli_choice(struct argp_state *state, const char *option, const char *value,
	       const char *(*name)(__u32), __u32 count);

/* A whole number from least to most; a usage error otherwise. */
unsigned long cli_number(struct argp_state *state, const char *option, const char *value,
			 unsigned long least, unsigned long most);

/* Takes the name of the one interface; a second one is a usage error. */
void cli_interface(struct argp_state *state, const char **interface, const char *name);

/*
 * --interface, --bpffs, and an argument if the command does not take it. Input: the
 * const char * of the interface. The same as the only child of a command's options.
 */
extern const struct argp cli_target_argp;
extern const struct argp_child cli_target_child[];

/* Word files as they were named on the command line. */
struct cli_words {
	struct {
		const char *path;
		enum gl_list list;
	} file[64];
	unsigned count;
};

void cli_words_add(struct argp_state *state, struct cli_words *words, const char *path,
		   enum gl_list list);

/* --encodings: a usage error for unknown names. The default is all that there are. */
#define CLI_ENCODINGS_OPTION(otherwise) \
	{ "encodings", CLI_ENCODINGS, "LIST", 0, \
	  "Look for words in these encodings: " otherwise ", or some of utf-8, utf-16le, " \
	  "utf-16be, gb18030, big5, shift_jis, euc-kr, koi8-r, windows-1251, percent, json, " \
	  "xml, base64, hex, with commas between", 0 }
void cli_encodings(struct argp_state *state, __u32 *encodings, const char *list);

/* The names, with blanks between. */
#define CLI_ENCODINGS_ROOM 160
void cli_encodings_names(__u32 encodings, char names[CLI_ENCODINGS_ROOM]);

/* "1 encoding", "14 encodings" */
#define CLI_ENCODINGS_COUNT(encodings) \
	__builtin_popcount(encodings), (encodings) & ((encodings) - 1) ? "encodings" : "encoding"

/* Reads them all, says how many duplicates were merged. Returns 0 or -errno. */
int cli_words_read(const struct cli_words *words, struct word_list *list);

/* The built-in signatures, parsed and compiled; both are the caller's. */
int cli_signatures(struct signatures **set, struct gl_signatures **compiled);

/* Signature files as they were named on the command line. */
struct cli_files {
	const char *path[64];
	unsigned count;
};

void cli_files_add(struct argp_state *state, struct cli_files *files, const char *path);

/* What the packet path is to do. Input of its options: struct cli_path *. */
struct cli_path {
	struct cli_words words;
	struct cli_files signatures;
	struct engine_options engine;
	bool scan; /* --scan was said */
};

extern const struct argp cli_path_argp;

/* Reads path->words, and sees to it that they fit. Returns 0 or -errno, logged. */
int cli_path_words(struct cli_path *path, struct word_list *list);

/*
 * The same with the protocols of files, which replace built-in ones of their
 * names. known and generation as in signatures_compile().
 */
int cli_signatures_with(const struct cli_files *files, const char *const *known,
			__u32 generation, struct signatures **set,
			struct gl_signatures **compiled);

/* Option keys without a letter. */
enum cli_key {
	CLI_JSON = 0x100,
	CLI_FLOWS,
	CLI_ENGINE,
	CLI_WORDS,
	CLI_BLOCK,
	CLI_SCAN,
	CLI_CAPACITY,
	CLI_ENCODINGS,
	CLI_MODE,
	CLI_LIST,
	CLI_STALE,
	CLI_INTERVAL,
	CLI_BPFFS,
	CLI_MAX_FLOWS,
	CLI_ENFORCE,
	CLI_DECAP,
	CLI_SIGNATURE,
	CLI_NOTICE,
	CLI_GRACE,
	CLI_CANARY,
	CLI_CANARY_FILE,
	CLI_MAX_EXPOSURE,
	CLI_ERROR_EXITCODE,
	CLI_ACCEPT,
	CLI_HTML,
	CLI_JUNIT,
	CLI_ANNOTATE
};

int cmd_replay(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_probe(int argc, char **argv);
int cmd_attach(int argc, char **argv);
int cmd_detach(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_words(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_flows(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_protocols(int argc, char **argv);
int cmd_run(int argc, char **argv);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* main.c - the table of subcommands. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "log.h"

static const struct command commands[] = {
	{ "run", "run one command, and report what it sent and received", cmd_run },
	{ "replay", "run captures through the packet path and report", cmd_replay },
	{ "protocols", "list, show, check and load what is recognised", cmd_protocols },
#ifdef HAVE_BPF
	{ "diff", "what is new or more exposed between two reports", cmd_diff },
	{ "probe", "what this machine allows, and what each absence costs", cmd_probe },
	{ "attach", "start counting on an interface", cmd_attach },
	{ "detach", "stop, and remove what attach left", cmd_detach },
	{ "status", "what is attached where, since when, with which words", cmd_status },
	{ "words", "load, list or clear the words of an interface", cmd_words },
	{ "stats", "what was seen, and what could not be", cmd_stats },
	{ "explain", "what a level, outcome or protocol means, and does not", cmd_explain },
	{ "flows", "the flows of an interface, with addresses", cmd_flows },
#endif
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

static void usage(FILE *out)
{
	fprintf(out, "Usage: glassine [-v|-q] COMMAND [OPTION...]\n"
		     "Shows what a network observer can and cannot read of chat.\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fprintf(out, "\n  -v, --verbose   also what libbpf and libxdp say\n"
		     "  -q, --quiet     errors only\n"
		     "      --version   print the version\n"
		     "\n'glassine COMMAND --help' describes a command. Exit status: 0 done, "
		     "1 failed, 2 usage.\n");
}

static int run(const struct command *command, int argc, char **argv)
{
	char name[64];

	snprintf(name, sizeof(name), "glassine %s", command->name);
	argv[0] = name;
	return command->run(argc, argv);
}

/* At exit, since argp prints its help and ends the process. */
static void close_output(void)
{
	if (fflush(stdout) || ferror(stdout)) {
		log_error(-1, "the output cannot be written: %m");
		_exit(CLI_FAILED);
	}
}

int main(int argc, char **argv)
{
	int i = 1;

	setlocale(LC_CTYPE, "");
	atexit(close_output);
	for (; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "-v") || !strcmp(argv[i], "--verbose")) {
			log_set_level(LOG_DEBUG);
		} else if (!strcmp(argv[i], "-q") || !strcmp(argv[i], "--quiet")) {
			log_set_level(LOG_ERRORS);
		} else if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help")) {
			usage(stdout);
			return CLI_OK;
		} else if (!strcmp(argv[i], "--version") || !strcmp(argv[i], "-V")) {
			puts(argp_program_version);
			return CLI_OK;
		} else {
			break;
		}
	}
	if (i < argc)
		for (size_t c = 0; c < COMMANDS; c++)
			if (!strcmp(argv[i], commands[c].name))
				return run(&commands[c], argc - i, argv + i);
	if (i < argc && !strcmp(argv[i], "diff"))
		log_error(-1, "this build has no command diff, which needs json-c: build all with 'make'");
	else if (i < argc)
		log_error(-1, "there is no command %s", argv[i]);
	usage(stderr);
	return CLI_USAGE;
}

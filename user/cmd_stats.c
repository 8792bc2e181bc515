/* SPDX-License-Identifier: BSD-2-Clause */
/* cmd_stats.c - stats and flows: what an attached filter has counted. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attach.h"
#include "cli.h"
#include "log.h"
#include "report.h"

struct arguments {
	const char *interface;
	bool json, flows;
	unsigned interval;
};

static const struct argp_option options[] = {
	{ "json", CLI_JSON, NULL, 0, "Print JSON, schema 1", 0 },
	{ "flows", CLI_FLOWS, NULL, 0, "Also each flow, with addresses", 0 },
	{ "interval", CLI_INTERVAL, "SECONDS", 0, "Print again every SECONDS", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &arguments->interface;
		break;
	case CLI_JSON:
		arguments->json = true;
		break;
	case CLI_FLOWS:
		arguments->flows = true;
		break;
	case CLI_INTERVAL:
		arguments->interval = cli_number(state, "--interval", arg, 1, 86400);
		break;
	case ARGP_KEY_END:
		if (!arguments->interface)
			argp_error(state, "name an interface");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp stats_argp = {
	options, parse_option, "IF",
	"What was seen on an interface, what became of it, and what could not be seen. "
	"No address is shown without --flows.",
	cli_target_child, NULL, NULL
};

static const struct argp flows_argp = {
	options, parse_option, "IF",
	"The flows of an interface, with their addresses. A flow says how many words were "
	"found in it, never which.",
	cli_target_child, NULL, NULL
};

/* One look. only_flows: without the totals, for people. */
static int look(const struct arguments *arguments, const struct maps *maps, bool only_flows)
{
	struct snapshot snapshot = { .version = GLASSINE_VERSION,
				     .engine = "xdp",
				     .source = arguments->interface };
	char *names[GL_PROTOCOLS] = { 0 };
	int err = maps_read_protocols(maps, names);

	if (!err)
		err = maps_read_snapshot(maps, arguments->flows, &snapshot);
	for (__u32 i = 0; i < GL_PROTOCOLS; i++) {
		snapshot.protocols[i] = names[i];
		if (names[i])
			snapshot.protocol_count = i + 1;
	}
	if (!err) {
		snapshot_sort(&snapshot);
		err = snapshot_check(&snapshot);
	}
	if (!err && only_flows && !arguments->json)
		err = report_flows(stdout, &snapshot, report_colour(stdout));
	else if (!err)
		err = report_print(stdout, &snapshot, arguments->json, arguments->flows, NULL);
	snapshot_free(&snapshot);
	for (__u32 i = 0; i < GL_PROTOCOLS; i++)
		free(names[i]);
	return err;
}

static int run(const struct arguments *arguments, bool only_flows)
{
	struct maps maps = MAPS_CLOSED;
	bool terminal = isatty(STDOUT_FILENO);
	int lock, err;

	prog_quiet();
	err = attach_open(arguments->interface, false, &maps, &lock);
	if (err)
		return CLI_FAILED;
	do {
		if (arguments->interval && terminal && !arguments->json)
			fputs("\033[H\033[J", stdout);
		err = look(arguments, &maps, only_flows);
		if (fflush(stdout))
			err = -errno;
		if (!err && arguments->interval)
			sleep(arguments->interval);
	} while (!err && arguments->interval);
	maps_close(&maps);
	return err ? CLI_FAILED : CLI_OK;
}

int cmd_stats(int argc, char **argv)
{
	struct arguments arguments = { 0 };

	cli_parse(&stats_argp, argc, argv, &arguments);
	return run(&arguments, false);
}

int cmd_flows(int argc, char **argv)
{
	struct arguments arguments = { 0 };

	cli_parse(&flows_argp, argc, argv, &arguments);
	arguments.flows = true;
	return run(&arguments, true);
}

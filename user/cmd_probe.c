/* SPDX-License-Identifier: BSD-2-Clause */
/* cmd_probe.c - what this machine allows, and what each absence costs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/magic.h>
#include <linux/sockios.h>
#include <bpf/libbpf.h>

#include "attach.h"
#include "cli.h"
#include "json.h"
#include "log.h"

struct arguments {
	const char *interface;
	bool json;
};

/* One line: ok, and if not, what that costs. */
struct finding {
	const char *name;
	bool ok;
	char value[128];
	const char *cost;
};

#define FINDINGS 10

static const struct argp_option options[] = {
	{ "json", CLI_JSON, NULL, 0, "Print JSON", 0 },
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
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	options, parse_option, "[IF]",
	"What this machine allows, and what each absence costs. Changes nothing.",
	cli_target_child, NULL, NULL
};

/* First line of a file, without its end; empty when it cannot be read. */
static void first_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");

	line[0] = '\0';
	if (!file)
		return;
	if (!fgets(line, size, file))
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	fclose(file);
}

static void probe_kernel(struct finding *finding)
{
	char release[65];

	finding->ok = !prog_check_kernel(release, sizeof(release));
	snprintf(finding->value, sizeof(finding->value), "%s", release);
}

/* Loads the very program, and unloads it. */
static void probe_program(struct finding *finding)
{
	struct prog_options prog = { .flows = 1024, .words = automaton_size(64, 0) };
	struct gl_signatures *compiled = NULL;
	struct signatures *set = NULL;
	struct bpf_object *object = NULL;
	enum log_level level = log_get_level();
	int fd, err;

	if (level < LOG_DEBUG)
		log_set_level(LOG_SILENT);
	prog_quiet();
	err = cli_signatures(&set, &compiled);
	if (!err)
		err = prog_open("xdp", &prog, set, &object);
	if (!err)
		err = prog_load(object, &fd);
	finding->ok = !err;
	if (err)
		snprintf(finding->value, sizeof(finding->value), "refused: %s", strerror(-err));
	else
		snprintf(finding->value, sizeof(finding->value), "loads, %u verified instructions",
			 prog_verified_insns(fd));
	bpf_object__close(object);
	signatures_free(set);
	free(compiled);
	log_set_level(level);
}

static void probe_jit(struct finding *finding)
{
	char line[64];

	first_line("/proc/sys/net/core/bpf_jit_enable", line, sizeof(line));
	finding->ok = line[0] == '1' || line[0] == '2';
	snprintf(finding->value, sizeof(finding->value), "%s",
		 finding->ok ? "on" : line[0] ? "off" : "not known");
}

static void probe_lockdown(struct finding *finding)
{
	char line[128], *open, *close;

	first_line("/sys/kernel/security/lockdown", line, sizeof(line));
	open = strchr(line, '[');
	close = open ? strchr(open, ']') : NULL;
	if (close)
		*close = '\0';
	finding->ok = !open || strcmp(open + 1, "confidentiality");
	snprintf(finding->value, sizeof(finding->value), "%s", close ? open + 1 : "not known");
}

static void probe_fs(struct finding *finding, const char *path, long magic)
{
	struct statfs fs;

	finding->ok = !statfs(path, &fs) && fs.f_type == magic;
	snprintf(finding->value, sizeof(finding->value), "%.100s%s", path,
		 finding->ok ? "" : ": not mounted");
}

static void probe_capabilities(struct finding *finding)
{
	static const struct {
		unsigned bit;
		const char *name;
	} needed[] = { { CAP_NET_ADMIN, "NET_ADMIN" }, { CAP_BPF, "BPF" },
		       { CAP_PERFMON, "PERFMON" }, { CAP_SYS_ADMIN, "SYS_ADMIN" } };
	unsigned long long have = 0;
	char line[256] = "";
	FILE *file = fopen("/proc/self/status", "re");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "CapEff: %llx", &have) == 1)
			break;
	if (file)
		fclose(file);
	finding->ok = true;
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		bool has = have >> needed[i].bit & 1;

		finding->ok &= has || needed[i].bit == CAP_SYS_ADMIN;
		snprintf(finding->value + strlen(finding->value),
			 sizeof(finding->value) - strlen(finding->value), "%s%c%s", i ? " " : "",
			 has ? '+' : '-', needed[i].name);
	}
}

static void probe_dispatcher(struct finding *finding)
{
	finding->ok = !access("/sys/kernel/btf/vmlinux", R_OK) &&
		      libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_EXT, NULL) == 1;
	snprintf(finding->value, sizeof(finding->value), "%s",
		 finding->ok ? "extension programs load" : "extension programs are refused");
}

/* The driver's name, "?" when it does not tell. */
static void driver_name(const char *interface, char *name, size_t size)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq request = { .ifr_data = (void *)&info };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%.15s", interface);
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &request))
		snprintf(info.driver, sizeof(info.driver), "?");
	if (fd >= 0)
		close(fd);
	snprintf(name, size, "%.31s", info.driver);
}

/* Which modes an interface has shows only when one attaches; what is there shows. */
static void probe_interface(struct finding *finding, const char *interface)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	unsigned ifindex = if_nametoindex(interface);
	struct attachment attachment;
	char driver[32];

	finding->ok = ifindex != 0;
	if (!ifindex) {
		snprintf(finding->value, sizeof(finding->value), "%.60s: not here", interface);
		return;
	}
	driver_name(interface, driver, sizeof(driver));
	if (!attach_status(interface, &attachment))
		snprintf(finding->value, sizeof(finding->value), "%.15s, driver %s: glassine, "
			 "%s mode", interface, driver, name_mode(attachment.mode));
	else if (!bpf_xdp_query(ifindex, 0, &query) && query.attach_mode != XDP_ATTACHED_NONE)
		snprintf(finding->value, sizeof(finding->value), "%.15s, driver %s: another XDP "
			 "program, %s mode", interface, driver,
			 query.attach_mode == XDP_ATTACHED_SKB ? "generic" : "native");
	else
		snprintf(finding->value, sizeof(finding->value), "%.15s, driver %s: no XDP program",
			 interface, driver);
}

/* Native mode is the driver's, generic mode the kernel's. */
static void probe_modes(struct finding *finding)
{
	finding->ok = libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_XDP, NULL) == 1;
	snprintf(finding->value, sizeof(finding->value), "%s", finding->ok ?
		 "generic is the kernel's, native needs a driver that has it" :
		 "the kernel has no XDP, or forbids it here");
}

static unsigned probe_all(const struct arguments *arguments, struct finding *findings)
{
	static const struct {
		const char *name, *cost;
	} rows[FINDINGS] = {
		{ "kernel", "5.18 or newer is needed; replay --engine native still works" },
		{ "program", "no live filter and no kernel replay; replay --engine native works" },
		{ "jit", "the program is interpreted: many times slower" },
		{ "lockdown", "reading maps may be refused" },
		{ "bpffs", "attach mounts it, if it may" },
		{ "cgroup2", "nothing yet: watching one command needs it later" },
		{ "capabilities", "attach needs NET_ADMIN, BPF and PERFMON (root has them)" },
		{ "xdp modes", "no live filter" },
		{ "dispatcher", "glassine takes the interface alone: no other XDP program can join" },
		{ "interface", "attach to one that 'ip link' lists" },
	};
	unsigned count = arguments->interface ? 10 : 9;

	for (unsigned i = 0; i < count; i++) {
		findings[i].name = rows[i].name;
		findings[i].cost = rows[i].cost;
	}
	probe_kernel(&findings[0]);
	probe_program(&findings[1]);
	probe_jit(&findings[2]);
	probe_lockdown(&findings[3]);
	probe_fs(&findings[4], attach_bpffs(), BPF_FS_MAGIC);
	probe_fs(&findings[5], "/sys/fs/cgroup", CGROUP2_SUPER_MAGIC);
	if (!findings[5].ok)
		probe_fs(&findings[5], "/sys/fs/cgroup/unified", CGROUP2_SUPER_MAGIC);
	probe_capabilities(&findings[6]);
	probe_modes(&findings[7]);
	probe_dispatcher(&findings[8]);
	if (arguments->interface)
		probe_interface(&findings[9], arguments->interface);
	return count;
}

static void print_json(const struct finding *findings, unsigned count)
{
	struct json json;

	json_begin(&json, stdout);
	json_object(&json, NULL, JSON_LINES);
	json_unsigned(&json, "schema", 1);
	json_list(&json, "probe", JSON_LINES);
	for (unsigned i = 0; i < count; i++) {
		json_object(&json, NULL, JSON_INLINE);
		json_string(&json, "name", findings[i].name);
		json_bool(&json, "ok", findings[i].ok);
		json_string(&json, "value", findings[i].value);
		json_string(&json, "cost", findings[i].ok ? NULL : findings[i].cost);
		json_close(&json);
	}
	json_close(&json);
	json_close(&json);
}

int cmd_probe(int argc, char **argv)
{
	struct finding findings[FINDINGS] = { 0 };
	struct arguments arguments = { 0 };
	unsigned count;

	cli_parse(&argp, argc, argv, &arguments);
	count = probe_all(&arguments, findings);
	if (arguments.json) {
		print_json(findings, count);
		return CLI_OK;
	}
	for (unsigned i = 0; i < count; i++) {
		char safe[512];

		printf("%-4s %-13s %s\n", findings[i].ok ? "yes" : "no", findings[i].name,
		       log_escape(safe, sizeof(safe), findings[i].value,
				  strlen(findings[i].value)));
		if (!findings[i].ok)
			printf("     %-13s cost: %s\n", "", findings[i].cost);
	}
	return CLI_OK;
}

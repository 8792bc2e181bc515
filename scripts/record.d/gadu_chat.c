/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gadu_chat ADDRESS PORT NUMBER PASSWORD OTHER [VERSION]: one of two who talk by Gadu-Gadu, with
 * libgadu. Lines from the standard input are sent to the number OTHER, what it says is printed as
 * HTML. VERSION of the protocol, else libgadu's own choice.
 * cc gadu_chat.c -o gadu_chat -lgadu
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libgadu.h>

/* Print the message of one event, if it is one. Returns 0, or -1 when the connection is over. */
static int hear(struct gg_session *session)
{
	struct gg_event *event = gg_watch_fd(session);
	int status = !event || event->type == GG_EVENT_DISCONNECT ? -1 : 0;

	if (event && event->type == GG_EVENT_MSG) {
		puts(event->event.msg.xhtml_message ? event->event.msg.xhtml_message :
						      (char *)event->event.msg.message);
		fflush(stdout);
	}
	gg_event_free(event);
	return status;
}

static struct gg_session *login(char **arg, const char *version)
{
	struct gg_login_params p = { .struct_size = sizeof(p) };

	p.server_addr = inet_addr(arg[1]);
	p.server_port = atoi(arg[2]);
	p.uin = atoi(arg[3]);
	p.password = arg[4];
	p.encoding = GG_ENCODING_UTF8;
	p.status = GG_STATUS_AVAIL;
	if (version)
		p.protocol_version = strtol(version, NULL, 0);
	return gg_login(&p);
}

int main(int argc, char **argv)
{
	struct gg_session *session;
	struct pollfd fds[2] = { { .fd = 0, .events = POLLIN } };
	char line[1024];

	if (argc < 6)
		return 2;
	session = login(argv, argc > 6 ? argv[6] : NULL);
	if (!session || gg_notify(session, NULL, 0)) {
		fputs("gadu_chat: was not let in\n", stderr);
		return 1;
	}
	/* one line is written at a time: nothing waits in stdin's buffer while poll() sleeps */
	for (;;) {
		fds[1].fd = session->fd;
		fds[1].events = (session->check & GG_CHECK_READ ? POLLIN : 0) |
				(session->check & GG_CHECK_WRITE ? POLLOUT : 0);
		if (poll(fds, 2, -1) < 0 || (fds[1].revents && hear(session)))
			break;
		if (!fds[0].revents)
			continue;
		if (!fgets(line, sizeof(line), stdin))
			break;
		line[strcspn(line, "\n")] = '\0';
		if (gg_send_message(session, GG_CLASS_CHAT, atoi(argv[5]), (unsigned char *)line) < 0)
			break;
	}
	gg_logoff(session);
	gg_free_session(session);
	return 0;
}

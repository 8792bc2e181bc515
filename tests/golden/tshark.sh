#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Hits in clear text against tshark: it puts the streams together, a plain search
# looks for the words. A difference must be one that glassine speaks of.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

if ! command -v tshark >/dev/null; then
	skip "hits against tshark's streams" "no tshark here"
	exit
fi
printf '%s\n' hello the nick user http message from server is you and PRIVMSG channel JOIN quit \
	sip invite body presence stream to: :// 200 mail '</' >"$work/words"
sort -u "$top/tests/captures/words.txt" | grep -v '^#' >>"$work/words"

letters=ascii
[[ $(make -s -C "$top" print-libs) != *utf8proc* ]] || letters=unicode

# against NAME LEAST CAPTURE...: at least so many hits must be compared
against() {
	local name=$1 least=$2
	shift 2
	python3 "$top/tests/golden/tshark.py" "$work/words" "$letters" "$native" "$@" >"$work/diff" 2>"$work/err" ||
		fail "$name: both could be read" "$(tail -3 "$work/err")"
	equal "$name: each flow's hits are those in tshark's streams, or glassine says why not" \
		"$(grep -v '^equal' "$work/diff" | grep -vP '\tgap\t' | grep -vP '\tno entry: .*tunnel')" ''
	equal "$name: enough hits to tell" "$(awk -F'\t' -v least="$least" \
		'$1 == "equal" { print ($3 + 0 >= least) ? "yes" : $0 }' "$work/diff")" yes
	sed -n 's/^equal/#/p' "$work/diff"
}

cd "$top/tests/captures" || exit 1
against "made here" 500 irc-plain.pcap irc-split.pcap irc-ipv6.pcap xmpp-plain.pcap xmpp-s2s.pcap sip-udp.pcap \
	sip-tcp.pcap http.pcap matrix-http.pcap mqtt-plain.pcap ftp-pop3.pcap websocket.pcap dns.pcap otr-xmpp.pcap \
	pgp-xmpp.pcap omemo-xmpp.pcap gen-msnp.pcap gen-ymsg.pcap
if [ -z "$corpus" ]; then
	skip "hits in public captures against tshark's streams" "../shared/corpus is absent"
	exit
fi
cd "$corpus" || exit 1
shopt -s nullglob
against "public captures" 5000 ./*irc*.pcap ./*{xmpp,jabber}*.pcap ./*sip*.pcap* ./*FAX*.pcap \
	./*http*.pcap ./*mqtt*.pcap ./*{smtp,pop3,imap}*.pcap ./*websocket*.pcap ./*{nats,rtsp,coap}*.pcap \
	./*{skinny,oicq,ssdp,_dns}*.pcap

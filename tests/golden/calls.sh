#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Recorded calls, natively and in the kernel: what can be read of a voice is what the
# SDP said of it, and without the SDP the same packets say less. RTCP on a port of its
# own is not announced, and these calls are too short for a report, by which it is known.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

captures=$top/tests/captures

# replay ENGINE FILE: into $work/json
replay() {
	local program=$glassine
	[ "$1" = native ] && program=$native
	"$program" replay --engine "$1" --json --flows "$2" >"$work/json" 2>"$work/err" ||
		fail "$2, $1: can be replayed" "$(cat "$work/err")"
}

# Each flow, by its lower port: label, levels while it begins and then, flags.
flows() {
	jq -r '[.flows[] | "\([.a.port, .b.port] | min) \(.protocol) \(.exposure.setup) \(.exposure.steady)\(
		.flags // [] | map(" " + .) | add // "")"] | sort | join(", ")' "$work/json"
}

# Packets at the level content.
content() { jq '[.exposure[] | select(.level == "content") | .packets] | add // 0' "$work/json"; }

law() { jq -L "$top/tests/golden" 'include "law"; law' "$work/json"; }

# call ENGINE CAPTURE FLOWS CONTENT FLOWS: with the SIP packets, and without, when
# nothing is content
call() {
	local engine=$1 capture=$2
	replay "$engine" "$captures/$capture.pcap"
	equal "$capture, $engine: flows" "$(flows)" "$3"
	equal "$capture, $engine: packets at the level content" "$(content)" "$4"
	equal "$capture, $engine: the law" "$(law)" true
	python3 "$top/tests/golden/pcaps.py" drop "$captures/$capture.pcap" "$work/mute.pcap" 5060
	replay "$engine" "$work/mute.pcap"
	equal "$capture without SIP, $engine: flows" "$(flows)" "$5"
	equal "$capture without SIP, $engine: packets at the level content" "$(content)" 0
	equal "$capture without SIP, $engine: the law" "$(law)" true
}

# Two packets of media pass before theirs is recognised, and the two with SDP are content,
# too: as many as there are packets of RTP.
calls() {
	call "$1" call-rtp \
		'20000 rtp content content, 20001 unknown shape shape, 5060 sip content content' 62 \
		'20000 rtp shape shape, 20001 unknown shape shape'
	call "$1" call-srtp \
		'20000 rtp content content veil, 20001 unknown shape shape, 5060 sip content content veil' 68 \
		'20000 rtp shape shape, 20001 unknown shape shape'
	call "$1" call-dtls '20000 dtls protocol shape, 5060 sip envelope envelope' 0 '20000 dtls protocol shape'
}

missing=$(bpf_missing)
calls native
if [ -n "$missing" ]; then
	skip "calls in the kernel" "$missing"
else
	calls kernel
fi

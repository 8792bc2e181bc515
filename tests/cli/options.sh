#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What scripts and people rely on: --help and --version on stdout with 0, usage errors
# on stderr with 2, no colour but on a terminal, nothing on stderr without cause.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

good=$top/tests/captures/dns.pcap
words=$top/tests/captures/words.txt

# run COMMAND...: into $work/out and $work/err; prints the status
run() {
	"$@" >"$work/out" 2>"$work/err"
	echo $?
}
# printed NAME STATUS PATTERN COMMAND...: that status, stdout matches, stderr is empty
printed() {
	local name=$1 status=$2 pattern=$3 got
	shift 3
	got=$(run "$@")
	if [ "$got" = "$status" ] && grep -qE -- "$pattern" "$work/out" && [ ! -s "$work/err" ]; then
		pass "$name"
	else
		fail "$name" "status $got: $(head -2 "$work/out") / $(head -2 "$work/err")"
	fi
}
# usage NAME PATTERN ARGUMENT...: status 2, nothing on stdout
usage() {
	local name=$1 pattern=$2
	shift 2
	refuses "usage: $name" 2 "$pattern" "$glassine" "$@"
}

# ---- help and version

for program in "$glassine" "$native"; do
	of=$(basename "$program")
	printed "$of --help" 0 '^Usage: glassine ' "$program" --help
	printed "$of -h" 0 '^Usage: glassine ' "$program" -h
	printed "$of --version" 0 '^glassine [0-9]+\.[0-9]+' "$program" --version
	printed "$of -V" 0 '^glassine [0-9]+\.[0-9]+' "$program" -V
	refuses "$of without arguments: usage" 2 '^Usage: glassine ' "$program"
	refuses "$of with only an option: usage" 2 '^Usage: glassine ' "$program" -q
	refuses "$of with an unknown command" 2 '^glassine: there is no command frobnicate$' \
		"$program" frobnicate
	refuses "$of with an unknown option" 2 '^glassine: there is no command --frobnicate$' \
		"$program" --frobnicate
	refuses "$of with an unknown command, quietly" 2 'frobnicate' "$program" -q frobnicate
	refuses "$of: an unknown command with escapes" 2 'there is no command \\x1b\[31mred$' \
		"$program" $'\e[31mred'
	for command in $("$program" --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p'); do
		printed "$of $command --help" 0 "^Usage: glassine $command" "$program" "$command" --help
		printed "$of $command -?" 0 "^Usage: glassine $command" "$program" "$command" '-?'
		printed "$of $command --usage" 0 "^Usage: glassine $command" "$program" "$command" --usage
		printed "$of $command --version" 0 '^glassine [0-9]' "$program" "$command" --version
		# run keeps 2 for what it runs, as env and timeout do
		usage=2
		[ "$command" != run ] || usage=125
		refuses "$of $command: an unknown option" "$usage" "^glassine $command: " \
			"$program" "$command" --frobnicate
		equal "$of $command: its error points to its help" \
			"$(tr '\n' ' ' <"$work/err" | grep -c "Try .glassine $command --help'")" 1
	done
done
equal "the commands" "$("$glassine" --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p' | xargs)" \
	"run replay protocols diff probe attach detach status words stats explain flows"
equal "the commands of the build without BPF" \
	"$("$native" --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p' | xargs)" "run replay protocols"
refuses "glassine-native attach: no such command" 2 'no command attach' "$native" attach lo

# ---- usage errors: before anything is opened or changed

usage "replay without a capture" 'name at least one capture' replay
usage "replay with options only" 'name at least one capture' replay --json --words "$words"
usage "--scan" '--scan takes one of chat, clear, all$' replay --scan everything "$good"
usage "--scan is not abbreviated" '--scan takes one of' replay --scan c "$good"
usage "--engine" '--engine takes one of auto, kernel, native$' replay --engine turbo "$good"
for value in latin-1 '' utf8 'utf-8,' utf-8,,hex 'utf-8 hex' --json; do
	usage "--encodings '$value'" '".*" is not an encoding; write all, or .*: utf-8, .*, hex$' \
		replay --encodings "$value" "$good"
done
for command in "replay $good" "attach va" "words load $words -i va"; do
	# shellcheck disable=SC2086
	usage "${command%% *} --encodings" '"no-such" is not an encoding' $command --encodings no-such
	equal "${command%% *} --encodings: points to its help" \
		"$(tr '\n' ' ' <"$work/err" | grep -c "Try .glassine ${command%% *} --help'")" 1
	names=$(grep -oE 'utf-8, .*, hex' "$work/err")
	equal "${command%% *} --help names each encoding" \
		"$("$glassine" "${command%% *}" --help | tr -s ' \n' ' ' | grep -cF -- "$names")" 1
done
equal "and so does the manual" "$(sed -n '/^\.SH ENCODINGS/,/^\.SH EXPOSURE/ s/^\.B //p' "$top/docs/glassine.8" |
	tr -d '\134' | paste -sd, | sed 's/,/, /g')" "$names"
usage "words list --encodings" '--encodings goes with load$' words list -i va --encodings hex
for value in all ALL utf-8 UTF-8,Hex base64,base64; do
	equal "twin: --encodings $value" "$(run "$native" replay --encodings "$value" "$good") $(cat "$work/err")" '0 '
done
for value in 0 -1 100001 1e3 '' 12x 99999999999999999999 ' '; do
	usage "--capacity '$value'" '--capacity takes a whole number from 1 to 100000$' \
		replay --capacity "$value" "$good"
done
for value in 0 1023 16777217 -1024 many; do
	usage "--max-flows '$value'" '--max-flows takes a whole number from 1024 to 16777216$' \
		replay --max-flows "$value" "$good"
done
for command in replay attach run; do
	equal "$command --help has --decap" "$("$glassine" $command --help | grep -c -- '--decap ')" 1
done
usage "stats has no --decap: it is fixed when it is attached" "unrecognized option" stats va --decap
usage "--decap with a value" "doesn't allow an argument" replay --decap=1 "$good"
usage "--words without a file" "requires an argument" replay "$good" --words
usage "--json with a value" "doesn't allow an argument" replay --json=yes "$good"
many=()
for ((i = 0; i < 65; i++)); do many+=(--words "$words"); done
usage "65 word files" 'at most 64 word files' replay "${many[@]}" "$good"
equal "64 word files" "$(run "$native" replay "${many[@]:2}" "$good")" 0
usage "protocols with an unknown action" 'one of list, show, check, load' protocols irc
usage "attach without an interface" 'name an interface' attach
usage "attach to two" 'one interface at a time: va or vb' attach va vb
usage "attach to two, one by -i" 'one interface at a time' attach -i va vb
usage "attach --mode" '--mode takes one of auto, native, generic$' attach --mode offload va
usage "attach --scan" '--scan takes one of chat, clear, all$' attach --scan some va
usage "detach without an interface" 'name an interface, or use --stale' detach
usage "detach from two" 'one interface at a time' detach va vb
usage "status of two" 'one interface at a time' status va vb
usage "stats without an interface" 'name an interface' stats
usage "stats of two" 'one interface at a time' stats va vb
usage "stats --interval 0" '--interval takes a whole number from 1 to 86400$' stats --interval 0 va
usage "flows without an interface" 'name an interface' flows
usage "words of two" 'one interface at a time: va or vb' words list -i va -i vb
usage "probe of two" 'one interface at a time: va or vb' probe va vb
usage "protocols load into two" 'one interface at a time: va or vb' protocols load "$words" -i va -i vb
usage "words without an action" 'say load FILE..., list or clear' words
usage "words with an unknown action" 'say load FILE..., list or clear' words show -i va
usage "words without an interface" 'name the interface with -i IF' words list
usage "words load without a file" 'load takes files, list and clear take none' words load -i va
usage "words list with a file" 'load takes files, list and clear take none' words list "$words" -i va
usage "words --list" '--list takes one of watch, block$' words load "$words" -i va --list black

# ---- options before and after the captures; -- ends them

equal "options may follow the capture" "$(run "$native" replay "$good" --json)" 0
equal "options may be shortened" "$(run "$native" replay "$good" --js)" 0
cp "$good" "$work/--json"
equal "-- ends options" "$(cd "$work" && run "$native" replay -- --json)" 0
equal "what follows -- is a capture" "$(head -1 "$work/out" | grep -c 'source --json$')" 1
equal "captures add up" "$("$native" replay --json "$good" "$good" | jq .seen.packets)" 48
equal "both captures are the source" \
	"$(cd "$top/tests/captures" && "$native" replay --json dns.pcap http.pcap | jq -r .glassine.source)" \
	"dns.pcap http.pcap"
equal "--words and --block together: whose each word is" "$("$native" replay --json \
	--words <(echo watched) --block <(echo blocked) "$good" | jq -c '[.words[] | [.word, .list]]')" \
	'[["watched","watch"],["blocked","block"]]'

# ---- scan, block

chat=$top/tests/captures/irc-plain.pcap
"$native" replay --json --block "$words" "$chat" >"$work/block"
"$native" replay --json --words "$words" "$chat" >"$work/watch"
equal "--block: would_drop counts packets with a word; nothing is dropped" "$(jq -c \
	'[.verdict[].name]' "$work/block")" '["pass","would_drop"]'
equal "--words: the same words, and every packet passes" "$(jq -c '[.verdict[].name]' "$work/watch")" \
	'["pass"]'
equal "--block finds what --words finds" "$(jq -c '[.words[].hits]' "$work/block")" \
	"$(jq -c '[.words[].hits]' "$work/watch")"
equal "--scan chat is the default" "$("$native" replay --json --scan chat --words "$words" "$chat")" \
	"$(cat "$work/watch")"

# ---- protocols

equal "protocols: those with a signature file" \
	"$("$glassine" protocols list --json | jq -r '.protocols[].protocol' | xargs)" \
	"$(cd "$top/user/protocols" && printf '%s\n' *.yaml | sed 's/\.yaml$//' | LC_ALL=C sort | xargs)"
equal "protocols: the same in the build without signature files" "$("$native" protocols)" \
	"$("$glassine" protocols)"
equal "protocols: levels are levels" "$("$glassine" protocols list --json | jq -r '.protocols[].exposure[]' |
	grep -cvxE 'content|envelope|identity|service|protocol|shape|absent')" 0

# ---- quiet, verbose

as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all "$@"; }
if [ "$(id -u)" = 0 ] && as_nobody test -x "$glassine" -a -r "$good"; then
	equal "a note" "$(run as_nobody "$glassine" replay "$good") $(grep -c ' note: ' "$work/err")" '0 1'
	equal "-q: no note" "$(run as_nobody "$glassine" -q replay "$good") $(cat "$work/err")" '0 '
	equal "--quiet: no note" "$(run as_nobody "$glassine" --quiet replay "$good") $(cat "$work/err")" '0 '
	equal "-v: why" "$(run as_nobody "$glassine" -v replay "$good") $(grep -c . "$work/err" |
		awk '{ print ($1 > 1) }')" '0 1'
	equal "-v: stdout is the same" "$(cat "$work/out")" "$("$glassine" replay --engine native "$good")"
else
	skip "quiet and verbose notes" "not root"
fi
refuses "-q: errors still show" 1 'is not a capture' "$native" -q replay "$work/absent"
equal "without cause nothing is on stderr" "$(run "$native" replay "$good") $(cat "$work/err")" '0 '

# ---- colour

if command -v script >/dev/null; then
	# shellcheck disable=SC2016
	on_terminal() { script -qec "$* '$native' replay --flows '$good'" /dev/null </dev/null; }
	escapes() { grep -c $'\e\\['; }
	equal "on a terminal there is colour" \
		"$(on_terminal env -u NO_COLOR TERM=xterm | escapes | awk '{ print ($1 > 3) }')" 1
	equal "NO_COLOR: none" "$(on_terminal env NO_COLOR=1 TERM=xterm | escapes)" 0
	equal "NO_COLOR, but empty: colour" \
		"$(on_terminal env NO_COLOR= TERM=xterm | escapes | awk '{ print ($1 > 3) }')" 1
	equal "TERM=dumb: none" "$(on_terminal env -u NO_COLOR TERM=dumb | escapes)" 0
	equal "colour changes no character" \
		"$(on_terminal env -u NO_COLOR TERM=xterm | sed $'s/\e\\[[0-9;]*m//g' | tr -d '\r')" \
		"$("$native" replay --flows "$good")"
else
	skip "colour on a terminal" "script is not installed"
fi
equal "piped: no escape code" "$(TERM=xterm "$native" replay --flows "$good" | grep -c $'\e')" 0
equal "the C locale: ASCII only" "$(LC_ALL=C "$native" replay --flows "$good" |
	LC_ALL=C grep -c $'[\200-\377]')" 0
equal "JSON does not depend on the locale" "$(LC_ALL=C "$native" replay --json --words "$words" "$chat")" \
	"$(LC_ALL=C.UTF-8 "$native" replay --json --words "$words" "$chat")"
equal "the text names no address without --flows" \
	"$("$native" replay "$good" | grep -c '10\.99\.0')" 0
equal "the text names addresses with --flows" \
	"$("$native" replay --flows "$good" | grep -c '10\.99\.0' | awk '{ print ($1 > 0) }')" 1

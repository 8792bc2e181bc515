#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What is new, gone or more exposed between two reports, and the status that says so.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

captures=$top/tests/captures
report() { "$native" replay --json "${@:2}" "$captures/$1.pcap" 2>"$work/notes"; }
# diff A B: JSON into $work/out; prints the status
diff() {
	"$glassine" diff --json "$1" "$2" >"$work/out" 2>"$work/err"
	echo $?
}
# changes NAME WANTED: change, kind, name, before, after, worse
changes() {
	equal "$1" "$(jq -r '.changes[] | "\(.change) \(.kind) \(.name): \(.before) \(.after) \(.worse)"' \
		"$work/out" 2>&1)" "$2"
}

report irc-plain --flows >"$work/plain"
report irc-tls --flows >"$work/tls"
report irc-tls >"$work/tls-short"
report irc-plain --flows --canary 'The midnight train' >"$work/leak"
report irc-plain --flows --canary no-such-text-anywhere >"$work/clean"
report http-gzip --flows --canary no-such-text-anywhere >"$work/open"

equal "the same: 0" "$(diff "$work/plain" "$work/plain")" 0
changes "no difference" ""
equal "people are told so" "$("$glassine" diff "$work/plain" "$work/plain")" "no difference"
equal "from TLS to clear: 3" "$(diff "$work/tls" "$work/plain")" 3
changes "each thing that is new, more or gone" "more exposure highest: service content true
new protocol irc: null null true
gone protocol tls: null null false
new flow irc: null content true
gone flow tls: service null false"
equal "its fields" "$(jq -c '[keys_unsorted, .schema, .worse, (.changes[0] | keys_unsorted)]' "$work/out")" \
	'[["schema","a","b","worse","changes"],1,true,["change","kind","name","before","after","worse"]]'
"$glassine" diff "$work/tls" "$work/plain" >"$work/text"
equal "for people" "$? $(head -2 "$work/text" | tr -s ' ' | xargs)" \
	"3 more exposed than before, or something new more exposure highest service -> content"
jq '.protocol += [{"name": "tls"}]' "$work/plain" >"$work/both"
equal "only less: 0" "$(diff "$work/both" "$work/plain")" 0
changes "what is gone" "gone protocol tls: null null false"
equal "the other way: 3" "$(diff "$work/plain" "$work/both")" 3

# ---- exposure, services, flows

jq '(.flows[0].exposure.steady) = "identity"' "$work/tls" >"$work/more"
equal "a flow that is more exposed" "$(diff "$work/tls" "$work/more")" 3
changes "its levels" "more flow tls: service identity true"
equal "less exposed: 0" "$(diff "$work/more" "$work/tls")" 0
changes "its levels again" "less flow tls: identity service false"
jq '.flows[].service = "signal" | .service = [{"name": "signal"}]' "$work/tls" >"$work/signal"
equal "a new service" "$(diff "$work/tls" "$work/signal")" 3
changes "a new service: the rows" "new service signal: null null true
new flow tls of signal: null service true
gone flow tls: service null false"
equal "flows in one report only" "$(diff "$work/tls" "$work/tls-short")" 0
equal "that is said" "$(grep -c "^glassine: note: $work/tls-short holds no flows" "$work/err")" 1
equal "whichever it is" "$(diff "$work/tls-short" "$work/tls" &&
	grep -c "^glassine: note: $work/tls-short holds no flows" "$work/err")" $'0\n1'
jq '.exposure |= map(select(.level != "content")) + [{"level": "content", "packets": 0, "bytes": 0, "flows": 1}]' \
	"$work/tls" >"$work/zero"
equal "a level without packets is not reached" "$(diff "$work/tls" "$work/zero")" 0

# ---- judgements

equal "a test that fails now" "$(diff "$work/clean" "$work/leak")" 3
changes "a test that fails now: where" "more verdict verdict: clean leak true
new leak canary 1, irc, client_to_server, utf-8: null null true
new leak canary 1, irc, server_to_client, utf-8: null null true"
equal "one that passes again" "$(diff "$work/leak" "$work/clean")" 0
equal "a new test that passes" "$(diff "$work/plain" "$work/clean")" 0
equal "a new one that fails" "$(diff "$work/plain" "$work/leak")" 3
equal "a test that is not made any more" "$(diff "$work/clean" "$work/plain")" 3
changes "a test that is not made any more: it is said" "gone verdict verdict: clean null true"
jq '.judgement.verdict = "inconclusive"' "$work/clean" >"$work/doubt"
equal "from a pass to inconclusive" "$(diff "$work/clean" "$work/doubt")" 3

# ---- errors

refuses "one report" 2 'name two reports: the one before and the one after$' "$glassine" diff "$work/plain"
refuses "three reports" 2 'name two reports, not more$' "$glassine" diff "$work/plain" "$work/tls" "$work/more"
refuses "no such file" 1 '^glassine: /nonexistent: it cannot be opened: ' "$glassine" diff "$work/plain" /nonexistent
refuses "a directory" 1 "^glassine: $work: it cannot be read: " "$glassine" diff "$work" "$work/plain"
# bad NAME PATTERN TEXT: as the second report
bad() {
	printf '%s' "$3" >"$work/bad"
	refuses "$1" 1 "^glassine: $work/bad$2; give it what --json printed\$" "$glassine" diff "$work/plain" "$work/bad"
}
bad "an empty file" ':1:1: this is not JSON \(it ends too early\)' ''
bad "a cut one: where" ':2:13: this is not JSON \(it ends too early\)' $'{\n"schema": 1,'
bad "no JSON: where" ':3:3: this is not JSON \(.*\)' $'{\n\n  foo: 1}'
bad "something behind it" ':1:14: this is not JSON \(something follows its end\)' '{"schema":1} x'
bad "null" ': it is null' $'null\n'
bad "a list" ': it has no "schema": 1' '[1]'
bad "another schema" ': it has no "schema": 1' '{"schema": 2}'
bad "no lists" ': it has no list "protocol"' '{"schema": 1}'
bad "a row without a name" ': a row of "protocol" has no name' '{"schema":1,"protocol":[{}]}'
bad "a list that is none" ': it has no list "service"' '{"schema":1,"protocol":[],"service":7}'
bad "a level that is none" ': a row of "exposure" has a level that is not known' \
	'{"schema":1,"protocol":[],"service":[],"exposure":[{"level":"loud","packets":1}]}'
bad "a flow without a level" ': a flow has no protocol, or a level that is not known' \
	'{"schema":1,"protocol":[],"service":[],"exposure":[],"flows":[{"protocol":"irc"}]}'
bad "a verdict that is none" ': its judgement has a verdict that is not known' \
	'{"schema":1,"protocol":[],"service":[],"exposure":[],"judgement":{"verdict":"fine"}}'
printf '%5000s' '' | tr ' ' '[' >"$work/deep"
refuses "very deep" 1 "^glassine: $work/deep:1:[0-9]*: this is not JSON \(nesting too deep\)" \
	"$glassine" diff "$work/deep" "$work/plain"
long=$(printf 'long%.0s' {1..200})
jq --arg n "$long"$'\e[31m' '.protocol += [{"name": $n}, {"name": "\u001b[31mred"}]' "$work/plain" >"$work/hostile"
equal "hostile names" "$("$glassine" diff "$work/plain" "$work/hostile" >"$work/text"; echo $?) $(grep -c $'\e' "$work/text") $(grep -c '\\x1b\[31mred' "$work/text")" \
	"3 0 1"
jq --argjson n 20000 '.outcome = [range($n) | {"name": "x\(.)"}]' "$work/plain" >"$work/large"
equal "a report of many pieces ($(stat -c %s "$work/large") bytes)" "$(diff "$work/plain" "$work/large")" 0
equal "twin: the same, cut" "$(head -c 300000 "$work/large" >"$work/bad"; diff "$work/plain" "$work/bad")" 1
refuses "the build without json-c says so" 2 '^glassine: this build has no command diff, which needs json-c: ' \
	"$native" diff "$work/plain" "$work/plain"

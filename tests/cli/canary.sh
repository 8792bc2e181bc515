#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# replay as a test: what fails it, what leaves it open, what passes; where a canary is
# said to be; and that its text is printed nowhere.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

captures=$top/tests/captures
phrase='The midnight train leaves'	# of the conversation
absent='no-such-text-anywhere'

# judged CAPTURE OPTION...: into $work/out (JSON) and $work/err; prints the status
judged() {
	local capture=$1
	shift
	"$native" replay --json "$@" "$captures/$capture.pcap" >"$work/out" 2>"$work/err"
	echo $?
}
is() { equal "$1" "$(jq -c "$2" "$work/out" 2>&1)" "$3"; }

# ---- a leak

equal "irc in clear: a leak" "$(judged irc-plain --canary "$phrase")" 3
is "the verdict" .judgement.verdict '"leak"'
is "where, one row a place" '[.judgement.leaks[] | [.canary, .protocol, .direction, .encoding, .hits, .loopback]]' \
	'[["canary 1","irc","client_to_server","utf-8",1,false],["canary 1","irc","server_to_client","utf-8",1,false]]'
is "addresses only with --flows" '[.judgement.leaks[] | .from, .to] | unique' '[null]'
equal "the first line says it" "$(head -1 "$work/err")" "leak: canary 1 was read 2 times"
judged irc-plain --flows --canary "$phrase" >"$work/status"
is "with --flows: from whom to whom" '[.judgement.leaks[] | [.from.address, .from.port, .to.address, .to.port]]' \
	'[["10.99.0.2",46404,"10.99.0.1",6667],["10.99.0.1",6667,"10.99.0.2",47258]]'
is "the fields, in order" '.judgement | keys_unsorted' \
	'["verdict","canaries","inspected","encrypted","reasons","leaks","budget","encodings","not_covered"]'
is "and the schema's before them" 'keys_unsorted | .[-2:]' '["flows","judgement"]'
equal "case does not hide it" "$(judged irc-plain --canary "${phrase^^}")" 3
for capture in irc-ipv6:harbour xmpp-plain:"$phrase" sip-udp:"$phrase" sip-tcp:"$phrase" mqtt-plain:"$phrase" \
	websocket:"$phrase" sip-utf16:"$phrase" gen-oscar:"$phrase"; do
	equal "${capture%%:*}: a leak" "$(judged "${capture%%:*}" --canary "${capture#*:}")" 3
	is "${capture%%:*}: each place is known, and they are all hits" \
		'[(.judgement.leaks | map(.protocol == null) | any), ([.judgement.leaks[].hits] | add) == .words[0].hits]' \
		'[false,true]'
done
equal "websocket: under the mask" "$(judged websocket --canary "$phrase" && jq -r '.judgement.leaks[0] |
	"\(.protocol) \(.direction)"' "$work/out")" $'3\nwebsocket client_to_server'
equal "two byte orders" "$(judged sip-utf16 --canary "$phrase" >"$work/status"
	jq -r '[.judgement.leaks[].encoding] | unique | join(" ")' "$work/out")" 'utf-16be utf-16le'
equal "with UTF-8 alone they are not met" "$(judged sip-utf16 --encodings utf-8 --canary "$phrase")" 0
is "and that is said" .judgement.encodings '["utf-8"]'
equal "a cut word" "$(judged irc-split --canary harbour)" 3
equal "--error-exitcode" "$(judged irc-plain --canary "$phrase" --error-exitcode 77)" 77

# ---- not a leak

equal "a text that is not there: a pass" "$(judged irc-plain --canary "$absent")" 0
is "its verdict" '[.judgement.verdict, .judgement.reasons, .judgement.leaks]' '["clean",[],[]]'
equal "its first line" "$(head -1 "$work/err")" "pass: no canary was read"
for capture in irc-tls xmpp-tls xmpp-starttls mqtt-tls ssh dtls; do
	equal "$capture: all of it is recognised as encrypted, or read" "$(judged $capture --canary "$phrase")" 0
	is "$capture: no packet with payload is left out" \
		'.judgement.inspected.packets == ([.outcome[] | select(.name != "no_payload") | .packets] | add)' true
done
equal "with --scan chat, too" "$(judged irc-tls --scan chat --canary "$phrase")" 0
is "the flows that are encrypted are counted" .judgement.encrypted.flows 2
equal "words of a list are no canaries" "$(judged irc-plain --canary "$absent" --words "$captures/words.txt")" 0
is "but are counted" '[.words[] | select(.hits > 0)] | length > 3' true

# ---- inconclusive

equal "compressed bodies: inconclusive" "$(judged http-gzip --canary "$absent")" 4
is "with the counted reason" '[.judgement.verdict, .judgement.reasons]' \
	'["inconclusive",[{"name":"compressed","packets":2,"bytes":1182}]]'
equal "the word of it" "$(head -1 "$work/err")" "inconclusive: not everything was inspected (compressed)"
equal "but what is in clear there is a leak" "$(judged http-gzip --canary "$phrase")" 3
equal "compressed frames" "$(judged websocket-deflate --canary "$absent")" 4
equal "the same accepted" "$(judged websocket-deflate --canary "$absent" --accept compressed)" 0
is "and said" '[.judgement.verdict, .judgement.reasons[0].accepted]' '["clean",true]'
equal "another reason accepted" "$(judged websocket-deflate --canary "$absent" --accept gap)" 4
equal "unrecognised" "$(judged gen-lookalike --canary "$absent")" 4
is "unrecognised: by flow" '.judgement.reasons[] | select(.name == "unknown") | .flows > 5' true
equal "random bytes" "$(judged gen-random --canary "$absent")" 4
is "random bytes: by flow" '[.judgement.reasons[].name]' '["random"]'
equal "not asked for" "$(judged http --scan chat --canary "$absent")" 4
is "not asked for: the reason" '[.judgement.reasons[].name]' '["not_selected"]'
printf '\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0' >"$work/empty.pcap"
"$native" replay --canary "$absent" "$work/empty.pcap" >"$work/out" 2>"$work/err"
equal "nothing seen: silence is no pass" "$? $(head -1 "$work/err")" \
	"4 inconclusive: not everything was inspected (no_payload_seen)"
editcap=$(command -v editcap || true)
if [ -n "$editcap" ]; then
	"$editcap" "$captures/irc-plain.pcap" "$work/gap.pcap" 20-30 2>/dev/null
	"$native" replay --canary "$absent" "$work/gap.pcap" >"$work/out" 2>"$work/err"
	equal "missing segments" "$? $(head -1 "$work/err")" "4 inconclusive: not everything was inspected (gap)"
	"$editcap" "$captures/irc-tls.pcap" "$work/gap.pcap" 20-30 2>/dev/null
	"$native" replay --canary "$absent" "$work/gap.pcap" >"$work/out" 2>"$work/err"
	equal "missing segments of what is encrypted" "$?" 0
	"$editcap" -s 80 "$captures/irc-plain.pcap" "$work/cut.pcap" 2>/dev/null
	"$native" replay --canary "$absent" "$work/cut.pcap" >"$work/out" 2>"$work/err"
	equal "cut packets" "$? $(head -1 "$work/err")" "4 inconclusive: not everything was inspected (gap, truncated)"
else
	skip "missing and cut packets" "there is no editcap"
fi

# ---- the limit

equal "content is above service" "$(judged irc-plain --max-exposure service)" 3
is "which flows" '[.judgement.budget.flows[] | [.protocol, .exposure.setup, .exposure.steady]] | unique' \
	'[["irc","content","content"]]'
is "no canary, no encodings" '[.judgement.canaries, .judgement.encodings]' '[0,[]]'
equal "its first line" "$(head -1 "$work/err")" "over budget: 58 packets, 10.1 kB more exposed than service"
equal "content is not above content" "$(judged irc-plain --max-exposure content)" 0
equal "TLS with a name is not above service" "$(judged irc-tls --max-exposure service)" 0
equal "but above protocol, in its setup" "$(judged irc-tls --max-exposure protocol)" 3
equal "SSH is not above protocol" "$(judged ssh --max-exposure protocol)" 0
equal "both: the leak is named" "$(judged irc-plain --max-exposure shape --canary "$phrase")" 3
is "both: the verdict" .judgement.verdict '"leak"'
equal "both: the limit alone" "$(judged irc-plain --max-exposure shape --canary "$absent")" 3
is "both: the verdict of the limit" .judgement.verdict '"over_budget"'

# ---- files and lines

printf '\xef\xbb\xbf# no comment\r\n\n%s\n%s' "$phrase" "$absent" >"$work/canaries"
equal "--canary-file" "$(judged irc-plain --canary-file "$work/canaries")" 3
is "each line is one, comments are not known" '[.judgement.canaries, .judgement.leaks[0].canary]' '[3,"canary 2"]'
equal "the same from standard input" "$("$native" replay --canary-file - "$captures/irc-plain.pcap" \
	<"$work/canaries" >/dev/null 2>&1; echo $?)" 3
judged irc-plain --flows --canary-file "$work/canaries" --canary 'Kommt Jürgen' --max-exposure service \
	--html "$work/page.html" --junit "$work/junit.xml" --annotate >"$work/status"
equal "JUnit: tests and failures" "$(python3 - "$work/junit.xml" <<'PY'
import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot()
cases = suite.findall('testcase')
failures = [c.find('failure').get('type') for c in cases if c.find('failure') is not None]
print(suite.tag, suite.get('tests'), len(cases), suite.get('failures'), *failures)
PY
)" "testsuite 6 6 3 leak leak over_budget"
equal "HTML: it is well-formed, without a script, and needs nothing else" "$(python3 - "$work/page.html" <<'PY'
import html.parser, sys
class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.bad = [], []
    def handle_starttag(self, tag, attributes):
        if tag == 'script' or any(k in ('src', 'href') or k.startswith('on') for k, _ in attributes):
            self.bad.append(tag)
        if tag != 'meta':
            self.open.append(tag)
    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.bad.append('/' + tag)
page = Page()
page.feed(open(sys.argv[1], encoding='utf-8').read())
print(page.open, page.bad)
PY
)" "[] []"
equal "HTML: light and dark" "$(grep -c 'prefers-color-scheme: dark' "$work/page.html")" 1
equal "annotations: one line each" "$(grep -c '^glassine: canary [24] was read 2* *[12] times*: irc, ' "$work/err")" \
	"$(jq '.judgement.leaks | length' "$work/out")"
GITHUB_ACTIONS=true judged http-gzip --canary "$absent" --annotate >"$work/status"
equal "annotations for GitHub" "$(grep -c '^::error title=glassine::compressed, 2 packets, ' "$work/err")" 1
ln -s "$captures/irc-plain.pcap" "$work/<b>&'\"$(printf '\e')x.pcap"
"$native" replay --canary "$phrase" --html "$work/hostile.html" --junit "$work/hostile.xml" "$work"/*x.pcap \
	>/dev/null 2>"$work/err"
succeeds "hostile file names: the XML is well-formed" python3 -c \
	'import sys, xml.dom.minidom as m; [m.parse(f) for f in sys.argv[1:]]' "$work/hostile.xml"
equal "hostile file names: escaped" "$(grep -c '<b>' "$work/hostile.html" "$work/hostile.xml" |
	cut -d: -f2 | xargs) $(grep -c '&lt;b&gt;&amp;&#39;&quot;\\x1bx' "$work/hostile.html")" "0 0 1"

# ---- the text is nowhere

secret='Three please. The midnight'
printf '%s\n' "$secret" >"$work/secret"
for how in "" --json "--json --flows" "--flows --annotate"; do
	rm -f "$work"/all.*
	# shellcheck disable=SC2086
	"$glassine" -v replay $how --canary-file "$work/secret" --html "$work/all.html" --junit "$work/all.xml" \
		"$captures/irc-plain.pcap" >"$work/all.out" 2>"$work/all.err"
	equal "it is printed nowhere: ${how:-as text}" \
		"$? $(grep -liF 'please' "$work"/all.* | xargs) $(grep -lF 'canary 1' "$work"/all.* | wc -l)" "3  4"
done
for bad in $'ab\x01secretsecret' $'secretsecret\xff' "$(printf 'secret%.0s' {1..12})" ; do
	printf '%s\n' "$bad" >"$work/bad"
	"$native" replay --canary-file "$work/bad" "$captures/dns.pcap" >"$work/out" 2>"$work/err"
	status=$?
	equal "nor in errors: $(tail -c 60 "$work/err")" "$status $(grep -c secret "$work/err")" "1 0"
done
printf '%s\n' "$secret" "${secret,,}" >"$work/bad"
refuses "the same twice" 1 '^glassine: canary 2 is the same text as one before: remove it$' \
	"$native" replay --canary-file "$work/bad" "$captures/dns.pcap"
equal "a listed word that is a canary keeps its secret" "$(printf '%s\n' "$secret" >"$work/words"
	judged irc-plain --canary-file "$work/secret" --words "$work/words" >"$work/status"
	jq -c '[.words[].word]' "$work/out") $(grep -ci please "$work/err")" '["canary 1"] 0'

# ---- errors

refuses "no file of canaries" 1 '^glassine: /nonexistent: cannot open the file of canaries: ' \
	"$native" replay --canary-file /nonexistent "$captures/dns.pcap"
refuses "an empty one" 1 'there is no canary in it; write one a line$' \
	"$native" replay --canary-file /dev/null "$captures/dns.pcap"
refuses "too short" 1 '^glassine: --canary:2: the word is 1 byte long' \
	"$native" replay --canary "$absent" --canary x "$captures/dns.pcap"
refuses "auto in a replay" 2 "auto goes with 'glassine run'" "$native" replay --canary auto "$captures/dns.pcap"
refuses "auto twice" 2 'auto goes once' "$native" replay --canary auto --canary auto "$captures/dns.pcap"
refuses "a level that is none" 2 '--max-exposure takes one of absent, .*, content$' \
	"$native" replay --max-exposure none "$captures/dns.pcap"
refuses "a reason that is none" 2 '--accept takes one of no_payload_seen, .*, loopback$' \
	"$native" replay --canary "$absent" --accept all "$captures/dns.pcap"
for code in 0 256 -1 x ''; do
	refuses "--error-exitcode '$code'" 2 'takes a whole number from 1 to 255$' \
		"$native" replay --canary "$absent" --error-exitcode "$code" "$captures/dns.pcap"
done
refuses "--error-exitcode 4" 2 '4 would say inconclusive' \
	"$native" replay --canary "$absent" --error-exitcode 4 "$captures/dns.pcap"
for lone in "--html x" "--junit x" --annotate "--accept gap" "--error-exitcode 3"; do
	# shellcheck disable=SC2086
	refuses "${lone%% *} without a test" 2 "^glassine replay: ${lone%% *} goes with --canary, " \
		"$native" replay $lone "$captures/dns.pcap"
done
for file in --html --junit; do
	"$native" replay --canary "$absent" $file /nonexistent/x "$captures/dns.pcap" >/dev/null 2>"$work/err"
	equal "$file that cannot be written" "$? $(grep -c '^glassine: /nonexistent/x: cannot be written: ' "$work/err")" "1 1"
	"$native" replay --canary "$absent" $file /dev/full "$captures/dns.pcap" >/dev/null 2>"$work/err"
	equal "$file on a full disk" "$? $(grep -c '^glassine: /dev/full: cannot be written: ' "$work/err")" "1 1"
done
equal "without these options nothing is judged" \
	"$("$native" replay --json "$captures/http-gzip.pcap" | jq -c '[has("judgement"), .outcome[0].name]')" \
	'[false,"not_selected"]'
if [ -n "$(bpf_missing)" ]; then
	skip "the kernel engine" "$(bpf_missing)"
else
	"$glassine" replay --json --engine kernel --canary "$phrase" "$captures/irc-plain.pcap" >"$work/out" 2>"$work/err"
	equal "the kernel engine: a leak" "$?" 3
	is "the kernel engine: it cannot say where" '[.judgement.leaks[] | [.protocol, .hits]]' '[[null,2]]'
	equal "and says so" "$(grep -c 'a place not known' "$work/err")" 1
fi

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Labels, services and exposure against the truth of the corpus: the bars, and
# docs/ACCURACY.md, which holds what tests/accuracy prints.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# Known values: Wilson's interval, and what is made of it.
equal "intervals are right" "$(cd "$top/tests/accuracy.d" && python3 -B -c '
from interval import share, f1, mean
def show(x): return x and "%.4f %.4f %.4f" % x
print(show(share(0, 10)), show(share(5, 10)), show(share(10, 10)), show(share(0, 0)),
      show(f1(2, 1, 1)), show(mean([(0.5, 0.2, 0.9), (0.7, 0.3, 0.7), None])), sep="\n")' 2>&1)" \
	"$(printf '%s\n' '0.0000 0.0000 0.2775' '0.5000 0.2366 0.7634' '1.0000 0.7225 1.0000' \
		None '0.6667 0.2609 0.9189' '0.6000 0.3500 0.8000')"

# What nDPI's CSV is turned into: words in another place, an address to mend, and
# nothing of what is neither TCP nor UDP.
equal "nDPI's CSV is read" "$(cd "$top/tests/accuracy.d" && python3 -B -c '
import peer
for label in "TLS.Messenger", "Skype_Teams.SkypeCall", "TLS.Skype_Teams", "DNS":
    print(peer.name(label))
flow = peer.flow("1,17,0,0,0,fd99::19::,1,fd99::1,2,5.1,DNS.QQ,name,3,0,0,4\n")
print(flow["proto"], flow["src_ip"], flow["src_port"], flow["dest_ip"], flow["dst_port"],
      flow["ndpi"]["proto"], *flow["xfer"].values())
print(peer.flow("1,1,0,0,0,fd99::1,0,fd99::2,0,81,ICMP,,1,0,0,0\n"))' 2>&1)" \
	"$(printf '%s\n' TLS.FacebookMessenger Skype.Skype_Teams TLS.Skype_Teams DNS \
		'UDP fd99:0:19:: 1 fd99::1 2 DNS.QQ 3 4' None)"

CORPUS=$corpus GLASSINE=$glassine "$top/tests/accuracy" >"$work/page" 2>"$work/err"
status=$?
if ((status == 77)); then
	skip "labels against the truth of the corpus" "$(sed -n 's/^accuracy: skipped: //p' "$work/err")"
	exit
fi
summary=$top/build/accuracy/accuracy.json

# holds NAME FILTER: it is true of the summary; says the values otherwise
holds() {
	if jq -e "$2" "$summary" >/dev/null; then
		pass "$1"
	else
		fail "$1" "$(jq -c "${3:-.}" "$summary")"
	fi
}

holds "macro F1 over the chat labels is 0.98 or more" '.chat_f1 >= 0.98' .chat_f1
holds "recall is 0.95 or more of each label with three flows or more" \
	'[.labels[] | select(.right + .missed >= 3) | .right / (.right + .missed)] | min >= 0.95' \
	'[.labels[] | select(.right + .missed >= 3 and .right < 0.95 * (.right + .missed))]'
holds "no chat label on a flow that is something else" '.false_chat_labels == 0' .false_chat_labels
holds "exposure agrees at 0.97 or more of the phases, mean of the levels" '.exposure >= 0.97' .exposure
equal "the law holds in every capture" "$(jq -c .law "$summary")" \
	"$(awk 'END { print "[" NR - 1 "," NR - 1 "]" }' "$corpus/files.tsv")"
equal "score.py has nothing to say of the form of the JSON" "$(grep '^accuracy: contract' "$work/err")" ''
equal "a figure is the same by flow and by score.py" "$(grep 'in score.py$' "$work/err")" ''

generated() { sed '1,/^<!-- accuracy:begin -->$/d; /^<!-- accuracy:end -->$/,$d' "$top/docs/ACCURACY.md"; }
reasons='^accuracy: (no reason|there is no such miss|a reason without)'
if grep -q "fingerprint $(jq -r .corpus "$summary") " "$top/docs/ACCURACY.md"; then
	equal "every miss has a reason, and every reason its miss" "$(grep -E "$reasons" "$work/err")" ''
	equal "docs/ACCURACY.md holds what is printed here (tests/accuracy --write)" \
		"$(diff "$work/page" <(generated) | head -20)" ''
else
	skip "every miss has a reason, and docs/ACCURACY.md its figures" "../shared/corpus is another one"
fi
not_asked=$(sed -n -E 's/^accuracy: (nDPI skipped: [^;]*|nDPI .* is not compared with nDPI [^,]*).*/\1/p' "$work/err")
if [ -n "$not_asked" ]; then
	skip "nDPI says what tests/accuracy.d/peer.tsv has" "$not_asked"
else
	equal "nDPI says what tests/accuracy.d/peer.tsv has" "$(grep '^accuracy: nDPI says' "$work/err")" ''
fi

# The twins: what is wrong would be seen.
said=$top/build/accuracy/said

# report NAME FILTER [OPTION...]: the report where the JSON of that capture is changed
report() {
	local name=$1 filter=$2
	shift 2
	rm -rf "$work/said"
	mkdir "$work/said"
	ln -s "$said"/*.json "$work/said"
	rm "$work/said/$name.json"
	jq "$filter" "$said/$name.json" >"$work/said/$name.json"
	python3 -B "$top/tests/accuracy.d/report.py" --corpus "$corpus" --said "$work/said" \
		--own "$top/build/accuracy/own" --save "$work" "$@" >"$work/out" 2>"$work/err"
}

irc=$(awk -F'\t' '$11 == "irc" && $16 == "sure" && $8 == "-" { print $1; exit }' "$corpus/truth.tsv")
report "$irc" '.flows |= map(.protocol = "msnp")'
equal "a false label ends with 1" $? 1
equal "a false label has no reason" \
	"$(grep -c "no reason is given for $irc, tcp: irc called msnp" "$work/err")" 1
equal "a false chat label is counted" \
	"$(jq -n '[inputs.false_chat_labels] | .[0] > .[1]' "$work/accuracy.json" "$summary")" true
report "$irc" '.seen.packets += 1'
equal "a broken law ends with 1" $? 1
equal "a broken law is seen" "$(grep '^accuracy: .*law' "$work/err")" \
	"accuracy: $irc: the law is broken"
head -1 "$top/tests/accuracy.d/misses.tsv" >"$work/misses"
printf '%s\ttcp\tirc\ttls\tit is not so\n' "$irc" >>"$work/misses"
report "$irc" . --misses "$work/misses"
equal "a reason without its miss is seen" "$(grep 'there is no such miss' "$work/err")" \
	"accuracy: there is no such miss: $irc, tcp: irc called tls"

if [ -z "$not_asked" ]; then
	cp -r "$top/build/accuracy/peer" "$work/peer"
	version=$(awk -F'\t' '$1 == "version" { print $2 }' "$top/tests/accuracy.d/peer.tsv")
	: >"$work/peer/$irc.json"
	report "$irc" . --peer "$work/peer" --version "$version"
	equal "other answers of nDPI are seen" "$(grep -c '^accuracy: nDPI says other' "$work/err")" 1
	report "$irc" . --peer "$work/peer" --version 0
	equal "another version of nDPI is not compared" "$(grep -c '^accuracy: nDPI says other' "$work/err")" 0
fi

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# explain: every level, outcome and label that is ever printed can be looked up, and
# each answer says what it means, what is learned, on what it rests, what it does not prove.
# shellcheck disable=SC2154
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# names TABLE: those that user/snapshot.c has in it, which is what reports print
names() {
	sed -nE "/^static const struct term $1\[/,/^};/ s/^[[:space:]]*\[GL_[A-Z_]+\] = \{\"([a-z_]+)\".*/\1/p" \
		"$top/user/snapshot.c"
}

# complaint FILE HEADING...: what is wrong with an answer, empty when nothing is
complaint() {
	local heading file=$1
	shift
	for heading; do
		grep -qE "^  $heading {2,}[^ ]" "$file" || echo "no \"$heading\""
	done
	[ -z "$(LC_ALL=C tr -d '\n\40-\176\200-\377' <"$file")" ] || echo "control characters"
	iconv -f UTF-8 -t UTF-8 "$file" >/dev/null 2>&1 || echo "not UTF-8"
	! grep -qE '[[:space:]]$|\(null\)|  -$' "$file" || echo "an empty place"
}

# explained NAME KIND HEADING...
explained() {
	local name=$1 kind=$2 status wrong
	shift 2
	"$glassine" explain "$name" >"$work/out" 2>"$work/err"
	status=$?
	wrong=$(complaint "$work/out" "$@")
	[ $status = 0 ] || wrong+=" exit status $status"
	[ ! -s "$work/err" ] || wrong+=" said on stderr: $(cat "$work/err")"
	grep -qF "$name ($kind)" "$work/out" || wrong+=" not called \"$name ($kind)\""
	if [ -z "$wrong" ]; then pass "$kind $name"; else fail "$kind $name" "$wrong"$'\n'"$(cat "$work/out")"; fi
}

four=("means" "learned by it" "rests on" "does not prove")

# the twins first: what is wrong is found
printf '  means           a\n  rests on        \n  learned by it   b\e[1m\n  does not prove  -\n' >"$work/out"
equal "a bad answer is recognised" "$(complaint "$work/out" "${four[@]}" | tr '\n' ';')" \
	'no "rests on";control characters;an empty place;'

mapfile -t levels < <(names levels)
mapfile -t outcomes < <(names outcomes)
mapfile -t protocols < <("$glassine" protocols list | awk '$2 ~ /^(chat|clear|encrypted|masked)$/ { print $1 }')
equal "seven levels, 23 outcomes, a label for each signature file" \
	"${#levels[@]} ${#outcomes[@]} ${#protocols[@]}" "7 23 $(find "$top/user/protocols" -name '*.yaml' | wc -l)"

for name in "${levels[@]}"; do explained "$name" "exposure level" "${four[@]}"; done
for name in "${outcomes[@]}"; do explained "$name" outcome "${four[@]}"; done
for name in none unknown random; do explained "$name" protocol "${four[@]}"; done
for name in "${protocols[@]}"; do
	explained "$name" protocol "defined in" "payload" "exposure" "rests on" "does not prove"
done

# What a replay prints is among them.
printed=$(for file in "$top"/tests/captures/*.pcap; do
	"$glassine" replay --engine native --json --scan all --words "$top/tests/captures/words.txt" "$file" |
		tr ',' '\n' | grep -oE '"(name|level)": ?"[a-z0-9_-]+"' | grep -oE '[a-z0-9_-]+"$' | tr -d '"'
done | sort -u)
missing=''
for name in $printed; do
	case $name in pass | would_drop | drop | watch | block) continue ;; esac
	"$glassine" explain "$name" >/dev/null 2>&1 || missing+="$name "
done
equal "whatever replay names in the captures can be explained" "$missing" ''
if (($(wc -w <<<"$printed") >= 12)); then pass "and that is a lot"; else fail "and that is a lot" "$printed"; fi

equal "a name of both an outcome and a label is explained as both" \
	"$("$glassine" explain unknown | grep -oE '^unknown \([a-z]+\)' | tr '\n' ' ')" "unknown (outcome) unknown (protocol) "
equal "an encrypted protocol: what is seen before and after" \
	"$("$glassine" explain ssh | grep -E '^  (payload|exposure) ')" \
	$'  payload         encrypted\n  exposure        setup protocol, steady shape'
equal "a pattern for each of the signature file" \
	"$("$glassine" explain sip | grep -cE '^    [a-z0-9-]+ +(tcp|udp), (client|server|either); ')" \
	"$(grep -c '^  - name:' "$top/user/protocols/sip.yaml")"

equal "what SIP says of media" "$("$glassine" explain sip | grep '^  media ')" \
	"  media           session descriptions (SDP) in it say how a call is sent"
equal "twin: IRC says nothing of it" "$("$glassine" explain irc | grep -c '^  media ')" 0

# ------------------------------------------------------------ misuse

refuses "an unknown name" 1 '^glassine: there is no level, outcome or protocol morse; ' "$glassine" explain morse
refuses "part of a name" 1 'no level, outcome or protocol scann;' "$glassine" explain scann
refuses "a name in capitals" 1 'no level, outcome or protocol IRC;' "$glassine" explain IRC
refuses "an empty name" 1 'no level, outcome or protocol' "$glassine" explain ''
refuses "a file of the signatures is not a name" 1 'no level, outcome or protocol irc.yaml;' "$glassine" explain irc.yaml
refuses "a name cannot steer the terminal" 1 'protocol \\x1b\[31mred\\x0a;' "$glassine" explain $'\e[31mred\n'
refuses "no name" 2 'name one level, outcome or protocol' "$glassine" explain
refuses "two names" 2 'Too many arguments' "$glassine" explain irc sip
refuses "an unknown option" 2 'unrecognized option' "$glassine" explain --all
"$glassine" explain --help >"$work/out" 2>"$work/err"
equal "--help" "$? $(head -1 "$work/out") $(wc -c <"$work/err")" \
	"0 Usage: glassine explain [OPTION...] LEVEL|OUTCOME|PROTOCOL 0"

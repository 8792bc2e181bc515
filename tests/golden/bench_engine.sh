# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The benchmark of the keyword engine runs, writes what the contract says, and all
# engines find the same words. Says nothing about speed.
source "$(dirname "$0")/../lib.sh"

json=$top/build/bench-engine.json
reason=$(bpf_missing)
if [ -n "$reason" ]; then
	skip "the benchmark of the keyword engine" "$reason"
	exit 0
fi

rm -f "$json"
succeeds "it runs" "$top/tests/bench-engine" --quick --no-gate
equal "a row has the contract's fields" "$(jq -r '[.rows[] | (.engine | type) + (.words | type) +
	(.payload | type) + (.text | type) + (.stream | type) + (.cores | type) + (.ns | type)] |
	unique[]' "$json")" stringnumbernumberstringbooleannumbernumber
equal "every row has a ratio or says null" "$(jq '[.rows[] | has("ratio")] | all' "$json")" true
equal "engines and texts have the contract's names" "$(jq -r '[.rows[] |
	select((.engine | IN("glassine", "hyperscan", "per-byte-lookup", "iptables", "memcpy") | not) or
	(.text | IN("text", "adversarial") | not))] | length' "$json")" 0
equal "every size of list was measured" \
	"$(jq -c '[.rows[] | select(.engine == "glassine").words] | unique' "$json")" "[10,1000,10000,100000]"
equal "words are found in text" "$(jq '[.rows[] | select(.text == "text" and .hits != null).hits > 0] |
	all' "$json")" true
equal "something was compared" "$(jq '.cross_check.compared > 0' "$json")" true
equal "the engines find the same words" "$(jq .cross_check.mismatches "$json")" 0
if jq -e '.skipped[] | select(.engine == "hyperscan")' "$json" >/dev/null; then
	skip "Hyperscan is the peer of each of our rows" "libhyperscan-dev is not installed"
else
	equal "Hyperscan is the peer of each of our rows" \
		"$(jq '[.rows[] | select(.engine == "glassine").ratio != null] | all' "$json")" true
fi

# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Sourced by the benchmarks.

# wait_for_quiet NAME: at most BENCH_WAIT seconds, 240. The load is a minute's mean:
# whoever builds just before waits a minute here.
wait_for_quiet() {
	local end=$((SECONDS + ${BENCH_WAIT:-240})) load
	while read -r load _ </proc/loadavg && ! awk -v l="$load" 'BEGIN { exit !(l < 0.7) }'; do
		if ((SECONDS >= end)); then
			echo "$1: the load is still $load; measuring nevertheless" >&2
			return
		fi
		sleep 2
	done
}

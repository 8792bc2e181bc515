# SPDX-License-Identifier: BSD-2-Clause
"""Intervals of 95 % for shares, for F1 and for the mean of such figures.

Each function returns (value, low, high), or None where there is nothing to divide by.
"""
import math

Z = 1.959963984540054  # of the normal distribution, 95 % two-sided


def share(right, of):
    """right of `of` trials: the score interval (Wilson, 1927)."""
    if not of:
        return None
    p = right / of
    centre = p + Z * Z / (2 * of)
    width = Z * math.sqrt(p * (1 - p) / of + Z * Z / (4 * of * of))
    scale = 1 + Z * Z / of
    low = 0.0 if right == 0 else (centre - width) / scale
    high = 1.0 if right == of else (centre + width) / scale
    return p, low, high


def f1(right, missed, false):
    """F1 grows with j = right / (right + missed + false), F1 = 2 j / (1 + j): so it
    takes over the ends of j's interval."""
    j = share(right, right + missed + false)
    return j and tuple(2 * x / (1 + x) for x in j)


def mean(figures):
    """Mean of independent figures: their distances to the ends are added as squares
    (Zou and Donner, 2008), so that an interval of one stays one of many."""
    figures = [f for f in figures if f]
    n = len(figures)
    if not n:
        return None
    value = sum(f[0] for f in figures) / n
    below = math.sqrt(sum((f[0] - f[1]) ** 2 for f in figures)) / n
    above = math.sqrt(sum((f[2] - f[0]) ** 2 for f in figures)) / n
    return value, max(0.0, value - below), min(1.0, value + above)

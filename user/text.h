/* SPDX-License-Identifier: BSD-2-Clause */
/* text.h - characters of UTF-8 text that may come from anywhere. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

/* Bytes of the well-formed UTF-8 character at text (left > 0), 0 if there is none. */
size_t text_char(const char *text, size_t left, __u32 *code);

/* C0, DEL, C1, and the characters that reorder, break or hide text. */
bool text_steers(__u32 code);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>

#include "markers.h"

/* The words of user/marks.yaml. One that is missing here ends the build. */
#define MEANS_body GL_MARK_BODY
#define MEANS_message GL_MARK_MESSAGE
#define MEANS_encoded GL_MARK_ENCODED
#define MEANS_identity GL_MARK_IDENTITY
#define MEANS_blank GL_MARK_BLANK
#define MEANS_session GL_MARK_SESSION
#define MEANS_media GL_MARK_MEDIA
#define MEANS_ip4 GL_MARK_IP4
#define MEANS_ip6 GL_MARK_IP6
#define MEANS_clear GL_MARK_CLEAR
#define MEANS_keyed GL_MARK_KEYED
#define MEANS_key GL_MARK_KEY
#define MEANS_sealed GL_MARK_SEALED

#define LEVEL_ GL_LEVEL_ABSENT /* none is given */
#define LEVEL_shape GL_LEVEL_SHAPE
#define LEVEL_protocol GL_LEVEL_PROTOCOL
#define LEVEL_service GL_LEVEL_SERVICE
#define LEVEL_identity GL_LEVEL_IDENTITY
#define LEVEL_envelope GL_LEVEL_ENVELOPE
#define LEVEL_content GL_LEVEL_CONTENT

#define MARK(text, means, exposure) {text, MEANS_##means, LEVEL_##exposure},

const struct mark markers[] = {
#include "marks.inc"
    {NULL, 0, 0},
};

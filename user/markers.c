/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>

#include "markers.h"

/*
 * The closing quote tells an encrypted element from the lists of devices and the
 * features whose names begin alike.
 */
const struct mark markers_bodies[] = {
	{ "?OTR:", GL_MARK_BODY },	/* OTR 2 and 3: key exchange and data */
	{ "?OTR,", GL_MARK_BODY },	/* OTR 2, fragment */
	{ "?OTR|", GL_MARK_BODY },	/* OTR 3, fragment */
	{ "?OTRv", GL_MARK_BODY },	/* OTR, query: asks for the key exchange */
	{ "?OTR?", GL_MARK_BODY },
	{ "-----BEGIN PGP MESSAGE-----", GL_MARK_BODY },	/* RFC 9580, 6.2 */
	{ "'jabber:x:encrypted'", GL_MARK_BODY },	/* XEP-0027 */
	{ "\"jabber:x:encrypted\"", GL_MARK_BODY },
	{ "<openpgp xmlns='urn:xmpp:openpgp:0'", GL_MARK_BODY },	/* XEP-0373 */
	{ "<openpgp xmlns=\"urn:xmpp:openpgp:0\"", GL_MARK_BODY },
	{ "'eu.siacs.conversations.axolotl'", GL_MARK_BODY },	/* XEP-0384 0.3, OMEMO */
	{ "\"eu.siacs.conversations.axolotl\"", GL_MARK_BODY },
	{ "<encrypted xmlns='urn:xmpp:omemo:", GL_MARK_BODY },	/* XEP-0384 0.4 and later */
	{ "<encrypted xmlns=\"urn:xmpp:omemo:", GL_MARK_BODY },
	/* RFC 9112, 2.1 and 8.4 of RFC 9110; the blank line begins the body. */
	{ "HTTP/1.", GL_MARK_MESSAGE },
	{ "\nContent-Encoding:", GL_MARK_ENCODED },
	{ "\nTransfer-Encoding: gzip", GL_MARK_ENCODED },	/* RFC 9112, 7.2 */
	{ "\nTransfer-Encoding:gzip", GL_MARK_ENCODED },
	{ "\nTransfer-Encoding: deflate", GL_MARK_ENCODED },
	{ "\nContent-Encoding: identity", GL_MARK_IDENTITY },
	{ "\nContent-Encoding:identity", GL_MARK_IDENTITY },
	{ "\nContent-Encoding: none", GL_MARK_IDENTITY },	/* what servers say, too */
	{ "\nContent-Encoding: utf-8", GL_MARK_IDENTITY },
	{ "\nContent-Encoding: \r", GL_MARK_IDENTITY },
	{ "\nContent-Encoding:\r", GL_MARK_IDENTITY },
	{ "\r\n\r\n", GL_MARK_BLANK },
	{ NULL, 0 },
};

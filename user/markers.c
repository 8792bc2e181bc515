/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>

#include "markers.h"

/*
 * The closing quote tells an encrypted element from the lists of devices and the
 * features whose names begin alike.
 */
const char *const markers_bodies[] = {
	"?OTR:",			      /* OTR 2 and 3: key exchange and data */
	"?OTR,",			      /* OTR 2, fragment */
	"?OTR|",			      /* OTR 3, fragment */
	"?OTRv",			      /* OTR, query: asks for the key exchange */
	"?OTR?",
	"-----BEGIN PGP MESSAGE-----",	      /* RFC 9580, 6.2 */
	"'jabber:x:encrypted'",		      /* XEP-0027 */
	"\"jabber:x:encrypted\"",
	"<openpgp xmlns='urn:xmpp:openpgp:0'", /* XEP-0373 */
	"<openpgp xmlns=\"urn:xmpp:openpgp:0\"",
	"'eu.siacs.conversations.axolotl'",   /* XEP-0384 0.3, OMEMO */
	"\"eu.siacs.conversations.axolotl\"",
	"<encrypted xmlns='urn:xmpp:omemo:",  /* XEP-0384 0.4 and later */
	"<encrypted xmlns=\"urn:xmpp:omemo:",
	NULL,
};

# SPDX-License-Identifier: BSD-2-Clause
"""End-to-end encryption for xmpp_talk.py. Each class has start(), when both people are there, send(text),
and open(stanza): the text of a received stanza or None. Keys live in memory or in GNUPGHOME."""
import asyncio
import subprocess
import xml.etree.ElementTree as ET


class Nothing:
    def __init__(self, person, peer):
        self.person, self.peer = person, peer

    async def start(self, first):
        pass

    def body(self, text):
        self.person.send_message(mto=self.peer, mbody=text, mtype='chat')

    async def send(self, text):
        self.body(text)

    async def open(self, stanza):
        return stanza['body']


class PGP(Nothing):
    """GnuPG. alice sends jabber:x:encrypted (XEP-0027), bob the armoured message as his text"""
    def gpg(self, data, *args):
        run = subprocess.run(['gpg', '--batch', '--quiet', '--trust-model', 'always', '--pinentry-mode', 'loopback',
                              '--passphrase', '', *args], input=data, stdout=subprocess.PIPE, check=True)
        return run.stdout.decode()

    def __init__(self, person, peer):
        super().__init__(person, peer)
        self.gpg(b'', '--quick-generate-key', person.boundjid.bare, 'future-default', 'default', 'never')

    async def send(self, text):
        armoured = self.gpg(text.encode(), '--armor', '--no-emit-version', '--encrypt', '--recipient', self.peer)
        if self.person.name == 'bob':
            self.body(armoured)
            return
        m = self.person.make_message(mto=self.peer, mbody='This message is encrypted.', mtype='chat')
        x = ET.SubElement(m.xml, '{jabber:x:encrypted}x')
        x.text = '\n'.join(armoured.split('\n')[2:-2])     # without the armour's first and last lines
        m.send()

    async def open(self, stanza):
        x = stanza.xml.find('{jabber:x:encrypted}x')
        text = stanza['body'] if x is None else '-----BEGIN PGP MESSAGE-----\n\n%s\n-----END PGP MESSAGE-----\n' % x.text
        return self.gpg(text.encode(), '--decrypt')


def repaired_potr():
    """potr 1.0.2 of Debian 12 calls pycryptodome as if it were PyCrypto: what fails there is done here"""
    from Cryptodome.Cipher import AES
    from Cryptodome.PublicKey import DSA
    from potr import compatcrypto, context, crypt
    from potr.utils import bytes_to_long, long_to_bytes

    def ctr(key, counter=None):
        prefix = counter.byteprefix() if counter else bytes(8)
        return AES.new(key, AES.MODE_CTR, nonce=prefix, initial_value=0)

    @compatcrypto.common.registerkeytype
    class Key(compatcrypto.pkTypes[0]):
        @classmethod
        def generate(cls):
            k = DSA.generate(1024)
            return cls(tuple(int(n) for n in (k.y, k.g, k.p, k.q, k.x)), private=True)

        def getPublicPayload(self):
            return tuple(int(n) for n in super().getPublicPayload())

        def sign(self, data):
            p, q, g, _, x = (int(n) for n in self.getPrivatePayload())
            k = compatcrypto.randrange(2, q)
            r = pow(g, k, p) % q
            return b''.join(long_to_bytes(n, 20) for n in (r, pow(k, -1, q) * (bytes_to_long(data) + x * r) % q))

        def verify(self, data, sig):
            p, q, g, y = self.getPublicPayload()
            r, s = bytes_to_long(sig[:20]), bytes_to_long(sig[20:])
            w = pow(s, -1, q)
            return pow(g, bytes_to_long(data) * w % q, p) * pow(y, r * w % q, p) % p % q == r

    crypt.AESCTR = ctr
    return context


class OTR(Nothing):
    """version 2, by potr; bob asks for it"""
    def __init__(self, person, peer):
        super().__init__(person, peer)
        otr = repaired_potr()

        class Context(otr.Context):
            def getPolicy(_, key):
                return key in ('ALLOW_V2', 'REQUIRE_ENCRYPTION')

            def inject(_, message, appdata=None):
                self.body(message.decode())

        class Account(otr.Account):
            contextclass = Context

            def loadPrivkey(self):
                return None

            def savePrivkey(self):
                pass

            saveTrusts = savePrivkey

        self.otr, self.ready = otr, asyncio.Event()
        self.account = Account(person.boundjid.bare, 'xmpp', 100000)
        self.account.getPrivkey()
        self.context = self.account.getContext(peer)

    async def start(self, first):
        if first:
            self.body('?OTRv2?')
        await asyncio.wait_for(self.ready.wait(), 30)

    async def send(self, text):
        sent = self.context.sendMessage(self.otr.FRAGMENT_SEND_ALL, text.encode())
        if sent:
            self.body(sent.decode())

    async def open(self, stanza):
        text, _ = self.context.receiveMessage(stanza['body'].encode())
        if self.context.state == self.otr.STATE_ENCRYPTED:
            self.ready.set()
        return text.decode() if text else None


KINDS = {'pgp': PGP, 'otr': OTR}

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


class OMEMO(Nothing):
    """eu.siacs.conversations.axolotl (XEP-0384 0.3), by python-omemo and oldmemo; keys go through the server's PEP"""
    async def start(self, first):
        import oldmemo
        from oldmemo import etree
        from omemo import DeviceListDownloadFailed, SessionManager, TrustLevel
        from omemo.storage import Just, Nothing as Absent, Storage
        from slixmpp.exceptions import IqError
        person = self.person
        pubsub, forms = person['xep_0060'], person['xep_0004']
        devices, bundles = oldmemo.oldmemo.NAMESPACE + '.devicelist', oldmemo.oldmemo.NAMESPACE + '.bundles:%d'
        self.namespace, self.etree = oldmemo.oldmemo.NAMESPACE, etree

        async def publish(node, payload):
            form = forms.make_form(ftype='submit')
            form.add_field(var='FORM_TYPE', ftype='hidden', value='http://jabber.org/protocol/pubsub#publish-options')
            form.add_field(var='pubsub#access_model', value='open')
            await pubsub.publish(person.boundjid.bare, node, id='current', payload=payload, options=form)

        async def fetch(jid, node):
            answer = await pubsub.get_items(jid, node, max_items=1)
            return answer['pubsub']['items']['substanzas'][0]['payload']

        class Keys(Storage):
            kept = {}

            async def _load(self, key):
                return Just(self.kept[key]) if key in self.kept else Absent()

            async def _store(self, key, value):
                self.kept[key] = value

            async def _delete(self, key):
                self.kept.pop(key, None)

        class Manager(SessionManager):
            @staticmethod
            async def _upload_bundle(bundle):
                xml = etree.serialize_bundle(bundle)
                prekeys = xml.find('.//{*}prekeys')
                prekeys[:] = prekeys[:20]       # of 100, so that the capture stays small
                await publish(bundles % bundle.device_id, xml)

            @staticmethod
            async def _download_bundle(namespace, bare_jid, device_id):
                return etree.parse_bundle(await fetch(bare_jid, bundles % device_id), bare_jid, device_id)

            @staticmethod
            async def _delete_bundle(namespace, device_id):
                pass

            @staticmethod
            async def _upload_device_list(namespace, device_list):
                await publish(devices, etree.serialize_device_list(device_list))

            @staticmethod
            async def _download_device_list(namespace, bare_jid):
                try:
                    return etree.parse_device_list(await fetch(bare_jid, devices))
                except IqError as e:
                    if e.condition == 'item-not-found':
                        return {}
                    raise DeviceListDownloadFailed() from e

            async def _evaluate_custom_trust_level(self, device):
                return TrustLevel.TRUSTED

            async def _make_trust_decision(self, undecided, identifier):
                pass

            @staticmethod
            async def _send_message(message, bare_jid):
                self.sealed(message)

        Keys.kept = {}
        storage = Keys()
        self.manager = await Manager.create([oldmemo.Oldmemo(storage)], storage, person.boundjid.bare, None, 'blind')
        await self.manager.after_history_sync()
        await asyncio.sleep(1.5)        # until the other has published, too
        await self.manager.refresh_device_list(self.namespace, self.peer)

    def sealed(self, message, body=None):
        m = self.person.make_message(mto=self.peer, mbody=body, mtype='chat')
        m.xml.append(self.etree.serialize_message(message))
        m.send()

    async def send(self, text):
        messages, errors = await self.manager.encrypt(frozenset({self.peer}), {self.namespace: text.encode()})
        if errors:
            raise SystemExit('sealed: %s' % errors)
        for message in messages:
            self.sealed(message, 'This message is encrypted with OMEMO.')

    async def open(self, stanza):
        xml = stanza.xml.find('{%s}encrypted' % self.namespace)
        message = await self.etree.parse_message(xml, stanza['from'].bare, self.person.boundjid.bare, self.manager)
        text, _, _ = await self.manager.decrypt(message)
        return text.decode() if text else None


KINDS = {'pgp': PGP, 'otr': OTR, 'omemo': OMEMO}

#!/usr/bin/env python3
"""Writes the test vectors of docs/protocol.md, sections 2-5, 6.3, 10 and 11.

Standard library only, and nothing of the code under test: keccak, secp256k1 and every layout are worked out here
a second time, from the page. Fields are joined in the order of its tables. Deterministic: the same files each time.

    python3 vectors/make.py
"""

import hashlib
import hmac
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))


# Keccak-256 as Ethereum has it (padding 0x01), from the Keccak reference.

def round_constants():
    constants, state = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if state & 1:
                constant |= 1 << ((1 << j) - 1)
            state = (state << 1) ^ (0x171 if state & 0x80 else 0)
        constants.append(constant)
    return constants


ROUNDS = round_constants()
MASK = (1 << 64) - 1


def rotate(value, by):
    return ((value << by) | (value >> (64 - by))) & MASK if by else value


def permute(a):
    for constant in ROUNDS:
        c = [a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4] for x in range(5)]
        d = [c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1) for x in range(5)]
        a = [[a[x][y] ^ d[x] for y in range(5)] for x in range(5)]
        x, y, current = 1, 0, a[1][0]
        for t in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            current, a[x][y] = a[x][y], rotate(current, (t + 1) * (t + 2) // 2 % 64)
        a = [[a[x][y] ^ (~a[(x + 1) % 5][y] & MASK & a[(x + 2) % 5][y]) for y in range(5)] for x in range(5)]
        a[0][0] ^= constant
    return a


def keccak256(data):
    rate = 136
    padded = bytearray(data) + b'\x01' + bytes(-(len(data) + 1) % rate)
    padded[-1] |= 0x80
    a = [[0] * 5 for _ in range(5)]
    for start in range(0, len(padded), rate):
        for i in range(rate // 8):
            a[i % 5][i // 5] ^= int.from_bytes(padded[start + 8 * i:start + 8 * i + 8], 'little')
        a = permute(a)
    return b''.join(a[i % 5][i // 5].to_bytes(8, 'little') for i in range(4))


def sha256(data):
    return hashlib.sha256(data).digest()


assert keccak256(b'').hex() == 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'
assert keccak256(b'abc').hex() == '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45'


# secp256k1 ECDSA; nonces as in RFC 6979.

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)


def add(a, b):
    if a is None or b is None:
        return b if a is None else a
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return (x, (slope * (a[0] - x) - a[1]) % P)


def multiply(point, by):
    total = None
    while by:
        if by & 1:
            total = add(total, point)
        point, by = add(point, point), by >> 1
    return total


def word(value):
    return value.to_bytes(32, 'big')


def address(key):
    x, y = multiply(G, key)
    return keccak256(word(x) + word(y))[12:]


def nonce_of(key, digest):
    seed = word(key) + word(int.from_bytes(digest, 'big') % N)
    k, v = bytes(32), b'\x01' * 32
    for separator in (b'\x00', b'\x01'):
        k = hmac.new(k, v + separator + seed, 'sha256').digest()
        v = hmac.new(k, v, 'sha256').digest()
    while True:
        v = hmac.new(k, v, 'sha256').digest()
        candidate = int.from_bytes(v, 'big')
        if 0 < candidate < N:
            return candidate
        k = hmac.new(k, v + b'\x00', 'sha256').digest()
        v = hmac.new(k, v, 'sha256').digest()


def sign_parts(key, digest):
    """r, s in the lower half, and the parity of the nonce's point."""
    k = nonce_of(key, digest)
    x, y = multiply(G, k)
    assert 0 < x < N
    s = pow(k, -1, N) * (int.from_bytes(digest, 'big') + x * key) % N
    parity = y & 1
    if s > N // 2:
        s, parity = N - s, parity ^ 1
    return x, s, parity


def compact(r, s, parity):
    """r, vs: EIP-2098."""
    return word(r) + word(s | parity << 255)


def sign(key, digest):
    return compact(*sign_parts(key, digest))


assert address(1).hex() == '7e5f4552091a69125d5dfcb7b8c2659029395bdf'


# Building blocks: integers big-endian, labelled bytes that are the same each time.

def u8(value):
    return value.to_bytes(1, 'big')


def u16(value):
    return value.to_bytes(2, 'big')


def u32(value):
    return value.to_bytes(4, 'big')


def u64(value):
    return value.to_bytes(8, 'big')


def some(label, size):
    return sha256(b'upfront vector ' + label.encode())[:size]


def key_of(label):
    return int.from_bytes(some('key ' + label, 32), 'big') % (N - 1) + 1


KEYS = {name: key_of(name) for name in ('alice', 'bob', 'carol', 'v0', 'v1', 'v2', 'v3', 'stranger')}
ADDRESS = {name: address(key) for name, key in KEYS.items()}
ALICE, BOB, CAROL = ADDRESS['alice'], ADDRESS['bob'], ADDRESS['carol']
VALIDATORS = sorted(('v0', 'v1', 'v2', 'v3'), key=lambda name: ADDRESS[name])

CHAIN_ID = 31337
CONTRACT = some('contract', 20)


def plain(value):
    """As in the README: bytes are 0x-hex, integers decimal strings."""
    if isinstance(value, bytes):
        return '0x' + value.hex()
    if isinstance(value, bool) or isinstance(value, str) or value is None:
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    return [plain(inner) for inner in value]


def write(name, content):
    with open(os.path.join(HERE, name + '.json'), 'w', newline='\n') as file:
        json.dump(plain(content), file, indent=1)
        file.write('\n')


# Section 2.

PARAMETERS = [
    ('maxIntents', 256), ('capacity', 1048576), ('maxPlaces', 1024), ('standingStart', 8192),
    ('standingFloor', 64), ('standingGain', 64), ('windowTransfer', 60000), ('windowPost', 5000),
    ('windowHoldLeast', 5), ('windowHoldMost', 600), ('leastAge', 8), ('postMost', 16384),
    ('expiryMost', 600000), ('fee', 10), ('bond', 1000000), ('dust', 100000), ('interval', 600000),
    ('maxEntries', 400), ('maxUnconfirmed', 64), ('lag', 3600000), ('entryFee', 25000),
    ('snapshotMessages', 4000000), ('snapshotInterval', 600000), ('snapshotDelay', 1024),
]
GENESIS_TIME = 1767225600000


def genesis_bytes(validators, changes=None, magic=b'upfront/1', chain_id=CHAIN_ID, time=GENESIS_TIME, count=None):
    parameters = {**dict(PARAMETERS), **(changes or {})}
    return (magic + u64(chain_id) + CONTRACT + u64(time)
            + b''.join(u64(parameters[name]) for name, _ in PARAMETERS)
            + u16(len(validators) if count is None else count) + b''.join(validators))


def make_genesis():
    set_ = [ADDRESS[name] for name in VALIDATORS]
    edge = {
        'maxIntents': 1, 'capacity': 2**32, 'maxPlaces': 65536, 'standingStart': 65536, 'standingFloor': 65536,
        'windowHoldLeast': 3600, 'windowHoldMost': 3600, 'postMost': 65535, 'expiryMost': 0, 'bond': 0,
        'entryFee': 0, 'dust': 1, 'lag': 2**53 - 1,
    }
    valid = []
    for name, validators, changes in (('defaults, one validator', set_[:1], {}),
                                      ('defaults, four validators', set_, {}),
                                      ('at the bounds of the relations', set_[:2], edge)):
        data = genesis_bytes(validators, changes)
        valid.append({
            'name': name,
            'genesis': {'chainId': CHAIN_ID, 'contract': CONTRACT, 'time': GENESIS_TIME,
                        'parameters': {**dict(PARAMETERS), **changes}, 'validators': validators},
            'bytes': data,
            'hash': sha256(data),
        })

    breaks = [
        {'maxIntents': 0}, {'maxIntents': 257}, {'capacity': 0}, {'capacity': 2**32 + 1}, {'maxPlaces': 0},
        {'maxPlaces': 65537}, {'standingStart': 63}, {'standingStart': 65537}, {'standingFloor': 0},
        {'standingGain': 0}, {'windowTransfer': 0}, {'windowPost': 0}, {'windowHoldLeast': 0},
        {'windowHoldLeast': 601}, {'windowHoldMost': 4}, {'windowHoldMost': 3601}, {'leastAge': 0},
        {'postMost': 65536}, {'expiryMost': 2**53}, {'fee': 0}, {'fee': 2**53}, {'bond': 24999},
        {'bond': 2**64 - 1}, {'dust': 25000}, {'interval': 0}, {'maxEntries': 0}, {'maxUnconfirmed': 0},
        {'lag': 0}, {'snapshotMessages': 0}, {'snapshotInterval': 0}, {'snapshotDelay': 0},
    ]
    good = genesis_bytes(set_)
    invalid = [{'name': f'{name} = {value}', 'bytes': genesis_bytes(set_, {name: value})}
               for broken in breaks for name, value in broken.items()]
    invalid += [
        {'name': 'empty', 'bytes': b''},
        {'name': 'a byte too few', 'bytes': good[:-1]},
        {'name': 'a byte too many', 'bytes': good + b'\x00'},
        {'name': 'another version', 'bytes': genesis_bytes(set_, magic=b'upfront/2')},
        {'name': 'no validator', 'bytes': genesis_bytes([])},
        {'name': 'count above the validators', 'bytes': genesis_bytes(set_, count=5)},
        {'name': 'count below the validators', 'bytes': genesis_bytes(set_, count=3)},
        {'name': 'validators descending', 'bytes': genesis_bytes(set_[::-1])},
        {'name': 'a validator twice', 'bytes': genesis_bytes([set_[0], set_[0]])},
        {'name': 'chain id 2^53', 'bytes': genesis_bytes(set_, chain_id=2**53)},
        {'name': 'time 2^53', 'bytes': genesis_bytes(set_, time=2**53)},
    ]
    write('genesis', {'valid': valid, 'invalid': invalid})
    return valid[1]['hash']


# Section 3.

KIND = {'transfer': 1, 'hold': 2, 'withdraw': 3, 'post': 4, 'validate': 5}


def intent_bytes(intent):
    kind = intent['kind']
    head = u8(KIND[kind])
    if kind in ('transfer', 'withdraw'):
        return head + intent['commitment']
    if kind == 'hold':
        return head + intent['payee'] + u64(intent['max']) + u16(intent['window'])
    if kind == 'post':
        return head + intent['topic'] + u64(intent['stake']) + u16(intent['size']) + intent['commitment']
    return head


def intents_bytes(intents):
    return b''.join(intent_bytes(intent) for intent in intents)


def fetch_bytes(fetch):
    return (u8(1) + fetch['account'] + u64(fetch['sequence']) + u64(fetch['limit']) + u64(fetch['budget'])
            + u64(fetch['expires']) + fetch['signature'] + u16(len(fetch['intents']))
            + intents_bytes(fetch['intents']))


def fulfil_bytes(fulfil):
    kind = fulfil['kind']
    head = u8(2) + u8(KIND[kind]) + u64(fulfil['nonce'])
    if kind == 'transfer':
        return head + fulfil['salt'] + fulfil['to'] + u64(fulfil['amount']) + fulfil['reference']
    if kind == 'hold':
        return head + u64(fulfil['amount']) + fulfil['signature']
    if kind == 'withdraw':
        return head + fulfil['salt'] + u64(fulfil['amount'])
    if kind == 'post':
        return head + fulfil['salt'] + u16(len(fulfil['data'])) + fulfil['data']
    return head + u64(fulfil['height']) + fulfil['signature']


def commitment(account, sequence, index, kind, salt, activity):
    return sha256(b'upfront/1' + account + u64(sequence) + u16(index) + u8(KIND[kind]) + salt + activity)


def transfer_activity(to, amount, reference):
    return to + u64(amount) + reference


def make_commitments():
    rows = []

    def row(name, account, sequence, index, kind, salt, activity, fields):
        rows.append({'name': name, 'account': account, 'sequence': sequence, 'index': index, 'kind': KIND[kind],
                     'salt': salt, **fields, 'activity': activity,
                     'commitment': commitment(account, sequence, index, kind, salt, activity)})

    salt, reference = some('salt', 16), some('reference', 32)
    transfer = {'to': BOB, 'amount': 123456789, 'reference': reference}
    row('transfer', ALICE, 7, 0, 'transfer', salt, transfer_activity(BOB, 123456789, reference), transfer)
    row('transfer, last index, last sequence', ALICE, 2**56 - 1, 255, 'transfer', salt,
        transfer_activity(BOB, 123456789, reference), transfer)
    zero = {'to': bytes(20), 'amount': 0, 'reference': bytes(32)}
    row('transfer of zeros', BOB, 0, 1, 'transfer', bytes(16), bytes(60), zero)
    row('withdraw', ALICE, 8, 3, 'withdraw', salt, u64(250000), {'amount': 250000})
    row('withdraw, largest amount', ALICE, 8, 3, 'withdraw', salt, u64(2**64 - 1), {'amount': 2**64 - 1})
    for size in (0, 1, 300, 16384):
        data = (some('post data', 32) * 512)[:size]
        row(f'post of {size} bytes', CAROL, 9, 2, 'post', salt, data, {'data': data})
    write('commitments', rows)


def signed_fetch(name, domain, fetch):
    fetch['signature'] = sign(KEYS[name], fetch_digest(domain, fetch))
    return fetch


def sample_fetches(domain):
    salt = some('salt', 16)
    transfer = {'kind': 'transfer',
                'commitment': commitment(ALICE, 7, 0, 'transfer', salt,
                                         transfer_activity(BOB, 123456789, some('reference', 32)))}
    hold = {'kind': 'hold', 'payee': BOB, 'max': 5000000, 'window': 60}
    withdraw = {'kind': 'withdraw', 'commitment': commitment(ALICE, 8, 0, 'withdraw', salt, u64(250000))}
    post = {'kind': 'post', 'topic': some('topic', 32), 'stake': 1000, 'size': 300,
            'commitment': commitment(ALICE, 9, 0, 'post', salt, some('post data', 32))}
    validate = {'kind': 'validate'}
    top = 2**63 - 1

    def fetch(sequence, intents, limit=50000000, budget=20000000, expires=GENESIS_TIME + 60000):
        return signed_fetch('alice', domain, {
            'account': ALICE, 'sequence': sequence, 'limit': limit, 'budget': budget, 'expires': expires,
            'intents': intents})

    return {
        'transfer': fetch(7, [transfer]),
        'withdraw': fetch(8, [withdraw]),
        'post': fetch(9, [post]),
        'hold': fetch(10, [hold]),
        'validate': fetch(11, [validate]),
        'one of every kind': fetch(12, [transfer, hold, withdraw, post, validate]),
        'most intents': fetch(13, [validate] * 256),
        'all integers zero': fetch(0, [validate], 0, 0, 0),
        'largest integers': fetch(2**56 - 1, [validate], top, top, 2**53 - 1),
        'shortest window, least max': fetch(14, [{**hold, 'window': 5, 'max': 1}]),
        'longest window': fetch(15, [{**hold, 'window': 600}]),
        'post of no bytes, no stake': fetch(16, [{**post, 'size': 0, 'stake': 0}]),
        'largest post': fetch(17, [{**post, 'size': 16384}]),
        'hold: a sum of 2^63 - 1 with the fee': fetch(18, [{**hold, 'max': top - 10}]),
        'many: a sum of 2^63 - 1 with the fees': fetch(
            19, [{**hold, 'max': 2**62}, {**post, 'stake': 2**62 - 1 - 30 - 0xffffffff}, {**hold, 'max': 0xffffffff}]),
    }


def sample_fulfils(header_signature, capture):
    salt, reference = some('salt', 16), some('reference', 32)
    transfer = {'kind': 'transfer', 'nonce': 41, 'salt': salt, 'to': BOB, 'amount': 123456789,
                'reference': reference}
    return {
        'transfer': transfer,
        'hold': {'kind': 'hold', 'nonce': 42, 'amount': 4000000, 'signature': capture},
        'hold released': {'kind': 'hold', 'nonce': 43, 'amount': 0, 'signature': capture},
        'withdraw': {'kind': 'withdraw', 'nonce': 44, 'salt': salt, 'amount': 250000},
        'post': {'kind': 'post', 'nonce': 45, 'salt': salt, 'data': some('post data', 32)},
        'post of no bytes': {'kind': 'post', 'nonce': 46, 'salt': salt, 'data': b''},
        'largest post': {'kind': 'post', 'nonce': 47, 'salt': salt, 'data': (some('post data', 32) * 512)},
        'validate': {'kind': 'validate', 'nonce': 48, 'height': 9, 'signature': header_signature},
        'nonce 0, zero recipient, amount 0': {**transfer, 'nonce': 0, 'to': bytes(20), 'amount': 0},
        'largest nonce and amount': {**transfer, 'nonce': 2**53 - 1, 'amount': 2**64 - 1},
    }


def replaced(data, offset, with_):
    return data[:offset] + with_ + data[offset + len(with_):]


def make_messages(fetches, fulfils):
    valid = [{'name': name, 'type': 'fetch', 'message': {k: fetch[k] for k in (
        'account', 'sequence', 'limit', 'budget', 'expires', 'signature', 'intents')},
        'bytes': fetch_bytes(fetch)} for name, fetch in fetches.items()]
    valid += [{'name': name, 'type': 'fulfil', 'message': fulfil, 'bytes': fulfil_bytes(fulfil)}
              for name, fulfil in fulfils.items()]

    invalid = [{'name': 'empty', 'bytes': b''}, {'name': 'type 0', 'bytes': bytes(120)},
               {'name': 'type 3', 'bytes': b'\x03' + bytes(119)}, {'name': 'type alone: fetch', 'bytes': b'\x01'},
               {'name': 'type alone: fulfil', 'bytes': b'\x02'}]
    for name in ('transfer', 'hold', 'withdraw', 'post', 'validate'):
        for kind, data in (('fetch', fetch_bytes(fetches[name])), ('fulfil', fulfil_bytes(fulfils[name]))):
            invalid.append({'name': f'{kind} {name}: a byte too few', 'bytes': data[:-1]})
            invalid.append({'name': f'{kind} {name}: a byte too many', 'bytes': data + b'\x00'})

    def broken(name, fetch_name, **changes):
        invalid.append({'name': name, 'bytes': fetch_bytes({**fetches[fetch_name], **changes})})

    hold, post = fetches['hold']['intents'][0], fetches['post']['intents'][0]
    broken('sequence 2^56', 'hold', sequence=2**56)
    broken('limit 2^63', 'hold', limit=2**63)
    broken('budget 2^63', 'hold', budget=2**63)
    broken('expires 2^53', 'hold', expires=2**53)
    broken('no intent', 'hold', intents=[])
    broken('257 intents', 'hold', intents=[{'kind': 'validate'}] * 257)
    broken('payee zero', 'hold', intents=[{**hold, 'payee': bytes(20)}])
    broken('max 0', 'hold', intents=[{**hold, 'max': 0}])
    broken('max 2^63', 'hold', intents=[{**hold, 'max': 2**63}])
    broken('stake 2^64 - 1', 'post', intents=[{**post, 'stake': 2**64 - 1}])
    broken('window below the least', 'hold', intents=[{**hold, 'window': 4}])
    broken('window above the most', 'hold', intents=[{**hold, 'window': 601}])
    broken('size above the most', 'post', intents=[{**post, 'size': 16385}])
    broken('a sum of 2^63 with the fee', 'hold', intents=[{**hold, 'max': 2**63 - 10}])
    broken('a sum of 2^63 of many', 'hold', intents=[
        {**hold, 'max': 2**62}, {**post, 'stake': 2**62 - 30 - 0xffffffff}, {**hold, 'max': 0xffffffff}])
    broken('a sum above 2^64', 'hold', intents=[{**hold, 'max': 2**63 - 1}] * 3)
    one = fetch_bytes(fetches['validate'])
    invalid += [
        {'name': 'intent of kind 0', 'bytes': replaced(one, 119, b'\x00')},
        {'name': 'intent of kind 6', 'bytes': replaced(one, 119, b'\x06')},
        {'name': 'count above the intents', 'bytes': replaced(one, 117, u16(2))},
        {'name': 'count below the intents', 'bytes': replaced(fetch_bytes(fetches['most intents']), 117, u16(255))},
    ]
    data = fulfil_bytes(fulfils['post'])
    invalid += [
        {'name': 'fulfil of kind 0', 'bytes': replaced(data, 1, b'\x00')},
        {'name': 'fulfil of kind 6', 'bytes': replaced(data, 1, b'\x06')},
        {'name': 'nonce 2^53', 'bytes': replaced(data, 2, u64(2**53))},
        {'name': 'n above the data', 'bytes': replaced(data, 26, u16(33))},
        {'name': 'n below the data', 'bytes': replaced(data, 26, u16(31))},
        {'name': 'data above the most', 'bytes': fulfil_bytes({**fulfils['post'], 'data': bytes(16385)})},
        {'name': 'height 2^53', 'bytes': replaced(fulfil_bytes(fulfils['validate']), 10, u64(2**53))},
    ]
    write('messages', {'parameters': dict(PARAMETERS), 'valid': valid, 'invalid': invalid})


# Section 4. Types are written out as the page has them.

TYPE = {
    'EIP712Domain': 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)',
    'Fetch': 'Fetch(uint64 sequence,uint64 limit,Request request)'
             'Request(uint64 budget,uint64 expires,bytes32 intents)',
    'Request': 'Request(uint64 budget,uint64 expires,bytes32 intents)',
    'Capture': 'Capture(address payer,uint64 sequence,uint16 index,uint64 amount)',
    'Header': 'Header(uint64 height,bytes32 parent,bytes32 events,bytes32 state,bytes32 settlement)',
    'View': 'View(uint64 time,uint64 items,bytes32 head,uint64 settled,bytes32 validators,address rotation,'
            'uint8 change)',
}


def struct(type_, *fields):
    """hashStruct; every field is a 32-byte word: integers and addresses padded on the left."""
    words = [word(field) if isinstance(field, int) else field.rjust(32, b'\x00') for field in fields]
    return keccak256(keccak256(TYPE[type_].encode()) + b''.join(words))


def separator_of(chain_id, contract):
    return struct('EIP712Domain', keccak256(b'Upfront'), keccak256(b'1'), chain_id, contract)


def digest_of(separator, hash_):
    return keccak256(b'\x19\x01' + separator + hash_)


def request_hash(fetch):
    return struct('Request', fetch['budget'], fetch['expires'], sha256(intents_bytes(fetch['intents'])))


def fetch_digest(separator, fetch):
    return digest_of(separator, struct('Fetch', fetch['sequence'], fetch['limit'], request_hash(fetch)))


def capture_digest(separator, capture):
    return digest_of(separator, struct('Capture', capture['payer'], capture['sequence'], capture['index'],
                                       capture['amount']))


def header_digest(separator, header):
    return digest_of(separator, struct('Header', header['height'], header['parent'], header['events'],
                                       header['state'], header['settlement']))


def view_digest(separator, view):
    return digest_of(separator, struct('View', view['time'], view['items'], view['head'], view['settled'],
                                       view['validators'], view['rotation'], view['change']))


def sample_view(time, items, head, settled, change, rotation):
    joined = b''.join(ADDRESS[name] for name in VALIDATORS)
    return {'time': time, 'items': items, 'head': head, 'settled': settled, 'validators': keccak256(joined),
            'rotation': rotation, 'change': change}


def make_digests(separator, fetches, header):
    other = separator_of(2**53 - 1, some('another contract', 20))
    captures = [{'payer': ALICE, 'sequence': 10, 'index': 0, 'amount': 4000000},
                {'payer': BOB, 'sequence': 2**56 - 1, 'index': 255, 'amount': 2**63 - 1},
                {'payer': ALICE, 'sequence': 0, 'index': 65535, 'amount': 0}]
    headers = [header, {**header, 'height': 2**53 - 1, 'settlement': some('settlement', 32)}]
    views = [sample_view(GENESIS_TIME, 3, some('head', 32), 0, 0, bytes(20)),
             sample_view(2**53 - 1, 2**53 - 1, some('head', 32), 2**53 - 1, 2, BOB),
             sample_view(0, 0, bytes(32), 0, 1, CAROL)]
    names = ('one of every kind', 'most intents', 'largest integers', 'all integers zero')
    write('digests', {
        'typeStrings': TYPE,
        'domains': [
            {'chainId': CHAIN_ID, 'contract': CONTRACT, 'separator': separator},
            {'chainId': 2**53 - 1, 'contract': some('another contract', 20), 'separator': other},
        ],
        'fetches': [{'name': name, 'bytes': fetch_bytes(fetches[name]), 'sequence': fetches[name]['sequence'],
                     'limit': fetches[name]['limit'], 'intents': sha256(intents_bytes(fetches[name]['intents'])),
                     'request': request_hash(fetches[name]),
                     'digests': [fetch_digest(d, fetches[name]) for d in (separator, other)]} for name in names],
        'captures': [{**c, 'digests': [capture_digest(d, c) for d in (separator, other)]} for c in captures],
        'headers': [{**h, 'digests': [header_digest(d, h) for d in (separator, other)]} for h in headers],
        'views': [{**v, 'digests': [view_digest(d, v) for d in (separator, other)]} for v in views],
    })


def make_signatures(separator, fetches):
    digest = fetch_digest(separator, fetches['transfer'])
    r, s, parity = sign_parts(KEYS['alice'], digest)
    valid = [{'name': f'{name} signs {label}', 'digest': d, 'signature': sign(KEYS[name], d),
              'address': ADDRESS[name]}
             for name in ('alice', 'bob', 'v0', 'v1')
             for label, d in (('a fetch', digest), ('zero', bytes(32)), ('all ones', b'\xff' * 32))]
    # An r that is no x-coordinate of a point: the least, found by Euler's criterion.
    off_curve = next(x for x in range(1, 100) if pow(x**3 + 7, (P - 1) // 2, P) != 1)
    bounds = [('s = 1', 1), ('s = n / 2, the largest', N // 2)]
    valid += [{'name': name, **crafted('alice', at)} for name, at in bounds]
    invalid = [{'name': name, 'digest': digest, 'signature': signature, 'address': ALICE} for name, signature in (
        ('r = 0', word(0) + word(s | parity << 255)),
        ('r = n', word(N) + word(s | parity << 255)),
        ('r = 2^256 - 1', b'\xff' * 32 + word(s | parity << 255)),
        ('s = 0', word(r) + word(parity << 255)),
        ('n as vs', word(r) + word(N)),
        ('r on no point', word(off_curve) + word(s)),
        ('the other parity', compact(r, s, parity ^ 1)),
        ('another digest\'s', sign(KEYS['alice'], sha256(digest))),
        ('another key\'s', sign(KEYS['bob'], digest)),
        ('a bit of r', compact(r ^ 1, s, parity)),
        ('63 bytes', compact(r, s, parity)[:-1]),
        ('65 bytes', compact(r, s, parity) + u8(27 + parity)),
        ('empty', b''),
        ('zeros', bytes(64)),
    )]
    invalid.append({'name': 's = n / 2 + 1: recovers, but is in the upper half', **crafted('alice', N // 2 + 1)})
    write('signatures', {'valid': valid, 'invalid': invalid})


def crafted(name, s):
    """A digest for which this s, and the key of that name, make a signature: z = s k - r d."""
    x, y = multiply(G, 12345)
    digest = word((s * 12345 - x * KEYS[name]) % N)
    return {'digest': digest, 'signature': compact(x, s, y & 1), 'address': ADDRESS[name]}


# Section 6.3: abi.encode pads each to a word.

def item_head(previous, n, item):
    return keccak256(previous + word(n) + word(item['kind']) + item['account'].rjust(32, b'\x00')
                     + word(item['amount']) + item['data'])


def sample_items():
    return [
        {'kind': 1, 'account': ALICE, 'amount': 1000000000, 'data': bytes(32)},
        {'kind': 1, 'account': BOB, 'amount': 2**63 - 1, 'data': bytes(32)},
        {'kind': 2, 'account': ALICE, 'amount': 2**56 - 1, 'data': bytes(32)},
        {'kind': 3, 'account': CAROL, 'amount': 50, 'data': some('consensus key', 32)},
        {'kind': 4, 'account': CAROL, 'amount': 0, 'data': bytes(32)},
    ]


def make_items():
    rows, head = [], bytes(32)
    for n, item in enumerate(sample_items(), 1):
        head = item_head(head, n, item)
        rows.append({'n': n, **item, 'head': head})
    last = sample_items()[0]
    far = {'n': 2**53 - 1, 'previous': head, **last, 'head': item_head(head, 2**53 - 1, last)}
    write('items', {'chain': rows, 'far': far})
    return [row['head'] for row in rows]


# Section 5.

def block_bytes(block, counts=None):
    counts = counts or {}
    lists = ('views', 'headerSignatures', 'items', 'fulfils', 'fetches')
    size = {name: counts.get(name, len(block[name])) for name in lists}
    views = b''.join(v['validator'] + u64(v['time']) + u64(v['items']) + v['head'] + u64(v['settled'])
                     + v['validators'] + v['rotation'] + u8(v['change']) + v['signature'] for v in block['views'])
    signatures = b''.join(s['validator'] + s['signature'] for s in block['headerSignatures'])
    items = b''.join(u8(i['kind']) + i['account'] + u64(i['amount']) + i['data'] for i in block['items'])
    return (u64(block['height']) + u64(block['time']) + block['parent'] + u16(size['views'])
            + u16(size['headerSignatures']) + u32(size['items']) + u32(size['fulfils']) + u32(size['fetches'])
            + views + signatures + items + b''.join(block['fulfils']) + b''.join(block['fetches']))


def signed_view(separator, name, view):
    return {**view, 'validator': ADDRESS[name], 'signature': sign(KEYS[name], view_digest(separator, view))}


def make_blocks(separator, genesis, heads, fetches, fulfils):
    bare = {'height': 1, 'time': GENESIS_TIME, 'parent': genesis, 'views': [], 'headerSignatures': [], 'items': [],
            'fulfils': [], 'fetches': []}
    parent = some('parent', 32)
    view = sample_view(GENESIS_TIME - 1000, 5, heads[4], 2, 1, CAROL)
    full = {
        'height': 2, 'time': GENESIS_TIME + 250, 'parent': parent,
        'views': [signed_view(separator, name, {**view, 'change': i}) for i, name in enumerate(VALIDATORS[:3])],
        'headerSignatures': [{'validator': ADDRESS[name], 'signature': sign(KEYS[name], parent)}
                             for name in VALIDATORS[:2]],
        'items': sample_items(),
        'fulfils': [fulfil_bytes(f) for name, f in fulfils.items() if name != 'largest post'],
        'fetches': [fetch_bytes(f) for name, f in fetches.items() if name != 'most intents'],
    }
    edge = {**bare, 'height': 2**53 - 1, 'time': 2**53 - 1, 'fetches': [fetch_bytes(fetches['hold'])]}
    valid = [{'name': name, 'block': block, 'bytes': block_bytes(block), 'hash': sha256(block_bytes(block))}
             for name, block in (('empty', bare), ('all parts', full), ('largest integers, a fetch', edge))]

    def with_view(**changes):
        return {**bare, 'views': [{**full['views'][0], **changes}]}

    def with_item(**changes):
        return {**bare, 'items': [{**full['items'][0], **changes}]}

    hold, fetch = fulfil_bytes(fulfils['hold']), fetch_bytes(fetches['hold'])
    small = {**bare, 'fulfils': [hold], 'fetches': [fetch]}
    cases = [
        ('height 0', {**bare, 'height': 0}, {}),
        ('height 2^53', {**bare, 'height': 2**53}, {}),
        ('time 2^53', {**bare, 'time': 2**53}, {}),
        ('change 3', with_view(change=3), {}),
        ('view of time 2^53', with_view(time=2**53), {}),
        ('view of 2^53 items', with_view(items=2**53), {}),
        ('view of 2^53 settlements', with_view(settled=2**53), {}),
        ('item of kind 0', with_item(kind=0), {}),
        ('item of kind 5', with_item(kind=5), {}),
        ('a malformed fulfilment', {**bare, 'fulfils': [replaced(hold, 1, b'\x06')]}, {}),
        ('a malformed fetch', {**bare, 'fetches': [replaced(fetch, 21, b'\x01')]}, {}),
        ('a fetch among the fulfilments', {**bare, 'fulfils': [fetch]}, {}),
        ('a fulfilment among the fetches', {**bare, 'fetches': [hold]}, {}),
    ]
    for name in ('views', 'headerSignatures', 'items', 'fulfils', 'fetches'):
        cases.append((f'one more of {name} counted', small, {name: len(small[name]) + 1}))
        cases.append((f'most of {name} counted', small, {name: 2**16 - 1 if name[0] in 'vh' else 2**32 - 1}))
    cases += [('one fulfilment less counted', small, {'fulfils': 0}), ('one fetch less counted', small, {'fetches': 0})]
    invalid = [{'name': name, 'bytes': block_bytes(block, counts)} for name, block, counts in cases]
    data = block_bytes(full)
    invalid += [{'name': 'empty', 'bytes': b''}, {'name': 'head cut', 'bytes': data[:63]},
                {'name': 'a byte too few', 'bytes': data[:-1]}, {'name': 'a byte too many', 'bytes': data + b'\x00'}]
    write('blocks', {'parameters': dict(PARAMETERS), 'valid': valid, 'invalid': invalid})
    return sha256(data)


# Section 10.

def event_bytes(event):
    """Type byte, then the fields in their order in the dict, each with its width."""
    widths = EVENTS[event['type']][1]
    fields = [value for name, value in event.items() if name != 'type']
    assert len(fields) == len(widths)
    return u8(EVENTS[event['type']][0]) + b''.join(
        value if isinstance(value, bytes) else int(value).to_bytes(width, 'big')
        for value, width in zip(fields, widths))


EVENTS = {
    'dealt': (1, (20, 8, 8, 2, 8, 8, 32, 8)), 'refused': (2, (20, 8, 2)), 'transferred': (3, (8, 20, 20, 8, 32)),
    'captured': (4, (8, 20, 20, 8)), 'withdrawn': (5, (8, 20, 8)), 'posted': (6, (8, 20, 32, 2, 32)),
    'validated': (7, (8, 20, 8)), 'annulled': (8, (8, 20, 8, 32)), 'item': (9, (8, 8, 1, 20, 8, 32)),
    'delivered': (10, (32, 8, 1)), 'formed': (11, (8, 8, 32, 4, 4, 4)), 'settled': (12, (8,)),
    'rotated': (13, (20, 1)), 'cut': (14, (8, 8, 8, 8, 8, 4)),
}


def bitmap(*indices):
    bits = bytearray(32)
    for i in indices:
        bits[i >> 3] |= 0x80 >> (i & 7)
    return bytes(bits)


def sample_events(fetches):
    topic, data = some('topic', 32), sha256(some('post data', 32))
    intents = sha256(intents_bytes(fetches['one of every kind']['intents']))
    return [
        {'type': 'item', 'nonce': 40, 'number': 1, 'kind': 1, 'account': ALICE, 'amount': 1000000000,
         'data': bytes(32)},
        {'type': 'annulled', 'first': 3, 'account': BOB, 'sequence': 2**56 - 1, 'bitmap': bitmap(0, 9, 255)},
        {'type': 'transferred', 'nonce': 41, 'from': ALICE, 'to': BOB, 'amount': 123456789,
         'reference': some('reference', 32)},
        {'type': 'captured', 'nonce': 42, 'payer': ALICE, 'payee': BOB, 'amount': 4000000},
        {'type': 'withdrawn', 'nonce': 44, 'account': ALICE, 'amount': 250000},
        {'type': 'posted', 'nonce': 45, 'account': ALICE, 'topic': topic, 'size': 32, 'data': data},
        {'type': 'delivered', 'topic': topic, 'nonce': 45, 'fulfilled': True},
        {'type': 'delivered', 'topic': topic, 'nonce': 46, 'fulfilled': False},
        {'type': 'validated', 'nonce': 48, 'account': ALICE, 'height': 9},
        {'type': 'dealt', 'account': ALICE, 'sequence': 12, 'first': 49, 'count': 5, 'limit': 50000000,
         'budget': 20000000, 'intents': intents, 'clock': 123456},
        {'type': 'refused', 'account': BOB, 'sequence': 3, 'code': 13},
        {'type': 'cut', 'cut': 1, 'debits': 2**63 - 1, 'credits': 2**63 - 2, 'payouts': 1, 'fee': 7,
         'entries': 2**32 - 1},
        {'type': 'formed', 'number': 1, 'inbox': 5, 'settlement': some('settlement', 32), 'debits': 1, 'credits': 2,
         'payouts': 3},
        {'type': 'settled', 'number': 2**53 - 1},
        {'type': 'rotated', 'validator': CAROL, 'in': True},
        {'type': 'rotated', 'validator': CAROL, 'in': False},
    ]


def leaf(data):
    return sha256(b'\x00' + data)


def tree(leaves):
    """RFC 6962, section 2.1, as it stands there: by recursion."""
    if not leaves:
        return sha256(b'')
    if len(leaves) == 1:
        return leaf(leaves[0])
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha256(b'\x01' + tree(leaves[:k]) + tree(leaves[k:]))


def path(index, leaves):
    """RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if index < k:
        return path(index, leaves[:k]) + [tree(leaves[k:])]
    return path(index - k, leaves[k:]) + [tree(leaves[:k])]


def make_events(fetches):
    events = sample_events(fetches)
    raw = [event_bytes(event) for event in events]
    valid = [{'name': event['type'], 'event': event, 'bytes': data} for event, data in zip(events, raw)]
    invalid = [{'name': 'empty', 'bytes': b''}, {'name': 'type 0', 'bytes': bytes(9)},
               {'name': 'type 15', 'bytes': b'\x0f' + bytes(8)},
               {'name': 'delivered: fulfilled 2', 'bytes': replaced(raw[6], 41, b'\x02')},
               {'name': 'rotated: in 2', 'bytes': replaced(raw[14], 21, b'\x02')},
               {'name': 'settled 2^53', 'bytes': replaced(raw[13], 1, u64(2**53))}]
    seen = set()
    for event, data in zip(events, raw):
        if event['type'] not in seen:
            seen.add(event['type'])
            invalid.append({'name': f'{event["type"]}: a byte too few', 'bytes': data[:-1]})
            invalid.append({'name': f'{event["type"]}: a byte too many', 'bytes': data + b'\x00'})
    list_ = u32(len(raw)) + b''.join(u16(len(data)) + data for data in raw)
    write('events', {'valid': valid, 'invalid': invalid, 'list': list_, 'root': tree(raw),
                     'bitmap': {'set': [0, 9, 255], 'bytes': bitmap(0, 9, 255)}})
    return raw


def make_merkle(raw):
    # Published: certificate-transparency (cpp/merkletree/merkle_tree_test.cc), now transparency-dev/merkle
    # testonly/constants.go: inputs, roots of the first n, audit paths. Copied, not computed.
    inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
    roots = [
        'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
        'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
        'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
        '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
        '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
        'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
        '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ]
    n96 = '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7'
    n5f = '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e'
    n6b = '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4'
    nbc = 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b'
    nca = 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0'
    published = [(0, 1, []), (0, 8, [n96, n5f, n6b]), (5, 8, [nbc, nca, roots[4]]), (2, 3, [roots[2]]),
                 (1, 5, [roots[1], n5f, nbc])]
    leaves = [bytes.fromhex(x) for x in inputs]
    for n in range(9):
        assert tree(leaves[:n]).hex() == roots[n]
    for index, count, hashes in published:
        assert [h.hex() for h in path(index, leaves[:count])] == hashes

    sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17]
    many = (raw * 2)[:17]
    write('merkle', {
        'published': {
            'leaves': leaves, 'roots': [bytes.fromhex(root) for root in roots],
            'paths': [{'index': i, 'count': c, 'path': [bytes.fromhex(h) for h in hs]} for i, c, hs in published]},
        'trees': [{'leaves': many[:n], 'root': tree(many[:n]), 'paths': [path(i, many[:n]) for i in range(n)]}
                  for n in sizes],
    })


# Section 11.

def receipt_bytes(receipt, signatures=None, path_=None, event=None):
    header = receipt['header']
    return (u64(header['height']) + header['parent'] + header['events'] + header['state'] + header['settlement']
            + u32(receipt['index']) + u32(receipt['count'])
            + u16(len(receipt['signatures']) if signatures is None else signatures)
            + u8(len(receipt['path']) if path_ is None else path_)
            + u16(len(receipt['event']) if event is None else event)
            + b''.join(s['validator'] + s['signature'] for s in receipt['signatures'])
            + b''.join(receipt['path']) + receipt['event'])


def make_receipts(separator, header, raw):
    digest = header_digest(separator, header)

    def signatures(*names):
        return [{'validator': ADDRESS[name], 'signature': sign(KEYS[name], digest)} for name in names]

    a, b, c, d = VALIDATORS
    receipt = {'header': header, 'signatures': signatures(a, b, c), 'index': 2, 'count': len(raw),
               'path': path(2, raw), 'event': raw[2]}
    four = [ADDRESS[name] for name in VALIDATORS]
    lone = {**header, 'events': tree(raw[:1])}
    alone = {'header': lone, 'index': 0, 'count': 1, 'path': [], 'event': raw[0], 'signatures': [
        {'validator': ADDRESS[a], 'signature': sign(KEYS[a], header_digest(separator, lone))}]}
    last = {**receipt, 'index': len(raw) - 1, 'path': path(len(raw) - 1, raw), 'event': raw[-1]}
    valid = [('3 of 4 validators', receipt, four), ('4 of 4, not in order', {
        **receipt, 'signatures': signatures(d, b, a, c)}, four), ('the last event', last, four),
        ('one event, one validator', alone, four[:1])]

    forged = [{'validator': ADDRESS[c], 'signature': sign(KEYS['stranger'], digest)}]
    upper = sign_parts(KEYS[c], digest)
    changed = {**header, 'state': some('another state', 32)}
    invalid = [
        ('path', 'another event', {**receipt, 'event': raw[3]}, four),
        ('path', 'another index', {**receipt, 'index': 3}, four),
        ('path', 'index beyond count', {**receipt, 'index': len(raw)}, four),
        ('path', 'another count', {**receipt, 'count': 2 * len(raw)}, four),
        ('path', 'count 0', {**receipt, 'index': 0, 'count': 0, 'path': []}, four),
        ('path', 'a hash too few', {**receipt, 'path': receipt['path'][:-1]}, four),
        ('path', 'a hash too many', {**receipt, 'path': receipt['path'] + [bytes(32)]}, four),
        ('path', 'another root', {**receipt, 'header': {**header, 'events': bytes(32)}}, four),
        ('path', 'a node for a leaf', {**receipt, 'index': 1, 'count': len(raw) // 2, 'path': receipt['path'][1:],
                                       'event': leaf(raw[2]) + leaf(raw[3])}, four),
        ('not-validator', 'a stranger signed too', {**receipt, 'signatures': signatures(a, b, c, 'stranger')}, four),
        ('not-validator', 'a validator that has left', receipt, [ADDRESS[a], ADDRESS[b], ADDRESS[d]]),
        ('duplicate-signer', 'one signed twice', {**receipt, 'signatures': signatures(a, b, b)}, four),
        ('signature', 'a stranger in a validator\'s name', {
            **receipt, 'signatures': signatures(a, b) + forged}, four),
        ('signature', 'one bad beside enough good ones', {
            **receipt, 'signatures': signatures(a, b, d) + forged}, four),
        ('signature', 'signatures of another header', {**receipt, 'header': changed}, four),
        ('signature', 's of the upper half in place of vs', {**receipt, 'signatures': signatures(a, b) + [
            {'validator': ADDRESS[c], 'signature': word(upper[0]) + word(N - upper[1])}]}, four),
        ('quorum', '2 of 4', {**receipt, 'signatures': signatures(a, b)}, four),
        ('quorum', '2 of 3 are not more than 2/3', {**receipt, 'signatures': signatures(a, b)}, four[:3]),
        ('quorum', 'none', {**receipt, 'signatures': []}, four),
    ]
    data = receipt_bytes(receipt)
    malformed = [
        ('empty', b''), ('a byte too few', data[:-1]), ('a byte too many', data + b'\x00'), ('head cut', data[:148]),
        ('height 2^53', replaced(data, 0, u64(2**53))), ('a signature more counted', receipt_bytes(receipt, 4)),
        ('a path of 33', receipt_bytes({**receipt, 'path': [bytes(32)] * 33})),
        ('a hash less counted', receipt_bytes(receipt, path_=len(receipt['path']) - 1)),
        ('a byte less of the event counted', receipt_bytes(receipt, event=len(raw[2]) - 1)),
    ]
    write('receipts', {
        'domain': {'chainId': CHAIN_ID, 'contract': CONTRACT},
        'valid': [{'name': name, 'receipt': r, 'validators': v, 'bytes': receipt_bytes(r)} for name, r, v in valid],
        'invalid': [{'name': name, 'fault': fault, 'receipt': r, 'validators': v, 'bytes': receipt_bytes(r)}
                    for fault, name, r, v in invalid],
        'malformed': [{'name': name, 'bytes': bytes_} for name, bytes_ in malformed],
    })


def make_headers(separator, genesis, block, raw):
    rows, parent_state, parent = [], genesis, genesis
    for height, events, snapshot, settlement in ((1, [], bytes(32), bytes(32)),
                                                 (2, raw, some('snapshot', 32), some('settlement', 32))):
        root = tree(events)
        state = sha256(parent_state + block + root + snapshot)
        header = {'height': height, 'parent': parent, 'events': root, 'state': state, 'settlement': settlement}
        rows.append({'header': header, 'parentState': parent_state, 'block': block, 'snapshot': snapshot,
                     'bytes': u64(height) + parent + root + state + settlement,
                     'digest': header_digest(separator, header)})
        parent_state, parent = state, rows[-1]['digest']
    write('headers', {'domain': {'chainId': CHAIN_ID, 'contract': CONTRACT}, 'chain': rows})
    return rows[1]['header']


def main():
    separator = separator_of(CHAIN_ID, CONTRACT)
    genesis = make_genesis()
    fetches = sample_fetches(separator)
    capture = sign(KEYS['bob'], capture_digest(separator, {
        'payer': ALICE, 'sequence': 10, 'index': 0, 'amount': 4000000}))
    fulfils = sample_fulfils(sign(KEYS['alice'], some('header digest', 32)), capture)
    make_commitments()
    make_messages(fetches, fulfils)
    heads = make_items()
    block = make_blocks(separator, genesis, heads, fetches, fulfils)
    raw = make_events(fetches)
    make_merkle(raw)
    header = make_headers(separator, genesis, block, raw)
    make_digests(separator, fetches, header)
    make_signatures(separator, fetches)
    make_receipts(separator, header, raw)


if __name__ == '__main__':
    main()

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {Account, Exit, Header, IUpfront, Member} from "./interfaces/IUpfront.sol";

/// @title Upfront
/// @notice See `IUpfront`.
contract Upfront is IUpfront, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /* CONSTANTS */

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant FETCH_TYPEHASH = keccak256(
        "Fetch(uint64 sequence,uint64 limit,Request request)Request(uint64 budget,uint64 expires,bytes32 intents)"
    );
    bytes32 private constant HEADER_TYPEHASH =
        keccak256("Header(uint64 height,bytes32 parent,bytes32 events,bytes32 state,bytes32 settlement)");
    // Half the order of secp256k1: an s above it is the same signature once more.
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    // Units; all sums of units in the network are at most `total`, so none reaches 2^63.
    uint256 private constant CAP = 1 << 63;
    uint256 private constant SEQUENCE_END = 1 << 56;

    uint8 private constant KIND_DEPOSIT = 1;
    uint8 private constant KIND_EXIT = 2;
    uint8 private constant KIND_BOND = 3;
    uint8 private constant KIND_UNBOND = 4;

    // Where the fields of an account lie in its slot.
    uint256 private constant BALANCE_AT = 0;
    uint256 private constant DEBITED_AT = 64;
    uint256 private constant CLAIMABLE_AT = 128;
    uint256 private constant SEQUENCE_AT = 192;
    uint256 private constant EXITING_AT = 248;

    // Bytes of an entry in each of `settle`'s lists.
    uint256 private constant DEBIT_WIDTH = 120;
    uint256 private constant CREDIT_WIDTH = 28;
    uint256 private constant ROTATION_WIDTH = 21;
    uint256 private constant SIGNATURE_WIDTH = 64;

    /* IMMUTABLES */

    /// @inheritdoc IUpfront
    address public immutable asset;
    /// @inheritdoc IUpfront
    uint256 public immutable unit;
    /// @inheritdoc IUpfront
    uint64 public immutable closeAge;
    /// @inheritdoc IUpfront
    uint64 public immutable bondAge;
    /// @inheritdoc IUpfront
    uint64 public immutable minBond;

    uint256 private immutable deploymentChainId;
    bytes32 private immutable deploymentDomainSeparator;

    /* STORAGE */

    // One slot: all that a user's call reads and writes besides the user's own.
    /// @inheritdoc IUpfront
    uint64 public total;
    /// @inheritdoc IUpfront
    uint64 public items;
    /// @inheritdoc IUpfront
    uint64 public acknowledged;
    /// @inheritdoc IUpfront
    uint32 public validators;
    /// @inheritdoc IUpfront
    bool public closed;

    // The next slot: what only `settle` reads and writes.
    /// @inheritdoc IUpfront
    uint64 public number;
    /// @inheritdoc IUpfront
    uint64 public pool;

    /// @inheritdoc IUpfront
    mapping(uint64 item => bytes32 head) public heads;
    /// @inheritdoc IUpfront
    mapping(address account => Account) public accounts;
    /// @inheritdoc IUpfront
    mapping(address account => Exit) public exits;
    /// @inheritdoc IUpfront
    mapping(address member => Member) public members;

    /* CONSTRUCTOR */

    /// @param asset_ The ERC-20 token, or 0 for ETH.
    /// @param unit_ Base units of the asset in one unit: a power of ten.
    /// @param validators_ The first validators; each signs once it has called `bond`.
    /// @param closeAge_ Seconds that an exit may stay unacknowledged.
    /// @param bondAge_ Seconds from `unbond` until the bond can be claimed.
    /// @param minBond_ The smallest bond, in units.
    constructor(
        address asset_,
        uint256 unit_,
        address[] memory validators_,
        uint64 closeAge_,
        uint64 bondAge_,
        uint64 minBond_
    ) {
        uint256 rest = unit_;
        while (rest > 1 && rest % 10 == 0) rest /= 10;
        require(rest == 1, InvalidUnit(unit_));
        require(validators_.length > 0, NoValidators());

        asset = asset_;
        unit = unit_;
        closeAge = closeAge_;
        bondAge = bondAge_;
        minBond = minBond_;
        deploymentChainId = block.chainid;
        deploymentDomainSeparator = _domainSeparator();

        for (uint256 i; i < validators_.length; ++i) {
            address validator = validators_[i];
            require(validator != address(0) && !members[validator].validator, InvalidValidator(validator));

            members[validator].validator = true;
            emit Rotated(validator, true);
        }
        // No block has room for 2^32 validators.
        validators = uint32(validators_.length);
    }

    /* USERS */

    /// @inheritdoc IUpfront
    function deposit(address account, uint256 amount) external payable nonReentrant {
        require(!closed, AlreadyClosed());
        require(account != address(0), ZeroAccount());
        Account storage stored = _ripe(account);
        require(!stored.exiting, AlreadyExiting(account));

        uint64 units = _admit(amount);
        // No overflow: `total` contains both and is below 2^63.
        unchecked {
            stored.balance += units;
        }

        _item(KIND_DEPOSIT, account, units, 0);

        _receive(amount);
    }

    /// @inheritdoc IUpfront
    function exit(uint56 sequence) external {
        require(!closed, AlreadyClosed());
        Account storage stored = _ripe(msg.sender);
        require(!stored.exiting, AlreadyExiting(msg.sender));

        stored.exiting = true;

        uint64 item = _item(KIND_EXIT, msg.sender, sequence, 0);
        // Seconds fit in 64 bits for longer than there will be blocks.
        exits[msg.sender] = Exit({item: item, time: uint64(block.timestamp), sequence: sequence});
    }

    /// @inheritdoc IUpfront
    function claim(address account) external nonReentrant {
        Account storage stored = _ripe(account);
        Member memory member = members[account];

        // In 256 bits: no age given at deployment can overflow.
        if (!closed && stored.exiting && block.timestamp > uint256(exits[account].time) + closeAge) {
            closed = true;
            emit Closed();
        }
        uint64 amount = stored.claimable;
        stored.claimable = 0;
        // No overflow, no underflow: `total` contains all three and is below 2^63.
        unchecked {
            if (closed) {
                amount += stored.balance;
                stored.balance = 0;
            }
            if (member.leaving > 0 && block.timestamp > uint256(member.leaving) + bondAge) {
                amount += member.bond;
                _remove(account, member.validator);
            }
            total -= amount;
        }

        if (amount > 0) {
            emit Claimed(account, amount);

            if (asset == address(0)) Address.sendValue(payable(account), amount * unit);
            else IERC20(asset).safeTransfer(account, amount * unit);
        }
    }

    /* VALIDATORS */

    /// @inheritdoc IUpfront
    function bond(uint256 amount, bytes32 consensusKey) external payable nonReentrant {
        require(!closed, AlreadyClosed());
        Member storage member = members[msg.sender];
        require(member.leaving == 0, AlreadyLeaving(msg.sender));

        uint64 units = _admit(amount);
        // No overflow: `total` contains both and is below 2^63.
        unchecked {
            member.bond += units;
        }
        require(member.bond >= minBond, BelowMinBond(member.bond));

        _item(KIND_BOND, msg.sender, units, consensusKey);

        _receive(amount);
    }

    /// @inheritdoc IUpfront
    function unbond() external {
        Member storage member = members[msg.sender];
        require(member.bond > 0, NoBond(msg.sender));
        require(member.leaving == 0, AlreadyLeaving(msg.sender));

        // Seconds fit in 64 bits for longer than there will be blocks.
        member.leaving = uint64(block.timestamp);

        _item(KIND_UNBOND, msg.sender, member.bond, 0);
    }

    /// @inheritdoc IUpfront
    function settle(
        Header calldata header,
        uint64 inbox,
        bytes calldata debits,
        bytes calldata credits,
        bytes calldata payouts,
        bytes calldata rotation,
        bytes calldata signatures
    ) external {
        require(!closed, AlreadyClosed());
        require(acknowledged <= inbox && inbox <= items, InboxOutOfRange(inbox));
        bytes32 settlement = keccak256(
            abi.encode(
                number + 1,
                inbox,
                heads[inbox],
                keccak256(debits),
                keccak256(credits),
                keccak256(payouts),
                keccak256(rotation)
            )
        );
        require(header.settlement == settlement, WrongSettlement(settlement));
        _requireQuorum(header, signatures);

        uint256 available = pool + _debit(debits);
        uint256 owed = _credit(credits, BALANCE_AT) + _credit(payouts, CLAIMABLE_AT);
        require(available >= owed, Uncovered(available, owed));

        // No underflow: just checked. The cast is safe: debits came out of balances, so `total` contains the pool.
        unchecked {
            pool = uint64(available - owed);
        }
        _rotate(rotation, true);
        _rotate(rotation, false);
        // From here on, not before, what this settlement acknowledges is ripe.
        acknowledged = inbox;

        emit Settled(++number, header.height, inbox);
    }

    /// @inheritdoc IUpfront
    function accuse(Header calldata a, bytes32 ra, bytes32 vsa, Header calldata b, bytes32 rb, bytes32 vsb) external {
        require(a.height == b.height, HeightsDiffer());
        bytes32 domain = domainSeparator();
        bytes32 digestA = _headerDigest(domain, a);
        bytes32 digestB = _headerDigest(domain, b);
        require(digestA != digestB, SameHeader());
        address signer = _recover(digestA, ra, vsa);
        address other = _recover(digestB, rb, vsb);
        require(signer == other, SignersDiffer(signer, other));
        Member memory member = members[signer];
        require(member.bond > 0, NoBond(signer));

        // No underflow: `total` contains every bond.
        unchecked {
            total -= member.bond;
        }
        _remove(signer, member.validator);

        emit Accused(signer);
    }

    /* VIEWS */

    /// @inheritdoc IUpfront
    function domainSeparator() public view returns (bytes32) {
        // A chain that splits off under another id has a domain of its own: nothing signed here counts there.
        return block.chainid == deploymentChainId ? deploymentDomainSeparator : _domainSeparator();
    }

    /* SETTLING */

    /// @dev More than 2/3 of the validators signed the header.
    function _requireQuorum(Header calldata header, bytes calldata signatures) private view {
        require(signatures.length % SIGNATURE_WIDTH == 0, InvalidLength());
        bytes32 digest = _headerDigest(domainSeparator(), header);
        address last;
        for (uint256 cursor; cursor < signatures.length; cursor += SIGNATURE_WIDTH) {
            address signer =
                _recover(digest, bytes32(_word(signatures, cursor)), bytes32(_word(signatures, cursor + 32)));
            require(signer > last, SignersNotAscending(signer));
            Member storage member = members[signer];
            require(member.validator && member.bond > 0, NotValidator(signer));
            last = signer;
        }
        uint256 signers = signatures.length / SIGNATURE_WIDTH;
        require(3 * signers > 2 * uint256(validators), NoQuorum(signers, validators));
    }

    /// @dev Takes every debit under its owner's own signature.
    function _debit(bytes calldata list) private returns (uint256 sum) {
        require(list.length % DEBIT_WIDTH == 0, InvalidLength());
        bytes32 domain = domainSeparator();
        // Nothing overflows: offsets stay below the length, sums of 64-bit amounts below 2^256. What is debited fits
        // because `limit` does, and no field of the slot runs into the next.
        unchecked {
            for (uint256 cursor; cursor < list.length; cursor += DEBIT_WIDTH) {
                // The casts cut the entry's fields out of the word.
                uint256 head = _word(list, cursor);
                uint64 amount = uint64(head >> 192);
                uint64 sequence = uint64(head >> 128);
                uint64 limit = uint64(head >> 64);
                bytes32 digest = _fetchDigest(domain, sequence, limit, bytes32(_word(list, cursor + 24)));
                address account = _recover(digest, bytes32(_word(list, cursor + 56)), bytes32(_word(list, cursor + 88)));
                (Account storage stored, uint256 slot) = _load(account);
                require(
                    uint56(slot >> SEQUENCE_AT) <= sequence && sequence < SEQUENCE_END,
                    SequenceOutOfRange(account, sequence)
                );
                require(uint256(uint64(slot >> DEBITED_AT)) + amount <= limit, OverLimit(account, amount));
                require(amount <= uint64(slot), OverBalance(account, amount));

                slot = slot - amount + (uint256(amount) << DEBITED_AT);
                slot = (slot & ~((SEQUENCE_END - 1) << SEQUENCE_AT)) | (uint256(sequence) << SEQUENCE_AT);
                _store(stored, slot);
                sum += amount;
            }
        }
    }

    /// @dev Adds every entry of a list to the field that lies at this bit of the account.
    function _credit(bytes calldata list, uint256 field) private returns (uint256 sum) {
        require(list.length % CREDIT_WIDTH == 0, InvalidLength());
        // Nothing overflows: offsets stay below the length, sums of 64-bit amounts below 2^256. A field runs into the
        // next only if more is added than there is, and then `settle` reverts.
        unchecked {
            for (uint256 cursor; cursor < list.length; cursor += CREDIT_WIDTH) {
                uint256 entry = _word(list, cursor);
                // The casts cut the entry's fields out of the word.
                uint256 amount = uint64(entry >> 32);
                (Account storage stored, uint256 slot) = _load(address(uint160(entry >> 96)));

                _store(stored, slot + (amount << field));
                sum += amount;
            }
        }
    }

    /// @dev Applies the lines of one direction that do apply.
    function _rotate(bytes calldata list, bool isIn) private {
        require(list.length % ROTATION_WIDTH == 0, InvalidLength());
        for (uint256 cursor; cursor < list.length; cursor += ROTATION_WIDTH) {
            uint256 line = _word(list, cursor);
            // The casts cut the line's fields out of the word.
            uint8 flag = uint8(line >> 88);
            address account = address(uint160(line >> 96));
            require(flag <= 1, InvalidRotation());
            Member storage member = members[account];
            bool applies = isIn
                ? flag == 1 && !member.validator && member.bond > 0 && member.leaving == 0
                : flag == 0 && member.validator && validators > 1;
            if (!applies) continue;

            member.validator = isIn;
            validators = isIn ? validators + 1 : validators - 1;
            emit Rotated(account, isIn);
        }
    }

    /* DRAWERS */

    /// @dev Applies the account's exit if it is acknowledged. First wherever an account is touched.
    function _ripe(address account) private returns (Account storage stored) {
        stored = accounts[account];
        if (stored.exiting) {
            Exit memory request = exits[account];
            if (request.item <= acknowledged) {
                // No overflow: `total` contains both and is below 2^63.
                unchecked {
                    stored.claimable += stored.balance;
                }
                stored.balance = 0;
                if (stored.sequence < request.sequence) stored.sequence = request.sequence;
                stored.exiting = false;
            }
        }
    }

    /// @dev The account's slot, ripe, as one word.
    /// PERF: one load and one store an entry. Field by field a debit costs 980 gas more, a credit 250.
    function _load(address account) private returns (Account storage stored, uint256 slot) {
        stored = accounts[account];
        assembly ("memory-safe") {
            slot := sload(stored.slot)
        }
        if (slot >> EXITING_AT != 0) {
            _ripe(account);
            assembly ("memory-safe") {
                slot := sload(stored.slot)
            }
        }
    }

    function _store(Account storage stored, uint256 slot) private {
        assembly ("memory-safe") {
            sstore(stored.slot, slot)
        }
    }

    /// @dev Counts units that are about to arrive.
    function _admit(uint256 amount) private returns (uint64 units) {
        require(amount > 0, ZeroAmount());
        require(amount < CAP - total, OverCap(amount));

        // The cast and the sum are below 2^63: just checked.
        units = uint64(amount);
        unchecked {
            total += units;
        }
    }

    /// @dev Takes exactly `amount` units from the caller.
    function _receive(uint256 amount) private {
        uint256 expected = amount * unit;
        uint256 arrived = msg.value;
        if (asset != address(0)) {
            require(msg.value == 0, UnexpectedEther(msg.value));
            uint256 before = IERC20(asset).balanceOf(address(this));
            IERC20(asset).safeTransferFrom(msg.sender, address(this), expected);
            arrived = IERC20(asset).balanceOf(address(this)) - before;
        }
        require(arrived == expected, WrongArrival(arrived, expected));
    }

    /// @dev Appends an item to the hash chain.
    function _item(uint8 kind, address account, uint64 amount, bytes32 data) private returns (uint64 item) {
        item = ++items;
        heads[item] = keccak256(abi.encode(heads[item - 1], item, kind, account, amount, data));

        emit Item(item, kind, account, amount, data);
    }

    /// @dev Without a bond nobody is a member, and who is no member is no validator.
    function _remove(address account, bool validator) private {
        delete members[account];
        if (validator) {
            --validators;
            emit Rotated(account, false);
        }
    }

    function _domainSeparator() private view returns (bytes32) {
        return
            keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256("Upfront"), keccak256("1"), block.chainid, address(this)));
    }

    function _headerDigest(bytes32 domain, Header calldata header) private pure returns (bytes32) {
        return _digest(domain, keccak256(abi.encode(HEADER_TYPEHASH, header)));
    }

    /// @dev The word at this offset of a list, whose width was checked: what lies beyond the entry is shifted out.
    /// PERF: 600 gas less a debit than slices, which check their bounds once more.
    function _word(bytes calldata list, uint256 cursor) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(list.offset, cursor))
        }
    }

    /// @dev PERF: 360 gas less a debit than `abi.encode`, since 200 debits use one piece of memory.
    function _fetchDigest(bytes32 domain, uint64 sequence, uint64 limit, bytes32 request)
        private
        pure
        returns (bytes32 digest)
    {
        bytes32 typehash = FETCH_TYPEHASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typehash)
            mstore(add(free, 0x20), sequence)
            mstore(add(free, 0x40), limit)
            mstore(add(free, 0x60), request)
            let structHash := keccak256(free, 0x80)
            mstore(free, hex"1901")
            mstore(add(free, 0x02), domain)
            mstore(add(free, 0x22), structHash)
            digest := keccak256(free, 0x42)
        }
    }

    function _digest(bytes32 domain, bytes32 structHash) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /// @dev The signer of a compact signature (EIP-2098).
    function _recover(bytes32 digest, bytes32 r, bytes32 vs) private pure returns (address signer) {
        uint256 s = uint256(vs) & (type(uint256).max >> 1);
        // The cast is safe: one bit.
        uint8 v = 27 + uint8(uint256(vs) >> 255);
        signer = ecrecover(digest, v, r, bytes32(s));
        require(signer != address(0) && s <= HALF_ORDER, InvalidSignature());
    }
}

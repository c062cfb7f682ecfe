// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Header, IUpfront} from "../src/interfaces/IUpfront.sol";
import {MockToken} from "../src/mocks/MockToken.sol";

/// @dev The cheat codes that these tests use, as the tool's own interface declares them.
interface Vm {
    function addr(uint256 privateKey) external pure returns (address);
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function getCode(string calldata artifact) external view returns (bytes memory);
    function prank(address sender) external;
    function deal(address account, uint256 balance) external;
    function warp(uint256 time) external;
    function chainId(uint256 id) external;
    function store(address target, bytes32 slot, bytes32 value) external;
    function load(address target, bytes32 slot) external view returns (bytes32);
    function expectRevert() external;
    function expectRevert(bytes calldata data) external;
    function expectEmit(address emitter) external;
    function snapshotState() external returns (uint256 id);
    function revertToState(uint256 id) external returns (bool);
    function assertEq(uint256 a, uint256 b) external pure;
    function assertEq(uint256 a, uint256 b, string calldata message) external pure;
    function assertEq(address a, address b) external pure;
    function assertEq(bytes32 a, bytes32 b) external pure;
    function assertEq(bool a, bool b) external pure;
    function assertTrue(bool a) external pure;
    function assertTrue(bool a, string calldata message) external pure;
    function assertLe(uint256 a, uint256 b, string calldata message) external pure;
    function assertGe(uint256 a, uint256 b, string calldata message) external pure;
}

/// @dev What `settle` takes besides the header and the signatures.
struct Lists {
    uint64 inbox;
    bytes debits;
    bytes credits;
    bytes payouts;
    bytes rotation;
}

struct Line {
    uint64 balance;
    uint64 debited;
    uint64 claimable;
    uint56 sequence;
    bool exiting;
}

/// @notice A network of four bonded validators, for ETH or a token, and what signs in its name. The typed data is
/// spelled out here once more, from docs/protocol.md and not from the contract.
abstract contract Base {
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    uint256 internal constant UNIT = 1e9;
    uint64 internal constant CLOSE_AGE = 3 days;
    uint64 internal constant BOND_AGE = 7 days;
    uint64 internal constant MIN_BOND = 1_000;
    uint256 internal constant VALIDATORS = 4;
    uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    uint256 internal constant ALICE_KEY = 0xA11CE;
    uint256 internal constant BOB_KEY = 0xB0B;
    address internal alice = vm.addr(ALICE_KEY);
    address internal bob = vm.addr(BOB_KEY);
    address internal carol = vm.addr(0xCA401);

    MockToken internal token;
    IUpfront internal upfront;
    // By address, ascending.
    uint256[] internal validatorKeys;

    function isToken() internal pure virtual returns (bool);

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        if (isToken()) token = new MockToken("Coin", "COIN", 18);
        for (uint256 i = 1; i <= VALIDATORS; ++i) {
            validatorKeys.push(i);
        }
        sortByAddress(validatorKeys);
        upfront = deploy(address(token), addressesOf(validatorKeys));
        for (uint256 i; i < VALIDATORS; ++i) {
            bondAs(vm.addr(validatorKeys[i]), MIN_BOND);
        }
    }

    function deploy(address asset, address[] memory validators) internal returns (IUpfront) {
        return create(asset, UNIT, validators);
    }

    /// @dev From the artifact: tests that do not contain the contract compile in seconds, without the IR.
    function create(address asset, uint256 unit, address[] memory validators) internal returns (IUpfront created) {
        bytes memory code = abi.encodePacked(
            vm.getCode("Upfront.sol:Upfront"), abi.encode(asset, unit, validators, CLOSE_AGE, BOND_AGE, MIN_BOND)
        );
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
            if iszero(created) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }

    /* MONEY */

    /// @dev Gives `account` as much and lets the contract have it; what has to be sent along.
    function fund(address account, uint256 amount) internal returns (uint256 value) {
        if (isToken()) {
            token.mint(account, amount * UNIT);
            vm.prank(account);
            token.approve(address(upfront), type(uint256).max);
        } else {
            vm.deal(account, account.balance + amount * UNIT);
            value = amount * UNIT;
        }
    }

    function depositFor(address account, uint256 amount) internal {
        uint256 value = fund(account, amount);
        vm.prank(account);
        upfront.deposit{value: value}(account, amount);
    }

    function bondAs(address member, uint256 amount) internal {
        uint256 value = fund(member, amount);
        vm.prank(member);
        upfront.bond{value: value}(amount, bytes32(uint256(uint160(member))));
    }

    function exitAs(address account, uint56 sequence) internal {
        vm.prank(account);
        upfront.exit(sequence);
    }

    /// @dev In units; it must be a whole number of them.
    function wealth(address account) internal view returns (uint256) {
        uint256 amount = isToken() ? token.balanceOf(account) : account.balance;
        vm.assertEq(amount % UNIT, 0);
        return amount / UNIT;
    }

    function line(address account) internal view returns (Line memory current) {
        (current.balance, current.debited, current.claimable, current.sequence, current.exiting) =
            upfront.accounts(account);
    }

    /* SIGNING */

    function domain() internal view returns (bytes32) {
        return domainOf(block.chainid, address(upfront));
    }

    function domainOf(uint256 chainId, address verifyingContract) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Upfront"),
                keccak256("1"),
                chainId,
                verifyingContract
            )
        );
    }

    function signCompact(uint256 key, bytes32 digest) internal pure returns (bytes32 r, bytes32 vs) {
        uint8 v;
        bytes32 s;
        (v, r, s) = vm.sign(key, digest);
        vs = bytes32(uint256(s) | (uint256(v - 27) << 255));
    }

    function request(uint64 budget) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("Request(uint64 budget,uint64 expires,bytes32 intents)"),
                budget,
                uint64(1_800_000_000_000),
                keccak256("intents")
            )
        );
    }

    function fetchDigest(bytes32 separator, uint64 sequence, uint64 limit, bytes32 requestHash)
        internal
        pure
        returns (bytes32)
    {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Fetch(uint64 sequence,uint64 limit,Request request)Request(uint64 budget,uint64 expires,bytes32 intents)"
                ),
                sequence,
                limit,
                requestHash
            )
        );
        return keccak256(abi.encodePacked("\x19\x01", separator, structHash));
    }

    function headerDigest(bytes32 separator, Header memory header) internal pure returns (bytes32) {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Header(uint64 height,bytes32 parent,bytes32 events,bytes32 state,bytes32 settlement)"),
                header.height,
                header.parent,
                header.events,
                header.state,
                header.settlement
            )
        );
        return keccak256(abi.encodePacked("\x19\x01", separator, structHash));
    }

    /* SETTLEMENTS */

    function debit(uint256 key, uint64 amount, uint64 sequence, uint64 limit) internal view returns (bytes memory) {
        (bytes32 r, bytes32 vs) = signCompact(key, fetchDigest(domain(), sequence, limit, request(amount)));
        return abi.encodePacked(amount, sequence, limit, request(amount), r, vs);
    }

    function credit(address account, uint64 amount) internal pure returns (bytes memory) {
        return abi.encodePacked(account, amount);
    }

    function rotate(address member, bool isIn) internal pure returns (bytes memory) {
        return abi.encodePacked(member, isIn);
    }

    function headerOf(Lists memory lists) internal view returns (Header memory) {
        bytes32 settlement = keccak256(
            abi.encode(
                upfront.number() + 1,
                lists.inbox,
                upfront.heads(lists.inbox),
                keccak256(lists.debits),
                keccak256(lists.credits),
                keccak256(lists.payouts),
                keccak256(lists.rotation)
            )
        );
        return Header({height: 7, parent: "parent", events: "events", state: "state", settlement: settlement});
    }

    function signaturesOf(Header memory header, uint256[] memory signingKeys) internal view returns (bytes memory all) {
        for (uint256 i; i < signingKeys.length; ++i) {
            (bytes32 r, bytes32 vs) = signCompact(signingKeys[i], headerDigest(domain(), header));
            all = abi.encodePacked(all, r, vs);
        }
    }

    function settle(Lists memory lists) internal {
        Header memory header = headerOf(lists);
        submit(header, lists, signaturesOf(header, validatorKeys));
    }

    function submit(Header memory header, Lists memory lists, bytes memory signatures) internal {
        upfront.settle(header, lists.inbox, lists.debits, lists.credits, lists.payouts, lists.rotation, signatures);
    }

    function expectSettle(Lists memory lists, bytes memory reason) internal {
        Header memory header = headerOf(lists);
        bytes memory signatures = signaturesOf(header, validatorKeys);
        vm.expectRevert(reason);
        submit(header, lists, signatures);
    }

    /// @dev Takes everything in.
    function acknowledge() internal {
        Lists memory lists;
        lists.inbox = upfront.items();
        settle(lists);
    }

    /* DRAWERS */

    function bound(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        if (value >= low && value <= high) return value;
        uint256 size = high - low + 1;
        return size == 0 ? value : low + value % size;
    }

    function addressesOf(uint256[] memory ofKeys) internal pure returns (address[] memory all) {
        all = new address[](ofKeys.length);
        for (uint256 i; i < ofKeys.length; ++i) {
            all[i] = vm.addr(ofKeys[i]);
        }
    }

    function sortByAddress(uint256[] storage ofKeys) internal {
        for (uint256 i = 1; i < ofKeys.length; ++i) {
            for (uint256 j = i; j > 0 && vm.addr(ofKeys[j]) < vm.addr(ofKeys[j - 1]); --j) {
                (ofKeys[j], ofKeys[j - 1]) = (ofKeys[j - 1], ofKeys[j]);
            }
        }
    }

    function keysOf(uint256 count) internal view returns (uint256[] memory some) {
        some = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            some[i] = validatorKeys[i];
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Header, IUpfront} from "../src/interfaces/IUpfront.sol";
import {Base, Line, Lists} from "./Base.t.sol";

struct FuzzSelector {
    address target;
    bytes4[] selectors;
}

struct Fetch {
    uint256 key;
    uint64 sequence;
    uint64 limit;
}

/// @notice Users who do what users do, and a committee that is wholly corrupt: it signs whatever settlement it likes, with
/// the fetches that users really signed, played as often as it likes, and with whatever it forges. What it tries may be
/// refused; it may never get what is not its own.
abstract contract Corrupt is Base {
    uint256 internal constant USERS = 4;
    // What the committee's tries ended in, so that a run that tries nothing is seen.
    uint256 public applied;
    uint256 public refused;

    uint256[] internal keys;
    Fetch[] internal fetches;
    mapping(address user => uint256) public deposited;
    mapping(address user => uint256) public credited;
    mapping(address user => uint256) public claimed;

    constructor() {
        setUp();
        for (uint256 i; i < USERS; ++i) {
            keys.push(0xCAFE + i);
            move(i, 1e12 + i);
        }
    }

    /* USERS */

    function move(uint256 who, uint256 amount) public {
        address user = vm.addr(pick(who));
        if (upfront.closed() || isExiting(user)) return;
        amount = bound(amount, 1, 1e15);
        depositFor(user, amount);
        deposited[user] += amount;
    }

    function signFetch(uint256 who, uint256 sequence, uint256 limit) public {
        uint256 key = pick(who);
        Line memory current = line(vm.addr(key));
        uint64 least = current.sequence > 3 ? current.sequence - 3 : 0;
        fetches.push(
            Fetch(
                key,
                uint64(bound(sequence, least, least + 10)),
                uint64(bound(limit, 0, uint256(current.debited) + 2 * uint256(current.balance)))
            )
        );
    }

    function leave(uint256 who, uint256 sequence) public {
        address user = vm.addr(pick(who));
        if (upfront.closed() || isExiting(user)) return;
        exitAs(user, uint56(bound(sequence, 0, uint256(line(user).sequence) + 5)));
    }

    function claim(uint256 who) public {
        address user = vm.addr(pick(who));
        uint256 before = wealth(user);
        upfront.claim(user);
        claimed[user] += wealth(user) - before;
    }

    function wait(uint256 time) public {
        vm.warp(block.timestamp + bound(time, 1, 1 days));
    }

    /* MEMBERS */

    function bond(uint256 who, uint256 amount) public {
        address member = vm.addr(validatorKeys[who % VALIDATORS]);
        (, uint64 leaving,) = upfront.members(member);
        if (upfront.closed() || leaving > 0) return;
        bondAs(member, bound(amount, MIN_BOND, 1e9));
    }

    function unbond(uint256 who) public {
        // One of them only, or soon nobody is left to try anything.
        address member = vm.addr(validatorKeys[0]);
        (uint64 held, uint64 leaving,) = upfront.members(member);
        if (held == 0 || leaving > 0 || who % 8 > 0) return;
        vm.prank(member);
        upfront.unbond();
    }

    function takeBondHome() public {
        upfront.claim(vm.addr(validatorKeys[0]));
    }

    function accuse(uint256 who, uint256 luck) public {
        uint256 key = validatorKeys[who % 2];
        (uint64 held,,) = upfront.members(vm.addr(key));
        if (held == 0 || luck % 8 > 0) return;
        Header memory one = Header(1, "one", 0, 0, 0);
        Header memory two = Header(1, "two", 0, 0, 0);
        (bytes32 ra, bytes32 vsa) = signCompact(key, headerDigest(domain(), one));
        (bytes32 rb, bytes32 vsb) = signCompact(key, headerDigest(domain(), two));
        upfront.accuse(one, ra, vsa, two, rb, vsb);
    }

    /* THE COMMITTEE */

    /// @dev Any lists, most of them within what the contract lets pass.
    function settleAnything(uint256 seed) public {
        Lists memory lists;
        uint256 funds = upfront.pool();
        lists.inbox = uint64(bound(next(seed, 0), upfront.acknowledged(), upfront.items()));

        Line[] memory before = lines();
        uint64[] memory least = sequences();
        uint64[] memory highest = new uint64[](USERS);
        for (uint256 i; i < next(seed, 1) % 4 && fetches.length > 0; ++i) {
            Fetch memory fetch = fetches[next(seed, 10 + i) % fetches.length];
            Line memory current = line(vm.addr(fetch.key));
            uint64 amount = uint64(next(seed, 20 + i));
            if (next(seed, 30 + i) % 8 > 0) {
                uint64 most = fetch.limit > current.debited ? fetch.limit - current.debited : 0;
                amount = uint64(bound(amount, 0, most < current.balance ? most : current.balance));
            }
            // Nobody signed this one.
            bool forged = next(seed, 40 + i) % 16 == 0;
            lists.debits = abi.encodePacked(lists.debits, play(fetch, amount, forged));
            funds += amount;
        }
        // What it may have taken at most: the highest limit that its owner signed at or above the stored sequence.
        for (uint256 i; i < fetches.length; ++i) {
            uint256 user = fetches[i].key - 0xCAFE;
            if (fetches[i].sequence >= least[user] && fetches[i].limit > highest[user]) {
                highest[user] = fetches[i].limit;
            }
        }

        uint256[] memory credits = new uint256[](USERS);
        for (uint256 i; i < next(seed, 2) % 4; ++i) {
            uint256 user = next(seed, 50 + i) % USERS;
            uint64 amount = uint64(next(seed, 60 + i));
            uint256 luck = next(seed, 70 + i) % 8;
            if (luck > 0) amount = uint64(bound(amount, 0, funds));
            // One unit too much, if it is the last entry.
            if (luck == 1) amount = uint64(funds + 1);
            funds = funds > amount ? funds - amount : 0;
            credits[user] += amount;
            bytes memory entry = credit(vm.addr(keys[user]), amount);
            if (i % 2 == 0) lists.credits = abi.encodePacked(lists.credits, entry);
            else lists.payouts = abi.encodePacked(lists.payouts, entry);
        }
        if (next(seed, 3) % 4 == 0) {
            address member = vm.addr(validatorKeys[next(seed, 4) % VALIDATORS]);
            lists.rotation = rotate(member, next(seed, 5) % 2 == 0);
        }

        Header memory header = headerOf(lists);
        bytes memory signatures = signaturesOf(header, signers());
        try this.submitOnce(header, lists, signatures) {
            ++applied;
            for (uint256 i; i < USERS; ++i) {
                address user = vm.addr(keys[i]);
                Line memory current = line(user);
                credited[user] += credits[i];
                if (current.debited > before[i].debited) {
                    vm.assertLe(current.debited, highest[i], "taken beyond the highest limit");
                    vm.assertGe(current.sequence, least[i], "a void authority");
                }
                vm.assertEq(
                    uint256(current.balance) + current.claimable + (current.debited - before[i].debited),
                    uint256(before[i].balance) + before[i].claimable + credits[i],
                    "a balance fell without its owner's signature"
                );
            }
        } catch {
            ++refused;
        }
    }

    function submitOnce(Header memory header, Lists memory lists, bytes memory signatures) external {
        submit(header, lists, signatures);
    }

    /* WHAT HOLDS */

    function checkSums() external view {
        uint256 sum = upfront.pool();
        for (uint256 i; i < USERS; ++i) {
            address user = vm.addr(keys[i]);
            Line memory current = line(user);
            sum += uint256(current.balance) + current.claimable;
            vm.assertEq(
                uint256(current.balance) + current.claimable + claimed[user] + current.debited,
                deposited[user] + credited[user],
                "an account's book"
            );
            (,, uint56 least) = upfront.exits(user);
            vm.assertTrue(current.exiting || current.sequence >= least, "an exit voided nothing");
            uint256 highest;
            for (uint256 j; j < fetches.length; ++j) {
                if (fetches[j].key == keys[i] && fetches[j].limit > highest) highest = fetches[j].limit;
            }
            vm.assertLe(current.debited, highest, "debited beyond every limit");
        }
        uint256 validators;
        for (uint256 i; i < VALIDATORS; ++i) {
            (uint64 held,, bool validator) = upfront.members(vm.addr(validatorKeys[i]));
            sum += held;
            if (validator) ++validators;
        }
        vm.assertEq(upfront.validators(), validators);
        vm.assertEq(upfront.total(), sum, "total");
        vm.assertGe(wealth(address(upfront)), sum, "what the contract holds");
    }

    /// @dev Whatever went before: everybody leaves with the settled balance, by two calls, and nobody helps.
    function checkEverybodyLeaves() external {
        uint256 snapshot = vm.snapshotState();
        for (uint256 i; i < USERS && !upfront.closed(); ++i) {
            address user = vm.addr(keys[i]);
            if (!isExiting(user)) exitAs(user, 0);
        }
        vm.warp(block.timestamp + CLOSE_AGE + 1);
        for (uint256 i; i < USERS; ++i) {
            address user = vm.addr(keys[i]);
            Line memory current = line(user);
            uint256 owed = uint256(current.balance) + current.claimable;
            uint256 before = wealth(user);
            upfront.claim(user);
            vm.assertEq(wealth(user) - before, owed, "left with less");
        }
        vm.revertToState(snapshot);
    }

    /* DRAWERS */

    function play(Fetch memory fetch, uint64 amount, bool forged) private view returns (bytes memory) {
        bytes32 digest = fetchDigest(domain(), fetch.sequence, fetch.limit, request(1));
        (bytes32 r, bytes32 vs) = signCompact(fetch.key, digest);
        uint64 limit = forged ? type(uint64).max : fetch.limit;
        return abi.encodePacked(amount, fetch.sequence, limit, request(1), r, vs);
    }

    /// @dev All that can still sign.
    function signers() private view returns (uint256[] memory some) {
        some = new uint256[](VALIDATORS);
        uint256 count;
        for (uint256 i; i < VALIDATORS; ++i) {
            (uint64 held,, bool validator) = upfront.members(vm.addr(validatorKeys[i]));
            if (held > 0 && validator) some[count++] = validatorKeys[i];
        }
        assembly ("memory-safe") {
            mstore(some, count)
        }
    }

    function lines() private view returns (Line[] memory all) {
        all = new Line[](USERS);
        for (uint256 i; i < USERS; ++i) {
            all[i] = line(vm.addr(keys[i]));
        }
    }

    /// @dev The sequences as an acknowledged exit leaves them.
    function sequences() private view returns (uint64[] memory all) {
        all = new uint64[](USERS);
        for (uint256 i; i < USERS; ++i) {
            address user = vm.addr(keys[i]);
            (uint64 item,, uint56 sequence) = upfront.exits(user);
            Line memory current = line(user);
            bool ripe = current.exiting && item <= upfront.acknowledged();
            all[i] = ripe && sequence > current.sequence ? sequence : current.sequence;
        }
    }

    function isExiting(address user) private view returns (bool) {
        (uint64 item,,) = upfront.exits(user);
        return line(user).exiting && item > upfront.acknowledged();
    }

    function pick(uint256 who) private view returns (uint256) {
        return keys[who % USERS];
    }

    function next(uint256 seed, uint256 salt) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, salt)));
    }
}

contract CorruptEther is Corrupt {
    function isToken() internal pure override returns (bool) {
        return false;
    }
}

contract CorruptToken is Corrupt {
    function isToken() internal pure override returns (bool) {
        return true;
    }
}

abstract contract InvariantsTest {
    Corrupt internal corrupt;

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](12);
        selectors[0] = Corrupt.move.selector;
        selectors[1] = Corrupt.signFetch.selector;
        selectors[2] = Corrupt.signFetch.selector;
        selectors[3] = Corrupt.leave.selector;
        selectors[4] = Corrupt.claim.selector;
        selectors[5] = Corrupt.wait.selector;
        selectors[6] = Corrupt.bond.selector;
        selectors[7] = Corrupt.unbond.selector;
        selectors[8] = Corrupt.takeBondHome.selector;
        selectors[9] = Corrupt.accuse.selector;
        selectors[10] = Corrupt.settleAnything.selector;
        selectors[11] = Corrupt.settleAnything.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(corrupt), selectors);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(corrupt);
    }

    /// I1, and that no balance falls without its owner's signature, or by more than the owner allowed.
    function invariant_sums() external view {
        corrupt.checkSums();
    }

    function invariant_everybodyLeaves() external {
        corrupt.checkEverybodyLeaves();
    }
}

contract InvariantsEtherTest is InvariantsTest {
    function setUp() public {
        corrupt = new CorruptEther();
    }
}

contract InvariantsTokenTest is InvariantsTest {
    function setUp() public {
        corrupt = new CorruptToken();
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Header, IUpfront} from "../src/interfaces/IUpfront.sol";
import {Base, Line, Lists} from "./Base.t.sol";

/// @notice settle: one test for each check, in their order; then what is true afterwards.
abstract contract SettleTest is Base {
    uint64 internal constant MAX = type(uint64).max;

    function setUp() public override {
        super.setUp();
        depositFor(alice, 1_000);
        depositFor(bob, 1_000);
    }

    /* CHECKS */

    function test_settle_refusesAClosedContract() public {
        exitAs(carol, 0);
        vm.warp(block.timestamp + CLOSE_AGE + 1);
        upfront.claim(carol);
        Lists memory lists;
        expectSettle(lists, abi.encodeWithSelector(IUpfront.AlreadyClosed.selector));
    }

    function test_settle_refusesAnotherInbox() public {
        Lists memory lists;
        lists.inbox = upfront.items() + 1;
        expectSettle(lists, abi.encodeWithSelector(IUpfront.InboxOutOfRange.selector, lists.inbox));

        lists.inbox = 5;
        settle(lists);
        lists.inbox = 4;
        expectSettle(lists, abi.encodeWithSelector(IUpfront.InboxOutOfRange.selector, uint64(4)));
        lists.inbox = 5;
        settle(lists);
    }

    /// Every part of what the header attests: another value and it does not fit.
    function test_settle_refusesWhatTheHeaderDoesNotAttest() public {
        Lists memory lists;
        lists.inbox = 5;
        lists.debits = debit(ALICE_KEY, 10, 0, 10);
        lists.credits = credit(bob, 4);
        lists.payouts = credit(bob, 5);
        lists.rotation = rotate(alice, true);
        Header memory header = headerOf(lists);
        bytes memory signatures = signaturesOf(header, validatorKeys);

        for (uint256 i; i < 5; ++i) {
            Lists memory other = Lists(lists.inbox, lists.debits, lists.credits, lists.payouts, lists.rotation);
            if (i == 0) other.inbox = 6;
            if (i == 1) other.debits = "";
            if (i == 2) other.credits = credit(alice, 4);
            if (i == 3) other.payouts = "";
            if (i == 4) other.rotation = "";
            bytes32 expected = headerOf(other).settlement;
            vm.expectRevert(abi.encodeWithSelector(IUpfront.WrongSettlement.selector, expected));
            submit(header, other, signatures);
        }

        submit(header, lists, signatures);
        bytes32 next = headerOf(lists).settlement;
        vm.expectRevert(abi.encodeWithSelector(IUpfront.WrongSettlement.selector, next));
        submit(header, lists, signatures);
    }

    function test_settle_refusesOtherLengths() public {
        bytes memory reason = abi.encodeWithSelector(IUpfront.InvalidLength.selector);
        Lists memory lists;
        lists.debits = abi.encodePacked(debit(ALICE_KEY, 10, 0, 10), uint8(0));
        expectSettle(lists, reason);
        lists.debits = "";
        lists.credits = abi.encodePacked(credit(bob, 0), uint8(0));
        expectSettle(lists, reason);
        lists.credits = "";
        lists.payouts = abi.encodePacked(credit(bob, 0), uint8(0));
        expectSettle(lists, reason);
        lists.payouts = "";

        Header memory header = headerOf(lists);
        bytes memory signatures = abi.encodePacked(signaturesOf(header, validatorKeys), uint8(0));
        vm.expectRevert(reason);
        submit(header, lists, signatures);
    }

    function test_settle_refusesBadSignaturesOfTheHeader() public {
        Lists memory lists;
        Header memory header = headerOf(lists);
        (bytes32 r, bytes32 vs) = signCompact(validatorKeys[0], headerDigest(domain(), header));
        bytes memory reason = abi.encodeWithSelector(IUpfront.InvalidSignature.selector);

        vm.expectRevert(reason);
        submit(header, lists, abi.encodePacked(bytes32(0), vs));
        vm.expectRevert(reason);
        submit(header, lists, abi.encodePacked(r, bytes32(0)));
        // The lowest s of the upper half: the few that a compact signature can hold at all.
        vm.expectRevert(reason);
        submit(header, lists, abi.encodePacked(r, highS()));
    }

    function test_settle_refusesSignersOutOfOrder() public {
        Lists memory lists;
        Header memory header = headerOf(lists);
        uint256[] memory signing = keysOf(3);
        (signing[1], signing[2]) = (signing[2], signing[1]);
        bytes memory signatures = signaturesOf(header, signing);
        vm.expectRevert(abi.encodeWithSelector(IUpfront.SignersNotAscending.selector, vm.addr(validatorKeys[1])));
        submit(header, lists, signatures);

        signing = keysOf(3);
        signing[2] = signing[1];
        signatures = signaturesOf(header, signing);
        vm.expectRevert(abi.encodeWithSelector(IUpfront.SignersNotAscending.selector, vm.addr(validatorKeys[1])));
        submit(header, lists, signatures);
    }

    function test_settle_refusesWhoIsNoValidator() public {
        Lists memory lists;
        Header memory header = headerOf(lists);
        uint256[] memory signing = new uint256[](1);
        signing[0] = ALICE_KEY;
        bytes memory signatures = signaturesOf(header, signing);
        bytes memory reason = abi.encodeWithSelector(IUpfront.NotValidator.selector, alice);
        vm.expectRevert(reason);
        submit(header, lists, signatures);

        // A bond alone is not enough.
        bondAs(alice, MIN_BOND);
        vm.expectRevert(reason);
        submit(header, lists, signatures);
    }

    function test_settle_refusesAValidatorWithoutABond() public {
        upfront = deploy(address(token), addressesOf(validatorKeys));
        Lists memory lists;
        expectSettle(lists, abi.encodeWithSelector(IUpfront.NotValidator.selector, vm.addr(validatorKeys[0])));
        for (uint256 i; i < VALIDATORS; ++i) {
            bondAs(vm.addr(validatorKeys[i]), MIN_BOND);
        }
        settle(lists);
    }

    /// Which count of signers is enough, for each size of the set.
    function test_settle_needsMoreThanTwoThirds() public {
        uint256[7] memory least = [uint256(1), 2, 3, 3, 4, 5, 5];
        for (uint256 size = 1; size <= least.length; ++size) {
            delete validatorKeys;
            for (uint256 i = 1; i <= size; ++i) {
                validatorKeys.push(i);
            }
            sortByAddress(validatorKeys);
            upfront = deploy(address(token), addressesOf(validatorKeys));
            for (uint256 i; i < size; ++i) {
                bondAs(vm.addr(validatorKeys[i]), MIN_BOND);
            }
            Lists memory lists;
            Header memory header = headerOf(lists);
            bytes memory signatures = signaturesOf(header, keysOf(least[size - 1] - 1));
            vm.expectRevert(abi.encodeWithSelector(IUpfront.NoQuorum.selector, least[size - 1] - 1, size));
            submit(header, lists, signatures);
            signatures = signaturesOf(header, keysOf(least[size - 1]));
            submit(header, lists, signatures);
        }
    }

    function test_settle_refusesBadSignaturesOfADebit() public {
        Lists memory lists;
        (bytes32 r, bytes32 vs) = signCompact(ALICE_KEY, fetchDigest(domain(), 0, 10, request(10)));
        bytes memory head = abi.encodePacked(uint64(10), uint64(0), uint64(10), request(10));
        bytes memory reason = abi.encodeWithSelector(IUpfront.InvalidSignature.selector);
        lists.debits = abi.encodePacked(head, bytes32(0), vs);
        expectSettle(lists, reason);
        lists.debits = abi.encodePacked(head, r, bytes32(0));
        expectSettle(lists, reason);
        lists.debits = abi.encodePacked(head, r, highS());
        expectSettle(lists, reason);
        lists.debits = abi.encodePacked(head, r, vs);
        settle(lists);
    }

    function test_settle_refusesSequencesOutOfRange() public {
        Lists memory lists;
        lists.debits = debit(ALICE_KEY, 10, 2 ** 56, 10);
        expectSettle(lists, abi.encodeWithSelector(IUpfront.SequenceOutOfRange.selector, alice, uint64(2 ** 56)));
        lists.debits = debit(ALICE_KEY, 10, 9, 10);
        settle(lists);
        lists.debits = debit(ALICE_KEY, 10, 8, 20);
        expectSettle(lists, abi.encodeWithSelector(IUpfront.SequenceOutOfRange.selector, alice, uint64(8)));
        lists.debits = debit(ALICE_KEY, 10, 9, 20);
        settle(lists);
        lists.debits = debit(ALICE_KEY, 10, 2 ** 56 - 1, 30);
        settle(lists);
        vm.assertEq(line(alice).sequence, 2 ** 56 - 1);
    }

    function test_settle_refusesMoreThanTheLimit() public {
        Lists memory lists;
        lists.debits = debit(ALICE_KEY, 11, 0, 10);
        expectSettle(lists, abi.encodeWithSelector(IUpfront.OverLimit.selector, alice, uint64(11)));
        lists.debits = debit(ALICE_KEY, 10, 0, 10);
        settle(lists);
        lists.debits = debit(ALICE_KEY, 1, 1, 10);
        expectSettle(lists, abi.encodeWithSelector(IUpfront.OverLimit.selector, alice, uint64(1)));
        // No sum runs over.
        lists.debits = debit(ALICE_KEY, MAX, 1, MAX);
        expectSettle(lists, abi.encodeWithSelector(IUpfront.OverLimit.selector, alice, MAX));
    }

    function test_settle_refusesMoreThanTheBalance() public {
        Lists memory lists;
        lists.debits = debit(ALICE_KEY, 1_001, 0, MAX);
        expectSettle(lists, abi.encodeWithSelector(IUpfront.OverBalance.selector, alice, uint64(1_001)));
        lists.debits = debit(ALICE_KEY, 1_000, 0, MAX);
        settle(lists);
    }

    function test_settle_refusesMoreThanThereIs() public {
        Lists memory lists;
        lists.debits = debit(ALICE_KEY, 10, 0, 10);
        lists.credits = credit(bob, 6);
        lists.payouts = credit(bob, 5);
        expectSettle(lists, abi.encodeWithSelector(IUpfront.Uncovered.selector, 10, 11));
        lists.payouts = credit(bob, 4);
        settle(lists);

        // A field that runs over is never covered.
        lists.debits = "";
        lists.payouts = "";
        bytes memory most = credit(bob, MAX);
        lists.credits = abi.encodePacked(most, most, most);
        expectSettle(lists, abi.encodeWithSelector(IUpfront.Uncovered.selector, 0, 3 * uint256(MAX)));
        (lists.credits, lists.payouts) = ("", lists.credits);
        expectSettle(lists, abi.encodeWithSelector(IUpfront.Uncovered.selector, 0, 3 * uint256(MAX)));
    }

    /* EFFECTS */

    function test_settle() public {
        uint256 total = upfront.total();
        Lists memory lists;
        lists.inbox = 6;
        lists.debits = abi.encodePacked(debit(ALICE_KEY, 300, 70, 400), debit(BOB_KEY, 50, 0, 50));
        lists.credits = credit(carol, 200);
        lists.payouts = abi.encodePacked(credit(carol, 30), credit(bob, 20));
        Header memory header = headerOf(lists);
        bytes memory signatures = signaturesOf(header, keysOf(3));
        vm.expectEmit(address(upfront));
        emit IUpfront.Settled(1, 7, 6);
        submit(header, lists, signatures);

        assertLine(alice, Line(700, 300, 0, 70, false));
        assertLine(bob, Line(950, 50, 20, 0, false));
        assertLine(carol, Line(200, 0, 30, 0, false));
        vm.assertEq(upfront.pool(), 100);
        vm.assertEq(upfront.number(), 1);
        vm.assertEq(upfront.acknowledged(), 6);
        vm.assertEq(upfront.total(), total);

        // The pool covers what a later settlement credits.
        delete lists;
        lists.inbox = 6;
        lists.credits = credit(alice, 100);
        settle(lists);
        vm.assertEq(upfront.pool(), 0);
        vm.assertEq(line(alice).balance, 800);
    }

    /// The contract does not ask that an account stands in one list only, and once.
    function test_settle_anAccountMoreThanOnce() public {
        Lists memory lists;
        lists.debits = abi.encodePacked(debit(ALICE_KEY, 100, 1, 300), debit(ALICE_KEY, 200, 1, 300));
        lists.credits = abi.encodePacked(credit(alice, 10), credit(alice, 20), credit(alice, 0));
        lists.payouts = abi.encodePacked(credit(alice, 1), credit(alice, 2));
        settle(lists);
        assertLine(alice, Line(730, 300, 3, 1, false));
        vm.assertEq(upfront.pool(), 267);
    }

    /// A debit is all right exactly if a plain reading of the rules says so.
    function testFuzz_settle_debit(
        uint64 balance,
        uint64 first,
        uint64 amount,
        uint64 sequence,
        uint64 limit,
        uint56 stored
    ) public {
        balance = uint64(bound(balance, 1, 2 ** 62));
        first = uint64(bound(first, 0, balance));
        amount = uint64(bound(amount, 0, balance));
        limit = uint64(bound(limit, first, uint256(first) + 2 * uint256(amount) + 1));
        sequence = uint64(bound(sequence, stored > 2 ? stored - 2 : 0, uint256(stored) + 2));
        depositFor(carol, balance);
        Lists memory lists;
        lists.debits = debit(0xCA401, first, stored, first);
        settle(lists);

        lists.debits = debit(0xCA401, amount, sequence, limit);
        if (sequence < stored || sequence >= 2 ** 56) {
            expectSettle(lists, abi.encodeWithSelector(IUpfront.SequenceOutOfRange.selector, carol, sequence));
        } else if (uint256(first) + amount > limit) {
            expectSettle(lists, abi.encodeWithSelector(IUpfront.OverLimit.selector, carol, amount));
        } else if (amount > balance - first) {
            expectSettle(lists, abi.encodeWithSelector(IUpfront.OverBalance.selector, carol, amount));
        } else {
            settle(lists);
            assertLine(carol, Line(balance - first - amount, first + amount, 0, uint56(sequence), false));
        }
    }

    function testFuzz_settle_credit(uint64 amount, uint64 credited, uint64 paid) public {
        amount = uint64(bound(amount, 0, 1_000));
        credited = uint64(bound(credited, 0, 1_000));
        paid = uint64(bound(paid, 0, 1_000));
        Lists memory lists;
        lists.debits = debit(ALICE_KEY, amount, 0, amount);
        lists.credits = credit(bob, credited);
        lists.payouts = credit(bob, paid);
        if (credited + paid > amount) {
            expectSettle(lists, abi.encodeWithSelector(IUpfront.Uncovered.selector, amount, credited + paid));
        } else {
            settle(lists);
            assertLine(bob, Line(1_000 + credited, 0, paid, 0, false));
            vm.assertEq(upfront.pool(), amount - credited - paid);
        }
    }

    /* EXITS */

    /// The settlement that acknowledges an exit still takes the leaver's debit; the next finds the account empty.
    function test_settle_countsExitsAsAcknowledgedOnlyAfterwards() public {
        exitAs(alice, 10);
        Lists memory lists;
        lists.inbox = upfront.items();
        lists.debits = debit(ALICE_KEY, 100, 3, 100);
        lists.payouts = credit(alice, 5);
        settle(lists);
        assertLine(alice, Line(900, 100, 5, 3, true));

        lists.payouts = "";
        lists.debits = debit(ALICE_KEY, 100, 9, 200);
        expectSettle(lists, abi.encodeWithSelector(IUpfront.SequenceOutOfRange.selector, alice, uint64(9)));
        lists.debits = debit(ALICE_KEY, 100, 10, 200);
        expectSettle(lists, abi.encodeWithSelector(IUpfront.OverBalance.selector, alice, uint64(100)));
        lists.debits = debit(ALICE_KEY, 0, 10, 100);
        settle(lists);
        assertLine(alice, Line(0, 100, 905, 10, false));
    }

    function test_settle_anExitNeverLowersTheSequence() public {
        Lists memory lists;
        lists.debits = debit(ALICE_KEY, 1, 50, 1);
        settle(lists);
        exitAs(alice, 10);
        acknowledge();
        lists.inbox = upfront.items();
        lists.debits = "";
        lists.payouts = credit(alice, 1);
        settle(lists);
        assertLine(alice, Line(0, 1, 1_000, 50, false));
    }

    /// Nothing a user does between forming and landing makes a settlement revert.
    function testFuzz_settle_landsWhateverUsersDo(uint256 seed) public {
        bondAs(alice, MIN_BOND);
        bondAs(bob, MIN_BOND);
        Lists memory lists;
        lists.inbox = upfront.items();
        lists.debits = abi.encodePacked(debit(ALICE_KEY, 400, 5, 400), debit(BOB_KEY, 1_000, 2, 1_000));
        lists.credits = abi.encodePacked(credit(carol, 700), credit(address(0), 1));
        lists.payouts = credit(alice, 100);
        lists.rotation = abi.encodePacked(rotate(alice, true), rotate(vm.addr(validatorKeys[0]), false));
        Header memory header = headerOf(lists);
        bytes memory signatures = signaturesOf(header, validatorKeys);

        address[3] memory users = [alice, bob, carol];
        for (uint256 i; i < 12; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            address user = users[seed % 3];
            (, uint64 leaving,) = upfront.members(user);
            uint256 action = (seed >> 8) % 6;
            if (action == 0 && !line(user).exiting) depositFor(user, 1 + (seed >> 16) % 1e18);
            if (action == 1 && !line(user).exiting) exitAs(user, uint56(seed >> 16));
            if (action == 2) upfront.claim(user);
            if (action == 3 && leaving == 0) bondAs(user, MIN_BOND);
            if (action == 4 && leaving == 0 && user != carol) {
                vm.prank(user);
                upfront.unbond();
            }
            if (action == 5) vm.warp(block.timestamp + 1 hours);
        }

        submit(header, lists, signatures);
    }

    /* DOMAIN */

    /// On a chain that split off under another id, what was signed before counts for nothing.
    function test_settle_afterTheChainSplits() public {
        Lists memory lists;
        lists.debits = debit(ALICE_KEY, 10, 0, 10);
        Header memory header = headerOf(lists);
        bytes memory signatures = signaturesOf(header, validatorKeys);
        bytes32 before = upfront.domainSeparator();
        uint256 id = block.chainid;
        uint256 snapshot = vm.snapshotState();

        vm.chainId(id + 1);
        vm.assertTrue(upfront.domainSeparator() != before);
        vm.assertEq(upfront.domainSeparator(), domainOf(id + 1, address(upfront)));
        vm.expectRevert();
        submit(header, lists, signatures);
        // The header signed anew, the debit not: it recovers to somebody else.
        Header memory again = headerOf(lists);
        bytes memory theirs = signaturesOf(again, validatorKeys);
        vm.expectRevert();
        submit(again, lists, theirs);

        vm.chainId(id);
        vm.revertToState(snapshot);
        submit(header, lists, signatures);
    }

    /* DRAWERS */

    function highS() internal pure returns (bytes32) {
        return bytes32(ORDER / 2 + 1);
    }

    function assertLine(address account, Line memory expected) internal view {
        Line memory found = line(account);
        vm.assertEq(found.balance, expected.balance, "balance");
        vm.assertEq(found.debited, expected.debited, "debited");
        vm.assertEq(found.claimable, expected.claimable, "claimable");
        vm.assertEq(found.sequence, expected.sequence, "sequence");
        vm.assertEq(found.exiting, expected.exiting);
    }
}

contract SettleEtherTest is SettleTest {
    function isToken() internal pure override returns (bool) {
        return false;
    }
}

contract SettleTokenTest is SettleTest {
    function isToken() internal pure override returns (bool) {
        return true;
    }
}

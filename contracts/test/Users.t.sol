// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IUpfront} from "../src/interfaces/IUpfront.sol";
import {Base, Line, Lists} from "./Base.t.sol";

/// @notice deposit, exit, claim and the constructor, for both kinds of asset.
abstract contract UsersTest is Base {
    /* CONSTRUCTOR */

    function test_constructor() public view {
        vm.assertEq(upfront.asset(), address(token));
        vm.assertEq(upfront.unit(), UNIT);
        vm.assertEq(upfront.closeAge(), CLOSE_AGE);
        vm.assertEq(upfront.bondAge(), BOND_AGE);
        vm.assertEq(upfront.minBond(), MIN_BOND);
        vm.assertEq(upfront.validators(), VALIDATORS);
        vm.assertEq(upfront.heads(0), 0);
        vm.assertEq(upfront.domainSeparator(), domain());
    }

    function test_constructor_unitMustBeAPowerOfTen() public {
        uint256[5] memory bad = [uint256(0), 2, 11, 1_001, 1e18 + 10];
        for (uint256 i; i < bad.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IUpfront.InvalidUnit.selector, bad[i]));
            create(address(token), bad[i], addressesOf(validatorKeys));
        }
        create(address(token), 1, addressesOf(validatorKeys));
    }

    function test_constructor_needsValidators() public {
        vm.expectRevert(abi.encodeWithSelector(IUpfront.NoValidators.selector));
        deploy(address(token), new address[](0));
    }

    function test_constructor_refusesZeroAndRepeatedValidators() public {
        address[] memory members = new address[](2);
        members[0] = alice;
        vm.expectRevert(abi.encodeWithSelector(IUpfront.InvalidValidator.selector, address(0)));
        deploy(address(token), members);

        members[1] = alice;
        vm.expectRevert(abi.encodeWithSelector(IUpfront.InvalidValidator.selector, alice));
        deploy(address(token), members);
    }

    /* DEPOSIT */

    function testFuzz_deposit(uint256 amount, uint256 more) public {
        uint256 bonds = upfront.total();
        amount = bound(amount, 1, 2 ** 62);
        more = bound(more, 1, 2 ** 63 - 1 - bonds - amount);
        bytes32 head = upfront.heads(4);

        uint256 value = fund(bob, amount);
        head = keccak256(abi.encode(head, uint64(5), uint8(1), alice, uint64(amount), bytes32(0)));
        vm.expectEmit(address(upfront));
        emit IUpfront.Item(5, 1, alice, uint64(amount), 0);
        vm.prank(bob);
        upfront.deposit{value: value}(alice, amount);
        depositFor(alice, more);

        vm.assertEq(line(alice).balance, amount + more);
        vm.assertEq(upfront.total(), bonds + amount + more);
        vm.assertEq(upfront.items(), 6);
        vm.assertEq(upfront.heads(5), head);
        vm.assertEq(upfront.heads(6), keccak256(abi.encode(head, uint64(6), uint8(1), alice, uint64(more), bytes32(0))));
        vm.assertEq(wealth(address(upfront)), bonds + amount + more);
    }

    function test_deposit_refusesAClosedContract() public {
        close();
        uint256 value = fund(bob, 1);
        vm.expectRevert(abi.encodeWithSelector(IUpfront.AlreadyClosed.selector));
        vm.prank(bob);
        upfront.deposit{value: value}(bob, 1);
    }

    function test_deposit_refusesTheZeroAccount() public {
        uint256 value = fund(bob, 1);
        vm.expectRevert(abi.encodeWithSelector(IUpfront.ZeroAccount.selector));
        vm.prank(bob);
        upfront.deposit{value: value}(address(0), 1);
    }

    function test_deposit_refusesWhoIsExiting() public {
        exitAs(alice, 0);
        uint256 value = fund(bob, 1);
        vm.expectRevert(abi.encodeWithSelector(IUpfront.AlreadyExiting.selector, alice));
        vm.prank(bob);
        upfront.deposit{value: value}(alice, 1);

        acknowledge();
        vm.prank(bob);
        upfront.deposit{value: value}(alice, 1);
        vm.assertEq(line(alice).balance, 1);
    }

    function test_deposit_refusesNothing() public {
        vm.expectRevert(abi.encodeWithSelector(IUpfront.ZeroAmount.selector));
        upfront.deposit(alice, 0);
    }

    function testFuzz_deposit_refusesMoreThanTheCap(uint256 amount) public {
        uint256 room = 2 ** 63 - 1 - upfront.total();
        amount = bound(amount, room + 1, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IUpfront.OverCap.selector, amount));
        upfront.deposit(alice, amount);
        depositFor(alice, room);
        vm.assertEq(upfront.total(), 2 ** 63 - 1);
    }

    /* EXIT */

    function testFuzz_exit(uint56 sequence) public {
        depositFor(alice, 100);
        bytes32 head = upfront.heads(5);
        vm.expectEmit(address(upfront));
        emit IUpfront.Item(6, 2, alice, sequence, 0);
        exitAs(alice, sequence);

        (uint64 item, uint64 time, uint56 least) = upfront.exits(alice);
        vm.assertEq(item, 6);
        vm.assertEq(time, block.timestamp);
        vm.assertEq(least, sequence);
        vm.assertEq(
            upfront.heads(6), keccak256(abi.encode(head, uint64(6), uint8(2), alice, uint64(sequence), bytes32(0)))
        );
        vm.assertTrue(line(alice).exiting);
        vm.assertEq(line(alice).balance, 100);
        vm.assertEq(line(alice).sequence, 0);

        acknowledge();
        upfront.claim(alice);
        vm.assertEq(wealth(alice), 100);
        vm.assertEq(line(alice).sequence, sequence);
        vm.assertTrue(!line(alice).exiting);
    }

    function test_exit_refusesAClosedContract() public {
        close();
        vm.expectRevert(abi.encodeWithSelector(IUpfront.AlreadyClosed.selector));
        exitAs(alice, 0);
    }

    function test_exit_refusesASecondBeforeTheFirstIsAcknowledged() public {
        exitAs(alice, 5);
        vm.expectRevert(abi.encodeWithSelector(IUpfront.AlreadyExiting.selector, alice));
        exitAs(alice, 6);

        acknowledge();
        exitAs(alice, 3);
        acknowledge();
        upfront.claim(alice);
        vm.assertEq(line(alice).sequence, 5);
    }

    /* CLAIM */

    function test_claim_paysWhatIsClaimableAndNothingElse() public {
        depositFor(alice, 100);
        Lists memory lists;
        lists.debits = debit(ALICE_KEY, 40, 0, 40);
        lists.payouts = credit(alice, 30);
        settle(lists);

        vm.expectEmit(address(upfront));
        emit IUpfront.Claimed(alice, 30);
        vm.prank(bob);
        upfront.claim(alice);
        vm.assertEq(wealth(alice), 30);
        vm.assertEq(line(alice).balance, 60);
        vm.assertEq(line(alice).debited, 40);
        vm.assertEq(upfront.pool(), 10);

        upfront.claim(alice);
        vm.assertEq(wealth(alice), 30);
    }

    function test_claim_paysNothingBeforeAnExitIsAcknowledged() public {
        depositFor(alice, 100);
        exitAs(alice, 0);
        vm.warp(block.timestamp + CLOSE_AGE);
        upfront.claim(alice);
        vm.assertEq(wealth(alice), 0);
        vm.assertTrue(!upfront.closed());
        vm.assertTrue(line(alice).exiting);
    }

    function test_claim_closesWhenAnExitGoesUnanswered() public {
        depositFor(alice, 100);
        depositFor(bob, 50);
        exitAs(alice, 0);
        vm.warp(block.timestamp + CLOSE_AGE + 1);

        // Bob is not exiting: his claim does not close.
        upfront.claim(bob);
        vm.assertTrue(!upfront.closed());

        vm.expectEmit(address(upfront));
        emit IUpfront.Closed();
        upfront.claim(alice);
        upfront.claim(bob);
        vm.assertTrue(upfront.closed());
        vm.assertEq(wealth(alice), 100);
        vm.assertEq(wealth(bob), 50);
        vm.assertEq(upfront.total(), VALIDATORS * MIN_BOND);
    }

    function test_claim_doesNotCloseOnceTheExitIsAcknowledged() public {
        depositFor(alice, 100);
        exitAs(alice, 0);
        acknowledge();
        vm.warp(block.timestamp + 10 * CLOSE_AGE);
        upfront.claim(alice);
        vm.assertTrue(!upfront.closed());
        vm.assertEq(wealth(alice), 100);
    }

    /// The balance that arrived after the settlement that acknowledged the exit stays.
    function test_claim_leavesWhatArrivedAfterTheExit() public {
        depositFor(alice, 100);
        depositFor(bob, 100);
        exitAs(alice, 0);
        acknowledge();

        Lists memory lists;
        lists.inbox = upfront.items();
        lists.debits = debit(BOB_KEY, 40, 0, 40);
        lists.credits = credit(alice, 40);
        settle(lists);
        vm.assertEq(line(alice).balance, 40);
        vm.assertEq(line(alice).claimable, 100);
        upfront.claim(alice);
        vm.assertEq(wealth(alice), 100);
        vm.assertEq(line(alice).balance, 40);
    }

    function test_claim_paysABondWhenItsAgeHasCome() public {
        address member = vm.addr(validatorKeys[0]);
        vm.prank(member);
        upfront.unbond();
        vm.warp(block.timestamp + BOND_AGE);
        upfront.claim(member);
        vm.assertEq(wealth(member), 0);
        vm.assertEq(upfront.validators(), VALIDATORS);

        vm.warp(block.timestamp + 1);
        vm.expectEmit(address(upfront));
        emit IUpfront.Rotated(member, false);
        upfront.claim(member);
        vm.assertEq(wealth(member), MIN_BOND);
        vm.assertEq(upfront.validators(), VALIDATORS - 1);
        (uint64 bond, uint64 leaving, bool validator) = upfront.members(member);
        vm.assertEq(bond, 0);
        vm.assertEq(leaving, 0);
        vm.assertTrue(!validator);

        upfront.claim(member);
        vm.assertEq(wealth(member), MIN_BOND);
    }

    function test_claim_paysABondWhenClosedToo() public {
        close();
        address member = vm.addr(validatorKeys[0]);
        vm.prank(member);
        upfront.unbond();
        vm.warp(block.timestamp + BOND_AGE + 1);
        upfront.claim(member);
        vm.assertEq(wealth(member), MIN_BOND);
    }

    function close() internal {
        exitAs(carol, 0);
        vm.warp(block.timestamp + CLOSE_AGE + 1);
        upfront.claim(carol);
        vm.assertTrue(upfront.closed());
    }
}

contract UsersEtherTest is UsersTest {
    function isToken() internal pure override returns (bool) {
        return false;
    }

    function testFuzz_deposit_refusesAnotherValue(uint256 value) public {
        value = bound(value, 0, 20 * UNIT);
        if (value == 10 * UNIT) ++value;
        vm.deal(bob, value);
        vm.expectRevert(abi.encodeWithSelector(IUpfront.WrongArrival.selector, value, 10 * UNIT));
        vm.prank(bob);
        upfront.deposit{value: value}(bob, 10);
    }

    function test_claim_revertsForAReceiverThatRefuses() public {
        Refuser refuser = new Refuser();
        uint256 value = fund(bob, 10);
        vm.prank(bob);
        upfront.deposit{value: value}(address(refuser), 10);
        exitAs(address(refuser), 0);
        acknowledge();
        vm.expectRevert(abi.encodeWithSignature("FailedCall()"));
        upfront.claim(address(refuser));
        depositFor(alice, 10);
        exitAs(alice, 0);
        acknowledge();
        upfront.claim(alice);
        vm.assertEq(wealth(alice), 10);
    }

    function test_claim_cannotBeReentered() public {
        Reenterer reenterer = new Reenterer(upfront);
        uint256 value = fund(bob, 10);
        vm.prank(bob);
        upfront.deposit{value: value}(address(reenterer), 10);
        exitAs(address(reenterer), 0);
        acknowledge();
        upfront.claim(address(reenterer));
        vm.assertEq(address(reenterer).balance, 10 * UNIT);
        vm.assertEq(keccak256(reenterer.answer()), keccak256(abi.encodeWithSignature("ReentrancyGuardReentrantCall()")));
    }

    function test_etherByItselfIsRefused() public {
        vm.deal(address(this), 1);
        (bool done,) = address(upfront).call{value: 1}("");
        vm.assertTrue(!done);
    }
}

contract UsersTokenTest is UsersTest {
    function isToken() internal pure override returns (bool) {
        return true;
    }

    function test_deposit_refusesEther() public {
        fund(bob, 10);
        vm.deal(bob, 1);
        vm.expectRevert(abi.encodeWithSelector(IUpfront.UnexpectedEther.selector, 1));
        vm.prank(bob);
        upfront.deposit{value: 1}(bob, 10);
    }
}

contract Refuser {}

contract Reenterer {
    IUpfront private immutable upfront;
    bytes public answer;

    constructor(IUpfront upfront_) {
        upfront = upfront_;
    }

    receive() external payable {
        (, answer) = address(upfront).call(abi.encodeCall(IUpfront.claim, (address(this))));
    }
}

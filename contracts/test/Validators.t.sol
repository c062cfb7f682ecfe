// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Header, IUpfront} from "../src/interfaces/IUpfront.sol";
import {Base, Lists} from "./Base.t.sol";

/// @notice bond, unbond, accuse and rotations, for both kinds of asset.
abstract contract ValidatorsTest is Base {
    /* BOND */

    function testFuzz_bond(uint256 amount, uint256 more, bytes32 consensusKey) public {
        amount = bound(amount, MIN_BOND, 2 ** 61);
        more = bound(more, 1, 2 ** 61);
        uint256 value = fund(alice, amount);
        vm.expectEmit(address(upfront));
        emit IUpfront.Item(5, 3, alice, uint64(amount), consensusKey);
        vm.prank(alice);
        upfront.bond{value: value}(amount, consensusKey);
        vm.assertEq(
            upfront.heads(5),
            keccak256(abi.encode(upfront.heads(4), uint64(5), uint8(3), alice, uint64(amount), consensusKey))
        );

        bondAs(alice, more);
        (uint64 bond,, bool validator) = upfront.members(alice);
        vm.assertEq(bond, amount + more);
        vm.assertTrue(!validator);
        vm.assertEq(upfront.total(), VALIDATORS * MIN_BOND + amount + more);
    }

    function test_bond_refusesAClosedContract() public {
        exitAs(carol, 0);
        vm.warp(block.timestamp + CLOSE_AGE + 1);
        upfront.claim(carol);
        uint256 value = fund(alice, MIN_BOND);
        vm.expectRevert(abi.encodeWithSelector(IUpfront.AlreadyClosed.selector));
        vm.prank(alice);
        upfront.bond{value: value}(MIN_BOND, 0);
    }

    function test_bond_refusesWhoIsLeaving() public {
        bondAs(alice, MIN_BOND);
        unbondAs(alice);
        uint256 value = fund(alice, MIN_BOND);
        vm.expectRevert(abi.encodeWithSelector(IUpfront.AlreadyLeaving.selector, alice));
        vm.prank(alice);
        upfront.bond{value: value}(MIN_BOND, 0);
    }

    function testFuzz_bond_refusesTooLittle(uint256 amount) public {
        amount = bound(amount, 1, MIN_BOND - 1);
        uint256 value = fund(alice, amount);
        vm.expectRevert(abi.encodeWithSelector(IUpfront.BelowMinBond.selector, amount));
        vm.prank(alice);
        upfront.bond{value: value}(amount, 0);
    }

    function test_bond_refusesOneLessThanTheSmallest() public {
        testFuzz_bond_refusesTooLittle(MIN_BOND - 1);
    }

    function test_bond_refusesNothing() public {
        bondAs(alice, MIN_BOND);
        vm.expectRevert(abi.encodeWithSelector(IUpfront.ZeroAmount.selector));
        vm.prank(alice);
        upfront.bond(0, 0);
    }

    function test_bond_refusesMoreThanTheCap() public {
        uint256 room = 2 ** 63 - upfront.total();
        vm.expectRevert(abi.encodeWithSelector(IUpfront.OverCap.selector, room));
        vm.prank(alice);
        upfront.bond(room, 0);
    }

    /* UNBOND */

    function test_unbond() public {
        bondAs(alice, MIN_BOND + 5);
        vm.expectEmit(address(upfront));
        emit IUpfront.Item(6, 4, alice, MIN_BOND + 5, 0);
        unbondAs(alice);
        (, uint64 leaving,) = upfront.members(alice);
        vm.assertEq(leaving, block.timestamp);
        vm.assertEq(
            upfront.heads(6),
            keccak256(abi.encode(upfront.heads(5), uint64(6), uint8(4), alice, MIN_BOND + 5, bytes32(0)))
        );
    }

    function test_unbond_refusesWhoHasNoBond() public {
        vm.expectRevert(abi.encodeWithSelector(IUpfront.NoBond.selector, alice));
        unbondAs(alice);
    }

    function test_unbond_refusesASecond() public {
        bondAs(alice, MIN_BOND);
        unbondAs(alice);
        vm.expectRevert(abi.encodeWithSelector(IUpfront.AlreadyLeaving.selector, alice));
        unbondAs(alice);
    }

    /* ROTATION */

    function test_rotation() public {
        bondAs(alice, MIN_BOND);
        address old = vm.addr(validatorKeys[0]);
        vm.expectEmit(address(upfront));
        emit IUpfront.Rotated(alice, true);
        vm.expectEmit(address(upfront));
        emit IUpfront.Rotated(old, false);
        settleRotation(abi.encodePacked(rotate(old, false), rotate(alice, true)));
        vm.assertEq(upfront.validators(), VALIDATORS);

        // From now on the new set signs.
        Lists memory lists;
        expectSettle(lists, abi.encodeWithSelector(IUpfront.NotValidator.selector, old));
        validatorKeys[0] = ALICE_KEY;
        sortByAddress(validatorKeys);
        settle(lists);
    }

    /// A line that does not apply is passed over: what its member did meanwhile cannot make the settlement revert.
    function test_rotation_passesOverWhatDoesNotApply() public {
        bondAs(alice, MIN_BOND);
        bondAs(bob, MIN_BOND);
        unbondAs(bob);
        address member = vm.addr(validatorKeys[0]);
        bytes[6] memory lines = [
            rotate(carol, true), // no bond
            rotate(bob, true), // leaving
            rotate(member, true), // in already
            rotate(alice, false), // not in
            rotate(carol, false), // unknown
            rotate(address(0), true)
        ];
        for (uint256 i; i < lines.length; ++i) {
            settleRotation(lines[i]);
            vm.assertEq(upfront.validators(), VALIDATORS);
        }
        settleRotation(abi.encodePacked(rotate(alice, true), rotate(alice, true)));
        vm.assertEq(upfront.validators(), VALIDATORS + 1);
    }

    /// The last one stays, and the order of the lines does not matter: who comes in comes first.
    function test_rotation_leavesOne() public {
        bytes memory everybody;
        for (uint256 i; i < VALIDATORS; ++i) {
            everybody = abi.encodePacked(everybody, rotate(vm.addr(validatorKeys[i]), false));
        }
        uint256 snapshot = vm.snapshotState();
        settleRotation(everybody);
        vm.assertEq(upfront.validators(), 1);
        (,, bool validator) = upfront.members(vm.addr(validatorKeys[VALIDATORS - 1]));
        vm.assertTrue(validator);

        vm.revertToState(snapshot);
        bondAs(alice, MIN_BOND);
        settleRotation(abi.encodePacked(everybody, rotate(alice, true)));
        vm.assertEq(upfront.validators(), 1);
        (,, validator) = upfront.members(alice);
        vm.assertTrue(validator);
    }

    function testFuzz_rotation_refusesAnotherByte(uint8 flag) public {
        flag = uint8(bound(flag, 2, 255));
        Lists memory lists;
        lists.rotation = abi.encodePacked(alice, flag);
        expectSettle(lists, abi.encodeWithSelector(IUpfront.InvalidRotation.selector));
    }

    function test_rotation_refusesAnotherLength() public {
        Lists memory lists;
        lists.rotation = abi.encodePacked(rotate(alice, true), uint8(0));
        expectSettle(lists, abi.encodeWithSelector(IUpfront.InvalidLength.selector));
    }

    /* ACCUSE */

    function test_accuse() public {
        uint256 key = validatorKeys[1];
        address signer = vm.addr(key);
        uint256 total = upfront.total();
        vm.expectEmit(address(upfront));
        emit IUpfront.Rotated(signer, false);
        vm.expectEmit(address(upfront));
        emit IUpfront.Accused(signer);
        accuse(key, header(7, "one"), key, header(7, "two"));
        (uint64 bond,, bool validator) = upfront.members(signer);
        vm.assertEq(bond, 0);
        vm.assertTrue(!validator);
        vm.assertEq(upfront.validators(), VALIDATORS - 1);
        vm.assertEq(upfront.total(), total - MIN_BOND);
        vm.assertEq(wealth(address(upfront)), total);

        // The other three carry on.
        Lists memory lists;
        expectSettle(lists, abi.encodeWithSelector(IUpfront.NotValidator.selector, signer));
        validatorKeys[1] = validatorKeys[VALIDATORS - 1];
        validatorKeys.pop();
        sortByAddress(validatorKeys);
        settle(lists);
    }

    function test_accuse_reachesWhoIsLeaving() public {
        uint256 key = validatorKeys[0];
        unbondAs(vm.addr(key));
        vm.warp(block.timestamp + BOND_AGE);
        accuse(key, header(7, "one"), key, header(7, "two"));
        vm.warp(block.timestamp + 1);
        upfront.claim(vm.addr(key));
        vm.assertEq(wealth(vm.addr(key)), 0);
    }

    function test_accuse_refusesOtherHeights() public {
        vm.expectRevert(abi.encodeWithSelector(IUpfront.HeightsDiffer.selector));
        accuse(validatorKeys[0], header(7, "one"), validatorKeys[0], header(8, "one"));
    }

    function test_accuse_refusesTheSameHeader() public {
        vm.expectRevert(abi.encodeWithSelector(IUpfront.SameHeader.selector));
        accuse(validatorKeys[0], header(7, "one"), validatorKeys[0], header(7, "one"));
    }

    function test_accuse_refusesOtherSigners() public {
        bytes memory differ = abi.encodeWithSelector(
            IUpfront.SignersDiffer.selector, vm.addr(validatorKeys[0]), vm.addr(validatorKeys[1])
        );
        vm.expectRevert(differ);
        accuse(validatorKeys[0], header(7, "one"), validatorKeys[1], header(7, "two"));
    }

    function test_accuse_refusesWhoHasNoBond() public {
        vm.expectRevert(abi.encodeWithSelector(IUpfront.NoBond.selector, alice));
        accuse(ALICE_KEY, header(7, "one"), ALICE_KEY, header(7, "two"));
    }

    function test_accuse_refusesBadSignatures() public {
        Header memory one = header(7, "one");
        Header memory two = header(7, "two");
        vm.expectRevert(abi.encodeWithSelector(IUpfront.InvalidSignature.selector));
        upfront.accuse(one, 0, 0, two, 0, 0);
    }

    function accuse(uint256 keyA, Header memory a, uint256 keyB, Header memory b) internal {
        bytes32 separator = domainOf(block.chainid, address(upfront));
        (bytes32 ra, bytes32 vsa) = signCompact(keyA, headerDigest(separator, a));
        (bytes32 rb, bytes32 vsb) = signCompact(keyB, headerDigest(separator, b));
        upfront.accuse(a, ra, vsa, b, rb, vsb);
    }

    function header(uint64 height, bytes32 state) internal pure returns (Header memory) {
        return Header({height: height, parent: "parent", events: "events", state: state, settlement: 0});
    }

    function settleRotation(bytes memory rotation) internal {
        Lists memory lists;
        lists.rotation = rotation;
        settle(lists);
    }

    function unbondAs(address member) internal {
        vm.prank(member);
        upfront.unbond();
    }
}

contract ValidatorsEtherTest is ValidatorsTest {
    function isToken() internal pure override returns (bool) {
        return false;
    }
}

contract ValidatorsTokenTest is ValidatorsTest {
    function isToken() internal pure override returns (bool) {
        return true;
    }
}

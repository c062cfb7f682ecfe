// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IUpfront} from "../src/interfaces/IUpfront.sol";
import {MockToken} from "../src/mocks/MockToken.sol";
import {Base} from "./Base.t.sol";
import {OddToken} from "./mocks/OddToken.sol";

/// @notice Tokens that break their word hurt nobody but those who move them.
contract TokensTest is Base {
    OddToken internal odd;

    function isToken() internal pure override returns (bool) {
        return true;
    }

    function setUp() public override {
        super.setUp();
        odd = new OddToken();
        // The rest of Base works as with any other token.
        token = MockToken(address(odd));
        upfront = deploy(address(odd), addressesOf(validatorKeys));
        odd.mint(alice, 1_000 * UNIT);
        odd.mint(bob, 1_000 * UNIT);
        for (uint256 i; i < VALIDATORS; ++i) {
            address member = vm.addr(validatorKeys[i]);
            odd.mint(member, MIN_BOND * UNIT);
            vm.prank(member);
            upfront.bond(MIN_BOND, 0);
        }
    }

    function test_returnsNothing() public {
        odd.become(OddToken.Manner.ReturnsNothing);
        depositAs(alice, 10);
        exitAs(alice, 0);
        acknowledge();
        upfront.claim(alice);
        vm.assertEq(odd.balanceOf(alice), 1_000 * UNIT);
    }

    function test_returnsFalse() public {
        depositAs(alice, 10);
        exitAs(alice, 0);
        acknowledge();
        odd.become(OddToken.Manner.ReturnsFalse);

        bytes memory failed = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(odd));
        vm.expectRevert(failed);
        depositAs(bob, 10);
        vm.expectRevert(failed);
        vm.prank(bob);
        upfront.bond(MIN_BOND, 0);
        vm.expectRevert(failed);
        upfront.claim(alice);

        odd.become(OddToken.Manner.Honest);
        upfront.claim(alice);
        vm.assertEq(odd.balanceOf(alice), 1_000 * UNIT);
    }

    function test_takesAFee() public {
        odd.become(OddToken.Manner.TakesFee);
        bytes memory wrong = abi.encodeWithSelector(IUpfront.WrongArrival.selector, 10 * UNIT - 1, 10 * UNIT);
        vm.expectRevert(wrong);
        depositAs(alice, 10);
    }

    function test_takesAFeeOfABond() public {
        odd.become(OddToken.Manner.TakesFee);
        vm.expectRevert(abi.encodeWithSelector(IUpfront.WrongArrival.selector, MIN_BOND * UNIT - 1, MIN_BOND * UNIT));
        vm.prank(alice);
        upfront.bond(MIN_BOND, 0);
    }

    function test_blocksAnAddress() public {
        depositAs(alice, 10);
        depositAs(bob, 10);
        exitAs(alice, 0);
        exitAs(bob, 0);
        acknowledge();
        odd.block_(alice);

        vm.expectRevert(bytes("blocked"));
        upfront.claim(alice);
        upfront.claim(bob);
        vm.assertEq(odd.balanceOf(bob), 1_000 * UNIT);

        odd.block_(address(0));
        upfront.claim(alice);
        vm.assertEq(odd.balanceOf(alice), 1_000 * UNIT);
    }

    /// What moves money cannot be entered from a transfer; what does not sees a state that is complete.
    function test_reenters() public {
        depositAs(alice, 10);
        exitAs(alice, 0);
        acknowledge();
        bytes[3] memory calls = [
            abi.encodeCall(IUpfront.deposit, (bob, 10)),
            abi.encodeCall(IUpfront.claim, (alice)),
            abi.encodeCall(IUpfront.bond, (MIN_BOND, 0))
        ];
        bytes memory guarded = abi.encodeWithSignature("ReentrancyGuardReentrantCall()");
        for (uint256 i; i < calls.length; ++i) {
            odd.call(address(upfront), calls[i]);
            vm.expectRevert(guarded);
            depositAs(bob, 10);
            vm.expectRevert(guarded);
            upfront.claim(alice);
            vm.expectRevert(guarded);
            vm.prank(bob);
            upfront.bond(MIN_BOND, 0);
        }

        odd.call(address(upfront), abi.encodeCall(IUpfront.exit, (7)));
        depositAs(bob, 10);
        vm.assertEq(line(bob).balance, 10);
        vm.assertTrue(line(address(odd)).exiting);
        vm.assertEq(upfront.items(), VALIDATORS + 4);
    }

    function depositAs(address account, uint256 amount) internal {
        vm.prank(account);
        upfront.deposit(account, amount);
    }
}

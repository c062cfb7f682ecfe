// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A token that breaks its word in the way it is told to.
contract OddToken {
    enum Manner {
        Honest,
        ReturnsNothing,
        ReturnsFalse,
        TakesFee,
        Blocks,
        Calls
    }

    Manner public manner;
    mapping(address account => uint256) public balanceOf;
    address public blocked;
    address public target;
    bytes public payload;

    function become(Manner manner_) external {
        manner = manner_;
    }

    function block_(address account) external {
        (manner, blocked) = (Manner.Blocks, account);
    }

    function call(address target_, bytes calldata payload_) external {
        (manner, target, payload) = (Manner.Calls, target_, payload_);
    }

    function mint(address account, uint256 amount) external {
        balanceOf[account] += amount;
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        if (manner == Manner.ReturnsFalse) _return(false);
        require(manner != Manner.Blocks || (from != blocked && to != blocked), "blocked");
        uint256 fee = manner == Manner.TakesFee ? 1 : 0;
        balanceOf[from] -= amount;
        balanceOf[to] += amount - fee;
        if (manner == Manner.Calls) {
            (bool done, bytes memory result) = target.call(payload);
            if (!done) {
                assembly ("memory-safe") {
                    revert(add(result, 0x20), mload(result))
                }
            }
        }
        if (manner != Manner.ReturnsNothing) _return(true);
    }

    function _return(bool value) private pure {
        assembly ("memory-safe") {
            mstore(0, value)
            return(0, 0x20)
        }
    }
}

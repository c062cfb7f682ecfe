// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What the contract keeps of an account, in one storage slot.
/// @dev Warning: an acknowledged exit is applied when the account is next touched. Until then these fields show what
/// was before: read `exiting`, `exits(a).item` and `acknowledged` together, or call `claim` first.
/// @param balance The settled balance, in units.
/// @param debited The sum of all that settlements ever took.
/// @param claimable What `claim` pays.
/// @param sequence The lowest sequence that a fetch needs in order to be an authority for a debit.
/// @param exiting Whether an exit has not been applied.
struct Account {
    uint64 balance;
    uint64 debited;
    uint64 claimable;
    uint56 sequence;
    bool exiting;
}

/// @notice The newest exit of an account.
/// @param item Its number among the items.
/// @param time The time of its block.
/// @param sequence Every authority below it is void once the exit is acknowledged.
struct Exit {
    uint64 item;
    uint64 time;
    uint56 sequence;
}

/// @notice Who has a bond, or was named a validator at deployment.
/// @param bond In units.
/// @param leaving When `unbond` was called, or 0.
/// @param validator Whether its signature counts, as long as it has a bond.
struct Member {
    uint64 bond;
    uint64 leaving;
    bool validator;
}

/// @notice The header of a block of the network. Validators sign it as EIP-712.
struct Header {
    uint64 height;
    bytes32 parent;
    bytes32 events;
    bytes32 state;
    bytes32 settlement;
}

/// @title IUpfront
/// @notice The first layer of an Upfront network: deposits, settlements and the way out, for one asset.
/// @dev It checks one thing, up front: no balance goes down without a signature of its owner, and that signature is the
/// fetch itself.
///
/// Powers:
/// - Nobody owns the contract. Nothing in it can be changed, paused or upgraded.
/// - More than 2/3 of the validators can debit an account up to the highest limit that its owner signed at or above
///   the stored sequence, minus what was debited before, and never more than its balance. They decide who is credited
///   what is in the pool, and who the next validators are. They cannot move a claimable amount or a bond.
/// - 1/3 of the validators can stop settlements. Then every account leaves with its settled balance by `exit` and,
///   `closeAge` later, `claim`; the first such claim closes the contract for all.
/// - Anyone can call `claim` for anyone, relay a settlement, and accuse.
///
/// Assumptions:
/// - The token moves exactly what it is told to, never changes a balance by itself, and does not block this contract.
///   Deposits check what arrived. A token that breaks its word later hurts its own deployment only.
/// - Whoever receives ETH by `claim` accepts it. If it does not, only its own claims revert.
/// - The first validators have no bond when the contract is made. Until more than 2/3 of them have one, nothing settles.
/// - Sums are in units: `unit` base units of the asset. `total` keeps every sum below 2^63.
/// - The chain has transient storage (EIP-1153), and two chains that share history differ in chain id.
interface IUpfront {
    /* EVENTS */

    /// @notice A user did something here that the network has to take in.
    /// @param number From 1, without a gap.
    /// @param kind 1 deposit, 2 exit, 3 bond, 4 unbond.
    /// @param amount Units; of an exit the sequence; of an unbond the whole bond.
    /// @param data Of a bond the consensus key; else 0.
    event Item(uint64 indexed number, uint8 kind, address indexed account, uint64 amount, bytes32 data);

    /// @notice A settlement was applied. Its entries are in the calldata of the call.
    event Settled(uint64 indexed number, uint64 height, uint64 inbox);

    /// @notice An address became a validator, or is one no longer.
    event Rotated(address indexed validator, bool isIn);

    /// @notice An account was paid `amount` units.
    event Claimed(address indexed account, uint256 amount);

    /// @notice A member signed two headers of one height; its bond was burnt.
    event Accused(address indexed validator);

    /// @notice The contract has closed: there are no settlements any more, and every account claims its balance.
    event Closed();

    /* ERRORS */

    /// @notice The unit is not a power of ten.
    error InvalidUnit(uint256 unit);

    /// @notice No validator was named.
    error NoValidators();

    /// @notice A validator is the zero address, or was named twice.
    error InvalidValidator(address validator);

    /// @notice The contract has closed.
    error AlreadyClosed();

    /// @notice The account is the zero address.
    error ZeroAccount();

    /// @notice The amount is zero.
    error ZeroAmount();

    /// @notice The contract would hold 2^63 units or more.
    error OverCap(uint256 amount);

    /// @notice Ether was sent to a contract whose asset is a token.
    error UnexpectedEther(uint256 value);

    /// @notice What arrived is not what was announced.
    error WrongArrival(uint256 arrived, uint256 expected);

    /// @notice The account has an exit that is not acknowledged.
    error AlreadyExiting(address account);

    /// @notice The bond would be smaller than `minBond`.
    error BelowMinBond(uint256 bond);

    /// @notice The member has no bond.
    error NoBond(address member);

    /// @notice The member has called `unbond` and not claimed its bond yet.
    error AlreadyLeaving(address member);

    /// @notice The settlement acknowledges fewer items than the last, or more than there are.
    error InboxOutOfRange(uint64 inbox);

    /// @notice A list is not a whole number of entries.
    error InvalidLength();

    /// @notice The header does not attest these lists as the next settlement.
    error WrongSettlement(bytes32 expected);

    /// @notice A signature is malformed: s is in the upper half, or nobody is recovered.
    error InvalidSignature();

    /// @notice The signers of the header are not strictly ascending.
    error SignersNotAscending(address signer);

    /// @notice The signer is not a validator with a bond.
    error NotValidator(address signer);

    /// @notice Not more than 2/3 of the validators signed.
    error NoQuorum(uint256 signers, uint256 validators);

    /// @notice The authority's sequence is below the stored one, or is 2^56 or more.
    error SequenceOutOfRange(address account, uint64 sequence);

    /// @notice The debit exceeds what its owner allowed.
    error OverLimit(address account, uint64 amount);

    /// @notice The debit exceeds the balance.
    error OverBalance(address account, uint64 amount);

    /// @notice Credits and payouts exceed the pool and the debits.
    error Uncovered(uint256 available, uint256 owed);

    /// @notice The last byte of a rotation line is neither 0 nor 1.
    error InvalidRotation();

    /// @notice The headers are of different heights.
    error HeightsDiffer();

    /// @notice The headers are one and the same.
    error SameHeader();

    /// @notice The headers were signed by different members.
    error SignersDiffer(address first, address second);

    /* PARAMETERS */

    /// @notice The ERC-20 token, or 0 for ETH.
    function asset() external view returns (address);

    /// @notice How many base units of the asset one unit is: a power of ten.
    function unit() external view returns (uint256);

    /// @notice How many seconds an exit may stay unacknowledged.
    function closeAge() external view returns (uint64);

    /// @notice How many seconds after `unbond` a bond can be claimed.
    function bondAge() external view returns (uint64);

    /// @notice The smallest bond, in units.
    function minBond() external view returns (uint64);

    /// @notice The EIP-712 domain separator of this contract on this chain.
    function domainSeparator() external view returns (bytes32);

    /* STATE */

    /// @notice The units that this contract owes: always the sum of all balances, claimables and bonds, and the pool.
    function total() external view returns (uint64);

    /// @notice How many items there are.
    function items() external view returns (uint64);

    /// @notice How many items settlements have acknowledged.
    function acknowledged() external view returns (uint64);

    /// @notice How many validators there are.
    function validators() external view returns (uint32);

    /// @notice Whether the contract has closed.
    function closed() external view returns (bool);

    /// @notice The number of the last settlement.
    function number() external view returns (uint64);

    /// @notice What was debited and is not credited or paid out.
    function pool() external view returns (uint64);

    /// @notice The hash chain of the items: `heads(0)` is 0, and
    /// `heads(n) = keccak256(abi.encode(heads(n - 1), n, kind, account, amount, data))`.
    function heads(uint64 item) external view returns (bytes32 head);

    /// @notice See `Account`.
    function accounts(address account)
        external
        view
        returns (uint64 balance, uint64 debited, uint64 claimable, uint56 sequence, bool exiting);

    /// @notice See `Exit`.
    function exits(address account) external view returns (uint64 item, uint64 time, uint56 sequence);

    /// @notice See `Member`.
    function members(address member) external view returns (uint64 bond, uint64 leaving, bool validator);

    /* USERS */

    /// @notice Adds `amount` units to the balance of `account`, at once.
    /// @dev ETH: `amount * unit` wei go with the call. A token: the caller has approved as much.
    function deposit(address account, uint256 amount) external payable;

    /// @notice Starts to leave. The next `claim` after it is acknowledged, or after `closeAge`, pays the whole balance.
    /// @dev A caller that wants to void everything it ever signed passes its highest sequence plus one. Once 2^56 - 1
    /// is stored, no higher sequence is left: an account that goes there can receive and leave, and little else.
    /// @param sequence Once acknowledged, no fetch below it can take anything.
    function exit(uint56 sequence) external;

    /// @notice Pays `account` what is its own: what is claimable, the balance if the contract has closed, and the bond
    /// if `bondAge` has passed since `unbond`.
    /// @dev Closes the contract if the account's exit has been unacknowledged for more than `closeAge`. Pays nothing,
    /// and does not revert, if there is nothing to pay.
    function claim(address account) external;

    /* VALIDATORS */

    /// @notice Adds `amount` units to the caller's bond.
    /// @dev Makes nobody a validator: a rotation does, and needs a bond.
    /// @param consensusKey The key with which the caller takes part in the network's consensus.
    function bond(uint256 amount, bytes32 consensusKey) external payable;

    /// @notice Starts to take the caller's bond home: `claim` pays it when `bondAge` has passed.
    /// @dev Until then the caller stays a validator, if it is one and no rotation removes it, and can lose the bond.
    function unbond() external;

    /// @notice Applies the next settlement. Anyone may relay it.
    /// @dev `header.settlement` is `keccak256(abi.encode(number + 1, inbox, heads(inbox), keccak256(debits),
    /// keccak256(credits), keccak256(payouts), keccak256(rotation)))`. Lists are packed, big-endian, of fixed width.
    /// No user's call makes a settlement fail that was formed: what it reads of accounts changes only by settlements,
    /// by acknowledged exits, and upwards. Exits count as acknowledged by the settlements before this one.
    /// @param header The header that attests it.
    /// @param inbox How many items the network has taken in.
    /// @param debits Each `uint64 amount, uint64 sequence, uint64 limit, bytes32 request, bytes32 r, bytes32 vs`: taken
    /// from whoever signed `Fetch(sequence, limit, request)`; `request` is the hash of that struct.
    /// @param credits Each `address account, uint64 amount`: added to the balance.
    /// @param payouts Each `address account, uint64 amount`: added to what is claimable.
    /// @param rotation Each `address member, bool isIn`; first those that come in, then those that go. Passed over: who
    /// is in already, has no bond or is leaving; who is not in, or is the last one.
    /// @param signatures Each `bytes32 r, bytes32 vs` (EIP-2098); the signers strictly ascending.
    function settle(
        Header calldata header,
        uint64 inbox,
        bytes calldata debits,
        bytes calldata credits,
        bytes calldata payouts,
        bytes calldata rotation,
        bytes calldata signatures
    ) external;

    /// @notice Burns the bond of whoever signed two headers of one height; it is no longer a validator.
    /// @dev What is burnt leaves `total` and stays here for good.
    function accuse(Header calldata a, bytes32 ra, bytes32 vsa, Header calldata b, bytes32 rb, bytes32 vsb) external;
}

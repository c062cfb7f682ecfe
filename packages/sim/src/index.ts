// What the command line and the tests use of the simulator.

export {};

// Package app is the daemon: it builds every component from the configuration, supervises them, answers operators
// and tells systemd how it goes. It is the only package that imports all components. Run works within a test as it
// does within the process: it takes signals as channels, knows no globals and leaves nothing behind.
//
// # Start and stop
//
// What is acquired is released in reverse: the lock on the state folder, the metrics' listener, the components, the
// control socket. A start that fails half-way releases what it had. Ready is told when operators can ask and the
// components were started; that a supplier cannot be reached is a state, not a failure to start.
package app

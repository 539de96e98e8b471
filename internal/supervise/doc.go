// Package supervise keeps long-running components running and stops them in order.
//
// A Supervisor starts its components in the order in which they are given, restarts one that ends or panics after
// a growing, jittered delay, and stops them last in, first out, each within its own bound. A Teardown does the
// same for everything else that was acquired: the step that releases a thing stands beside the line that made it.
//
// # Invariants
//
//   - A component never runs twice at the same time: the next run begins after the one before it returned.
//   - A panic in a component's own goroutine is an error of that component, with its stack; the others go on.
//     Goroutines that a component starts itself are its own affair: wrap them in Protect.
//   - A stop is bounded: a component that doesn't return in time is named in the error and left behind.
//   - Loops say that they live; a loop that has been silent for longer than its bound is named by Late, which is
//     what the caller bases the service manager's watchdog on. A component that waits for its restart is not late.
//
// The package has no globals: any number of supervisors live in one process.
package supervise

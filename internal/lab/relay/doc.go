// Package relay is a TCP link that can be cut, made half-open, slowed down and made to flip bits.
//
// A relay runs in a process of its own between two hosts of the lab. It is told what to break through a unix
// socket (control.go): GET / answers with the faults of every link as JSON, PUT /NAME replaces those of one.
//
// # What the faults do
//
//   - refuse: open connections are reset, new ones are refused.
//   - blackhole: connections are accepted and kept, nothing passes in either direction, nothing is closed. Once
//     healed they go on where they were, as TCP does after an outage.
//   - rate: bytes per second and direction.
//   - corrupt: one bit is flipped every so many bytes on the way from the target to the caller.
package relay

// Package proc starts and ends processes so that a process id which the kernel has given to somebody else is
// never signalled, and so that nothing is left behind when the caller dies.
//
// An ID is a pid together with the moment at which that process started and the boot it belongs to. It is
// written to a file as one line, "PID START BOOT": START in clock ticks since boot (field 22 of
// /proc/PID/stat, proc(5)), BOOT the kernel's random boot id. Signals go through a pidfd that was opened before
// START was compared, so there is no moment in which the pid can change hands.
package proc

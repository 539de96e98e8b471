// Package crashpoint marks the places where a crash is worth testing.
//
// Hit does nothing in a normal build. Built with the tag "crashpoints", the process kills itself with SIGKILL
// when the environment says WCDED_CRASHPOINT=name or WCDED_CRASHPOINT=name:n and Hit(name) is called for the n-th time, so
// that a test can put a crash before an fsync and another behind it: they are different faults.
package crashpoint

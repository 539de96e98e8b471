// Package durable is the one place where wcded writes state that must survive a power cut.
//
// A file is replaced by writing a temporary file beside it, fsync, rename, and fsync of the directory; after
// WriteFile returned nil the new contents are there whatever happens, and before that the old ones are. A log is
// appended to by one write and one fsync per record; a torn last record is cut off when the log is opened again.
// Anything less is not durable: a rename without fsync of the directory can be undone by a power cut.
package durable

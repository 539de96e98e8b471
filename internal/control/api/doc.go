// Package api is what operators.sock speaks: the paths of its verbs, what each takes and what it answers. wcded
// answers with these types and wcdectl prints them, so the two cannot drift apart; the JSON of Status is a contract
// with everything else that reads it, and only ever grows.
//
// Lists are never null. Moments are RFC 3339, and null where there was none yet. GTIDs are MariaDB's text form, and
// positions their comma-separated lists, "" for the empty one. Sizes are bytes, lengths of time are seconds.
package api

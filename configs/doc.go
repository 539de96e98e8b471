// Package configs reads the configuration of wcded: the types, the defaults, the checks and the messages that
// tell an operator what to write instead.
//
// # Format
//
// One YAML document of at most [MaxFileSize] bytes; wcded.yaml beside this file explains every key. It is read
// strictly. Unknown and repeated keys, keys without a value, anchors, aliases, tags and tabs in the indentation
// are errors. Sizes are written as 500GiB or 10GB, durations as 35d or 90s.
//
// # Promises
//
//   - All mistakes are reported at once, in file order. Each names the file, the line, the field and what to write.
//   - A [Config] from [Parse] or [Load] is complete: it has all defaults (defaults.go) and passed [Config.Validate].
//   - A Config holds no secret. [SecretRef] only says where one lies, so a Config may be printed, logged and compared.
//   - Nothing here touches the file system, except Load (which reads the one file) and [SecretRef.Read].
//
// The document is decoded by our own walk over yaml.v3's nodes instead of with Decoder.KnownFields, which reports
// Go types instead of field paths and lets null, merge keys and aliases through. The fuzz test holds our walk to be
// at least as strict as KnownFields is.
package configs

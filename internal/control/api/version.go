package api

import "runtime/debug"

// Version returns the version of this program, as the go command stamped it: a tag, or a pseudo-version with the
// commit, and "+dirty" when the tree had changes. Programs of one build have one version.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(unknown)"
	}
	return info.Main.Version
}

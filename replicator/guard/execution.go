package guard

import "bytes"

// An executable comment is a comment for some servers and code for others: /*! code */ and /*!50101 code */ for
// all or from a version on, /*M! code */ and /*M!100401 code */ for MariaDB only. Which server will run a statement,
// and in which version it will some day read a stored routine again, is not for the guard to guess. So a statement
// that has some is judged once for every way in which a server may read it, and all have to pass.

const (
	minVersionDigits = 5
	maxVersionDigits = 6

	// Versions of MySQL that MariaDB does not claim to understand: it runs such comments only behind /*M!.
	mysqlFirst = 50700
	mysqlLast  = 99999

	// oldestVersion is a server that is older than any that replicates by GTID.
	oldestVersion = 100000

	// maxExecutions bounds the work on one statement. Dumps have two or three different versions in a statement.
	maxExecutions = 8
)

// counts tells whether a comment of the given version is code.
func (e execution) counts(version uint32, mariadb bool) bool {
	if version > e.version {
		return false
	}
	return mariadb || e.mysql || version < mysqlFirst || version > mysqlLast
}

// commentVersion reads the digits at the start of b: 50101 is 5.1.1 and 100401 is 10.4.1. Fewer than five digits
// are no version for MariaDB but code. It returns how many digits there are.
func commentVersion(b []byte) (version uint32, n int) {
	for n < len(b) && isDigit(b[n]) && n <= maxVersionDigits {
		version = version*10 + uint32(b[n]-'0')
		n++
	}
	return version, n
}

// executions returns the ways in which servers may read text, the oldest first. There is always at least one.
// It returns nil if there are more than anybody needs.
func executions(text []byte) []execution {
	all := []execution{{version: oldestVersion}}
	mysql := false
	for {
		i := bytes.Index(text, []byte("/*"))
		if i < 0 {
			break
		}
		text = text[i+2:]
		rest, mariadb := bytes.CutPrefix(text, []byte("M"))
		rest, ok := bytes.CutPrefix(rest, []byte("!"))
		if !ok {
			continue
		}
		version, n := commentVersion(rest)
		if n < minVersionDigits {
			continue
		}
		if version <= oldestVersion {
			mysql = mysql || !mariadb && version >= mysqlFirst
			continue
		}
		if !contains(all, version) {
			if len(all) == maxExecutions {
				return nil
			}
			all = append(all, execution{version: version})
		}
	}
	if mysql {
		for _, e := range all {
			e.mysql = true
			all = append(all, e)
		}
	}
	return all
}

func contains(all []execution, version uint32) bool {
	for _, e := range all {
		if e.version == version {
			return true
		}
	}
	return false
}

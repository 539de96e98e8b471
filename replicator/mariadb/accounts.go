package mariadb

import (
	"context"
	"fmt"
	"strings"
)

// Account is one of the supplier's accounts or roles, for the list from which the foundation's own are made later.
// It has no password and no hash of one.
type Account struct {
	User   string
	Host   string // "" for a role
	Role   bool
	Grants []string // as SHOW GRANTS says them, without IDENTIFIED …
}

// maxAccounts bounds the list.
const maxAccounts = 10_000

// Accounts lists the accounts and roles and what they are granted. It needs SELECT on the schema mysql.
func (s *Server) Accounts(ctx context.Context) ([]Account, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*queryTimeout)
	defer cancel()
	var all []Account
	err := each(ctx, s.db, "SELECT User AS user, Host AS host, is_role AS role FROM mysql.user ORDER BY User, Host LIMIT "+
		fmt.Sprint(maxAccounts), func(m map[string]string) error {
		all = append(all, Account{User: m["user"], Host: m["host"], Role: m["role"] == "Y"})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	for i := range all {
		a := &all[i]
		name := quoteName(a.User)
		if !a.Role {
			name += "@" + quoteName(a.Host)
		}
		err := each(ctx, s.db, "SHOW GRANTS FOR "+name, func(m map[string]string) error {
			for _, line := range m {
				a.Grants = append(a.Grants, redactGrant(line))
			}
			return nil
		})
		const noSuchGrant = 1141 // an account by host name, where the server looks no names up
		if err != nil && !isServerError(err, noSuchGrant) {
			return nil, fmt.Errorf("list grants of %s: %w", name, err)
		}
	}
	return all, nil
}

// redactGrant takes IDENTIFIED … out of a line of SHOW GRANTS: GRANT … TO account IDENTIFIED {BY PASSWORD 'hash' |
// VIA plugin USING 'hash' [OR …]} [REQUIRE …] [WITH …].
func redactGrant(line string) string {
	const identified = " IDENTIFIED "
	from := unquotedIndex(line, 0, identified)
	if from < 0 {
		return line
	}
	to := len(line)
	for _, next := range []string{" REQUIRE ", " WITH "} {
		if i := unquotedIndex(line, from+len(identified), next); i >= 0 {
			to = min(to, i)
		}
	}
	return line[:from] + line[to:]
}

// unquotedIndex finds word at or after from, outside of strings and quoted names; -1 if it is not there.
func unquotedIndex(s string, from int, word string) int {
	var quote byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == '\\' && quote == '\'' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '\'' || c == '`':
			quote = c
		case i >= from && strings.HasPrefix(s[i:], word):
			return i
		}
	}
	return -1
}

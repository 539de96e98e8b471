package lab

import (
	"crypto/rand"
	"os"
	"strings"
)

// makeSecret writes a new random password to a file that only root may read, and returns it. It consists of
// letters and digits, so it needs no quoting anywhere.
func makeSecret(path string) (string, error) {
	s := rand.Text()
	return s, os.WriteFile(path, []byte(s+"\n"), 0o600)
}

func readSecret(path string) (string, error) {
	b, err := os.ReadFile(path)
	return strings.TrimSpace(string(b)), err
}

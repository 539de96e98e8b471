package mariadbd

import (
	"os"
	"strings"
	"testing"
)

// The lab's foundation is hardened as the file that operators install: what is tested is what is shipped.
func TestShippedSettings(t *testing.T) {
	data, err := os.ReadFile("../../../configs/mariadb-foundation.cnf")
	if err != nil {
		t.Fatal(err)
	}
	shipped := map[string]string{}
	for line := range strings.SplitSeq(string(data), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' || line[0] == '[' {
			continue
		}
		key, value, _ := strings.Cut(line, "=")
		shipped[strings.TrimSpace(key)] = strings.TrimSpace(value)
	}
	for _, s := range (Options{Dir: "/d"}).hardened() {
		value, ok := shipped[s.key]
		if !ok || value != s.value && s.key != "secure_file_priv" {
			t.Errorf("%s is %q in the lab and %q in the shipped file", s.key, s.value, value)
		}
		delete(shipped, s.key)
	}
	for _, own := range []string{"server_id", "slave_max_allowed_packet"} {
		delete(shipped, own)
	}
	if len(shipped) > 0 {
		t.Errorf("shipped and not in the lab: %v", shipped)
	}
}

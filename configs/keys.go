package configs

import (
	"reflect"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// keysOf returns the keys of the section that the struct type t stands for, one for each of its fields, in order.
func keysOf(t reflect.Type) []string {
	keys := make([]string, t.NumField())
	for i := range keys {
		keys[i], _, _ = strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
	}
	return keys
}

// closest returns the key that a misspelt one probably stands for, or "".
func closest(word string, keys []string) string {
	best, bestDistance := "", 3
	if len(word) > 40 {
		return "" // not a slip of the finger, and distance is quadratic
	}
	for _, k := range keys {
		// Half of a short word may not be different: "tls" is no misspelt "dir".
		if n := distance(word, k); n < bestDistance && 2*n < len(k) {
			best, bestDistance = k, n
		}
	}
	return best
}

// distance returns how many bytes have to be inserted, removed or replaced to make b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// printable shortens s and replaces what would spoil a terminal or a log.
func printable(s string) string {
	const most = 40
	runes := []rune(s)
	if len(runes) > most {
		runes = append(runes[:most], '…')
	}
	for i, c := range runes {
		if !unicode.IsPrint(c) {
			runes[i] = '?'
		}
	}
	return string(runes)
}

func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// kindOf says in words what a node is.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a section with keys"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	return "a single value"
}

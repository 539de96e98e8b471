package configs

import (
	"fmt"
	"log/slog"
	"strings"
)

// TLSMode says whether a connection is encrypted.
type TLSMode string

// The modes of TLS.
const (
	TLSRequired TLSMode = "required"
	TLSOff      TLSMode = "off" // only on this machine
)

// UnmarshalText accepts the modes above.
func (m *TLSMode) UnmarshalText(text []byte) error {
	return enum(m, text, TLSRequired, TLSOff)
}

// Hold is a category of statements that an operator decides about before they are applied.
type Hold string

// The categories that can be held. HoldAccount always is.
const (
	HoldDropDatabase Hold = "drop_database"
	HoldDropTable    Hold = "drop_table"
	HoldTruncate     Hold = "truncate"
	HoldAccount      Hold = "account"
)

// Holds returns all categories, in the order in which a Config lists them.
func Holds() []Hold { return []Hold{HoldDropDatabase, HoldDropTable, HoldTruncate, HoldAccount} }

// UnmarshalText accepts the categories above.
func (h *Hold) UnmarshalText(text []byte) error { return enum(h, text, Holds()...) }

// LogLevel is the least important kind of message that is logged.
type LogLevel string

// The levels, from talkative to quiet.
const (
	LogDebug LogLevel = "debug"
	LogInfo  LogLevel = "info"
	LogWarn  LogLevel = "warn"
	LogError LogLevel = "error"
)

// UnmarshalText accepts the levels above.
func (l *LogLevel) UnmarshalText(text []byte) error {
	return enum(l, text, LogDebug, LogInfo, LogWarn, LogError)
}

// Level returns l as log/slog knows it, so that a LogLevel is a slog.Leveler.
func (l LogLevel) Level() slog.Level {
	switch l {
	case LogDebug:
		return slog.LevelDebug
	case LogWarn:
		return slog.LevelWarn
	case LogError:
		return slog.LevelError
	}
	return slog.LevelInfo
}

// enum sets *v to the member of known that text spells, or says which ones there are.
func enum[T ~string](v *T, text []byte, known ...T) error {
	for _, k := range known {
		if string(k) == string(text) {
			*v = k
			return nil
		}
	}
	words := make([]string, len(known))
	for i, k := range known {
		words[i] = string(k)
	}
	return &Error{Msg: fmt.Sprintf("%.40q is not known here", text), Hint: "write " + oneOf(words)}
}

// oneOf joins words as "a, b or c".
func oneOf(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

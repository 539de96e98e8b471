package sqldump

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const schedule = "CREATE DEFINER=`r`@`%` EVENT `x` ON SCHEDULE EVERY '1:30' HOUR_MINUTE STARTS '2026-01-01 00:00:00' ON COMPLETION NOT PRESERVE "

func TestReviewObject(t *testing.T) {
	for name, c := range map[string]struct {
		kind, text string
		want       Object // Kind and, if it is "", Text are those of the case
	}{
		"view":            {"VIEW", "CREATE ALGORITHM=UNDEFINED DEFINER=`r``t`@`%` SQL SECURITY DEFINER VIEW `x` AS select 1", Object{Definer: "r`t@%"}},
		"view in d":       {"VIEW", "CREATE VIEW `d`.`x` AS select 1", Object{}},
		"procedure":       {"PROCEDURE", "CREATE DEFINER=`r`@`%` PROCEDURE `x`()\nBEGIN SELECT 'a;'; -- x\nEND", Object{Definer: "r@%"}},
		"role":            {"PROCEDURE", "CREATE DEFINER=`clerks` PROCEDURE `x`() SELECT 1", Object{Definer: "clerks"}},
		"ansi":            {"PROCEDURE", `CREATE DEFINER="r"@"%" PROCEDURE "x"() SELECT 'it\' = 'b'`, Object{Definer: "r@%"}},
		"oracle":          {"PROCEDURE", `CREATE DEFINER="r"@"%" PROCEDURE "x" AS BEGIN NULL; END`, Object{Definer: "r@%"}},
		"function":        {"FUNCTION", "CREATE FUNCTION `x`(`a` int) RETURNS int RETURN 1", Object{}},
		"oracle function": {"FUNCTION", "CREATE FUNCTION \"x\" RETURN int AS BEGIN RETURN 1; END", Object{}},
		"aggregate":       {"FUNCTION", "CREATE DEFINER=`r`@`%` AGGREGATE FUNCTION `x`(`a` int) RETURNS int RETURN 1", Object{Definer: "r@%"}},
		"package":         {"PACKAGE", "CREATE PACKAGE `x` AS END", Object{}},
		"body":            {"PACKAGE BODY", "CREATE PACKAGE BODY `x` AS END", Object{}},
		"trigger":         {"TRIGGER", "CREATE DEFINER=`r`@`%` TRIGGER /* c */ d . x BEFORE INSERT ON t FOR EACH ROW SET @a=1", Object{Definer: "r@%"}},
		"trigger if not":  {"TRIGGER", "CREATE TRIGGER IF NOT EXISTS `X` AFTER INSERT ON t FOR EACH ROW SET @a=1", Object{}},
		"enabled":         {"EVENT", schedule + "ENABLE DO SELECT 'DISABLE'", Object{Definer: "r@%", Status: "ENABLED", Text: schedule + "DISABLE ON SLAVE DO SELECT 'DISABLE'"}},
		"disabled":        {"EVENT", schedule + "DISABLE COMMENT 'ENABLE DO' DO SELECT 1", Object{Definer: "r@%", Status: "DISABLED", Text: schedule + "DISABLE COMMENT 'ENABLE DO' DO SELECT 1"}},
		"on slave":        {"EVENT", schedule + "DISABLE ON SLAVE DO SELECT 1", Object{Definer: "r@%", Status: "SLAVESIDE_DISABLED", Text: schedule + "DISABLE DO SELECT 1"}},
		"on replica":      {"EVENT", schedule + "DISABLE ON REPLICA DO SELECT 1", Object{Definer: "r@%", Status: "SLAVESIDE_DISABLED", Text: schedule + "DISABLE DO SELECT 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReviewObject(c.kind, "d", "x", c.text, 101119)
			if err != nil {
				t.Fatal(err)
			}
			c.want.Kind = c.kind
			if c.want.Text == "" {
				c.want.Text = c.text
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestReviewObjectRefuses(t *testing.T) {
	for name, c := range map[string][2]string{
		"empty":               {"PROCEDURE", ""},
		"grant":               {"PROCEDURE", "GRANT ALL ON *.* TO x"},
		"another kind":        {"PROCEDURE", "CREATE FUNCTION `x`() RETURNS int RETURN 1"},
		"another name":        {"PROCEDURE", "CREATE PROCEDURE `y`() SELECT 1"},
		"another database":    {"TRIGGER", "CREATE TRIGGER mysql.x BEFORE INSERT ON t FOR EACH ROW SET @a=1"},
		"or replace":          {"PROCEDURE", "CREATE OR REPLACE PROCEDURE `x`() SELECT 1"},
		"library":             {"FUNCTION", "CREATE FUNCTION x RETURNS STRING SONAME 'x.so'"},
		"aggregate library":   {"FUNCTION", "CREATE AGGREGATE FUNCTION x RETURNS STRING SONAME 'x.so'"},
		"hidden head":         {"PROCEDURE", "CREATE /*!999999 USER y */ PROCEDURE `x`() SELECT 1"},
		"line comment":        {"TRIGGER", "CREATE -- x\nTRIGGER x BEFORE INSERT ON t FOR EACH ROW SET @a=1"},
		"trigger that is not": {"TRIGGER", "CREATE TRIGGER x ON t"},
		"event, no schedule":  {"EVENT", "CREATE EVENT `x` DO SELECT 1"},
		"event, no state":     {"EVENT", schedule + "DO SELECT 1"},
		"event, odd state":    {"EVENT", schedule + "DISABLE ON MARS DO SELECT 1"},
		"event, no action":    {"EVENT", schedule + "ENABLE"},
		"event, hidden state": {"EVENT", schedule + "/*!50106 ENABLE DO SELECT 1 */"},
		"long":                {"PROCEDURE", "CREATE PROCEDURE `x`() SELECT '" + strings.Repeat("x", maxDefinition) + "'"},
		"view without AS":     {"VIEW", "CREATE VIEW `x` (`a`) AS SELECT 1"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReviewObject(c[0], "d", "x", c[1], 101119)
			var refused *RefusedError
			if !errors.As(err, &refused) {
				t.Errorf("got %+v, error %v", got, err)
			}
		})
	}
}

func FuzzReviewObject(f *testing.F) {
	f.Add("EVENT", schedule+"ENABLE DO SELECT 1")
	f.Add("TRIGGER", "CREATE TRIGGER d.x BEFORE INSERT ON t FOR EACH ROW SET @a=1")
	f.Add("VIEW", "CREATE ALGORITHM=UNDEFINED DEFINER=`r`@`%` SQL SECURITY DEFINER VIEW `x` AS select 1")
	f.Fuzz(func(t *testing.T, kind, text string) {
		o, err := ReviewObject(kind, "d", "x", text, 101119)
		if err != nil {
			return
		}
		// What came out says the same when it is looked at again, but for an event, which is disabled now.
		again, err := ReviewObject(kind, "d", "x", o.Text, 101119)
		if err != nil || again.Definer != o.Definer || again.Status == "ENABLED" {
			t.Fatalf("%q became %q, which is %+v, %v", text, o.Text, again, err)
		}
	})
}

package archive

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPlan covers retention as a table. Segments are written oldest first as "age in days:last GTID", with "open" for
// one that is being written; each has 100 bytes.
func TestPlan(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	keep := Retention{Keep: 35 * day}
	size := func(n int64) Retention { return Retention{MaxSize: n} }
	both := func(n int64) Retention { return Retention{Keep: 35 * day, MaxSize: n} }
	type at = map[string]string
	for name, c := range map[string]struct {
		segments string
		rule     Retention
		needs    at
		now      time.Time
		gone     int
		over     bool
		why      string // a part of the reason of the oldest one that stays
	}{
		"nothing":                     {"", keep, nil, now, 0, false, ""},
		"one":                         {"90:1", keep, nil, now, 0, false, "newest"},
		"by age":                      {"90:1 60:2 36:3 35:4 0:5 open", keep, nil, now, 3, false, "younger"},
		"exactly at the age":          {"35:1 1:2 0:3 open", keep, nil, now, 0, false, "younger"},
		"for ever":                    {"900:1 800:2 700:3 0:4 open", Retention{}, nil, now, 0, false, "for ever"},
		"newest two stay":             {"90:1 80:2 0:3", keep, nil, now, 1, false, "newest"},
		"open and last complete stay": {"90:1 80:2 open", size(1), nil, now, 1, true, "newest"},
		"by size":                     {"3:1 2:2 1:3 0:4 open", size(300), nil, now, 2, false, "for ever"},
		"by size before their time":   {"3:1 2:2 1:3 0:4 open", both(300), nil, now, 2, false, "younger"},
		"at the size":                 {"3:1 2:2 1:3 0:4 open", size(500), nil, now, 0, false, "for ever"},
		"size and age":                {"90:1 80:2 70:3 0:4 open", both(400), nil, now, 3, false, "newest"},
		"needed":                      {"90:1 80:2 70:3 0:4 open", keep, at{"replica": "0-1-1"}, now, 1, false, "by replica"},
		"needed from its middle":      {"90:1 80:3 70:5 0:6 open", keep, at{"replica": "0-1-2"}, now, 1, false, "by replica"},
		"needed at its end":           {"90:1 80:3 70:5 0:6 open", keep, at{"replica": "0-1-3"}, now, 2, false, "by replica"},
		"the furthest back counts": {"90:1 80:2 70:3 0:4 open", keep,
			at{"replica": "0-1-4", "drill": "0-1-1"}, now, 1, false, "by drill"},
		"nobody knows what is needed": {"90:1 80:2 70:3 0:4 open", keep, at{"replica": ""}, now, 0, false, "by replica"},
		"another domain only":         {"90:1 80:2 70:3 0:4 open", keep, at{"replica": "7-1-9"}, now, 0, false, "by replica"},
		"needed and over": {"3:1 2:2 1:3 0:4 open", size(200),
			at{"snapshot": "0-1-1"}, now, 1, true, "by snapshot"},
		"all needed and over":         {"90:1 80:2 70:3 0:4 open", both(1), at{"replica": ""}, now, 0, true, "needed"},
		"a clock that went back":      {"90:1 80:2 70:3 0:4 open", keep, nil, now.Add(-200 * day), 0, false, "younger"},
		"sealed in the future":        {"-90:1 80:2 0:3 open", keep, nil, now, 0, false, "younger"},
		"a clock that jumped ahead":   {"90:1 20:2 10:3 0:4 open", keep, nil, now.Add(9999 * day), 1, false, "younger"},
		"a supplier that fell silent": {"190:1 120:2 110:3 100:4 open", keep, nil, now, 1, false, "younger"},
		"history that was given up":   {"90:1! 80:2! 70:1 0:2 open", keep, at{"replica": ""}, now, 2, false, "by replica"},
		"of unknown end":              {"90:? 80:2 70:3 0:4 open", keep, at{"replica": "0-1-4"}, now, 0, false, "by replica"},
		"of unknown end, not needed":  {"90:? 80:2 0:4 open", keep, nil, now, 2, false, "newest"},
	} {
		t.Run(name, func(t *testing.T) {
			var list []planned
			for text := range strings.FieldsSeq(c.segments) {
				p := planned{Segment: Segment{Name: text, Size: 100}}
				var days int
				var end string
				if text != "open" {
					if _, err := fmt.Sscanf(strings.Replace(text, ":", " ", 1), "%d %s", &days, &end); err != nil {
						t.Fatal(err)
					}
					p.sealed = now.Add(-time.Duration(days) * day)
					end, p.old = strings.CutSuffix(end, "!")
					if p.ends = end != "?"; p.ends {
						p.end, _ = parseList("0-1-" + end)
					}
				}
				list = append(list, p)
			}
			var needs []Need
			for who, at := range c.needs {
				needs = append(needs, Need{Who: who, At: pos(t, at)})
			}
			p := plan(list, c.rule, needs, c.now)
			gone := 0
			for i, v := range p.Verdicts {
				if v.Delete != (i < c.gone) {
					t.Errorf("%s: deleted %v because %q", v.Segment.Name, v.Delete, v.Reason)
				}
				if v.Delete {
					gone++
				}
			}
			if gone != c.gone || p.OverLimit != c.over {
				t.Errorf("%d deleted, over the limit: %v; want %d, %v", gone, p.OverLimit, c.gone, c.over)
			}
			if gone < len(list) && !strings.Contains(p.Verdicts[gone].Reason, c.why) {
				t.Errorf("%s stays because %q, want %q", p.Verdicts[gone].Segment.Name, p.Verdicts[gone].Reason, c.why)
			}
		})
	}
}

func TestRetainDeletesWhatWasPlanned(t *testing.T) {
	dir := t.TempDir()
	a, w := three(t, Options{Dir: dir})
	seg := a.Segments()[0]
	for _, name := range []string{cutInfix + "17", damagedInfix + "18"} {
		if err := os.WriteFile(seg.Path+name, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, a)
	a = open(t, Options{Dir: dir, Logger: testLog(t)})
	p := a.PlanRetention(Retention{MaxSize: 1}, []Need{{Who: "replica", At: pos(t, "0-1-2")}}, time.Now())
	if err := a.Retain(p); err != nil {
		t.Fatal(err)
	}
	if err := a.Retain(p); err == nil {
		t.Error("the same plan again deletes another segment")
	}
	if left, err := filepath.Glob(filepath.Join(dir, "stream-000001", "x.000001*")); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if got := a.Oldest().String(); got != "0-1-2" {
		t.Errorf("oldest %s", got)
	}
	wantGroups(t, a, "0-1-2", "0-1-3 0-1-4 0-1-5 0-1-6")
	closed(t, a)
	a = open(t, Options{Dir: dir})
	if s := a.Segments(); len(s) != 2 || s[0].Status != StatusSealed {
		t.Errorf("after opening again: %+v", s)
	}
	_ = w
}

// TestRetainLeavesNoStream deletes all of an old stream.
func TestRetainLeavesNoStream(t *testing.T) {
	dir := t.TempDir()
	a, w := three(t, Options{Dir: dir})
	mustSeal(t, w, "given up")
	put(t, w, "x.000001", Fork, makeFile(t, 1, "").group(1).rotate("x.000002"))
	mustSeal(t, w, "")
	put(t, w, "x.000002", Continue, makeFile(t, 1, "0-1-1").group(2))
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := a.Retain(a.PlanRetention(Retention{MaxSize: 1}, []Need{{Who: "replica"}}, time.Now())); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "stream-000001")); !os.IsNotExist(err) {
		t.Errorf("the old stream's folder: %v", err)
	}
	for range 2 {
		wantGroups(t, a, "", "0-1-1 0-1-2")
		if len(a.Segments()) != 2 || a.Oldest().String() != "" {
			t.Errorf("%+v", a.Segments())
		}
		closed(t, a)
		a = open(t, Options{Dir: dir})
	}
}

// TestRetentionInterrupted has a crash leave a segment whose seal is gone already.
func TestRetentionInterrupted(t *testing.T) {
	dir := t.TempDir()
	a, _ := three(t, Options{Dir: dir})
	closed(t, a)
	if err := os.Remove(a.Segments()[0].Path + sealSuffix); err != nil {
		t.Fatal(err)
	}
	a = open(t, Options{Dir: dir})
	if s := a.Segments(); len(s) != 3 || s[0].Status != StatusSealed {
		t.Fatalf("%+v", s)
	}
	// A damaged one without a seal must not stop retention for ever.
	closed(t, a)
	if err := os.Remove(a.Segments()[0].Path + sealSuffix); err != nil {
		t.Fatal(err)
	}
	flip(t, a.Segments()[0].Path, 400)
	a = open(t, Options{Dir: dir})
	if s := a.Segments(); s[0].Status != StatusDamaged {
		t.Fatalf("%+v", s[0])
	}
	needs := []Need{{Who: "replica", At: pos(t, "0-1-1")}}
	if p := a.PlanRetention(Retention{MaxSize: 1}, needs, time.Now()); p.Verdicts[0].Delete {
		t.Error("a damaged segment that is needed would go: it may be mended")
	}
	needs[0].At = pos(t, "0-1-2")
	if p := a.PlanRetention(Retention{MaxSize: 1}, needs, time.Now()); !p.Verdicts[0].Delete {
		t.Errorf("stays: %+v", p.Verdicts[0])
	}
}

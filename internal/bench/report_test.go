package bench

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"
)

func TestStatistics(t *testing.T) {
	for _, tt := range []struct {
		values        []float64
		median, ninth float64
	}{
		{[]float64{3}, 3, 3},
		{[]float64{4, 1}, 2.5, 4},
		{[]float64{9, 1, 5}, 5, 9},
		{[]float64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 5.5, 9},
	} {
		if got := median(tt.values); got != tt.median {
			t.Errorf("median of %v: %v, want %v", tt.values, got, tt.median)
		}
		if got := quantile(tt.values, 0.9); got != tt.ninth {
			t.Errorf("quantile 0.9 of %v: %v, want %v", tt.values, got, tt.ninth)
		}
	}
	if !math.IsNaN(median(nil)) || !math.IsNaN(quantile(nil, 0.5)) {
		t.Error("nothing has a median")
	}
}

// The ratio is the median of the rounds' ratios, not the ratio of the medians.
func TestEvaluate(t *testing.T) {
	r := evaluate(row{against: "x", aim: atLeast(2)}, []sample{{10, 10}, {40, 20}, {90, 30}}, "")
	if r.value != 2 || r.low != 1 || r.high != 3 || r.ours != 40 || r.peer != 20 || !r.met() {
		t.Errorf("%+v", r)
	}
	r = evaluate(row{aim: atMost(64)}, []sample{{ours: 60}, {ours: 70}, {ours: 65}}, "")
	if r.value != 65 || r.low != 60 || r.high != 70 || r.met() {
		t.Errorf("%+v", r)
	}
	if r = evaluate(row{aim: atMost(64)}, nil, ""); r.met() || r.verdict() != "not measured" {
		t.Errorf("%+v", r)
	}
}

func TestTable(t *testing.T) {
	results := []result{
		evaluate(row{what: "copying", against: "cp", aim: atLeast(0.85), unit: "MB/s"}, []sample{{123.4, 100}}, ""),
		evaluate(row{what: "a long name", aim: atMost(50), unit: "ms"}, []sample{{ours: 0.0123}}, ""),
		evaluate(row{what: "later", against: "cp", aim: atMost(1.2), unit: "ms"}, nil, ""),
	}
	var b bytes.Buffer
	if err := printTable(&b, results); err != nil {
		t.Fatal(err)
	}
	want := strings.TrimLeft(`
what         against  target   measured (min–max)      result        ours       peer
copying      cp       ≥ 0.85×  1.23× (1.23–1.23)       met           123 MB/s   100 MB/s
a long name  –        ≤ 50 ms  0.0123 (0.0123–0.0123)  met           0.0123 ms  –
later        cp       ≤ 1.2×   –                       not measured  –          –
`, "\n")
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// A missed target says why and what next, and only a missed one.
func TestReport(t *testing.T) {
	var r report
	r.Began, r.Took, r.Rounds = time.Unix(0, 0), 90*time.Second, 5
	r.Machine = machine{CPU: "one of those", Cores: 2, MariaDB: "10.11", Version: "v0.1.0"}
	known := row{key: "lag-p50", what: "lag", against: "native", aim: atMost(1.2), unit: "ms", method: "Measured."}
	r.Results = []result{
		evaluate(known, []sample{{3, 2}}, "it rained"),
		evaluate(row{key: "new", what: "new | old", aim: atMost(1), unit: "s"}, []sample{{ours: 2}}, ""),
	}
	text := func() string {
		b, err := r.render()
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	got, reason := text(), missed()["lag-p50"].because
	for _, want := range []string{
		"| lag | native | ≤ 1.2× | 1.50× (1.50–1.50) | missed | 3.00 ms | 2.00 ms | Missed because " + reason,
		`new \| old`, "| not looked into yet |", "one of those, 2 cores", "1970-01-01 00:00 UTC, 1m30s", "5 rounds",
		"- **lag** against native: Measured. This time: it rained.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	r.Results[0] = evaluate(known, []sample{{2, 2}}, "")
	if got := text(); strings.Contains(got, reason) {
		t.Errorf("a target that is met has an excuse:\n%s", got)
	}
}

// Every excuse is for a row that there is, and rows have names of their own.
func TestRows(t *testing.T) {
	keys := map[string]bool{}
	for _, x := range experiments() {
		for _, r := range x.rows {
			if keys[r.key] || r.what == "" || r.unit == "" || r.method == "" || r.aim.value == 0 {
				t.Errorf("row %+v of %s", r, x.name)
			}
			keys[r.key] = true
		}
	}
	for key, m := range missed() {
		if !keys[key] || !strings.HasSuffix(m.because, ".") || !strings.HasSuffix(m.next, ".") {
			t.Errorf("excuse for %s: %+v", key, m)
		}
	}
}

func TestMachine(t *testing.T) {
	const mounts = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:40 / /var rw,noatime - btrfs /dev/vdb rw,ssd
24 22 0:41 / /var/tmp\040x rw - tmpfs none rw
bad line
`
	for dir, want := range map[string]string{
		"/home/x": "ext4 (rw,relatime)", "/var/tmp/wcde-bench-1": "btrfs (rw,noatime)", "/variable": "ext4 (rw,relatime)",
		"/var/tmp x/y": "tmpfs (rw)", "/": "ext4 (rw,relatime)",
	} {
		if got := fileSystem([]byte(mounts), dir); got != want {
			t.Errorf("%s: %q, want %q", dir, got, want)
		}
	}
	const processors = "processor\t: 0\nmodel name\t: EPYC: 9\nmodel name : other\n"
	if got := field([]byte(processors), "model name"); got != "EPYC: 9" {
		t.Errorf("field %q", got)
	}
	if got := gibibytes("24643072 kB"); got != "23.5 GiB" {
		t.Errorf("memory %q", got)
	}
	if got, err := parsePeak([]byte("Name:\tx\nVmHWM:\t   2048 kB\n")); got != 2<<20 || err != nil {
		t.Errorf("peak %d, %v", got, err)
	}
	if _, err := parsePeak([]byte("VmRSS: 1 kB\n")); err == nil {
		t.Error("no error without a peak")
	}
}

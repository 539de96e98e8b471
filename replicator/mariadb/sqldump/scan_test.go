package sqldump

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// items reads everything and returns it as text, comments with "C " before.
func items(r io.Reader, limit int) ([]string, error) {
	s := NewScanner(r, limit)
	var got []string
	for {
		it, err := s.Next()
		if err == io.EOF {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		kind := "S "
		if it.Kind == Comment {
			kind = "C "
		}
		got = append(got, kind+string(it.Text))
	}
}

func TestScan(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want []string
		err  error
	}{
		"empty":                 {in: "  \n\t"},
		"two":                   {in: "USE `a`;\nUSE `b`;", want: []string{"S USE `a`", "S USE `b`"}},
		"sandbox mark":          {in: "/*M!999999\\- enable the sandbox mode */ \nUSE `a`;", want: []string{"C /*M!999999\\- enable the sandbox mode */", "S USE `a`"}},
		"comments":              {in: "-- one\n--\nUSE `a`;-- two", want: []string{"C -- one", "C --", "S USE `a`", "C -- two"}},
		"semicolon in string":   {in: `INSERT 'a;\';''b;' x;`, want: []string{`S INSERT 'a;\';''b;' x`}},
		"semicolon in double":   {in: `x "a;\";""b;" x;`, want: []string{`S x "a;\";""b;" x`}},
		"semicolon in name":     {in: "x `a;\\`;", want: []string{"S x `a;\\`"}},
		"semicolon in comment":  {in: "x /* a;'b */ y;", want: []string{"S x /* a;'b */ y"}},
		"executable comment":    {in: "/*!50001 x 'a*/;' */;/*M!101100 y */;", want: []string{"S /*!50001 x 'a*/;' */", "S /*M!101100 y */"}},
		"client commands":       {in: "\\! id\nsystem id;\nDELIMITER ;;\n", want: []string{"S \\! id\nsystem id", "S DELIMITER ", "S "}},
		"minus and slash":       {in: "a - -1 / --b-c;", want: []string{"S a - -1 / --b-c"}},
		"dash comment":          {in: "USE -- x\n`a`;", err: ErrLineComment},
		"hash comment":          {in: "USE # x\n`a`;", err: ErrLineComment},
		"ends in statement":     {in: "USE `a`;USE `b`", want: []string{"S USE `a`"}, err: ErrUnfinished},
		"ends in string":        {in: "x 'a", err: ErrUnfinished},
		"ends after backslash":  {in: `x 'a\`, err: ErrUnfinished},
		"ends in comment":       {in: "x /* a", err: ErrUnfinished},
		"too long":              {in: "x '" + strings.Repeat("a", 200) + "';", err: ErrTooLong},
		"too long, no end":      {in: strings.Repeat("a", 2000), err: ErrTooLong},
		"the limit itself":      {in: strings.Repeat("a", 100) + ";", want: []string{"S " + strings.Repeat("a", 100)}},
		"one more than allowed": {in: strings.Repeat("a", 101) + ";", err: ErrTooLong},
	} {
		t.Run(name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{
				"at once":     strings.NewReader(c.in),
				"byte a time": iotest.OneByteReader(strings.NewReader(c.in)),
			} {
				got, err := items(r, 100)
				if d := cmp.Diff(c.want, got); d != "" || !errors.Is(err, c.err) {
					t.Errorf("%s: error %v, want %v; items (-want +got):\n%s", how, err, c.err, d)
				}
			}
		})
	}
}

func TestScanErrors(t *testing.T) {
	broken := errors.New("broken")
	s := NewScanner(io.MultiReader(strings.NewReader("USE `a`;USE"), iotest.ErrReader(broken)), 100)
	if _, err := s.Next(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.Next(); !errors.Is(err, broken) {
			t.Errorf("error %v, want the reader's, every time", err)
		}
	}
}

// TestScanOffsets reads statements larger than the buffer among small ones.
func TestScanOffsets(t *testing.T) {
	var in bytes.Buffer
	for i := range 40 {
		in.WriteString(strings.Repeat("ab ", i*i*40) + "'" + strings.Repeat("x", i*20000) + "';\n")
	}
	whole := in.Bytes()
	s := NewScanner(bytes.NewReader(whole), 1<<20)
	n := 0
	for {
		it, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(whole[it.Offset:], append(bytes.Clone(it.Text), ';')) {
			t.Fatalf("statement %d does not stand at its offset %d", n, it.Offset)
		}
		n++
	}
	if n != 40 {
		t.Errorf("%d statements, want 40", n)
	}
}

func TestScanMemory(t *testing.T) {
	s := NewScanner(io.MultiReader(strings.NewReader("x '"+strings.Repeat("a", keepBuffer+1)+"';"),
		strings.NewReader("USE `a`;")), 1<<30)
	for range 2 {
		if _, err := s.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if c := cap(s.buf); c > firstBuffer {
		t.Errorf("buffer of %d bytes is kept after a long statement, want %d", c, firstBuffer)
	}
}

func FuzzScan(f *testing.F) {
	f.Add([]byte("/*M!999999\\- x */\n-- a\nUSE `a`;/*!50001 x 'a*/;' */;"))
	f.Add([]byte(`INSERT INTO t VALUES ('a\';',0x00);`))
	f.Fuzz(func(t *testing.T, in []byte) {
		a, errA := items(bytes.NewReader(in), 1000)
		b, errB := items(iotest.OneByteReader(bytes.NewReader(in)), 1000)
		if !cmp.Equal(a, b) || (errA == nil) != (errB == nil) {
			t.Fatalf("depends on how it is read: %q, %v and %q, %v", a, errA, b, errB)
		}
	})
}

func BenchmarkScanAndReview(b *testing.B) {
	row := "(1,-3.14,NULL,0x00ff,'some text of a usual length, with \\'quotes\\' in it','2026-01-01 00:00:00')"
	text := []byte("INSERT INTO `t` VALUES\n" + strings.Repeat(row+",\n", 10000) + row + ";\n")
	b.SetBytes(int64(len(text)))
	r := NewReviewer([]string{"d"}, 101119)
	r.db, r.table = "d", "t"
	for b.Loop() {
		it, err := NewScanner(bytes.NewReader(text), 1<<30).Next()
		if err == nil {
			_, err = r.Review(it)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

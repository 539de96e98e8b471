package bench
import ("testing";"time";"fmt";"os")
type stamp struct{ t0 time.Time }
func (s stamp) Write(p []byte) (int, error) { fmt.Printf("%6.2f %s", time.Since(s.t0).Seconds(), p); return len(p), nil }
func TestZZ(t *testing.T) { o := scratch(t); o.Progress = stamp{time.Now()}; o.Table=os.Stdout; if err := run(t.Context(), o, tiny(), experiments()); err != nil { t.Fatal(err) } }

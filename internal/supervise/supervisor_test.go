package supervise_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wcde-foundation/wcded/internal/supervise"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func untilDone(ctx context.Context, _ func(string)) error {
	<-ctx.Done()
	return ctx.Err()
}

// start runs a supervisor of components and returns it with a function that stops it and returns Run's error.
func start(t *testing.T, components ...supervise.Component) (*supervise.Supervisor, func() error) {
	t.Helper()
	s, err := supervise.New(supervise.Options{Components: components, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return s, func() error {
		cancel()
		return <-done
	}
}

func TestRestartsWithGrowingDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var starts []time.Time
		boom := errors.New("boom")
		s, stop := start(t, supervise.Component{Name: "a", Run: func(context.Context, func(string)) error {
			starts = append(starts, time.Now())
			return boom
		}})
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		status := s.Status()[0]
		if status.State != supervise.BackingOff || !errors.Is(status.LastError, boom) || !status.NextStart.After(time.Now()) {
			t.Errorf("status = %+v, want backing off after boom with the moment of the next start", status)
		}
		if got := status.Restarts; got != uint64(len(starts)-1) {
			t.Errorf("Restarts = %d with %d starts", got, len(starts))
		}
		if err := stop(); err != nil {
			t.Errorf("Run = %v; a component that waits for its restart stops without an error", err)
		}
		// With jitter of one half either way, the n-th delay lies within [½, 1½] × min(2ⁿ s, 60 s).
		want := time.Second
		for i := 1; i < len(starts); i++ {
			delay := starts[i].Sub(starts[i-1])
			if delay < want/2 || delay > want*3/2 {
				t.Errorf("delay %d was %s, want about %s", i, delay, want)
			}
			want = min(2*want, time.Minute)
		}
		if len(starts) < 10 {
			t.Errorf("only %d starts in ten minutes", len(starts))
		}
	})
}

func TestDelaysBeginAgainAfterAHealthyRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended, started []time.Time
		_, stop := start(t, supervise.Component{Name: "a", Run: func(_ context.Context, _ func(string)) error {
			started = append(started, time.Now())
			if len(started) == 8 { // by now the delay is about a minute
				time.Sleep(time.Hour)
			}
			ended = append(ended, time.Now())
			return errors.New("boom")
		}})
		time.Sleep(2 * time.Hour)
		if err := stop(); err != nil {
			t.Error(err)
		}
		if delay := started[7].Sub(ended[6]); delay < 30*time.Second {
			t.Fatalf("delay before the long run was %s: the test proves nothing", delay)
		}
		if delay := started[8].Sub(ended[7]); delay > 1500*time.Millisecond {
			t.Errorf("delay after an hour of health was %s, want the first one", delay)
		}
	})
}

func TestPanicIsAnErrorOfThatComponentOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		cause := errors.New("index out of luck")
		s, err := supervise.New(supervise.Options{
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Components: []supervise.Component{
				{Name: "bad", Run: func(context.Context, func(string)) error { panic(cause) }},
				{Name: "good", Run: untilDone},
				{Name: "leaves", Run: func(context.Context, func(string)) error { return nil }},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		synctest.Wait()

		bad, good, leaves := s.Status()[0], s.Status()[1], s.Status()[2]
		if bad.Panics != 1 || !errors.Is(bad.LastError, cause) || bad.State != supervise.BackingOff {
			t.Errorf("bad = %+v, want one panic with its cause", bad)
		}
		if good.State != supervise.Running || good.Restarts != 0 {
			t.Errorf("good = %+v, want it running undisturbed", good)
		}
		if !errors.Is(leaves.LastError, supervise.ErrEnded) {
			t.Errorf("leaves = %+v, want ErrEnded", leaves)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if !strings.Contains(log.String(), "TestPanicIsAnErrorOfThatComponentOnly") {
			t.Error("the log has no stack of the panic")
		}
	})
}

func TestStopsLastFirstAndJoinsErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var order []string
		hang := make(chan struct{})
		flush := errors.New("flush: disk full")
		component := func(name string, end func() error) supervise.Component {
			return supervise.Component{Name: name, StopWithin: 5 * time.Second,
				Run: func(ctx context.Context, _ func(string)) error {
					<-ctx.Done()
					mu.Lock()
					order = append(order, name)
					mu.Unlock()
					return end()
				}}
		}
		_, stop := start(t,
			component("first", func() error { return context.Canceled }),
			component("hangs", func() error { <-hang; return nil }),
			component("fails", func() error { return flush }),
			component("last", func() error { time.Sleep(4 * time.Second); return nil }),
		)
		synctest.Wait()
		began := time.Now()
		err := stop()
		if took := time.Since(began); took != 9*time.Second {
			t.Errorf("stopping took %s, want the 4 s that last needs and the bound of hangs, 5 s", took)
		}
		if want := []string{"last", "fails", "hangs", "first"}; !slices.Equal(order, want) {
			t.Errorf("stopped in the order %v, want %v", order, want)
		}
		if !errors.Is(err, supervise.ErrStopTimeout) || !errors.Is(err, flush) {
			t.Errorf("Run = %v, want both the timeout and the failed flush", err)
		}
		if !strings.Contains(err.Error(), "stop hangs: ") || strings.Contains(err.Error(), "first") {
			t.Errorf("Run = %q, want hangs named and first not", err)
		}
		close(hang)
	})
}

func TestLateNamesTheSilentLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chatty := func(ctx context.Context, alive func(string)) error {
			tick := time.NewTicker(time.Second)
			defer tick.Stop()
			alive("stuck")
			for {
				alive("busy")
				select {
				case <-tick.C:
				case <-ctx.Done():
					return nil
				}
			}
		}
		fails := func(_ context.Context, alive func(string)) error {
			alive("gone")
			return errors.New("boom")
		}
		s, stop := start(t,
			supervise.Component{Name: "chatty", Run: chatty, LoopBound: 10 * time.Second},
			supervise.Component{Name: "mute", Run: untilDone, LoopBound: 20 * time.Second},
			supervise.Component{Name: "slow", Run: untilDone, LoopBound: time.Second, StartWithin: time.Hour},
			supervise.Component{Name: "unwatched", Run: untilDone},
			supervise.Component{Name: "fails", Run: fails, LoopBound: time.Nanosecond},
		)
		time.Sleep(9 * time.Second)
		if late := s.Late(); len(late) != 0 {
			t.Errorf("after 9 s Late = %+v, want none", late)
		}
		time.Sleep(12 * time.Second)
		var got []string
		for _, l := range s.Late() {
			got = append(got, l.Component+"/"+l.Loop)
		}
		if want := []string{"chatty/stuck", "mute/start"}; !slices.Equal(got, want) {
			t.Errorf("after 21 s Late names %v, want %v", got, want)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		if late := s.Late(); len(late) != 0 {
			t.Errorf("after the stop Late = %+v, want none", late)
		}
	})
}

// A loop of a run that has ended must not vouch for the run that replaced it.
func TestMarksOfAnOldRunDoNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		marks := make(chan func(string), 2)
		s, stop := start(t, supervise.Component{Name: "a", LoopBound: 10 * time.Second,
			Run: func(ctx context.Context, alive func(string)) error {
				marks <- alive
				if len(marks) == 1 {
					return errors.New("boom")
				}
				<-ctx.Done()
				return nil
			}})
		synctest.Wait()
		time.Sleep(2 * time.Second)
		old := <-marks
		for range 30 {
			time.Sleep(time.Second)
			old("loop")
		}
		if late := s.Late(); len(late) != 1 || late[0].Loop != "start" {
			t.Errorf("Late = %+v, want the new run's start", late)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestTwoSupervisorsSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, stopOne := start(t, supervise.Component{Name: "same", Run: untilDone})
		two, stopTwo := start(t, supervise.Component{Name: "same", Run: untilDone})
		synctest.Wait()
		if err := stopOne(); err != nil {
			t.Error(err)
		}
		if one.Status()[0].State != supervise.Stopped || two.Status()[0].State != supervise.Running {
			t.Errorf("one = %v, two = %v; want only one stopped", one.Status()[0].State, two.Status()[0].State)
		}
		if err := stopTwo(); err != nil {
			t.Error(err)
		}
	})
}

func TestNewRefusesBadComponents(t *testing.T) {
	for name, components := range map[string][]supervise.Component{
		"no name":    {{Run: untilDone}},
		"no run":     {{Name: "a"}},
		"name twice": {{Name: "a", Run: untilDone}, {Name: "a", Run: untilDone}},
	} {
		if _, err := supervise.New(supervise.Options{Components: components, Logger: quiet()}); err == nil {
			t.Errorf("%s: New returned no error", name)
		}
	}
}

func TestTeardown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var td supervise.Teardown
		var order []string
		note := func(name string, err error) func(context.Context) error {
			return func(context.Context) error {
				order = append(order, name)
				return err
			}
		}
		broken := errors.New("broken")
		td.Add("one", time.Second, note("one", nil))
		td.Add("two", time.Second, note("two", broken))
		td.Add("three", time.Second, func(context.Context) error { panic("at the disco") })
		td.Add("four", time.Second, func(ctx context.Context) error { <-ctx.Done(); return nil })
		err := td.Run()
		if want := []string{"two", "one"}; !slices.Equal(order, want) {
			t.Errorf("order = %v, want %v", order, want)
		}
		var panicked *supervise.PanicError
		if !errors.Is(err, broken) || !errors.As(err, &panicked) {
			t.Errorf("Run = %v, want the broken step and the panic", err)
		}
		if err := td.Run(); err != nil || len(order) != 2 {
			t.Errorf("the second Run = %v, steps run: %v; want nothing", err, order)
		}
	})
}

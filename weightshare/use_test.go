package weightshare

import (
	"strings"
	"sync"
	"testing"

	"hypnos/graph"
)

// A Sleeper that goroutines share sleeps one phase after the other or says that it, or
// the network, is in use; its state may be asked for at any time.
func TestGoroutinesShareASleeper(t *testing.T) {
	p := hebbian(0)
	p.Iterations, p.Patterns = 3, 20
	for _, kind := range []Kind{Instant, Hebbian} {
		p.Kind = kind
		net, _, s := asleep(t, p, 3)
		var all sync.WaitGroup
		var mutex sync.Mutex
		slept := 0
		for g := range 4 {
			all.Go(func() {
				for range 20 {
					var err error
					switch g {
					case 0:
						s.State()
						s.Last()
					case 1:
						_, err = net.Features(make([]float32, maps.Channels*maps.Height*maps.Width), "fc")
					default:
						if _, err = s.Sleep(); err == nil {
							mutex.Lock()
							slept++
							mutex.Unlock()
						}
					}
					if err != nil && !strings.Contains(err.Error(), "in use by another goroutine") {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if phases := s.State().Phases; phases != slept || slept == 0 { // one that is refused is none
			t.Errorf("%d phases, %d without an error", phases, slept)
		}
	}
}

// Beside a phase nothing else of the Sleeper runs, nor a phase beside a user of the network.
func TestSleeperInUse(t *testing.T) {
	for _, kind := range []Kind{Instant, Hebbian} {
		p := Reference(kind)
		p.Iterations = 1
		net, _, s := asleep(t, p, 3)
		refused := func(what string, err error, want string) {
			t.Helper()
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, %s: error %v, want one with %q", kind, what, err, want)
			}
		}
		done, err := s.alone()
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Sleep()
		refused("a second phase", err, "the sleeper is in use by another goroutine")
		refused("a state", s.Restore(SleeperState{}), "the sleeper is in use by another goroutine")
		done()
		net.Change(func() error {
			_, err := s.Sleep()
			refused("beside a change", err, "in use by another goroutine, which changes them")
			refused("sharing", Share(net), "in use by another goroutine, which changes them")
			return nil
		})
		sleep(t, s)
	}
}

// A network that is too large for memory has no weights to share.
func TestSleepOfNoWeights(t *testing.T) {
	b := graph.NewBuilder(graph.Options{Input: maps, Connectivity: graph.Connectivity{Local: true}, Blank: true, MemoryLimit: 100})
	x := b.Local("conv", b.Input(), graph.Local{Channels: 3, Kernel: 3, Padding: 1})
	net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 2))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(net, Options{}); err == nil || !strings.Contains(err.Error(), `layer "conv" has no weights: its network is too large`) {
		t.Errorf("error %v", err)
	}
}

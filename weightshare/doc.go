// Package weightshare is the sleep of locally connected networks: phases in
// which the neurons of a pool pull their weights together (Pogodin et al.
// 2021, section 4), and measures of how far apart they are.
//
// The neurons of one channel whose positions are equal modulo the kernel size
// form a pool: K² pools a channel, for a kernel of side K; if it is rectangular, its
// height counts along rows and its width along columns. A sleeping network is thus not
// quite convolutional.
//
// A phase is instant, Hebbian or dynamic. The last two show each layer patterns
// that repeat every K pixels, to which the neurons of a pool would respond
// alike if they had equal weights, and let each of them learn from what it can
// know itself. There are two engines for them. Graph is the phase as the paper
// says it, every neuron for itself, composed of the operators of package ops: see
// layerPhase. Fast, the default, uses that both rules are linear in the weights,
// and so are the sums over a pool, which makes them cheap: see population and
// cohort for how.
//
// What changes weights (Sleeper, Share) is an error while another goroutine uses the
// network. Measures only read, and are for when nobody changes weights. All else is plain
// values.
package weightshare

// Package weightshare is the sleep of locally connected networks: phases in
// which the neurons of a pool pull their weights together (Pogodin et al.
// 2021, section 4), and measures of how far apart they are.
//
// The neurons of one channel whose positions are equal modulo the kernel size
// form a pool: K² pools a channel, for a kernel of side K. A sleeping network
// is thus not quite convolutional.
package weightshare

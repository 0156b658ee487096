// Package scikitlearn holds the program that fits the regressions of hypnos in
// scikit-learn: peer.py.
package scikitlearn

import _ "embed"

// Script is peer.py, a program in Python 3 that needs scikit-learn 1.2 or later.
//
//go:embed peer.py
var Script string

// Package ventral measures how alike two representations of the same stimuli
// are: a network's features and recordings of the ventral visual stream.
// Matrices come in, numbers go out; where they come from is not its business.
//
// # Axes and symbols
//
// Features X are stimuli × units, responses Y stimuli × neuroids (a neuroid is
// a neuron, a recording site or a voxel), repetitions stimuli × neuroids ×
// repetitions. n is the number of stimuli, 1 the vector of ones.
//
// Layers have hundreds of thousands of units, experiments hundreds of stimuli. PLS,
// ridge and CKA need of X only X·Xᵀ, the products of every two stimuli. They start from
// a Kernel, which is computed once per layer, with n²·units operations and n² numbers:
// the largest cost by far.
//
// # Predictivity
//
// A regression from features to responses is fitted on 90 % of the stimuli and
// predicts the others. The score is the Pearson correlation of predicted and
// measured responses per neuroid, its median over neuroids within a split, its
// mean over 10 splits, and its error the standard deviation over splits divided
// by √10 (Yamins et al. 2014, PNAS 111:8619; Schrimpf et al. 2018, bioRxiv
// 407007). The regressions:
//
//   - PLS: partial least squares with 25 components, of centred and not scaled
//     variables, all neuroids jointly (Wold et al. 2001, Chemom. Intell. Lab.
//     Syst. 58:109), in a kernel form (Rännar et al. 1994, J. Chemom. 8:111);
//   - Ridge: least squares with the penalty alpha·‖w‖² (Hoerl & Kennard 1970),
//     alpha given or chosen by cross-validation within the training stimuli.
//
// # Ceiling
//
// A model cannot predict what a neuroid does not repeat. The Pearson
// correlation r of a neuroid's mean responses over two random halves of the
// repetitions, corrected for their number to c = 2r/(1+r) (Spearman 1910, Brown
// 1910), is its reliability: the median over neuroids, the mean over 10 halves.
// Normalise gives a score r as r²/c and as (r/c)².
//
// # Geometry
//
//   - RSA: the correlation, Spearman's or Pearson's, of two matrices of
//     dissimilarities over the n(n-1)/2 pairs of stimuli (Kriegeskorte et al.
//     2008, Front. Syst. Neurosci. 2:4). The dissimilarity of two stimuli is 1
//     minus the Pearson correlation of their features. Its noise ceiling over
//     subjects is that of Nili et al. 2014, PLoS Comput. Biol. 10:e1003553.
//   - CKA: HSIC(K,L) / √(HSIC(K,K)·HSIC(L,L)) of the kernels K and L (Kornblith
//     et al. 2019, ICML), by default with the unbiased estimator of HSIC of Song
//     et al. 2012, JMLR 13:1393, as in Nguyen et al. 2021, ICLR: the biased one
//     is near 1 where units outnumber stimuli, whatever they represent.
//
// # Numbers
//
// Features may be float32. Those of more units than stimuli are then also
// multiplied in float32, by package kernel, and summed over blocks of 128 units in
// float64: of 100,000 units, products are off by some 1e-8 of the largest. Every
// other sum is in float64. The same input and seed give the same bits on any
// number of threads.
//
// Nothing here changes once it is made: goroutines may share it.
package ventral

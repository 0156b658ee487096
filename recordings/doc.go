// Package recordings opens pictures and what was recorded of the ventral visual
// stream while they were shown. [Open] returns it92, which comes with the program,
// or a folder of one's own. Pictures are a data set of [hypnos/data], responses
// and dissimilarities are what [hypnos/ventral] measures.
//
// # A folder
//
//   - images/, picture files in it or below, or images.zip, the same in an
//     archive: JPEG and PNG, of any size;
//   - responses.npy, an array of NumPy in float32 or float64, neuroids × stimuli ×
//     repetitions, with NaN where a repetition is absent, or neuroids × stimuli.
//     Without it there are stimuli alone;
//   - stimuli.csv: the column file names the pictures in the order of the
//     responses, the column category, if there is one, says what they show.
//     Without it pictures are in the order of their names.
//
// Whatever is wrong in it is one line that names the file. Neuroids and stimuli
// have the numbers that they have in NumPy: the first is 0.
//
// # it92
//
// 92 photographs of isolated objects, and the dissimilarities of the responses to
// them in the inferior temporal cortex of two monkeys and of four humans
// (Kriegeskorte et al. 2008, Neuron 60:1126). README.md in the folder it92 says
// what each file holds.
package recordings

// Package recordings opens pictures and what was recorded of the ventral visual
// stream while they were shown. [Open] returns it92, which comes with the program,
// or a folder of one's own. Pictures are a data set of [hypnos/data], responses
// and dissimilarities are what [hypnos/ventral] measures.
//
// # A folder
//
//   - images/, picture files in it or below, or images.zip, the same in an
//     archive: JPEG and PNG, of any size;
//   - responses.npy, an array of NumPy of real numbers of any type, neuroids ×
//     stimuli × repetitions, with NaN where a repetition is absent, or neuroids ×
//     stimuli. Without it there are stimuli alone. Or responses.npz, with an array
//     responses and, if there is one, an array stimuli that names the pictures; or
//     responses.csv, without repetitions, with the column file or a picture's name
//     above each column;
//   - stimuli.csv: the column file names the pictures in the order of the
//     responses, the column category, if there is one, says what they show.
//
// Where nothing states which picture a response is to, pictures are in the order of
// their names, folder by folder, with numbers as numbers: img2.png before
// img10.png. If names sort otherwise by their bytes or in another order that is in
// use, Recording.Notes says so. It also names files that look as if they were meant
// and are not read; where there are no responses beside these, that is an error.
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
//
// Nothing here changes once it is opened: goroutines may share it.
package recordings

// Package recordings opens pictures and what was recorded in the ventral visual stream
// while they were shown. [Open] returns it92, which comes with the program, or a
// recording in a folder. Pictures are a data set of [hypnos/data]; responses and
// dissimilarities are what [hypnos/ventral] takes.
//
// # A folder
//
// A folder has the pictures, and may have the responses to them and a table of stimuli:
//
//   - images/, with JPEG and PNG files of any size in it or in folders below, or
//     images.zip, an archive of them;
//   - responses.npy, a NumPy array of real numbers of any type, neuroids × stimuli ×
//     repetitions, with NaN where a repetition is absent, or neuroids × stimuli; or
//     responses.npz, with an array responses and, optionally, an array stimuli that names
//     the pictures; or responses.csv, without repetitions, with a column file or with
//     the name of a picture above each column;
//   - stimuli.csv, whose column file names the pictures in the order of the responses.
//     Its column category, optional, says what they show.
//
// If nothing states which picture a response is to, pictures are in the order of their
// names, folder by folder, with numbers as numbers: img2.png before img10.png. If the
// names sort otherwise by their bytes or in another common order, Recording.Notes says
// so. Notes also name files that look as if they were meant to be read and are not; if
// they look like responses and there are no others, that is an error.
//
// An error is one line that names the file. Neuroids and stimuli are numbered from 0, as
// in NumPy.
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

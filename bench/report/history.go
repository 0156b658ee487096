package report

import (
	"bytes"

	"github.com/sbinet/npyio/npz"
)

// encodeHistory returns epochs.csv for NumPy: an array for each column, of which
// variant is the row in results.csv, counted from 0, and all but variant, seed,
// epoch and step are float64.
func (r *Report) encodeHistory() ([]byte, error) {
	var variant, epoch, step []int64
	var seed []uint64
	columns := make([][]float64, len(measures))
	for i, v := range r.Variants {
		for _, run := range v.Runs {
			for _, e := range run.Epochs {
				variant, seed = append(variant, int64(i)), append(seed, run.Seed)
				epoch, step = append(epoch, int64(e.Epoch)), append(step, int64(e.Step))
				for j, m := range measures {
					columns[j] = append(columns[j], *m.value(&e))
				}
			}
		}
	}
	var file bytes.Buffer
	w := npz.NewWriter(&file)
	names, arrays := []string{"variant", "seed", "epoch", "step"}, []any{variant, seed, epoch, step}
	for i, m := range measures {
		names, arrays = append(names, m.name), append(arrays, columns[i])
	}
	for i, name := range names {
		if err := w.Write(name+".npy", arrays[i]); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return file.Bytes(), err
}

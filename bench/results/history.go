package results

import "hypnos/internal/npz"

// writeHistory writes epochs.csv for NumPy, an array for each column. The variant is a
// number, its row in results.csv counted from 0. Variant, seed, epoch and step are
// integers, all other columns float64.
func (c *Comparison) writeHistory(path string) error {
	var variant, epoch, step []int64
	var seed []uint64
	columns := make([][]float64, len(EpochMeasures))
	for i, v := range c.Variants {
		for _, run := range v.Runs {
			for _, e := range run.Epochs {
				variant, seed = append(variant, int64(i)), append(seed, run.Seed)
				epoch, step = append(epoch, int64(e.Epoch)), append(step, int64(e.Step))
				for j, m := range EpochMeasures {
					columns[j] = append(columns[j], *m.Value(&e))
				}
			}
		}
	}
	file, err := npz.Create(path)
	if err != nil {
		return err
	}
	defer file.Discard()
	if err := npz.AddVector(file, "variant", variant); err != nil {
		return err
	}
	if err := npz.AddVector(file, "seed", seed); err != nil {
		return err
	}
	if err := npz.AddVector(file, "epoch", epoch); err != nil {
		return err
	}
	if err := npz.AddVector(file, "step", step); err != nil {
		return err
	}
	for i, m := range EpochMeasures {
		if err := npz.AddVector(file, m.Name, columns[i]); err != nil {
			return err
		}
	}
	return file.Finish()
}

package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/renameio/v2/maybe"
)

// cached is a file that keeps the normalisation of a data set of files beside it, since
// to read all of these takes minutes. For data sets in memory there is none: to measure
// them is as fast as to check that they are the same.
type cached struct {
	Images      int       `json:"images"`
	Fingerprint string    `json:"fingerprint"` // of the data set
	Mean        []float64 `json:"mean"`
	Std         []float64 `json:"std"`
	Check       string    `json:"check"` // the sum of all the others
}

// check returns what Check should be.
func (c cached) check() string {
	sum := sha256.New()
	sum.Write([]byte(c.Fingerprint))
	binary.Write(sum, binary.LittleEndian, int64(c.Images))
	binary.Write(sum, binary.LittleEndian, c.Mean)
	binary.Write(sum, binary.LittleEndian, c.Std)
	return hex.EncodeToString(sum.Sum(nil))
}

// cachedNormalisationOf is NormalisationOf, but keeps the result beside a data set of
// files, under a name with its fingerprint. It measures again if that file is damaged or
// of other images. If it cannot write the file, as in a read-only folder, it does without.
func cachedNormalisationOf(set Dataset) (Normalisation, error) {
	sum, folder := fingerprintOf(set)
	if sum == nil {
		return NormalisationOf(set)
	}
	want := cached{Images: set.Len(), Fingerprint: hex.EncodeToString(sum)}
	path := filepath.Join(folder, ".hypnos-normalisation-"+want.Fingerprint[:16]+".json")
	if contents, err := os.ReadFile(path); err == nil {
		var c cached
		err := json.Unmarshal(contents, &c)
		n := Normalisation{Mean: c.Mean, Std: c.Std}
		channels, _, _ := set.Size()
		if err == nil && c.Images == want.Images && c.Fingerprint == want.Fingerprint && c.Check == c.check() && len(c.Mean) == channels {
			if _, err := n.table(channels); err == nil {
				return n, nil
			}
		}
	}
	n, err := NormalisationOf(set)
	if err != nil {
		return n, err
	}
	want.Mean, want.Std = n.Mean, n.Std
	want.Check = want.check()
	if contents, err := json.MarshalIndent(want, "", "\t"); err == nil {
		_ = maybe.WriteFile(path, append(contents, '\n'), 0o644)
	}
	return n, nil
}

// fingerprintOf returns a sum that changes with anything in a data set of files, and the
// folder to keep files about it in. The sum is nil for other data sets, and if a file
// does not exist.
func fingerprintOf(set Dataset) (sum []byte, folder string) {
	switch set := set.(type) {
	case *Files:
		sum, err := set.fingerprint()
		if err != nil {
			return nil, ""
		}
		return sum, set.folder()
	case *Skipping:
		return fingerprintOf(set.Dataset)
	case *subset:
		whole, folder := fingerprintOf(set.Dataset)
		if whole == nil {
			return nil, ""
		}
		contents := slices.Clone(whole)
		for _, i := range set.indices {
			contents = binary.LittleEndian.AppendUint64(contents, uint64(i))
		}
		part := sha256.Sum256(contents)
		return part[:], folder
	}
	return nil, ""
}

package runs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/pkg/errors"
)

// Format is the version of the format of checkpoints. This program reads it and earlier
// ones. In the first, the settings of a run are flags, as text.
const Format = 2

// description is the JSON of a checkpoint.
type description struct {
	Format  int             `json:"format"`
	Tensors string          `json:"tensors_sha256"` // "" if there are none
	Run     json.RawMessage `json:"run"`
}

// sealed is the file of a description: the description and its checksum.
type sealed struct {
	SHA256     string          `json:"sha256"`
	Checkpoint json.RawMessage `json:"checkpoint"`
}

// seal returns the file of a description, in the only form that decode accepts.
func seal(text []byte) []byte {
	sum := sha256.Sum256(text)
	return fmt.Appendf(nil, "{\"sha256\":%q,\"checkpoint\":%s}\n", hex.EncodeToString(sum[:]), text)
}

// encode returns the file of a description.
func encode(run any, tensors string) ([]byte, error) {
	text, err := json.Marshal(run)
	if err != nil {
		return nil, err
	}
	if text, err = json.MarshalIndent(description{Format, tensors, text}, "", " "); err != nil {
		return nil, err
	}
	return seal(text), nil
}

// decode reads the file of a description. It is damage if any byte is not as seal writes
// it.
func decode(contents []byte) (description, error) {
	var s sealed
	if err := json.Unmarshal(contents, &s); err != nil {
		return description{}, damage{errors.Wrap(err, "its JSON")}
	}
	if !bytes.Equal(contents, seal(s.Checkpoint)) {
		return description{}, damage{errors.New("its JSON has another checksum than it says")}
	}
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(s.Checkpoint, &head); err != nil {
		return description{}, errors.Wrap(err, "its JSON")
	}
	if head.Format < 1 || head.Format > Format {
		return description{}, errors.Errorf("is of format %d, and this program reads formats up to %d", head.Format, Format)
	}
	var d description
	return d, errors.Wrap(json.Unmarshal(s.Checkpoint, &d), "its JSON")
}

// into decodes the run that was stored.
func (d description) into(run any) error {
	return errors.Wrap(json.Unmarshal(d.Run, run), "its JSON")
}

const (
	// maxDescription is the largest size of a description, in bytes. A thousand epochs
	// of a hundred layers take a third of it.
	maxDescription = 64 << 20

	// descriptionCost is how many bytes of memory a byte of a description may take. It is
	// large since an empty epoch, {}, takes as much memory as a full one.
	descriptionCost = 500
)

// readFile reads the file of a description; it is damage if the file is too large.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	contents, err := io.ReadAll(io.LimitReader(file, maxDescription+1))
	if err == nil && len(contents) > maxDescription {
		err = damage{errors.Errorf("its JSON has more than %d bytes", maxDescription)}
	}
	return contents, err
}
